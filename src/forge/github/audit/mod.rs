//! What GitHub's records say of how a push was authenticated: the audit log of
//! an organisation, asked or streamed. It names neither ref nor commit, and what
//! to make of that is not known here.

mod labels;
mod poll;
mod record;
mod stream;
mod transport;

use async_trait::async_trait;
use jiff::Timestamp;

use super::GitHub;
use crate::config::GitHubAudit;
use crate::forge::support::secrets::Secrets;
use crate::forge::support::url::is_part;
use crate::forge::{
    Audit, AuditRecord, ConfigError, Delivery, ForgeError, Guarantee, StreamError,
};
use crate::model::authentication::{Authentication, Evidence, Method, Source, Strength};
use crate::model::principal::Actor;
use crate::model::text::excerpt;

/// Longest name of an organisation.
const MAX_ORGANISATION: usize = 100;

/// How an account that GitHub calls a bot can have acted: it belongs to an App,
/// and has neither keys nor a password.
const OF_ROBOTS: [Method; 3] = [Method::AppToken, Method::JobToken, Method::WebSession];

/// What tells how pushes were authenticated, as it is configured.
pub(super) struct Sources {
    pub(super) config: GitHubAudit,
    labels: labels::Labels,
    /// The tokens of streams to us; nothing if there is no stream.
    stream: Option<Secrets>,
}

impl Sources {
    /// The error names the setting.
    pub(super) fn new(config: GitHubAudit) -> Result<Self, ConfigError> {
        let mut names = config.organizations.iter();
        if let Some(odd) = names.find(|name| !is_part(name, MAX_ORGANISATION)) {
            let problem = format!("\"{}\" is no organisation's name", excerpt(odd, 80));
            return Err(ConfigError::new("audit.organizations", problem));
        }
        let tokens = &config.stream_tokens;
        let stream = match tokens.is_empty() {
            true => None,
            false => Some(Secrets::new("audit.stream_tokens", tokens.clone())?),
        };
        Ok(Self {
            labels: labels::Labels::new(&config.access_types)?,
            stream,
            config,
        })
    }

    fn reader(&self, source: Source) -> record::Reader<'_> {
        let labels = &self.labels;
        record::Reader { labels, source }
    }

    /// Whether this organisation's log is asked. GitHub's names have no case.
    pub(super) fn asked(&self, organisation: &str) -> bool {
        let mut names = self.config.organizations.iter();
        names.any(|name| name.eq_ignore_ascii_case(organisation))
    }

    /// Whether records are streamed to us.
    pub(super) fn is_streamed(&self) -> bool {
        self.stream.is_some()
    }
}

#[async_trait]
impl Audit for GitHub {
    fn expects_records(&self) -> bool {
        self.audit.is_streamed() || !self.audit.config.organizations.is_empty()
    }

    fn streamed(&self, delivery: &Delivery) -> Result<Vec<AuditRecord>, StreamError> {
        let reader = self.audit.reader(Source::AuditStream);
        stream::records(self.audit.stream.as_ref(), &reader, delivery)
    }

    async fn records(&self, since: Timestamp) -> Result<Vec<AuditRecord>, ForgeError> {
        self.polled(since).await
    }

    async fn account(&self, actor: &Actor, at: Timestamp) -> Result<Option<Evidence>, ForgeError> {
        Ok(actor.robot.then(|| Evidence {
            could_be: OF_ROBOTS.map(Authentication::by).into(),
            source: Source::Forge,
            strength: Strength::Direct,
            observed_at: at,
            says: "the account's type is Bot: an App acted".to_owned(),
        }))
    }

    async fn guarantees(&self) -> Result<Vec<Guarantee>, ForgeError> {
        Ok(self.read_guarantees().await)
    }
}
