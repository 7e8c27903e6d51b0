//! The audit log of an organisation, asked (docs.github.com, "REST API
//! endpoints for organizations", "Get the audit log for an organization"; GitHub
//! Enterprise alone has it). Git events are kept there for seven days.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::record::{Reader, once};
use crate::forge::github::GitHub;
use crate::forge::github::api::RepositoryApi;
use crate::forge::github::payload::Installation;
use crate::forge::github::token::Purpose;
use crate::forge::support::answer::{refused, unreadable};
use crate::forge::support::client::Call;
use crate::forge::support::url::{encoded, query};
use crate::forge::{AuditRecord, ForgeError};
use crate::model::authentication::Source;
use crate::model::repo::ForgeKind;

const FORGE: ForgeKind = ForgeKind::GitHub;
/// Most pages, of 100 events each, that are read of one log at once.
const MAX_LOG_PAGES: usize = 100;

impl GitHub {
    /// The records of all organisations since then, each once.
    pub(super) async fn polled(&self, since: Timestamp) -> Result<Vec<AuditRecord>, ForgeError> {
        let mut all = Vec::new();
        for organisation in &self.audit.config.organizations {
            let found = self.log_of(organisation, since).await;
            all.extend(found.map_err(|error| of(organisation, error))?);
        }
        once(all).map_err(|reason| unreadable(FORGE, reason))
    }

    /// Access to what belongs to an organisation: with the token that is
    /// configured for it, else as the App that is installed there.
    pub(in crate::forge::github) async fn organisation(
        &self,
        name: &str,
    ) -> Result<RepositoryApi<'_>, ForgeError> {
        if let Some(token) = self.audit.config.token.clone() {
            return self.api.as_person(token, String::new()).await;
        }
        let path = format!("{}/installation", path(name));
        let installation: Installation = self.api.get_as_app(&path).await?;
        self.api
            .of_installation(installation.id.0, Purpose::Organisation)
            .await
    }

    /// Whether the log can be read: asks for one push of whenever.
    pub(in crate::forge::github) async fn reads_log_of(
        &self,
        organisation: &str,
    ) -> Result<(), ForgeError> {
        let api = self.organisation(organisation).await?;
        let path = log(organisation, "action:git.push", "1");
        let answer = api.ask(Call::get(path)).await?;
        answer.read::<Vec<Value>>().map(drop)
    }

    async fn log_of(
        &self,
        organisation: &str,
        since: Timestamp,
    ) -> Result<Vec<AuditRecord>, ForgeError> {
        let api = self.organisation(organisation).await?;
        let since = since.strftime("%Y-%m-%dT%H:%M:%SZ");
        let phrase = format!("action:git.push created:>={since}");
        let first = log(organisation, &phrase, "100");
        let reader = self.audit.reader(Source::AuditLog);
        let mut seen = BTreeSet::new();
        let mut records = Vec::new();
        let mut next = Some(first);
        while let Some(path) = next {
            if seen.len() >= MAX_LOG_PAGES {
                let reason = format!("more than {MAX_LOG_PAGES} pages of the audit log");
                return Err(refused(FORGE, reason));
            }
            let answer = api.ask(Call::get(&path)).await?;
            read_into(&mut records, answer.read()?, &reader)?;
            let link = answer.next_page().map(|link| self.api.own_path(link));
            next = link.transpose()?;
            seen.insert(path);
            if let Some(next) = &next {
                continues(next, organisation, &seen)?;
            }
        }
        Ok(records)
    }
}

fn read_into(
    records: &mut Vec<AuditRecord>,
    events: Vec<Value>,
    reader: &Reader<'_>,
) -> Result<(), ForgeError> {
    for event in events {
        let record = reader.read(event);
        records.extend(record.map_err(|reason| unreadable(FORGE, reason))?);
    }
    Ok(())
}

/// A next page is one of the same log that was not read yet. GitHub's links may
/// name the organisation by its number.
fn continues(next: &str, organisation: &str, seen: &BTreeSet<String>) -> Result<(), ForgeError> {
    let (path, _) = next.split_once('?').unwrap_or((next, ""));
    let owner = path.strip_suffix("/audit-log").unwrap_or_default();
    let number = owner.strip_prefix("/organizations/").unwrap_or_default();
    let numbered = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    if !owner.eq_ignore_ascii_case(&self::path(organisation)) && !numbered {
        return Err(unreadable(FORGE, "a link leaves the audit log"));
    }
    match seen.contains(next) {
        true => Err(unreadable(FORGE, "the audit log's pages go round in a circle")),
        false => Ok(()),
    }
}

fn path(organisation: &str) -> String {
    format!("/orgs/{}", encoded(organisation.as_bytes(), b""))
}

fn log(organisation: &str, phrase: &str, size: &str) -> String {
    let pairs = [
        ("include", "git"),
        ("phrase", phrase),
        ("order", "asc"),
        ("per_page", size),
    ];
    format!("{}/audit-log{}", path(organisation), query(&pairs))
}

/// The error, with the organisation that it is about.
fn of(organisation: &str, error: ForgeError) -> ForgeError {
    let named = |reason| format!("audit log of {organisation}: {reason}");
    match error {
        ForgeError::Unavailable { forge, reason } => ForgeError::Unavailable {
            forge,
            reason: named(reason),
        },
        ForgeError::Refused { forge, reason } => ForgeError::Refused {
            forge,
            reason: named(reason),
        },
        ForgeError::Unreadable { forge, reason } => ForgeError::Unreadable {
            forge,
            reason: named(reason),
        },
        limited @ ForgeError::RateLimited { .. } => limited,
    }
}
