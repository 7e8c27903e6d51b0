//! Our statuses on Stash: a Code Insights report, a build status and, for a
//! pull request, the word of our own account as a reviewer.
//!
//! None of the three is enough alone. A build status can be overwritten by
//! whoever reads the repository; a report belongs to whoever wrote it first;
//! only our own account changes its reviewer status, but that stays when the
//! source branch moves on. So bad news goes everywhere, whatever one of the
//! three says, and good news only after the one before it was taken.

mod build;
mod report;
mod review;

use async_trait::async_trait;

pub(super) use review::Account;

use super::payload::PullRequest;
use super::{Stash, slug};
use crate::forge::{ForgeError, Publisher, Standing, Status, StatusSubject};
use crate::model::event::EventRepository;
use crate::model::verdict::Conclusion;

#[async_trait]
impl Publisher for Stash {
    async fn publish(
        &self,
        repository: &EventRepository,
        status: &Status,
        _: Option<&str>,
    ) -> Result<String, ForgeError> {
        let name = slug::report_key(&status.context);
        let asked = self.subject(repository, status).await;
        if status.conclusion == Conclusion::Pass {
            self.good_news(repository, status, asked?.as_ref()).await?;
            return Ok(name);
        }
        let pull = asked.as_ref().ok().and_then(Option::as_ref);
        let told = self.bad_news(repository, status, pull).await;
        told.and(self.put_report(repository, status).await)?;
        asked.map(|_| name)
    }

    async fn standing(
        &self,
        repository: &EventRepository,
        status: &Status,
        _: &str,
    ) -> Result<Standing, ForgeError> {
        let pull = self.subject(repository, status).await?;
        let pull = pull.as_ref();
        let all = [
            self.report_standing(repository, status).await?,
            self.build_standing(repository, status).await?,
            self.review_standing(status, pull).await?,
        ];
        Ok(worst(all))
    }
}

impl Stash {
    /// Report, build status, review: no further than one that fails. If the
    /// report is not ours to write, the other two say so.
    async fn good_news(
        &self,
        repository: &EventRepository,
        status: &Status,
        pull: Option<&PullRequest>,
    ) -> Result<(), ForgeError> {
        if let Err(error) = self.put_report(repository, status).await {
            if let ForgeError::Refused { .. } = error {
                let blocked = without_report(status);
                self.bad_news(repository, &blocked, pull).await?;
            }
            return Err(error);
        }
        self.post_build(repository, status, pull).await?;
        self.review(repository, status, pull).await
    }

    /// Review and build status: each, whatever the other says.
    async fn bad_news(
        &self,
        repository: &EventRepository,
        status: &Status,
        pull: Option<&PullRequest>,
    ) -> Result<(), ForgeError> {
        let reviewed = self.review(repository, status, pull).await;
        let built = self.post_build(repository, status, pull).await;
        reviewed.and(built)
    }

    /// The pull request that the status is about, if it is about one that is
    /// open and still has this head.
    async fn subject(
        &self,
        repository: &EventRepository,
        status: &Status,
    ) -> Result<Option<PullRequest>, ForgeError> {
        let StatusSubject::PullRequest(number) = status.subject else {
            return Ok(None);
        };
        let found = self.pull_if_any(repository, number).await?;
        let head = status.head.to_string();
        Ok(found.filter(|it| it.is_open() && it.from_ref.latest_commit == head))
    }
}

/// What is said of a pass whose report cannot be written.
fn without_report(status: &Status) -> Status {
    let key = slug::report_key(&status.context);
    Status {
        conclusion: Conclusion::Error,
        title: format!("could not report: the report {key} is not ours to replace"),
        ..status.clone()
    }
}

/// Another account's word before a word of ours that is gone.
fn worst(all: [Standing; 3]) -> Standing {
    let rank = |standing: &Standing| match standing {
        Standing::Stands => 0,
        Standing::Changed(_) => 1,
        Standing::Overruled(_) => 2,
    };
    let all = all.into_iter();
    all.max_by_key(rank).unwrap_or(Standing::Stands)
}

#[cfg(test)]
mod tests {
    use super::{without_report, worst};
    use crate::forge::{Standing, Status};
    use crate::model::verdict::Conclusion;

    #[test]
    fn a_pass_without_its_report_is_an_error_that_names_it() {
        let said = without_report(&Status::sample(Conclusion::Pass));
        assert_eq!(said.conclusion, Conclusion::Error);
        assert!(said.title.contains("forgewarden_2Fmain"));
    }

    #[test]
    fn one_that_does_not_stand_is_enough() {
        let changed = Standing::Changed("a".into());
        let overruled = Standing::Overruled("b".into());
        let stands = Standing::Stands;
        let all = [stands.clone(), changed.clone(), stands.clone()];
        assert_eq!(worst(all), changed);
        let all = [overruled.clone(), changed, stands.clone()];
        assert_eq!(worst(all), overruled);
        assert_eq!(worst([stands.clone(), stands.clone(), stands.clone()]), stands);
    }
}
