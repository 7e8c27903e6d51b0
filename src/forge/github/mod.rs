//! GitHub: github.com, GHE.com and GitHub Enterprise Server.
//!
//! One GitHub App is one instance. GitHub's own words stay in this folder;
//! it knows nothing of policy, of the store or of who calls it.
//! Sources: docs.github.com (webhooks, REST API, GitHub Apps) and GitHub's own
//! description of the API, npm `@octokit/openapi`, against which
//! `tests/it/github/contract.rs` holds every request that is made here.

mod administration;
mod api;
mod audit;
mod evidence;
mod guarantees;
mod inventory;
pub mod manifest;
mod meaning;
mod objects;
mod payload;
mod slug;
mod status;
mod token;
mod webhook;

use std::sync::Arc;

use secrecy::SecretString;

use super::support::secrets::Secrets;
use super::support::url::base_url;
use super::{ConfigError, Instance};
use crate::clock::SharedClock;
use crate::config::GitHubInstance;
use crate::model::repo::ForgeKind;

/// Makes the instance; makes no request. An error names the setting. The clock
/// is for token expiry and rate limits.
pub fn instance(config: &GitHubInstance, clock: SharedClock) -> Result<Instance, ConfigError> {
    let secrets = Secrets::new("webhook_secrets", config.webhook_secrets.clone())?;
    let intake = webhook::GitHubIntake::new(config.key.clone(), config.app_id, secrets);
    let api = api::Api::new(
        api::Settings {
            api_url: base_url("api_url", &config.api_url)?,
            api_version: api::version(&config.api_version)?,
            app_id: config.app_id,
            private_key: api::private_key(&config.private_key_pem)?,
            admin_token: config.admin_token.clone(),
        },
        clock,
    );
    let github = Arc::new(GitHub {
        audit: audit::Sources::new(config.audit.clone())?,
        key: config.key.clone(),
        api,
        web_url: base_url("web_url", &config.web_url)?,
        // The first of the list is the one that set-up hands out.
        webhook_secret: config.webhook_secrets.first().cloned(),
    });
    Ok(Instance {
        key: config.key.clone(),
        kind: ForgeKind::GitHub,
        intake: Arc::new(intake),
        evidence: github.clone(),
        publisher: github.clone(),
        objects: github.clone(),
        inventory: github.clone(),
        administration: github.clone(),
        audit: github,
    })
}

/// The side of the instance that talks to GitHub.
struct GitHub {
    /// What tells how pushes were authenticated.
    audit: audit::Sources,
    /// The instance's key.
    key: String,
    api: api::Api,
    web_url: http::Uri,
    /// What set-up gives to the App's webhook.
    webhook_secret: Option<SecretString>,
}
