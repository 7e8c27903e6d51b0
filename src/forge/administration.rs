//! Does a failing status really block, and what has to be set so that it does?
//!
//! For the commands `doctor` and `setup`; the service never calls it.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::ForgeError;
use crate::model::event::EventRepository;
use crate::model::refs::RefName;

/// What a repository is examined or set up for.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The repository.
    pub repository: EventRepository,
    /// The branches that must be guarded, with the context of our status of
    /// pull requests into each.
    pub branches: Vec<(RefName, String)>,
    /// The URL that deliveries go to: `public_url` + `/webhooks/` + key.
    pub webhook_url: String,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It holds, but something weakens it or cannot be seen.
    Warning,
    /// A failing status does not block, or we cannot do our work.
    Problem,
    /// It could not be found out. Never a kind of "ok".
    Unknown,
}

/// One line of the doctor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Stable name of what was looked at, in kebab case: `status-required`.
    pub id: &'static str,
    /// How bad it is.
    pub level: Level,
    /// Where: `acme/app`, `acme/app main`.
    pub place: String,
    /// What was found, as a sentence without a full stop.
    pub message: String,
    /// What to change and where; empty if nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

/// One change of the forge's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is for, as a heading: `require forgewarden/main on main`.
    pub title: String,
    /// How it stands; null if there is nothing.
    pub before: Value,
    /// How it should stand.
    pub after: Value,
    /// What does it; nothing if only a person can, and then how.
    pub action: Action,
}

/// What makes a step so.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A request to the forge's API.
    Request {
        /// `POST`, `PUT`, `PATCH` or `DELETE`.
        method: http::Method,
        /// Path and query below the API's base.
        path: String,
        /// The JSON body. A webhook's secret stands in it as [`SECRET`] and is put
        /// in only when the request is sent.
        body: Value,
    },
    /// What a person has to do, and where.
    ByHand(String),
}

/// Stands for the webhook's secret in a plan, which is shown.
pub const SECRET: &str = "(the webhook secret)";

/// Looks at and changes settings. With the administrator's token if one is
/// configured, else with our own.
#[async_trait]
pub trait Administration: Send + Sync {
    /// Every line about a repository, the good ones too. What cannot be asked is
    /// a line of level [`Level::Unknown`].
    async fn examine(&self, scope: &Scope) -> Vec<Diagnosis>;

    /// What has to be changed. Nothing if all is as it should be.
    async fn plan(&self, scope: &Scope) -> Result<Vec<Step>, ForgeError>;

    /// Does one step of a plan. A step by hand is an error.
    async fn apply(&self, step: &Step) -> Result<(), ForgeError>;
}
