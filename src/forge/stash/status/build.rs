//! The build status: what "required builds" and "minimum successful builds"
//! look at (Bitbucket Data Center REST API, "Builds and Deployments").
//!
//! Whoever may read the repository may overwrite it, and the server does not
//! tell who did: it is read back, and it is no security boundary.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::super::payload::PullRequest;
use super::super::{Stash, slug};
use crate::forge::support::answer::refused;
use crate::forge::support::text::{cut, title};
use crate::forge::support::url::query;
use crate::forge::{ForgeError, Standing, Status, StatusSubject};
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;
use crate::model::verdict::Conclusion;

/// The first version that keeps build statuses by repository.
const SINCE: (u64, u64) = (7, 4);
/// Longest URL that the server takes, in bytes.
const MAX_URL: usize = 450;
/// Longest name and description, in bytes.
const MAX_TEXT: usize = 255;

impl Stash {
    /// Posts the build status, which replaces the one with the same key.
    pub(super) async fn post_build(
        &self,
        repository: &EventRepository,
        status: &Status,
        pull: Option<&PullRequest>,
    ) -> Result<(), ForgeError> {
        if status.details_url.len() > MAX_URL {
            let reason = format!(
                "the link to the details page is longer than {MAX_URL} bytes: shorten public_url"
            );
            return Err(refused(ForgeKind::Stash, reason));
        }
        let build = Build::of(status, reference(repository, status, pull));
        let path = path(repository, status)?;
        let mut answer = self.api.write(Method::POST, &path, &build).await?;
        if answer.status == StatusCode::NOT_FOUND && self.api.is_older(SINCE).await? {
            let old = build.without_parent();
            answer = self.api.write(Method::POST, &old_path(status), &old).await?;
        }
        answer.succeeded()
    }

    /// How the build status stands.
    pub(super) async fn build_standing(
        &self,
        repository: &EventRepository,
        status: &Status,
    ) -> Result<Standing, ForgeError> {
        let wanted = Build::of(status, None);
        let one = query(&[("key", wanted.key.as_str())]);
        let path = format!("{}{one}", path(repository, status)?);
        if let Some(found) = self.api.find(&path).await? {
            return Ok(compare(&wanted, &found));
        }
        if !self.api.is_older(SINCE).await? {
            return Ok(gone());
        }
        let same = |it: &Taken| it.key.as_deref() == Some(&wanted.key);
        let found = self.api.first(&old_path(status), same).await?;
        Ok(found.map_or_else(gone, |it| compare(&wanted.without_parent(), &it)))
    }
}

fn gone() -> Standing {
    Standing::Changed("the build status is gone".to_owned())
}

fn compare(wanted: &Build, found: &Taken) -> Standing {
    let state = found.state.as_deref().unwrap_or("nothing");
    if state != wanted.state {
        let state = excerpt(state, 40);
        let said = format!("the build status says {state}; ours says {}", wanted.state);
        return Standing::Overruled(said);
    }
    let same = found.url.as_deref() == Some(&wanted.url) && found.parent == wanted.parent;
    match same {
        true => Standing::Stands,
        false => Standing::Changed("the build status has another link or parent".to_owned()),
    }
}

fn path(repository: &EventRepository, status: &Status) -> Result<String, ForgeError> {
    let repository = slug::path(&repository.name)?;
    let head = status.head;
    Ok(format!("/api/latest/{repository}/commits/{head}/builds"))
}

/// Before [`SINCE`]: by commit alone.
fn old_path(status: &Status) -> String {
    format!("/build-status/1.0/commits/{}", status.head)
}

/// The ref that was built: the pushed branch, or the source of a pull request
/// if it is in this very repository.
fn reference(
    repository: &EventRepository,
    status: &Status,
    pull: Option<&PullRequest>,
) -> Option<String> {
    match (&status.subject, pull) {
        (StatusSubject::Ref(name), _) => String::from_utf8(name.as_bstr().to_vec()).ok(),
        (_, Some(pull)) => {
            let source = pull.from_ref.repository.as_ref();
            let own = source.is_some_and(|it| it.id.0 == repository.id);
            own.then(|| pull.from_ref.id.clone())
        }
        (_, None) => None,
    }
}

/// The build status as it is sent.
#[derive(Clone, Serialize)]
struct Build {
    key: String,
    /// What "required builds" name. Without it they never match.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    state: &'static str,
    url: String,
    name: String,
    description: String,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

impl Build {
    fn of(status: &Status, reference: Option<String>) -> Self {
        let key = slug::build_key(&status.context);
        Self {
            parent: Some(key.clone()),
            key,
            state: state(status.conclusion),
            url: status.details_url.clone(),
            name: cut(&status.context, MAX_TEXT),
            description: cut(&title(status), MAX_TEXT),
            reference,
        }
    }

    /// As servers before [`SINCE`] take it.
    fn without_parent(&self) -> Self {
        Self {
            parent: None,
            reference: None,
            ..self.clone()
        }
    }
}

/// The only mapping to a build status's words. Only a pass is successful.
fn state(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Pending => "INPROGRESS",
        Conclusion::Pass => "SUCCESSFUL",
        Conclusion::Fail | Conclusion::Error => "FAILED",
    }
}

/// The build status as it is read back.
#[derive(Deserialize)]
struct Taken {
    key: Option<String>,
    parent: Option<String>,
    state: Option<String>,
    url: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{Build, Taken, compare, state};
    use crate::forge::{Standing, Status};
    use crate::model::verdict::Conclusion;

    fn build(conclusion: Conclusion) -> Build {
        let status = Status {
            title: "ü".repeat(300),
            ..Status::sample(conclusion)
        };
        Build::of(&status, None)
    }

    #[test]
    fn only_a_pass_is_successful() {
        let all = [
            (Conclusion::Pass, "SUCCESSFUL"),
            (Conclusion::Pending, "INPROGRESS"),
            (Conclusion::Error, "FAILED"),
            (Conclusion::Fail, "FAILED"),
        ];
        for (ours, stashs) in all {
            assert_eq!(state(ours), stashs);
        }
    }

    #[test]
    fn the_parent_is_always_sent_and_texts_are_cut() {
        let json = serde_json::to_value(build(Conclusion::Fail)).expect("serialises");
        assert_eq!(json["parent"], "forgewarden/main");
        assert_eq!(json["key"], json["parent"]);
        assert!(json["description"].as_str().expect("text").len() <= 255);
        assert!(json.get("ref").is_none());
    }

    #[test]
    fn another_state_is_another_accounts_word() {
        let wanted = build(Conclusion::Fail);
        let found = |state: &str, parent: Option<&str>| Taken {
            key: Some(wanted.key.clone()),
            parent: parent.map(Into::into),
            state: Some(state.into()),
            url: Some(wanted.url.clone()),
        };
        let standing = |found| compare(&wanted, &found);
        let ours = Some("forgewarden/main");
        assert_eq!(standing(found("FAILED", ours)), Standing::Stands);
        assert!(matches!(standing(found("SUCCESSFUL", ours)), Standing::Overruled(_)));
        assert!(matches!(standing(found("FAILED", None)), Standing::Changed(_)));
    }
}
