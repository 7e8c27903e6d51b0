//! Where git fetches from, and with which credential
//! (docs.gitlab.com, "Personal access tokens", "Clone using a token").

use async_trait::async_trait;

use super::{GitLab, slug};
use crate::forge::{ForgeError, Objects, Remote};
use crate::model::event::EventRepository;

#[async_trait]
impl Objects for GitLab {
    async fn remote(&self, repository: &EventRepository) -> Result<Remote, ForgeError> {
        let credential = ("oauth2", &self.token);
        Ok(Remote::basic(&self.web_url, slug::of(repository)?, credential))
    }
}
