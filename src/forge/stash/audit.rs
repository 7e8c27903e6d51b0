//! What Stash tells of how a push was authenticated: next to nothing.
//!
//! Its audit log tells that keys and tokens were made, and at no coverage level
//! by which of them somebody pushed (Atlassian, "Audit log events"); the
//! description of the REST API (9.2) has no resource that lists events. So there
//! is nothing to poll, and nothing is streamed. What is left: the kind of the
//! account that pushed.

use async_trait::async_trait;
use jiff::Timestamp;

use super::Stash;
use crate::forge::{Audit, AuditRecord, Delivery, ForgeError, Guarantee, Refused, StreamError};
use crate::model::authentication::{Authentication, Evidence, Method, Source, Strength};
use crate::model::principal::Actor;
use crate::model::repo::ForgeKind;

/// What an account of the type `SERVICE` has: access tokens of a project or
/// repository, and access keys. The tokens also work for the REST API.
const SERVICE: [Method; 3] = [Method::ProjectToken, Method::DeployKey, Method::WebSession];

#[async_trait]
impl Audit for Stash {
    fn expects_records(&self) -> bool {
        false
    }

    fn streamed(&self, _: &Delivery) -> Result<Vec<AuditRecord>, StreamError> {
        let why = "Stash streams no audit events";
        Err(Refused::NotAuthentic(why).into())
    }

    async fn records(&self, _: Timestamp) -> Result<Vec<AuditRecord>, ForgeError> {
        Ok(Vec::new())
    }

    /// An actor is a robot if the signed delivery says `type: SERVICE`, and in no
    /// other way.
    async fn account(&self, actor: &Actor, at: Timestamp) -> Result<Option<Evidence>, ForgeError> {
        let service = actor.robot && actor.forge == ForgeKind::Stash;
        Ok(service.then(|| Evidence {
            could_be: SERVICE.into_iter().map(Authentication::by).collect(),
            source: Source::Forge,
            strength: Strength::Direct,
            observed_at: at,
            says: "the account is of type SERVICE, which stands for an access token or an access \
                   key and has no password"
                .to_owned(),
        }))
    }

    async fn guarantees(&self) -> Result<Vec<Guarantee>, ForgeError> {
        let found = self.read_guarantees().await?;
        Ok(found.into_iter().map(|one| one.guarantee).collect())
    }
}
