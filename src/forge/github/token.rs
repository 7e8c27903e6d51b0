//! Installation tokens: minted for one repository and one purpose, kept until
//! shortly before they expire.
//!
//! Source: docs.github.com, "Generating an installation access token for a
//! GitHub App". A token's form and length are GitHub's business.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// A token is not used when it expires sooner than this: a fetch may take minutes.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// Most tokens that are kept; over it, all are forgotten and minted anew.
const MAX_KEPT: usize = 4096;

/// What a token is for: each gives the permissions of one kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// Reading pull requests, reviews and branch tips.
    Evidence,
    /// Reading who is in a team of the organisation.
    Members,
    /// Writing check runs.
    Publish,
    /// Fetching objects with git.
    Objects,
    /// Listing repositories.
    Metadata,
    /// Reading check runs back.
    Standing,
    /// Reading branch protection.
    Administration,
    /// Reading what others said of a commit.
    Statuses,
    /// Reading an organisation's audit log and settings.
    Organisation,
}

/// The permissions of a token; GitHub adds reading metadata.
#[derive(Serialize)]
pub(super) struct Permissions {
    #[serde(skip_serializing_if = "Option::is_none")]
    administration: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contents: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_administration: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_requests: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statuses: Option<&'static str>,
}

impl Purpose {
    fn permissions(self) -> Permissions {
        let of = |purposes: &[Self], level| purposes.contains(&self).then_some(level);
        Permissions {
            administration: of(&[Self::Administration], "read"),
            checks: of(&[Self::Publish], "write").or(of(&[Self::Standing], "read")),
            contents: of(&[Self::Evidence, Self::Objects], "read"),
            members: of(&[Self::Members], "read"),
            organization_administration: of(&[Self::Organisation], "read"),
            pull_requests: of(&[Self::Evidence], "read"),
            // Without any permission named, a token would have all of them.
            metadata: of(&[Self::Metadata], "read"),
            statuses: of(&[Self::Statuses], "read"),
        }
    }
}

/// The body of `POST /app/installations/{id}/access_tokens`.
#[derive(Serialize)]
pub(super) struct TokenRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_ids: Option<[u64; 1]>,
    permissions: Permissions,
}

/// The answer to it.
#[derive(Deserialize)]
pub(super) struct Minted {
    token: String,
    expires_at: Timestamp,
}

/// Which token: installation, repository, purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Grant {
    pub(super) installation: u64,
    /// One repository, or all of the installation.
    pub(super) repository: Option<u64>,
    pub(super) purpose: Purpose,
}

impl Grant {
    /// What to ask GitHub for.
    pub(super) fn request(self) -> TokenRequest {
        TokenRequest {
            repository_ids: self.repository.map(|id| [id]),
            permissions: self.purpose.permissions(),
        }
    }
}

/// The tokens that are good for some minutes.
#[derive(Default)]
pub(super) struct Tokens(Mutex<HashMap<Grant, (SecretString, Timestamp)>>);

impl Tokens {
    /// A token that is good for at least [`MARGIN`].
    pub(super) fn get(&self, grant: Grant, now: Timestamp) -> Option<SecretString> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, expires_at) = kept.get(&grant)?;
        (expires_at.duration_since(now) > MARGIN).then(|| token.clone())
    }

    /// Keeps a new token.
    pub(super) fn keep(&self, grant: Grant, minted: Minted, now: Timestamp) -> SecretString {
        let token = SecretString::from(minted.token);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (_, expires_at)| expires_at.duration_since(now) > MARGIN);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(grant, (token.clone(), minted.expires_at));
        token
    }

    /// Forgets a token that GitHub no longer accepts.
    pub(super) fn forget(&self, grant: Grant) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&grant);
    }
}
