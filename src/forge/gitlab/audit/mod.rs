//! What GitLab's records say of how a push was authenticated.
//!
//! Pushes are streamed and never kept: the audit events that the API lists have
//! none, so there is nothing to poll (docs.gitlab.com, "Audit event types":
//! `repository_git_operation` is streamed only).

mod event;
mod robots;
mod stream;

use async_trait::async_trait;
use jiff::Timestamp;

use super::GitLab;
use crate::config::GitLabAudit;
use crate::forge::{
    Audit, AuditRecord, ConfigError, Delivery, ForgeError, Guarantee, StreamError,
};
use crate::model::authentication::{Authentication, Evidence, Method, Source, Strength};
use crate::model::principal::Actor;

/// Every way into a repository that is no password. `Token` stands for tokens
/// of all kinds. gitlab-sshd takes keys, certificates and Kerberos, no password.
pub(super) const WITHOUT_PASSWORD: &[Method] = &[
    Method::Token,
    Method::SshKey,
    Method::SshCertificate,
    Method::DeployKey,
    Method::Kerberos,
    Method::WebSession,
];

/// What of an instance hears and remembers of authentication.
pub(super) struct Hearing {
    stream: stream::Stream,
    robots: robots::Robots,
    /// Whether LDAP is on, if its operator says so.
    pub(super) ldap: Option<bool>,
}

impl Hearing {
    /// A blank token is an error.
    pub(super) fn new(config: &GitLabAudit) -> Result<Self, ConfigError> {
        Ok(Self {
            stream: stream::Stream::new(config.stream_tokens.clone())?,
            robots: robots::Robots::default(),
            ldap: config.ldap,
        })
    }
}

#[async_trait]
impl Audit for GitLab {
    fn expects_records(&self) -> bool {
        self.hearing.stream.is_configured()
    }

    fn streamed(&self, delivery: &Delivery) -> Result<Vec<AuditRecord>, StreamError> {
        self.hearing.stream.records(delivery)
    }

    async fn records(&self, _: Timestamp) -> Result<Vec<AuditRecord>, ForgeError> {
        Ok(Vec::new())
    }

    /// Robots (project and group tokens, service accounts, GitLab's own) may not
    /// log in, so no password of theirs is taken. They may have SSH keys.
    async fn account(&self, actor: &Actor, at: Timestamp) -> Result<Option<Evidence>, ForgeError> {
        let Some(id) = actor.id else {
            return Ok(None);
        };
        let robot = self.hearing.robots.is_robot(&self.api, id).await?;
        Ok(robot.then(|| Evidence {
            could_be: authentications(WITHOUT_PASSWORD),
            source: Source::Forge,
            strength: Strength::Direct,
            observed_at: at,
            says: format!("account {id} is a robot (bot: true), for which no password is taken"),
        }))
    }

    async fn guarantees(&self) -> Result<Vec<Guarantee>, ForgeError> {
        let found = self.read_guarantees().await?;
        Ok(found.into_iter().map(|one| one.guarantee).collect())
    }
}

/// Each method with nothing more told.
fn authentications(methods: &[Method]) -> std::collections::BTreeSet<Authentication> {
    methods.iter().copied().map(Authentication::by).collect()
}
