//! The settings of a project as GitLab gives them, read once for both the
//! doctor and the plan.

use globset::GlobBuilder;
use serde::Deserialize;
use serde_json::Value;

use super::super::GitLab;
use crate::forge::ForgeError;
use crate::model::event::EventRepository;
use crate::model::refs::RefName;

/// GitLab's number for "Developer": below it nobody posts a status.
pub(super) const DEVELOPER: u64 = 30;

/// What of a project decides whether something is merged.
#[derive(Deserialize)]
pub(super) struct Project {
    #[serde(default)]
    pub(super) only_allow_merge_if_pipeline_succeeds: bool,
    /// Null is "no".
    pub(super) allow_merge_on_skipped_pipeline: Option<bool>,
    #[serde(default)]
    pub(super) only_allow_merge_if_all_discussions_are_resolved: bool,
    /// Only where external status checks are licensed.
    pub(super) only_allow_merge_if_all_status_checks_passed: Option<bool>,
    pub(super) ci_config_path: Option<String>,
    pub(super) forking_access_level: Option<String>,
    #[serde(default)]
    pub(super) merge_trains_enabled: bool,
}

/// A project hook or a system hook.
#[derive(Deserialize)]
pub(super) struct Hook {
    pub(super) id: u64,
    pub(super) url: String,
    #[serde(default)]
    pub(super) push_events: bool,
    #[serde(default)]
    pub(super) tag_push_events: bool,
    #[serde(default)]
    pub(super) merge_requests_events: bool,
    #[serde(default)]
    pub(super) repository_update_events: bool,
    #[serde(default)]
    pub(super) enable_ssl_verification: bool,
    /// `executable`, `disabled`, `temporarily_disabled`; of project hooks alone.
    pub(super) alert_status: Option<String>,
    /// From GitLab 19.0 on.
    pub(super) token_present: Option<bool>,
    /// From GitLab 19.0 on.
    pub(super) signing_token_present: Option<bool>,
    pub(super) custom_webhook_template: Option<String>,
}

impl Hook {
    /// Whether a secret of any kind is known to be set; `None` if this GitLab
    /// does not tell.
    pub(super) fn has_secret(&self) -> Option<bool> {
        match (self.token_present, self.signing_token_present) {
            (None, None) => None,
            (one, other) => Some(one == Some(true) || other == Some(true)),
        }
    }
}

/// The hooks that could be ours.
pub(super) struct Hooks {
    /// Of the whole instance; nothing where only an administrator may see them.
    pub(super) system: Option<Vec<Hook>>,
    /// Of the project; nothing where only a maintainer may see them.
    pub(super) project: Option<Vec<Hook>>,
}

impl Hooks {
    pub(super) fn system_to(&self, url: &str) -> Option<&Hook> {
        self.system.iter().flatten().find(|hook| hook.url == url)
    }

    pub(super) fn project_to(&self, url: &str) -> Option<&Hook> {
        self.project.iter().flatten().find(|hook| hook.url == url)
    }
}

/// Who may do something with a protected branch.
#[derive(Deserialize)]
pub(super) struct AccessLevel {
    /// 0 is nobody, 30 developers, 40 maintainers, 60 administrators.
    access_level: Option<u64>,
    access_level_description: Option<String>,
}

impl AccessLevel {
    pub(super) fn is_somebody(&self) -> bool {
        self.access_level != Some(0)
    }

    pub(super) fn words(&self) -> &str {
        let words = self.access_level_description.as_deref();
        words.unwrap_or("somebody")
    }
}

/// A protected branch, or a pattern of them.
#[derive(Deserialize)]
pub(super) struct ProtectedBranch {
    pub(super) name: String,
    #[serde(default)]
    pub(super) push_access_levels: Vec<AccessLevel>,
    #[serde(default)]
    pub(super) allow_force_push: bool,
}

impl ProtectedBranch {
    /// Whether it covers the branch: `*` stands for anything, slashes too.
    pub(super) fn covers(&self, branch: &RefName) -> bool {
        let escaped: String = self.name.chars().flat_map(escaped).collect();
        let pattern = GlobBuilder::new(&escaped).literal_separator(false).build();
        let name = branch.short().to_string();
        pattern.is_ok_and(|it| it.compile_matcher().is_match(name))
    }
}

