//! Where git fetches from, and with which credential (Bitbucket Data Center,
//! "HTTP access tokens": where basic authentication is off, a token is taken
//! as a bearer only).

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use super::{Stash, slug};
use crate::forge::{ForgeError, Objects, Remote};
use crate::model::event::EventRepository;

#[async_trait]
impl Objects for Stash {
    async fn remote(&self, repository: &EventRepository) -> Result<Remote, ForgeError> {
        let (project, slug) = slug::of(&repository.name)?;
        let base = self.url.to_string();
        let base = base.trim_end_matches('/');
        let authorization = format!("Bearer {}", self.token.expose_secret());
        Ok(Remote {
            url: format!("{base}/scm/{project}/{slug}.git"),
            authorization: Some(SecretString::from(authorization)),
        })
    }
}
