//! Where git fetches from, and with which credential
//! (docs.github.com, "Authenticating as a GitHub App installation").

use async_trait::async_trait;

use super::token::Purpose;
use super::{GitHub, slug};
use crate::forge::{ForgeError, Objects, Remote};
use crate::model::event::EventRepository;

#[async_trait]
impl Objects for GitHub {
    async fn remote(&self, repository: &EventRepository) -> Result<Remote, ForgeError> {
        let api = self.api.repository(repository, Purpose::Objects).await?;
        let credential = ("x-access-token", &api.token);
        Ok(Remote::basic(&self.web_url, slug::of(repository)?, credential))
    }
}
