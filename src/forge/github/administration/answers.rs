//! GitHub's answers about settings: the few fields that are needed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::forge::support::reading::Id;

/// Where the App's deliveries go. A secret is shown as stars.
#[derive(Deserialize)]
pub(super) struct HookConfig {
    pub(super) url: Option<String>,
    pub(super) content_type: Option<String>,
    /// `"0"`, `"1"`, or the number.
    pub(super) insecure_ssl: Option<Value>,
    pub(super) secret: Option<String>,
}

impl HookConfig {
    /// Whether GitHub checks our certificate.
    pub(super) fn checks_tls(&self) -> bool {
        match &self.insecure_ssl {
            Some(Value::String(text)) => text == "0",
            Some(value) => value.as_u64() == Some(0),
            None => true,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Owner {
    pub(super) login: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

/// Our App: what it asks for.
#[derive(Deserialize)]
pub(super) struct App {
    pub(super) slug: Option<String>,
    pub(super) owner: Option<Owner>,
    #[serde(default)]
    pub(super) permissions: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) events: Vec<String>,
}

/// Our App where it is installed: what it was granted.
#[derive(Deserialize)]
pub(super) struct Installed {
    pub(super) html_url: Option<String>,
    #[serde(default)]
    pub(super) permissions: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) events: Vec<String>,
    pub(super) suspended_at: Option<String>,
}

/// One active rule of a branch, from whatever level.
#[derive(Deserialize)]
pub(super) struct Rule {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) parameters: Value,
    pub(super) ruleset_id: Id,
}

/// Who may get around a ruleset.
#[derive(Deserialize)]
pub(super) struct BypassActor {
    pub(super) actor_id: Option<i64>,
    pub(super) actor_type: String,
    pub(super) bypass_mode: Option<String>,
}

/// A ruleset.
#[derive(Deserialize)]
pub(super) struct Ruleset {
    pub(super) name: String,
    /// Shown only to those who may change the ruleset.
    pub(super) bypass_actors: Option<Vec<BypassActor>>,
}

/// A ruleset in a list.
#[derive(Deserialize)]
pub(super) struct Listed {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) target: Option<String>,
}

/// A check that classic protection asks for. No App, or -1: from anybody.
#[derive(Deserialize)]
pub(super) struct ClassicCheck {
    pub(super) context: String,
    pub(super) app_id: Option<i64>,
}

/// What everybody who reads a branch sees of its classic protection.
#[derive(Deserialize)]
pub(super) struct Summary {
    #[serde(default)]
    pub(super) enabled: bool,
    pub(super) required_status_checks: Option<ClassicChecks>,
}

#[derive(Deserialize)]
pub(super) struct ClassicChecks {
    /// `off`, `non_admins`, `everyone`.
    pub(super) enforcement_level: Option<String>,
    #[serde(default)]
    pub(super) contexts: Vec<String>,
    #[serde(default)]
    pub(super) checks: Vec<ClassicCheck>,
    #[serde(default)]
    pub(super) strict: bool,
}

#[derive(Deserialize)]
pub(super) struct Tip {
    pub(super) sha: String,
}

/// A branch.
#[derive(Deserialize)]
pub(super) struct Branch {
    pub(super) commit: Tip,
    pub(super) protection: Option<Summary>,
}

#[derive(Deserialize)]
pub(super) struct Switch {
    pub(super) enabled: bool,
}

/// People and programs to whom a classic rule does not apply.
#[derive(Deserialize, Default)]
pub(super) struct Allowances {
    #[serde(default)]
    pub(super) users: Vec<Value>,
    #[serde(default)]
    pub(super) teams: Vec<Value>,
    #[serde(default)]
    pub(super) apps: Vec<Value>,
}

#[derive(Deserialize)]
pub(super) struct Reviews {
    #[serde(default)]
    pub(super) dismiss_stale_reviews: bool,
    #[serde(default)]
    pub(super) require_last_push_approval: bool,
    #[serde(default)]
    pub(super) bypass_pull_request_allowances: Allowances,
}

/// The classic protection of a branch, as those see it who administer it.
#[derive(Deserialize)]
pub(super) struct Classic {
    pub(super) required_status_checks: Option<ClassicChecks>,
    pub(super) enforce_admins: Option<Switch>,
    pub(super) required_pull_request_reviews: Option<Reviews>,
    pub(super) allow_force_pushes: Option<Switch>,
    pub(super) allow_deletions: Option<Switch>,
}

/// What others said of a commit.
#[derive(Deserialize)]
pub(super) struct Combined {
    pub(super) statuses: Vec<Said>,
}

#[derive(Deserialize)]
pub(super) struct Said {
    pub(super) context: String,
}

/// A push or merge that somebody was let do against the rules.
#[derive(Deserialize)]
pub(super) struct Bypass {
    pub(super) actor_name: Option<String>,
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) pushed_at: String,
}

/// A pre-receive hook of a GitHub Enterprise Server.
#[derive(Deserialize)]
pub(super) struct PreReceive {
    pub(super) name: String,
    /// `enabled`, `disabled`, `testing`.
    pub(super) enforcement: String,
    /// Where it is configured: the repository, the organisation or the server.
    pub(super) configuration_url: Option<String>,
    /// Told by the organisation and the server alone.
    pub(super) allow_downstream_configuration: Option<bool>,
}
