//! What our account is a member of, and which deliveries failed.

use async_trait::async_trait;
use gitlab::api::common::AccessLevel;
use gitlab::api::projects::hooks::Hooks;
use gitlab::api::projects::repository::branches::Branches;
use gitlab::api::projects::{Project, ProjectOrderBy, Projects};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::GitLab;
use super::api::built;
use super::payload::{self, Commit};
use super::slug;
use super::webhook::recovered;
use crate::forge::support::answer::{refused, unreadable};
use crate::forge::support::reading::Id;
use crate::forge::{Branch, ForgeError, Inventory, PullRequestState};
use crate::model::delivery::VerifiedDelivery;
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::repo::{ForgeKind, RepositoryName};

#[async_trait]
impl Inventory for GitLab {
    async fn repositories(&self) -> Result<Vec<EventRepository>, ForgeError> {
        let mut projects = Projects::builder();
        projects.order_by(ProjectOrderBy::Id).archived(false);
        if self.api.me().await?.is_admin != Some(true) {
            projects
                .membership(true)
                .min_access_level(AccessLevel::Developer);
        }
        let found: Vec<ProjectFound> = self.api.list_by_key(&built(projects.build())?).await?;
        found.into_iter().map(ProjectFound::named).collect()
    }

    async fn repository(&self, name: &RepositoryName) -> Result<EventRepository, ForgeError> {
        if !slug::is_slug(name.as_str()) {
            let reason = format!("\"{name}\" is not group/project");
            return Err(refused(ForgeKind::GitLab, reason));
        }
        let project = Project::builder().project(name.as_str()).build();
        let found: ProjectFound = self.api.get(&built(project)?).await?;
        found.named()
    }

    async fn open_pull_requests(
        &self,
        repository: &EventRepository,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        self.all_open(repository.id).await
    }

    async fn branches(&self, repository: &EventRepository) -> Result<Vec<Branch>, ForgeError> {
        let branches = Branches::builder().project(repository.id).build();
        let found: Vec<BranchFound> = self.api.list(&built(branches)?).await?;
        let guarded = found.into_iter().filter(|it| it.protected || it.default);
        guarded.map(BranchFound::named).collect()
    }

    /// Those of project hooks. GitLab keeps the deliveries of system hooks where
    /// its API does not show them, and a token below Maintainer sees no hooks.
    async fn missed(&self, since: Timestamp) -> Result<Vec<VerifiedDelivery>, ForgeError> {
        let mut all = Vec::new();
        for repository in self.repositories().await? {
            for hook in self.own_hooks(&repository).await? {
                let path = format!("/projects/{}/hooks/{}/events", repository.id, hook.id.0);
                let logs = self.admin.list_if_allowed::<Value>(&path).await?;
                let logs = logs.unwrap_or_default().into_iter();
                // An entry that cannot be read is one that the sweep finds anyway.
                let logs = logs.filter_map(|log| serde_json::from_value::<Log>(log).ok());
                let missed = logs.filter(|log| log.created_at >= since && log.failed());
                all.extend(missed.filter_map(|log| log.delivery(&self.key)));
            }
        }
        all.sort_by_key(VerifiedDelivery::received_at);
        Ok(all)
    }
}

impl GitLab {
    /// The hooks of a project that deliver to this instance.
    async fn own_hooks(&self, repository: &EventRepository) -> Result<Vec<Hook>, ForgeError> {
        let hooks = Hooks::builder().project(repository.id).build();
        let found: Vec<Hook> = match self.admin.list(&built(hooks)?).await {
            Err(ForgeError::Refused { .. }) => Vec::new(),
            found => found?,
        };
        let ours = format!("/webhooks/{}", self.key);
        Ok(found
            .into_iter()
            .filter(|hook| hook.url.ends_with(&ours))
            .collect())
    }
}

#[derive(Deserialize)]
struct ProjectFound {
    id: Id,
    path_with_namespace: String,
    default_branch: Option<String>,
}

impl ProjectFound {
    fn named(self) -> Result<EventRepository, ForgeError> {
        let named = payload::repository(self.id, self.path_with_namespace, self.default_branch);
        named.map_err(|error| unreadable(ForgeKind::GitLab, format!("a project: {error}")))
    }
}

#[derive(Deserialize)]
struct BranchFound {
    name: String,
    commit: Commit,
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    default: bool,
}

impl BranchFound {
    fn named(self) -> Result<Branch, ForgeError> {
        let odd = |error: String| unreadable(ForgeKind::GitLab, format!("a branch: {error}"));
        Ok(Branch {
            name: RefName::branch(&self.name).map_err(|error| odd(error.to_string()))?,
            tip: ObjectId::parse(&self.commit.id).map_err(|error| odd(error.to_string()))?,
            protected: self.protected,
        })
    }
}

#[derive(Deserialize)]
struct Hook {
    id: Id,
    url: String,
}

/// One entry of a hook's log (docs.gitlab.com, "Project webhooks API", events).
#[derive(Deserialize)]
struct Log {
    id: Id,
    created_at: Timestamp,
    /// A number as text; `internal error` if there was no answer.
    response_status: String,
    request_headers: Value,
    request_data: Value,
}

impl Log {
    fn failed(&self) -> bool {
        !self.response_status.starts_with('2')
    }

    /// The delivery, under the name that a retry of it has.
    fn delivery(self, key: &str) -> Option<VerifiedDelivery> {
        let header = |name: &str| {
            let headers = self.request_headers.as_object()?;
            let mut headers = headers.iter();
            let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.and_then(|(_, value)| value.as_str().map(str::to_owned))
        };
        let id = header("Idempotency-Key").unwrap_or_else(|| format!("hook-log-{}", self.id.0));
        let event = header("X-Gitlab-Event")?;
        let body = serde_json::to_vec(&self.request_data).ok()?;
        Some(recovered(key, (id, event), body, self.created_at))
    }
}
