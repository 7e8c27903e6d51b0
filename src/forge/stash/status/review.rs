//! The word of our own account as a reviewer of the pull request: "needs work"
//! vetoes where that merge check is on, and an approval that is required holds
//! everything back until it is given. Nobody else can give it.

use http::{Method, StatusCode};
use serde::Serialize;

use super::super::payload::{Participant, PullRequest, User};
use super::super::{Stash, slug};
use crate::forge::support::answer::refused;
use crate::forge::support::url::query;
use crate::forge::{ForgeError, Standing, Status};
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;
use crate::model::verdict::Conclusion;

const FORGE: ForgeKind = ForgeKind::Stash;
/// The first version in which a reviewer can say "needs work".
const SINCE: (u64, u64) = (4, 2);

impl Stash {
    /// Says our word on every open pull request with this head into the same
    /// branch: they share the status. There is nothing to say on one that is
    /// closed or has another head by now.
    pub(super) async fn review(
        &self,
        repository: &EventRepository,
        status: &Status,
        pull: Option<&PullRequest>,
    ) -> Result<(), ForgeError> {
        let Some(pull) = pull else {
            return Ok(());
        };
        let own = self.account().await?;
        let mut numbers = vec![pull.id.0];
        self.say(repository, (status, pull), own).await?;
        for other in self.open_with(repository, status.head).await? {
            if other.to_ref.id == pull.to_ref.id && !numbers.contains(&other.id.0) {
                numbers.push(other.id.0);
                self.say(repository, (status, &other), own).await?;
            }
        }
        Ok(())
    }

    /// Bound to the head: if the pull request moved on meanwhile, the server
    /// says so (409), and the next attempt finds nothing to say.
    async fn say(
        &self,
        repository: &EventRepository,
        (status, pull): (&Status, &PullRequest),
        own: &Account,
    ) -> Result<(), ForgeError> {
        // Authors cannot review: their pull request never gets our approval.
        if pull.is_by(own.number) {
            return Ok(());
        }
        let path = slug::path(&repository.name)?;
        let path = format!("/api/latest/{path}/pull-requests/{}/participants", pull.id.0);
        let word = Word {
            status: wanted(status.conclusion, pull, own),
            last_reviewed_commit: status.head.to_string(),
        };
        let own_path = format!("{path}/{}", own.slug);
        let answer = self.api.write(Method::PUT, &own_path, &word).await?;
        let unknown = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
        if unknown.contains(&answer.status) && self.api.is_older(SINCE).await? {
            return Ok(());
        }
        let taken: Participant = answer.read()?;
        if taken.status.as_deref() != Some(word.status) {
            let reason = format!("{own_path}: our word is not {}", word.status);
            return Err(refused(FORGE, reason));
        }
        if is_reviewer(&taken) {
            return Ok(());
        }
        let reviewer = Role {
            user: Named { name: &own.name },
            role: "REVIEWER",
        };
        let answer = self.api.write(Method::POST, &path, &reviewer).await?;
        answer.succeeded()
    }

    /// How our word stands on the pull request, if there is one to say.
    pub(super) async fn review_standing(
        &self,
        status: &Status,
        pull: Option<&PullRequest>,
    ) -> Result<Standing, ForgeError> {
        let Some(pull) = pull else {
            return Ok(Standing::Stands);
        };
        let own = self.account().await?;
        Ok(standing(status, pull, own))
    }

    /// Our own account, asked for once.
    pub(in crate::forge::stash) async fn account(&self) -> Result<&Account, ForgeError> {
        let ask = async || {
            let path = format!("/api/latest/users{}", query(&[("filter", &self.user)]));
            let same = |user: &User| user.is_named(&self.user);
            let found = self.api.first(&path, same).await?;
            found.and_then(Account::of).ok_or_else(|| {
                let name = excerpt(&self.user, 80);
                let reason = format!("there is no account \"{name}\": is the setting user right?");
                refused(FORGE, reason)
            })
        };
        self.account.get_or_try_init(ask).await
    }
}

/// Our own account.
pub(in super::super) struct Account {
    name: String,
    pub(in crate::forge::stash) slug: String,
    pub(in crate::forge::stash) number: u64,
}

impl Account {
    fn of(user: User) -> Option<Self> {
        Some(Self {
            number: user.number()?,
            slug: user.slug.filter(|it| slug::is_part(it))?,
            name: user.name,
        })
    }
}