/// GitLab's patterns know the asterisk alone.
fn escaped(letter: char) -> impl Iterator<Item = char> {
    let special = "?[]{}\\!".contains(letter);
    special.then_some('\\').into_iter().chain([letter])
}

/// Who may approve, where that is licensed.
#[derive(Deserialize)]
pub(super) struct ApprovalSettings {
    #[serde(default)]
    pub(super) reset_approvals_on_push: bool,
    #[serde(default)]
    pub(super) merge_requests_author_approval: bool,
    #[serde(default)]
    pub(super) merge_requests_disable_committers_approval: bool,
}

/// A check that another system answers.
#[derive(Deserialize)]
pub(super) struct StatusCheck {
    pub(super) name: String,
}

#[derive(Deserialize)]
struct Member {
    access_level: u64,
}

/// Asks for the settings of one project, as its administrator.
pub(super) struct Settings<'a> {
    gitlab: &'a GitLab,
    pub(super) path: String,
}

impl<'a> Settings<'a> {
    pub(super) fn of(gitlab: &'a GitLab, repository: &EventRepository) -> Self {
        let path = format!("/projects/{}", repository.id);
        Self { gitlab, path }
    }

    /// The project, with the JSON that a plan shows.
    pub(super) async fn project(&self) -> Result<Option<Project>, ForgeError> {
        self.gitlab.admin.find_at(&self.path).await
    }

    /// The role of our robot account, as GitLab's number; nothing if it is no member.
    pub(super) async fn role(&self) -> Result<Option<u64>, ForgeError> {
        let me = self.gitlab.api.me().await?;
        let path = format!("{}/members/all/{}", self.path, me.id.0);
        let member: Option<Member> = self.gitlab.api.find_at(&path).await?;
        Ok(member.map(|it| it.access_level))
    }

    pub(super) async fn hooks(&self) -> Result<Hooks, ForgeError> {
        let admin = &self.gitlab.admin;
        Ok(Hooks {
            system: admin.list_if_allowed("/hooks").await?,
            project: admin.list_if_allowed(&format!("{}/hooks", self.path)).await?,
        })
    }

    pub(super) async fn protected_branches(&self) -> Result<Vec<ProtectedBranch>, ForgeError> {
        let path = format!("{}/protected_branches", self.path);
        self.gitlab.admin.list_at(&path).await
    }

    /// Nothing where it is not licensed.
    pub(super) async fn approvals(&self) -> Result<Option<ApprovalSettings>, ForgeError> {
        match self.gitlab.admin.find_at(&format!("{}/approvals", self.path)).await {
            Err(ForgeError::Refused { .. }) => Ok(None),
            found => found,
        }
    }

    /// Nothing where it is not licensed.
    pub(super) async fn status_checks(&self) -> Result<Option<Vec<StatusCheck>>, ForgeError> {
        let path = format!("{}/external_status_checks", self.path);
        self.gitlab.admin.list_if_allowed(&path).await
    }
}

/// What a hook says of itself, for a plan.
pub(super) fn shown(hook: &Hook, secret_field: &str) -> Value {
    let secret = hook.has_secret().map(|set| match set {
        true => "(set)",
        false => "",
    });
    serde_json::json!({ "url": hook.url, "push_events": hook.push_events,
        "tag_push_events": hook.tag_push_events,
        "merge_requests_events": hook.merge_requests_events,
        "repository_update_events": hook.repository_update_events,
        "enable_ssl_verification": hook.enable_ssl_verification, secret_field: secret })
}

#[cfg(test)]
mod tests {
    use super::ProtectedBranch;
    use crate::model::refs::RefName;

    #[test]
    fn an_asterisk_covers_what_gitlab_lets_it() {
        let covers = |name: &str, branch: &str| {
            let it = serde_json::json!({ "name": name });
            let it: ProtectedBranch = serde_json::from_value(it).expect("a branch");
            it.covers(&RefName::branch(branch).expect("lawful"))
        };
        assert!(covers("main", "main") && !covers("main", "main2"));
        assert!(covers("release/*", "release/1/2") && covers("*", "a/b"));
        assert!(!covers("a?c", "abc") && !covers("[ab]", "a") && covers("{a}*", "{a}b"));
    }
}
