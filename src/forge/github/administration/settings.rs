//! The settings of a repository as GitHub gives them, read for both the doctor
//! and the plan.
//!
//! GitHub answers 404 for what is not there and for what we may not see. Here
//! `Some` is there, `None` is surely not there, and an error is everything else.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::api::RepositoryApi;
use super::super::token::Purpose;
use super::super::{GitHub, slug};
use super::answers::{
    App, Branch, Bypass, Classic, Combined, HookConfig, Installed, Listed, PreReceive, Rule, Ruleset,
};
use crate::forge::ForgeError;
use crate::forge::support::client::Call;
use crate::forge::support::url::encoded;
use crate::model::event::EventRepository;
use crate::model::refs::RefName;

/// Asks for the settings of one repository, as its administrator if a token is
/// configured, else as the App.
pub(super) struct Settings<'a> {
    github: &'a GitHub,
    repository: &'a EventRepository,
    pub(super) path: String,
}

impl<'a> Settings<'a> {
    pub(super) fn of(github: &'a GitHub, it: &'a EventRepository) -> Result<Self, ForgeError> {
        Ok(Self {
            github,
            repository: it,
            path: format!("/repos/{}", slug::of(it)?),
        })
    }

    pub(super) async fn app(&self) -> Result<App, ForgeError> {
        self.github.api.get_as_app("/app").await
    }

    /// Nothing if the App is not installed on the repository.
    pub(super) async fn installed(&self) -> Result<Option<Installed>, ForgeError> {
        self.find_as_app(&format!("{}/installation", self.path)).await
    }

    /// Nothing if the App has no webhook.
    pub(super) async fn hook(&self) -> Result<Option<HookConfig>, ForgeError> {
        self.find_as_app("/app/hook/config").await
    }

    /// The App sees everything of itself, so that 404 is an answer.
    async fn find_as_app<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ForgeError> {
        let answer = self.github.api.ask_as_app(Call::get(path)).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            _ => answer.read().map(Some),
        }
    }

    pub(super) async fn rules(&self, branch: &RefName) -> Result<Vec<Rule>, ForgeError> {
        let below = format!("/rules/branches/{}?per_page=100", segment(branch));
        self.api(Purpose::Metadata).await?.list(&below).await
    }

    pub(super) async fn ruleset(&self, id: u64) -> Result<Ruleset, ForgeError> {
        let below = format!("/rulesets/{id}?includes_parents=true");
        self.api(Purpose::Metadata).await?.get(&below).await
    }

    /// The repository's own ruleset of this name, with its number.
    pub(super) async fn ruleset_named(
        &self,
        name: &str,
    ) -> Result<Option<(u64, Value)>, ForgeError> {
        let api = self.api(Purpose::Metadata).await?;
        let all: Vec<Listed> = api.list("/rulesets?includes_parents=false&per_page=100").await?;
        let ours = |it: &Listed| it.name == name && it.target.as_deref() != Some("tag");
        let Some(found) = all.into_iter().find(ours) else {
            return Ok(None);
        };
        let below = format!("/rulesets/{}?includes_parents=false", found.id.0);
        Ok(Some((found.id.0, api.get(&below).await?)))
    }

    pub(super) async fn branch(&self, branch: &RefName) -> Result<Option<Branch>, ForgeError> {
        let below = format!("/branches/{}", segment(branch));
        self.look(Purpose::Objects, &below, "Branch not found").await
    }

    pub(super) async fn classic(&self, branch: &RefName) -> Result<Option<Classic>, ForgeError> {
        let below = format!("/branches/{}/protection", segment(branch));
        self.look(Purpose::Administration, &below, "Branch not protected").await
    }

    /// Whether a commit has a status (not a check run) of this name.
    pub(super) async fn has_status(&self, commit: &str, name: &str) -> Result<bool, ForgeError> {
        let api = self.api(Purpose::Statuses).await?;
        let commit = encoded(commit.as_bytes(), b"");
        let pages: Vec<Combined> = api.pages(&format!("/commits/{commit}/status?per_page=100")).await?;
        let mut all = pages.iter().flat_map(|page| &page.statuses);
        Ok(all.any(|it| it.context == name))
    }

    /// The bypasses of the last month, of whatever branch.
    pub(super) async fn bypasses(&self) -> Result<Vec<Bypass>, ForgeError> {
        let api = self.api(Purpose::Administration).await?;
        let below = "/rulesets/rule-suites?rule_suite_result=bypass&time_period=month&per_page=100";
        api.list(below).await
    }

    /// The pre-receive hooks; nothing on a GitHub that knows none.
    pub(super) async fn pre_receive(&self) -> Result<Option<Vec<PreReceive>>, ForgeError> {
        // GitHub Enterprise Server alone has them, and its API stands below this path.
        if !self.github.api.base().path().starts_with("/api/v3") {
            return Ok(None);
        }
        let api = self.api(Purpose::Administration).await?;
        api.list("/pre-receive-hooks?per_page=100").await.map(Some)
    }

    /// A pre-receive hook where it is configured.
    pub(super) async fn configured(&self, link: &str) -> Result<PreReceive, ForgeError> {
        let path = self.github.api.own_path(link)?;
        let api = self.api(Purpose::Administration).await?;
        api.ask(Call::get(path)).await?.read()
    }

    async fn look<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        below: &str,
        absent: &str,
    ) -> Result<Option<T>, ForgeError> {
        let api = self.api(purpose).await?;
        let answer = api.ask(Call::get(format!("{}{below}", self.path))).await?;
        match answer.status {
            StatusCode::NOT_FOUND if answer.words() == absent => Ok(None),
            _ => answer.read().map(Some),
        }
    }

    async fn api(&self, purpose: Purpose) -> Result<RepositoryApi<'_>, ForgeError> {
        let api = &self.github.api;
        match api.as_administrator(self.path.clone()).await? {
            Some(admin) => Ok(admin),
            None => api.repository(self.repository, purpose).await,
        }
    }
}

/// A branch's name as one segment of a path.
fn segment(branch: &RefName) -> String {
    encoded(branch.short(), b"")
}
