//! GitHub: github.com, GHE.com and GitHub Enterprise Server.
//!
//! One GitHub App is one instance. GitHub's own words stay in this folder;
//! it knows nothing of policy, of the store or of who calls it.
//! Sources: docs.github.com (webhooks, REST API, GitHub Apps) and GitHub's own
//! description of the API, npm `@octokit/openapi`, against which
//! `tests/it/github/contract.rs` holds every request that is made here.

mod answer;
mod api;
mod evidence;
mod meaning;
mod objects;
mod payload;
mod slug;
mod status;
mod token;
mod webhook;

use std::sync::Arc;

use secrecy::SecretString;

use super::{ConfigError, Instance};
use crate::clock::{SharedClock, SystemClock};
use crate::model::repo::ForgeKind;

/// The version of GitHub's REST API that is asked for unless configured;
/// every supported GitHub Enterprise Server knows it.
pub const DEFAULT_API_VERSION: &str = "2022-11-28";

/// One GitHub App on one GitHub.
pub struct GitHubConfig {
    /// The instance's key in the configuration.
    pub key: String,
    /// `https://api.github.com`, `https://api.SLUG.ghe.com` or `https://HOST/api/v3`.
    pub api_url: String,
    /// `https://github.com`, `https://SLUG.ghe.com` or `https://HOST`: git's URLs start with it.
    pub web_url: String,
    /// The App's number.
    pub app_id: u64,
    /// The App's private key: RSA, PEM.
    pub private_key_pem: SecretString,
    /// The webhook secrets that count now; several while one replaces another.
    pub webhook_secrets: Vec<SecretString>,
    /// The value of `X-GitHub-Api-Version`; [`DEFAULT_API_VERSION`].
    pub api_version: String,
}

/// Makes the instance; makes no request. An error names the setting.
pub fn instance(config: GitHubConfig) -> Result<Instance, ConfigError> {
    instance_at(config, Arc::new(SystemClock))
}

/// [`instance`], with a clock of the caller's (for token expiry and rate limits).
pub fn instance_at(config: GitHubConfig, clock: SharedClock) -> Result<Instance, ConfigError> {
    let secrets = webhook::Secrets::new(config.webhook_secrets)?;
    let intake = webhook::GitHubIntake::new(config.key.clone(), config.app_id, secrets);
    let api = api::Api::new(
        api::Settings {
            api_url: api::base_url("api_url", &config.api_url)?,
            api_version: api::version(&config.api_version)?,
            app_id: config.app_id,
            private_key: api::private_key(&config.private_key_pem)?,
        },
        clock,
    );
    let github = Arc::new(GitHub {
        api,
        web_url: api::base_url("web_url", &config.web_url)?,
    });
    Ok(Instance {
        key: config.key,
        kind: ForgeKind::GitHub,
        intake: Arc::new(intake),
        evidence: github.clone(),
        publisher: github.clone(),
        objects: github,
    })
}

/// The side of the instance that talks to GitHub.
struct GitHub {
    api: api::Api,
    web_url: http::Uri,
}
