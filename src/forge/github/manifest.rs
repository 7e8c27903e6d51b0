//! Making the App: what it asks for, and what GitHub gives once for it.
//!
//! Somebody posts the manifest from a page to GitHub, confirms it there and
//! comes back with a code, which stands for the new App's keys for an hour. The
//! page is not here. Source: docs.github.com, "Registering a GitHub App from a
//! manifest".

use std::sync::Arc;

use http::{HeaderName, Method};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::SystemClock;
use crate::forge::ForgeError;
use crate::forge::support::answer::{refused, unavailable, unreadable};
use crate::forge::support::client::{Call, Client, Settings};
use crate::forge::support::reading::Id;
use crate::forge::support::url::base_url;
use crate::model::repo::ForgeKind;

const FORGE: ForgeKind = ForgeKind::GitHub;
/// Longest code that is believed to be one, in bytes.
const MAX_CODE: usize = 100;

/// A GitHub App that was just made.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// Its number: `app_id`.
    pub id: u64,
    /// Its name in URLs.
    pub slug: String,
    /// Its private key, PEM: GitHub does not give it again.
    pub pem: SecretString,
    /// What signs its deliveries.
    pub webhook_secret: SecretString,
    /// Its public page, where it is installed.
    pub html_url: String,
}

/// The App that Forgewarden needs, as GitHub's form wants it described: the
/// service at `public_url`, its instance's `key`, and a `name` that is unique on
/// that GitHub (at most 34 letters). It may read what it judges and write check
/// runs; "Commit statuses: write" is never used, but without it a ruleset does
/// not take the App as the source of a check. GitHub Enterprise Server has no
/// merge queues: there, take `merge_queues` and `merge_group` out.
pub fn manifest(public_url: &str, key: &str, name: &str) -> Value {
    let public_url = public_url.trim_end_matches('/');
    json!({
        "name": name,
        "url": public_url,
        "description": "Judges how commits are signed, pushed and built.",
        "hook_attributes": { "url": format!("{public_url}/webhooks/{key}"), "active": true },
        "public": false,
        "default_permissions": {
            "checks": "write",
            "contents": "read",
            "merge_queues": "read",
            "metadata": "read",
            "pull_requests": "read",
            "statuses": "write",
        },
        "default_events": ["push", "pull_request", "pull_request_review", "merge_group"],
    })
}

/// What GitHub answers to a code. Its other secrets are not for us.
#[derive(Deserialize)]
struct Conversion {
    id: Id,
    slug: Option<String>,
    html_url: Option<String>,
    pem: String,
    webhook_secret: Option<String>,
}

/// Gets the new App's keys for the code that GitHub sent the browser back with.
/// This works once, and within an hour.
///
/// # Errors
/// Why there are none; the code is in no error.
pub async fn convert(api_url: &str, code: &str) -> Result<NewApp, ForgeError> {
    let lawful = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if code.is_empty() || code.len() > MAX_CODE || !code.bytes().all(lawful) {
        let reason = format!("the code is not 1 to {MAX_CODE} letters and digits");
        return Err(refused(FORGE, reason));
    }
    let call = Call {
        method: Method::POST,
        path: format!("/app-manifests/{code}/conversions"),
        body: None,
    };
    let answer = client(api_url)?.call(call).await;
    let found = answer.and_then(|answer| answer.read::<Conversion>());
    let found = found.map_err(|error| without(code, error))?;
    let lacks = |what: &str| unreadable(FORGE, format!("the new App has no {what}"));
    let secret = found.webhook_secret.filter(|it| !it.is_empty());
    Ok(NewApp {
        id: found.id.0,
        slug: found.slug.ok_or_else(|| lacks("slug"))?,
        pem: SecretString::from(found.pem),
        webhook_secret: SecretString::from(secret.ok_or_else(|| lacks("webhook secret"))?),
        html_url: found.html_url.ok_or_else(|| lacks("page"))?,
    })
}

/// The code itself is all the credential there is, so that the version of the
/// API stands in the place of one.
fn client(api_url: &str) -> Result<Client, ForgeError> {
    let settings = Settings {
        forge: FORGE,
        base: base_url("api_url", api_url).map_err(|error| refused(FORGE, error.to_string()))?,
        credential: (
            HeaderName::from_static("x-github-api-version"),
            SecretString::from("2022-11-28"),
        ),
        ca: None,
        hint: "a code is good once and for an hour: make the App again",
    };
    let client = Client::new(settings, Arc::new(SystemClock));
    client.map_err(|error| refused(FORGE, error.to_string()))
}

/// The error with stars for the code.
fn without(code: &str, error: ForgeError) -> ForgeError {
    let hide = |reason: String| reason.replace(code, "***");
    match error {
        ForgeError::Unavailable { reason, .. } => unavailable(FORGE, hide(reason)),
        ForgeError::Refused { reason, .. } => refused(FORGE, hide(reason)),
        ForgeError::Unreadable { reason, .. } => unreadable(FORGE, hide(reason)),
        limited @ ForgeError::RateLimited { .. } => limited,
    }
}
