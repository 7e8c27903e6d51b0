//! Which audit records fit a push. A record names no ref and no commit, only a
//! repository, an account and a time; so a fit is never a proof.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::principal::Actor;

/// Who did something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace<'a> {
    /// Who; of a deploy key's push nobody knows.
    pub actor: Option<&'a Actor>,
    /// When.
    pub at: Timestamp,
}

/// The records that may be of one push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    /// Their places in the list of records. Each may be the push's own.
    pub records: Vec<usize>,
    /// Whether there are as many as pushes that they may be of. With fewer, the
    /// record of this push may still be on its way.
    pub complete: bool,
}

/// Finds the records of one repository that fit a push of it. `pushes` are all
/// pushes of that repository that are near in time, this one among them, each
/// ref of one push counted apart.
///
/// A push whose account is not known fits no record: it could be anybody's.
pub fn correlate(
    push: Trace<'_>,
    pushes: &[Trace<'_>],
    records: &[Trace<'_>],
    window: Duration,
) -> Correlation {
    let near = |other: Timestamp| {
        let apart = other.duration_since(push.at).abs();
        SignedDuration::try_from(window).is_ok_and(|window| apart <= window)
    };
    let Some(actor) = push.actor else {
        return Correlation {
            records: Vec::new(),
            complete: false,
        };
    };
    let may_be = |other: Option<&Actor>| other.is_none_or(|other| is_same_account(actor, other));
    let fitting = records.iter().enumerate();
    let fitting = fitting.filter(|(_, one)| near(one.at) && may_be(one.actor));
    let fitting: Vec<_> = fitting.map(|(index, _)| index).collect();
    let own = pushes
        .iter()
        .filter(|one| near(one.at) && may_be(one.actor));
    Correlation {
        complete: !fitting.is_empty() && fitting.len() >= own.count(),
        records: fitting,
    }
}

/// Whether two words for an account are for the same. Numbers decide; a name can
/// be given to another.
pub fn is_same_account(one: &Actor, other: &Actor) -> bool {
    let same_id = match (one.id, other.id) {
        (Some(one), Some(other)) => one == other,
        _ => one.login.eq_ignore_ascii_case(&other.login),
    };
    one.forge == other.forge && same_id
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Correlation, Trace, correlate};
    use crate::model::principal::Actor;
    use crate::model::repo::ForgeKind;

    fn account(login: &str, id: Option<u64>) -> Actor {
        Actor {
            forge: ForgeKind::GitHub,
            login: login.to_owned(),
            id,
            robot: false,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).expect("a time")
    }

    fn by(actor: &Actor, seconds: i64) -> Trace<'_> {
        Trace {
            actor: Some(actor),
            at: at(seconds),
        }
    }

    fn found(push: Trace<'_>, pushes: &[Trace<'_>], records: &[Trace<'_>]) -> Correlation {
        correlate(push, pushes, records, Duration::from_secs(30))
    }

    #[test]
    fn a_record_fits_by_account_and_time() {
        let (alice, bob) = (account("alice", Some(1)), account("bob", Some(2)));
        let push = by(&alice, 0);
        let fits = |record| found(push, &[push], &[record]).records.len();
        assert_eq!(fits(by(&alice, 30)), 1);
        assert_eq!(fits(by(&alice, -30)), 1);
        assert_eq!(fits(by(&alice, 31)), 0);
        assert_eq!(fits(by(&bob, 0)), 0);
        let (unnumbered, renamed) = (account("ALICE", None), account("alice", Some(2)));
        assert_eq!(fits(by(&unnumbered, 0)), 1);
        assert_eq!(fits(by(&renamed, 0)), 0, "the number decides");
        let nobodys = Trace {
            actor: None,
            at: at(1),
        };
        assert_eq!(fits(nobodys), 1, "a deploy key's may be anybody's");
    }

    #[test]
    fn fewer_records_than_pushes_are_not_all() {
        let alice = account("alice", Some(1));
        let (one, two) = (by(&alice, 0), by(&alice, 10));
        assert!(!found(one, &[one, two], &[by(&alice, 11)]).complete);
        let both = found(one, &[one, two], &[by(&alice, 1), by(&alice, 11)]);
        assert!(both.complete);
        assert_eq!(both.records, [0, 1], "either may be the one");
        assert!(!found(one, &[one], &[]).complete);
    }

    #[test]
    fn an_unknown_account_fits_nothing() {
        let alice = account("alice", Some(1));
        let push = Trace {
            actor: None,
            at: at(0),
        };
        assert_eq!(
            found(push, &[push], &[by(&alice, 0)]).records,
            Vec::<usize>::new()
        );
    }
}
