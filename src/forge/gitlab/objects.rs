//! Where git fetches from, and with which credential
//! (docs.gitlab.com, "Personal access tokens", "Clone using a token").

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::{GitLab, slug};
use crate::forge::{ForgeError, Objects, Remote};
use crate::model::event::EventRepository;

#[async_trait]
impl Objects for GitLab {
    async fn remote(&self, repository: &EventRepository) -> Result<Remote, ForgeError> {
        let credential = format!("oauth2:{}", self.token.expose_secret());
        let authorization = format!("Basic {}", STANDARD.encode(credential));
        let base = self.web_url.to_string();
        Ok(Remote {
            url: format!(
                "{}/{}.git",
                base.trim_end_matches('/'),
                slug::of(repository)?
            ),
            authorization: Some(SecretString::from(authorization)),
        })
    }
}
