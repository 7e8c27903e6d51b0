//! How a push was authenticated, in the words of every report: what it was, who
//! says so and how sure that is.

use std::collections::BTreeSet;

use serde::Serialize;

use super::stored::StoredPush;
use super::view::{short, short_ref, text};
use super::wording::{MAX_POSSIBLE, how, whose_word};
use crate::model::authentication::{Credential, Factor};
use crate::model::verdict::Knowledge;

/// Most notes that are shown.
const MAX_NOTES: usize = 5;

/// A push as a template shows it.
#[derive(Debug, Serialize)]
pub(super) struct Pushed {
    what: String,
    by: String,
    at: String,
    state: &'static str,
    good: bool,
    how: String,
    with: Vec<String>,
    says: String,
    notes: Vec<String>,
}

impl Pushed {
    pub(super) fn of(stored: &StoredPush) -> Self {
        let names = stored.references.iter().map(|name| short_ref(name));
        let names: Vec<_> = names.take(MAX_POSSIBLE).collect();
        let head = stored.heads.first().map(|head| short(head));
        let what = match (names.is_empty(), head) {
            (false, _) => names.join(", "),
            (true, Some(head)) => head,
            (true, None) => String::new(),
        };
        let actor = stored.actor.as_ref().map(|actor| text(&actor.login));
        let by = actor.or_else(|| stored.principal.as_deref().map(text));
        let credentials = stored.could_be.iter().flat_map(|one| &one.factors);
        let with: BTreeSet<_> = credentials.filter_map(credential).collect();
        Self {
            what,
            by: by.unwrap_or_default(),
            at: stored.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            state: word(stored.state),
            good: stored.state == Knowledge::Known
                && stored.could_be.iter().all(|one| !one.is_only_password()),
            how: how(stored.state, &stored.could_be),
            with: with.into_iter().map(|one| text(&one)).collect(),
            says: whose_word(&stored.sources, stored.strength),
            notes: stored
                .notes
                .iter()
                .take(MAX_NOTES)
                .map(|note| text(note))
                .collect(),
        }
    }
}

fn word(state: Knowledge) -> &'static str {
    match state {
        Knowledge::Known => "known",
        Knowledge::Ambiguous => "ambiguous",
        Knowledge::Unknown => "unknown",
        Knowledge::Awaited => "awaited",
    }
}

/// What identifies a credential, for people.
fn credential(factor: &Factor) -> Option<String> {
    Some(match factor.credential.as_ref()? {
        Credential::SshKey(key) => {
            let bits = key.bits.map(|bits| format!(" {bits}")).unwrap_or_default();
            format!("{}{bits} {}", key.algorithm, key.fingerprint)
        }
        Credential::SshCertificate {
            authority,
            key_id,
            serial,
            ..
        } => format!("certificate \"{key_id}\", number {serial}, of {authority}"),
        Credential::ClientCertificate {
            subject, issuer, ..
        } => match issuer {
            Some(issuer) => format!("certificate of {subject}, of {issuer}"),
            None => format!("certificate of {subject}"),
        },
        Credential::SigningKey { fingerprint } => format!("signed with {fingerprint}"),
        Credential::Numbered { id } => id.clone(),
    })
}
