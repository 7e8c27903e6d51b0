//! The settings of a repository as Stash gives them, read once for both the
//! doctor and the plan.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Stash, slug};
use super::NEEDS_WORK_CHECK;
use crate::forge::ForgeError;
use crate::model::event::EventRepository;
use crate::model::refs::RefName;

/// A webhook. Its secret is not shown by every version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Webhook {
    pub(super) id: u64,
    pub(super) url: String,
    #[serde(default)]
    pub(super) active: bool,
    #[serde(default)]
    pub(super) events: Vec<String>,
    #[serde(default)]
    pub(super) configuration: Value,
    /// Absent in versions that always check.
    pub(super) ssl_verification_required: Option<bool>,
}

/// What branches a setting is for.
#[derive(Deserialize)]
pub(super) struct Matcher {
    id: String,
    #[serde(rename = "type")]
    kind: Kind,
}

#[derive(Deserialize)]
struct Kind {
    id: String,
}

impl Matcher {
    /// Whether it surely names this branch. Patterns and the branching model are
    /// the server's to resolve, so they prove nothing here.
    pub(super) fn names(&self, branch: &RefName) -> bool {
        match self.kind.id.as_str() {
            "ANY_REF" => true,
            "BRANCH" => self.id.as_bytes() == &**branch.as_bstr(),
            _ => false,
        }
    }

    /// The matcher of one branch, as requests have it.
    pub(super) fn of(branch: &RefName) -> Value {
        json!({ "id": branch.to_string(), "type": { "id": "BRANCH" } })
    }

    /// The matcher of every branch.
    pub(super) fn of_all() -> Value {
        json!({ "id": "ANY_REF_MATCHER_ID", "type": { "id": "ANY_REF" } })
    }
}

/// A merge check that asks for builds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequiredBuild {
    pub(super) build_parent_keys: Vec<String>,
    pub(super) ref_matcher: Matcher,
    pub(super) exempt_ref_matcher: Option<Matcher>,
}

#[derive(Deserialize)]
pub(super) struct Person {
    pub(super) name: String,
}

/// Reviewers that every pull request gets.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DefaultReviewers {
    #[serde(default)]
    pub(super) reviewers: Vec<Person>,
    #[serde(default)]
    pub(super) required_approvals: u64,
    pub(super) target_ref_matcher: Matcher,
    pub(super) source_ref_matcher: Matcher,
}

impl DefaultReviewers {
    /// Whether nothing goes into the branch without the approval of this
    /// account: all of the reviewers must approve, and it is one of them.
    pub(super) fn demand(&self, user: &str, branch: &RefName) -> bool {
        let among = self.reviewers.iter().any(|it| it.name.eq_ignore_ascii_case(user));
        let all = self.required_approvals >= self.reviewers.len() as u64;
        among
            && all
            && self.target_ref_matcher.names(branch)
            && self.source_ref_matcher.kind.id == "ANY_REF"
    }
}

/// A branch permission, with who is exempt from it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Restriction {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) matcher: Matcher,
    #[serde(default)]
    pub(super) users: Vec<Person>,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) access_keys: Vec<Value>,
}

impl Restriction {
    /// Who may do it all the same.
    pub(super) fn exempt(&self) -> Vec<String> {
        let users = self.users.iter().map(|it| it.name.clone());
        let groups = self.groups.iter().map(|it| format!("group {it}"));
        let keys = match self.access_keys.len() {
            0 => None,
            count => Some(format!("{count} access keys")),
        };
        users.chain(groups).chain(keys).collect()
    }
}

#[derive(Deserialize)]
struct Hook {
    enabled: bool,
    details: HookDetails,
}

#[derive(Deserialize)]
struct HookDetails {
    key: String,
}

/// A script that the server runs before it lets something happen.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HookScript {
    pub(super) script: Script,
    #[serde(default)]
    pub(super) trigger_ids: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Script {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// Asks for the settings of one repository, as its administrator.
pub(super) struct Settings<'a> {
    stash: &'a Stash,
    path: String,
}

impl<'a> Settings<'a> {
    pub(super) fn of(stash: &'a Stash, it: &EventRepository) -> Result<Self, ForgeError> {
        let path = slug::path(&it.name)?;
        Ok(Self { stash, path })
    }

    /// The path of a setting, in one of the server's APIs.
    pub(super) fn path(&self, api: &str, below: &str) -> String {
        format!("/{api}/latest/{}{below}", self.path)
    }

    pub(super) async fn webhooks(&self) -> Result<Vec<Webhook>, ForgeError> {
        let admin = &self.stash.admin;
        admin.list(&self.path("api", "/webhooks")).await
    }

    pub(super) async fn required_builds(&self) -> Result<Vec<RequiredBuild>, ForgeError> {
        let admin = &self.stash.admin;
        admin.list(&self.path("required-builds", "/conditions")).await
    }

    pub(super) async fn default_reviewers(&self) -> Result<Vec<DefaultReviewers>, ForgeError> {
        let admin = &self.stash.admin;
        admin.get(&self.path("default-reviewers", "/conditions")).await
    }

    pub(super) async fn restrictions(&self) -> Result<Vec<Restriction>, ForgeError> {
        let admin = &self.stash.admin;
        admin.list(&self.path("branch-permissions", "/restrictions")).await
    }

    /// Whether "no 'needs work' status" is switched on.
    pub(super) async fn needs_work_blocks(&self) -> Result<bool, ForgeError> {
        let admin = &self.stash.admin;
        let is_on = |hook: &Hook| hook.enabled && hook.details.key == NEEDS_WORK_CHECK;
        let found = admin.first(&self.path("api", "/settings/hooks"), is_on).await?;
        Ok(found.is_some())
    }

    /// The scripts, or nothing where the server does not know any.
    pub(super) async fn hook_scripts(&self) -> Result<Option<Vec<HookScript>>, ForgeError> {
        let admin = &self.stash.admin;
        admin.list_if_any(&self.path("api", "/hook-scripts")).await
    }
}
