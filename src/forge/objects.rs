//! Where git objects come from.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use secrecy::{ExposeSecret as _, SecretString};

use super::ForgeError;
use crate::model::event::EventRepository;

/// Where the objects of a repository are fetched from.
pub struct Remote {
    /// URL of the repository for git.
    pub url: String,
    /// The value of an `Authorization` header, if one is needed.
    pub authorization: Option<SecretString>,
}

impl Remote {
    /// `base/path.git`, with a user and a token (RFC 7617).
    pub(super) fn basic(base: &Uri, path: &str, (user, token): (&str, &SecretString)) -> Self {
        let credential = STANDARD.encode(format!("{user}:{}", token.expose_secret()));
        let base = base.to_string();
        Self {
            url: format!("{}/{path}.git", base.trim_end_matches('/')),
            authorization: Some(SecretString::from(format!("Basic {credential}"))),
        }
    }
}

/// Says where to fetch objects.
#[async_trait]
pub trait Objects: Send + Sync {
    /// The remote, with a credential that is good for the next minutes.
    async fn remote(&self, repository: &EventRepository) -> Result<Remote, ForgeError>;
}
