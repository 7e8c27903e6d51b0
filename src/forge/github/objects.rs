//! Where git fetches from, and with which credential
//! (docs.github.com, "Authenticating as a GitHub App installation").

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::token::Purpose;
use super::{GitHub, slug};
use crate::forge::{ForgeError, Objects, Remote};
use crate::model::event::EventRepository;

#[async_trait]
impl Objects for GitHub {
    async fn remote(&self, repository: &EventRepository) -> Result<Remote, ForgeError> {
        let api = self.api.repository(repository, Purpose::Objects).await?;
        let credential = format!("x-access-token:{}", api.token.expose_secret());
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
