//! `forgewarden verify REV-or-RANGE`: the signature state of each commit.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::{Failure, complain, print};
use crate::clock::{Clock, SystemClock};
use crate::git::Repository;
use crate::judge;
use crate::model::oid::ObjectId;
use crate::model::principal::PrincipalId;
use crate::model::signature::{Signature, SignatureState};
use crate::model::text::excerpt;
use crate::policy::Policy;
use crate::sign::{self, TrustRoots};

/// Most commits of a range.
const MAX_COMMITS: usize = 1_000_000;

/// The version of the JSON, its top-level `schema`.
const SCHEMA: &str = "forgewarden/signatures/v1";

/// Show the signature state of each commit.
///
/// Exit status 0 if every signature is valid, 1 if one is not, 2 if they could
/// not be judged.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// One revision, or a range OLD..NEW
    #[arg(value_name = "REV-or-RANGE")]
    revisions: String,
    /// The repository, a work tree or bare
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,
    /// Trust the keys of this policy [default, if no other keys are given: as
    /// `forgewarden check` finds it]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Trust the SSH keys of this file, in the form of ssh-keygen(1)
    #[arg(long, value_name = "FILE")]
    allowed_signers: Vec<PathBuf>,
    /// Trust the OpenPGP certificates of this file, armoured or binary
    #[arg(long, value_name = "FILE")]
    keyring: Vec<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = VerifyFormat::Text)]
    format: VerifyFormat,
}

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum VerifyFormat {
    /// One line per commit.
    Text,
    /// The documented schema.
    Json,
}

#[derive(Serialize)]
struct Verified {
    id: ObjectId,
    signature: Signature,
    #[serde(skip)]
    subject: String,
}

/// Verifies and reports.
pub fn run(arguments: &VerifyArgs) -> ExitCode {
    let commits = match verify(arguments) {
        Ok(commits) => commits,
        Err(why) => return complain(&*why),
    };
    match arguments.format {
        VerifyFormat::Text => print(&table(&commits)),
        VerifyFormat::Json => {
            let document = serde_json::json!({ "schema": SCHEMA, "commits": commits });
            print(&format!("{document:#}\n"));
        }
    }
    let all_valid = commits
        .iter()
        .all(|commit| commit.signature.state.signer().is_some());
    ExitCode::from(u8::from(!all_valid))
}

fn verify(arguments: &VerifyArgs) -> Result<Vec<Verified>, Failure> {
    let repository = Repository::discover(&arguments.repo)?;
    let roots = roots(arguments, &repository)?;
    let now = SystemClock.now();
    let ids = revisions(&repository, &arguments.revisions)?;
    if ids.is_empty() {
        return Err(format!("the range {} holds no commit", arguments.revisions).into());
    }
    ids.into_iter()
        .map(|id| {
            let (commit, block) = repository.commit(id)?;
            let signature = sign::verify(block.as_ref(), &roots, now);
            Ok(Verified {
                id,
                signature,
                subject: excerpt(&commit.subject, 60),
            })
        })
        .collect()
}

fn revisions(repository: &Repository, spec: &str) -> Result<Vec<ObjectId>, Failure> {
    let resolve = |spec: &str| repository.resolve(spec);
    match spec.split_once("..") {
        Some((_, new)) if new.starts_with('.') => Err("a range is OLD..NEW".into()),
        Some((old, new)) => {
            let tip = resolve(if new.is_empty() { "HEAD" } else { new })?;
            Ok(repository.new_revisions(tip, &[resolve(old)?], MAX_COMMITS)?)
        }
        None => Ok(vec![resolve(spec)?]),
    }
}

fn roots(arguments: &VerifyArgs, repository: &Repository) -> Result<TrustRoots, Failure> {
    let no_keys = arguments.allowed_signers.is_empty() && arguments.keyring.is_empty();
    let policy = match &arguments.policy {
        Some(file) => Some(file.clone()),
        None if no_keys => judge::operator_policy(repository)?,
        None => None,
    };
    let mut roots = match &policy {
        Some(file) => {
            let policy = Policy::read(file)
                .map_err(|problems| format!("the policy cannot be used:\n{problems}"))?;
            TrustRoots::clone(&policy.roots)
        }
        None => TrustRoots::default(),
    };
    for file in &arguments.allowed_signers {
        let (source, text) = read(file)?;
        if text.starts_with(b"-----BEGIN PGP") {
            return Err(format!("{source} holds OpenPGP: give it with --keyring").into());
        }
        roots
            .add_allowed_signers(&text, &source, &|name| PrincipalId::new(name))
            .map_err(|errors| {
                errors
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("\n")
            })?;
    }
    for file in &arguments.keyring {
        let (source, certificates) = read(file)?;
        roots.add_keyring(&certificates, &source)?;
    }
    if roots.is_empty() {
        return Err(match policy {
            Some(file) => format!("the policy {} trusts no key", file.display()),
            None => "no key is trusted: give --policy, --allowed-signers or --keyring".to_owned(),
        }
        .into());
    }
    Ok(roots)
}

fn read(file: &Path) -> Result<(String, Vec<u8>), Failure> {
    let source = file.display().to_string();
    let content =
        std::fs::read(file).map_err(|error| format!("{source} cannot be read: {error}"))?;
    Ok((source, content))
}

fn table(commits: &[Verified]) -> String {
    let mut text = String::new();
    for Verified {
        id,
        signature,
        subject,
    } in commits
    {
        let kind = signature
            .kind
            .map_or_else(String::new, |kind| format!("{kind} "));
        let _ = writeln!(
            text,
            "{} {:<13} {kind}{}  {subject}",
            id.short(),
            signature.state.word(),
            detail(&signature.state)
        );
    }
    let valid = commits
        .iter()
        .filter(|commit| commit.signature.state.signer().is_some())
        .count();
    let _ = writeln!(text, "{valid} of {} signed by a trusted key", commits.len());
    text
}

fn detail(state: &SignatureState) -> String {
    match state {
        SignatureState::Unsigned => String::new(),
        // A key of a keyring, which names no principals, is one of its own.
        SignatureState::Valid { principal, key } if principal.to_string() == key.to_string() => {
            key.to_string()
        }
        SignatureState::Valid { principal, key } => format!("{principal} {key}"),
        SignatureState::UnknownKey { key: None } => String::new(),
        SignatureState::UnknownKey { key: Some(key) } | SignatureState::Bad { key } => {
            key.to_string()
        }
        SignatureState::Untrusted { key, reason } => format!("{key}: {reason}"),
        SignatureState::Expired {
            principal,
            key,
            reason,
        }
        | SignatureState::Revoked {
            principal,
            key,
            reason,
        } => {
            format!("{principal} {key}: {reason}")
        }
        SignatureState::Malformed { reason } | SignatureState::Unverifiable { reason } => {
            reason.clone()
        }
    }
}
