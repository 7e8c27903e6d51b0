//! Where git objects come from.

use async_trait::async_trait;
use secrecy::SecretString;

use super::ForgeError;
use crate::model::event::EventRepository;

/// Where the objects of a repository are fetched from.
pub struct Remote {
    /// URL of the repository for git.
    pub url: String,
    /// The value of an `Authorization` header, if one is needed.
    pub authorization: Option<SecretString>,
}

/// Says where to fetch objects.
#[async_trait]
pub trait Objects: Send + Sync {
    /// The remote, with a credential that is good for the next minutes.
    async fn remote(&self, repository: &EventRepository) -> Result<Remote, ForgeError>;
}