fn standing(status: &Status, pull: &PullRequest, own: &Account) -> Standing {
    if pull.is_by(own.number) {
        return Standing::Stands;
    }
    let Some(ours) = ours(pull, own) else {
        return Standing::Changed("we are no reviewer".to_owned());
    };
    let wanted = wanted(status.conclusion, pull, own);
    let said = ours.status.as_deref().unwrap_or("nothing");
    if said != wanted {
        let said = excerpt(said, 40);
        return Standing::Changed(format!("our review says {said} instead of {wanted}"));
    }
    let seen = ours.last_reviewed_commit.as_deref();
    // A word that was not said yet stands for no commit.
    if status.conclusion != Conclusion::Pending && seen != Some(status.head.to_string().as_str()) {
        return Standing::Changed("our review is of another commit".to_owned());
    }
    match is_reviewer(ours) {
        true => Standing::Stands,
        false => Standing::Changed("we are no reviewer".to_owned()),
    }
}

/// What we said last.
fn ours<'a>(pull: &'a PullRequest, own: &Account) -> Option<&'a Participant> {
    let mut all = pull.reviewers.iter().chain(&pull.participants);
    all.find(|it| it.user.number() == Some(own.number))
}

/// What we have to say now. A veto stays until there is a pass: if it were
/// taken back while we judge again, that moment would be enough to merge.
fn wanted(conclusion: Conclusion, pull: &PullRequest, own: &Account) -> &'static str {
    let said = ours(pull, own).and_then(|it| it.status.as_deref());
    match conclusion {
        Conclusion::Pending if said == Some(NEEDS_WORK) => NEEDS_WORK,
        other => word(other),
    }
}

fn is_reviewer(participant: &Participant) -> bool {
    participant.role.as_deref() == Some("REVIEWER")
}

const NEEDS_WORK: &str = "NEEDS_WORK";

/// The only mapping to a reviewer's words. Only a pass approves.
fn word(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Pass => "APPROVED",
        Conclusion::Pending => "UNAPPROVED",
        Conclusion::Fail | Conclusion::Error => NEEDS_WORK,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Word {
    status: &'static str,
    last_reviewed_commit: String,
}

#[derive(Serialize)]
struct Role<'a> {
    user: Named<'a>,
    role: &'static str,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

#[cfg(test)]
mod tests {
    use super::{Account, standing, word};
    use crate::forge::stash::payload::{PullRequest, User};
    use crate::forge::{Standing, Status};
    use crate::model::verdict::Conclusion;
    use serde_json::{Value, json};

    fn user(id: u64) -> Value {
        json!({ "name": "warden", "slug": "warden", "id": id })
    }

    fn stands(conclusion: Conclusion, reviewers: Value, author: u64) -> Standing {
        let status = Status::sample(conclusion);
        let side = json!({ "id": "refs/heads/main", "latestCommit": "1".repeat(40),
            "repository": { "id": 7, "slug": "app", "project": { "key": "PROJ" } } });
        let pull = json!({ "id": 3, "state": "OPEN", "fromRef": side, "toRef": side,
            "author": { "user": user(author) }, "reviewers": reviewers });
        let pull: PullRequest = serde_json::from_value(pull).expect("a pull request");
        let own: User = serde_json::from_value(user(9)).expect("an account");
        let own = Account::of(own).expect("an account");
        standing(&status, &pull, &own)
    }

    fn ours(status: &str, seen: &str, role: &str) -> Value {
        json!([{ "user": user(9), "role": role, "status": status, "lastReviewedCommit": seen }])
    }

    #[test]
    fn only_a_pass_approves() {
        assert_eq!(word(Conclusion::Pass), "APPROVED");
        assert_eq!(word(Conclusion::Pending), "UNAPPROVED");
        for bad in [Conclusion::Fail, Conclusion::Error] {
            assert_eq!(word(bad), "NEEDS_WORK");
        }
    }

    #[test]
    fn our_word_stands_for_this_head_and_as_a_reviewers() {
        let head = "1".repeat(40);
        let (fail, pass) = (Conclusion::Fail, Conclusion::Pass);
        let said = ours("NEEDS_WORK", &head, "REVIEWER");
        assert_eq!(stands(fail, said.clone(), 1), Standing::Stands);
        let pending = ours("UNAPPROVED", "", "REVIEWER");
        assert_eq!(stands(Conclusion::Pending, pending, 1), Standing::Stands);
        // A veto of an earlier head stays while the new one is judged.
        let veto = ours("NEEDS_WORK", &"2".repeat(40), "REVIEWER");
        assert_eq!(stands(Conclusion::Pending, veto, 1), Standing::Stands);
        let odd = [
            (Conclusion::Pending, ours("APPROVED", &head, "REVIEWER")),
            (fail, json!([])),
            (pass, said),
            (fail, ours("NEEDS_WORK", &"2".repeat(40), "REVIEWER")),
            (pass, ours("APPROVED", &head, "PARTICIPANT")),
        ];
        for (conclusion, reviewers) in odd {
            let changed = stands(conclusion, reviewers.clone(), 1);
            assert!(matches!(changed, Standing::Changed(_)), "{reviewers}");
            assert_eq!(stands(conclusion, reviewers, 9), Standing::Stands);
        }
    }
}
