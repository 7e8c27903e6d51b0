//! Our statuses as commit statuses, and the other gates that GitLab has
//! (docs.gitlab.com, "Commits API", "External commit statuses").
//!
//! Any developer can post a status of any name, and the newest of a name
//! counts. So every status is read back, and one by another account is never
//! taken for ours. A status counts only in the pipeline that a merge request
//! waits for; where that is another's, a thread stands beside it.

mod checks;
mod place;
mod thread;

use std::time::Duration;

use async_trait::async_trait;
use gitlab::api::common::SortOrder;
use gitlab::api::projects::repository::commits::{CommitStatuses, CommitStatusesOrderBy};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use self::place::Place;
use super::GitLab;
use super::api::{PAGE, built};
use super::payload::Account;
use crate::forge::support::answer::{Answer, unavailable};
use crate::forge::support::reading::Id;
use crate::forge::support::text::title;
use crate::forge::{ForgeError, Publisher, Standing, Status};
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;
use crate::model::verdict::Conclusion;

pub(super) use self::checks::KnownChecks;

const FORGE: ForgeKind = ForgeKind::GitLab;
/// Longest description and URL that GitLab takes, in characters.
const MAX_TEXT: usize = 255;
/// Waits after a conflict: GitLab lets one status of a commit in at a time.
const WAITS: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(900),
    Duration::from_millis(2700),
];

#[async_trait]
impl Publisher for GitLab {
    /// Every gate is moved, even if another one cannot be.
    async fn publish(
        &self,
        repository: &EventRepository,
        status: &Status,
        _previous: Option<&str>,
    ) -> Result<String, ForgeError> {
        let mut done = Vec::new();
        for place in &self.places(repository, status).await? {
            done.push(self.post(repository, status, place).await);
            if let Some(number) = place.gates {
                let check = self.answer_check(repository, status, number).await;
                let thread = self.discuss(repository, (status, place), number).await;
                done.extend([check.map(|()| None), thread.map(|()| None)]);
            }
        }
        let ids = done.into_iter().collect::<Result<Vec<_>, _>>()?;
        let ids = ids.into_iter().flatten().map(|id| id.0.to_string());
        Ok(ids.collect::<Vec<_>>().join(" "))
    }

    async fn standing(
        &self,
        repository: &EventRepository,
        status: &Status,
        _published_as: &str,
    ) -> Result<Standing, ForgeError> {
        for place in &self.places(repository, status).await? {
            let standing = self.standing_at(repository, status, place).await?;
            if standing != Standing::Stands {
                return Ok(standing);
            }
        }
        Ok(Standing::Stands)
    }
}

impl GitLab {
    async fn standing_at(
        &self,
        repository: &EventRepository,
        status: &Status,
        place: &Place,
    ) -> Result<Standing, ForgeError> {
        let me = self.api.me().await?.id;
        let Some(found) = self.counting(repository, status, place).await? else {
            let what = "there is no status of ours in the pipeline that counts";
            return Ok(Standing::Changed(what.to_owned()));
        };
        if !found.is_by(me) {
            return Ok(Standing::Overruled(found.shown()));
        }
        if found.status != state(status.conclusion) {
            return Ok(Standing::Changed(found.shown()));
        }
        let Some(number) = place.gates else {
            return Ok(Standing::Stands);
        };
        if let Some(changed) = self.check_changed(repository, status, number).await? {
            return Ok(Standing::Changed(changed));
        }
        let changed = self.thread_changed(repository, (status, place), number);
        Ok(changed.await?.map_or(Standing::Stands, Standing::Changed))
    }

    /// Puts the commit status where it counts, unless it stands there.
    async fn post(
        &self,
        repository: &EventRepository,
        status: &Status,
        place: &Place,
    ) -> Result<Option<Id>, ForgeError> {
        let me = self.api.me().await?.id;
        let wanted = NewStatus::of(status, place);
        if let Some(found) = self.counting(repository, status, place).await?
            && found.is_by(me)
            && found.says(&wanted)
        {
            return Ok(Some(found.id));
        }
        let answer = self.send(repository, status, &wanted).await?;
        let repeated = answer.status == StatusCode::BAD_REQUEST
            && answer.words().contains("Cannot transition");
        if !repeated {
            answer.succeeded()?;
        }
        // GitLab refuses a state that stands already; and what it took may be
        // hidden by another account's.
        match self.counting(repository, status, place).await? {
            Some(found) if found.is_by(me) && found.status == wanted.state => Ok(Some(found.id)),
            Some(found) => {
                let reason = format!(
                    "{}: another status counts: {}",
                    answer.request,
                    found.shown()
                );
                Err(unavailable(FORGE, reason))
            }
            None => {
                let reason = format!("{}: it cannot be read back yet", answer.request);
                Err(unavailable(FORGE, reason))
            }
        }
    }

