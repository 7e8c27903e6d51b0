//! What GitLab's records say of how a push was authenticated.

use async_trait::async_trait;
use jiff::Timestamp;

use super::GitLab;
use crate::forge::{Audit, AuditRecord, Delivery, ForgeError, Guarantee, Refused, StreamError};
use crate::model::authentication::Evidence;
use crate::model::principal::Actor;

#[async_trait]
impl Audit for GitLab {
    fn expects_records(&self) -> bool {
        false
    }

    fn streamed(&self, _: &Delivery) -> Result<Vec<AuditRecord>, StreamError> {
        let why = "no stream of audit records is configured";
        Err(Refused::NotAuthentic(why).into())
    }

    async fn records(&self, _: Timestamp) -> Result<Vec<AuditRecord>, ForgeError> {
        Ok(Vec::new())
    }

    async fn account(&self, _: &Actor, _: Timestamp) -> Result<Option<Evidence>, ForgeError> {
        Ok(None)
    }

    async fn guarantees(&self) -> Result<Vec<Guarantee>, ForgeError> {
        self.read_guarantees().await
    }
}
