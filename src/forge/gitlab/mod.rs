//! GitLab: gitlab.com and self-managed GitLab.
//!
//! One robot account is one instance. GitLab's own words stay in this folder;
//! it knows nothing of policy, of the store or of who calls it.
//! Sources: docs.gitlab.com (webhooks, webhook events, system hooks, REST API,
//! external commit statuses, external status checks).

mod administration;
mod api;
mod audit;
mod evidence;
mod guarantees;
mod inventory;
mod meaning;
mod objects;
mod payload;
mod slug;
mod status;
mod webhook;

use std::sync::Arc;

use secrecy::SecretString;

use super::support::url::base_url;
use super::{ConfigError, Instance};
use crate::clock::SharedClock;
use crate::config::GitLabInstance;
use crate::model::repo::ForgeKind;

/// Makes the instance; makes no request. An error names the setting. The clock
/// is for rate limits and for what is remembered for some minutes.
pub fn instance(config: &GitLabInstance, clock: SharedClock) -> Result<Instance, ConfigError> {
    let intake = webhook::GitLabIntake::new(
        config.key.clone(),
        config.webhook_secrets.clone(),
        &config.signing_tokens,
    )?;
    let web_url = base_url("url", &config.url)?;
    let admin_token = config.admin_token.as_ref().unwrap_or(&config.token);
    let ca = || config.ca.clone();
    let gitlab = Arc::new(GitLab {
        hearing: audit::Hearing::new(&config.audit)?,
        key: config.key.clone(),
        api: api::Api::new(&web_url, config.token.clone(), ca(), clock.clone())?,
        admin: api::Api::new(&web_url, admin_token.clone(), ca(), clock)?,
        token: config.token.clone(),
        hook_secret: HookSecret::of(config),
        web_url,
        checks: status::KnownChecks::default(),
    });
    Ok(Instance {
        key: config.key.clone(),
        kind: ForgeKind::GitLab,
        intake: Arc::new(intake),
        evidence: gitlab.clone(),
        publisher: gitlab.clone(),
        objects: gitlab.clone(),
        inventory: gitlab.clone(),
        administration: gitlab.clone(),
        audit: gitlab,
    })
}

/// The side of the instance that talks to GitLab.
struct GitLab {
    /// What tells how pushes were authenticated.
    hearing: audit::Hearing,
    /// The instance's key: the last part of its webhook URL.
    key: String,
    /// As our robot account.
    api: api::Api,
    /// As the administrator, if a token of one is configured; else as the robot.
    admin: api::Api,
    token: SecretString,
    /// What set-up gives to a hook.
    hook_secret: HookSecret,
    web_url: http::Uri,
    checks: status::KnownChecks,
}

/// The first configured secret of the better kind.
enum HookSecret {
    Signing(SecretString),
    Plain(SecretString),
    None,
}

impl HookSecret {
    fn of(config: &GitLabInstance) -> Self {
        let signing = config.signing_tokens.first();
        match (signing, config.webhook_secrets.first()) {
            (Some(token), _) => Self::Signing(token.clone()),
            (None, Some(secret)) => Self::Plain(secret.clone()),
            (None, None) => Self::None,
        }
    }

    /// The field of a hook that takes it.
    fn field(&self) -> &'static str {
        match self {
            Self::Signing(_) => "signing_token",
            Self::Plain(_) | Self::None => "token",
        }
    }

    fn secret(&self) -> Option<&SecretString> {
        match self {
            Self::Signing(secret) | Self::Plain(secret) => Some(secret),
            Self::None => None,
        }
    }
}