    async fn send(
        &self,
        repository: &EventRepository,
        status: &Status,
        wanted: &NewStatus<'_>,
    ) -> Result<Answer, ForgeError> {
        let path = format!("/projects/{}/statuses/{}", repository.id, status.head);
        for wait in WAITS {
            let answer = self.api.send(Method::POST, path.clone(), wanted).await?;
            if answer.status != StatusCode::CONFLICT {
                return Ok(answer);
            }
            tokio::time::sleep(wait).await;
        }
        self.api.send(Method::POST, path, wanted).await
    }

    /// The newest status of this name in the pipeline that counts, whoever's it is.
    async fn counting(
        &self,
        repository: &EventRepository,
        status: &Status,
        place: &Place,
    ) -> Result<Option<Found>, ForgeError> {
        let mut endpoint = CommitStatuses::builder();
        endpoint
            .project(repository.id)
            .commit(status.head.to_string())
            .name(status.context.clone())
            .ref_(place.name.clone())
            .order_by(CommitStatusesOrderBy::Id)
            .sort(SortOrder::Descending)
            .all(true);
        if let Some(pipeline) = place.pipeline {
            endpoint.pipeline_id(pipeline.0);
        }
        let endpoint = built(endpoint.build())?;
        let mut all: Vec<Found> = self.api.first_page(&endpoint).await?;
        // Older GitLab does not sort: then the newest may be on any page. Where it
        // does, nobody can hide the newest behind ten thousand others.
        let ascending = all.first().map(|it| it.id) < all.last().map(|it| it.id);
        if all.len() >= PAGE && ascending {
            all = self.api.list(&endpoint).await?;
        }
        let here = all.into_iter().filter(|found| {
            let same_pipeline = match (place.pipeline, found.pipeline_id) {
                (Some(wanted), Some(found)) => wanted == found,
                _ => found.name_of_ref.as_deref() == Some(place.name.as_str()),
            };
            found.name == status.context && same_pipeline
        });
        Ok(here.max_by_key(|found| found.id))
    }
}

/// The only mapping to GitLab's words. Never `skipped`: a pipeline can pass with
/// it. Only a pass is a success.
fn state(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Pending => "running",
        Conclusion::Pass => "success",
        Conclusion::Fail | Conclusion::Error => "failed",
    }
}

/// A commit status, as it is sent.
#[derive(Serialize)]
struct NewStatus<'a> {
    state: &'static str,
    name: &'a str,
    #[serde(rename = "ref")]
    place: &'a str,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pipeline_id: Option<u64>,
}

impl<'a> NewStatus<'a> {
    fn of(status: &'a Status, place: &'a Place) -> Self {
        let url = &status.details_url;
        Self {
            state: state(status.conclusion),
            name: &status.context,
            place: &place.name,
            description: cut(&title(status)),
            // A longer one would be refused, and the status with it.
            target_url: (url.chars().count() <= MAX_TEXT).then_some(url),
            pipeline_id: place.pipeline.map(|id| id.0),
        }
    }
}

/// At most [`MAX_TEXT`] characters, with an ellipsis if it was longer.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        None => text.to_owned(),
        Some(_) => text.chars().take(MAX_TEXT - 1).chain(['…']).collect(),
    }
}

/// A commit status, as GitLab answers.
#[derive(Deserialize)]
struct Found {
    id: Id,
    name: String,
    status: String,
    #[serde(rename = "ref")]
    name_of_ref: Option<String>,
    description: Option<String>,
    target_url: Option<String>,
    /// Newer GitLab only.
    pipeline_id: Option<Id>,
    author: Option<Account>,
}

impl Found {
    fn is_by(&self, account: Id) -> bool {
        self.author
            .as_ref()
            .is_some_and(|author| author.id == account)
    }

    fn says(&self, wanted: &NewStatus<'_>) -> bool {
        self.status == wanted.state
            && self.description.as_deref().unwrap_or_default() == wanted.description
            && self.target_url.as_deref() == wanted.target_url
    }

    fn shown(&self) -> String {
        let author = self.author.as_ref().map(|author| author.username.as_str());
        let author = excerpt(author.unwrap_or("an unknown account"), 80);
        format!("{author} says {}", excerpt(&self.status, 20))
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, state};
    use crate::model::verdict::Conclusion;

    #[test]
    fn only_a_pass_is_a_success_and_nothing_is_skipped() {
        let all = [
            (Conclusion::Pass, "success"),
            (Conclusion::Pending, "running"),
            (Conclusion::Error, "failed"),
            (Conclusion::Fail, "failed"),
        ];
        for (ours, gitlabs) in all {
            assert_eq!(state(ours), gitlabs);
        }
    }

    #[test]
    fn a_description_is_cut_to_gitlabs_limit() {
        assert_eq!(cut("grün"), "grün");
        let long = cut(&"ü".repeat(256));
        assert_eq!(
            (long.chars().count(), long.chars().last()),
            (255, Some('…'))
        );
        assert_eq!(cut(&"ü".repeat(255)), "ü".repeat(255));
    }
}
