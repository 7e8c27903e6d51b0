//! Which accounts are robots, asked of GitLab and remembered for some minutes:
//! every push asks. What an account's name looks like is not looked at.
//!
//! Source: docs.gitlab.com, "Users API" (`bot` of a single user).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::super::api::Api;
use crate::forge::ForgeError;
use crate::forge::support::answer::unreadable;
use crate::forge::support::reading::Id;
use crate::model::repo::ForgeKind;

/// How long an answer is believed.
const KEPT: SignedDuration = SignedDuration::from_mins(5);
/// Most accounts that are remembered; with one more, all are forgotten.
const MAX_KNOWN: usize = 10_000;

/// What was answered, by the account's number.
#[derive(Default)]
pub(super) struct Robots(Mutex<BTreeMap<u64, (Timestamp, bool)>>);

#[derive(Deserialize)]
struct User {
    id: Id,
    bot: Option<bool>,
}

impl Robots {
    /// Whether the account is a robot. One that is hidden or gone is none that
    /// we know of.
    pub(super) async fn is_robot(&self, api: &Api, id: u64) -> Result<bool, ForgeError> {
        let now = api.now();
        if let Some(known) = self.remembered(id, now) {
            return Ok(known);
        }
        let user: Option<User> = api.find_at(&format!("/users/{id}")).await?;
        if user.as_ref().is_some_and(|user| user.id.0 != id) {
            let reason = format!("GET /users/{id}: the answer is about another account");
            return Err(unreadable(ForgeKind::GitLab, reason));
        }
        let robot = user.is_some_and(|user| user.bot == Some(true));
        self.remember(id, now, robot);
        Ok(robot)
    }

    fn remembered(&self, id: u64, now: Timestamp) -> Option<bool> {
        let (at, robot) = *self.known().get(&id)?;
        let age = now.duration_since(at);
        (SignedDuration::ZERO..KEPT).contains(&age).then_some(robot)
    }

    fn remember(&self, id: u64, now: Timestamp, robot: bool) {
        let mut known = self.known();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(id, (now, robot));
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<u64, (Timestamp, bool)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{KEPT, MAX_KNOWN, Robots};

    #[test]
    fn an_answer_is_believed_for_a_while_and_never_from_the_future() {
        let (robots, at) = (Robots::default(), Timestamp::UNIX_EPOCH);
        robots.remember(7, at, true);
        assert_eq!(robots.remembered(7, at), Some(true));
        assert_eq!(robots.remembered(8, at), None);
        assert_eq!(robots.remembered(7, at + KEPT), None);
        assert_eq!(robots.remembered(7, at - SignedDuration::from_secs(1)), None);
    }

    #[test]
    fn no_more_accounts_are_remembered_than_the_bound() {
        let (robots, at) = (Robots::default(), Timestamp::UNIX_EPOCH);
        for id in 0..=MAX_KNOWN as u64 {
            robots.remember(id, at, false);
        }
        assert_eq!(robots.known().len(), 1);
    }
}
