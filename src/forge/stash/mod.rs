//! Stash, today Bitbucket Data Center: one robot account on one server.
//!
//! Stash's own words stay in this folder; it knows nothing of policy, of the
//! store or of who calls it. Sources: Atlassian's description of the REST API
//! (9.2) and "Event payload" of the documentation of Bitbucket Data Center.

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

use super::support::secrets::Secrets;
use super::support::url::base_url;
use super::{ConfigError, Instance};
use crate::clock::SharedClock;
use crate::config::StashInstance;
use crate::model::repo::ForgeKind;

/// Makes the instance; makes no request. An error names the setting. The clock
/// is for rate limits.
pub fn instance(config: &StashInstance, clock: SharedClock) -> Result<Instance, ConfigError> {
    let (key, user) = (config.key.clone(), config.user.clone());
    let secrets = Secrets::new("webhook_secrets", config.webhook_secrets.clone())?;
    // The first of the list is the one that set-up hands out.
    let newest = config.webhook_secrets.first().cloned();
    let url = base_url("url", &config.url)?;
    let own = api::Settings {
        url: url.clone(),
        token: config.token.clone(),
        ca: config.ca.clone(),
    };
    let admin = api::Settings {
        token: config.admin_token.as_ref().unwrap_or(&config.token).clone(),
        ..own.clone()
    };
    let passwords = guarantees::Passwords::new(&config.audit, &own, &clock)?;
    let stash = Arc::new(Stash {
        passwords,
        api: api::Api::new(own, clock.clone())?,
        admin: api::Api::new(admin, clock)?,
        url,
        token: config.token.clone(),
        webhook_secret: newest,
        user: config.user.clone(),
        account: tokio::sync::OnceCell::new(),
    });
    Ok(Instance {
        key: config.key.clone(),
        kind: ForgeKind::Stash,
        intake: Arc::new(webhook::StashIntake::new(key, user, secrets)),
        evidence: stash.clone(),
        publisher: stash.clone(),
        objects: stash.clone(),
        inventory: stash.clone(),
        administration: stash.clone(),
        audit: stash,
    })
}

/// The side of the instance that talks to Stash.
struct Stash {
    /// What the operator says of passwords, and how that is tried.
    passwords: guarantees::Passwords,
    /// As our own account.
    api: api::Api,
    /// As the administrator whose token is configured, else as our own account.
    admin: api::Api,
    /// Where git's URLs start.
    url: http::Uri,
    token: SecretString,
    /// What set-up gives to a webhook.
    webhook_secret: Option<SecretString>,
    /// The name of our own account.
    user: String,
    /// Our own account as Stash knows it, asked once.
    account: tokio::sync::OnceCell<status::Account>,
}
