//! The rules of an installation: who there is, with which keys, what the checks
//! do, and what is excepted.
//!
//! A policy is read strictly from TOML ([`read`]), with the JSON Schema of its
//! own types ([`schema`]) as the only description of its shape. The
//! repository's layer is put over it by [`layers`]. Nothing here judges a change
//! or opens a repository; only [`keys`] reads further files.

mod assemble;
mod document;
mod environment;
mod file;
mod formats;
mod keys;
mod keywords;
mod layers;
mod limits;
mod patterns;
mod place;
mod problem;
mod read;
mod references;
mod schema;
mod settings;
mod strict;
mod suggest;
mod waiver;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use document::MAX_POLICY_BYTES;
pub use keys::MAX_KEY_FILE_BYTES;
pub use limits::Limits;
pub use patterns::RefPatterns;
pub use problem::{MAX_PROBLEMS, Problem, ProblemSeverity, Problems};
pub use schema::{REPOSITORY_FILE, SCHEMA_ID, schema};
pub use settings::Setting;
pub use suggest::nearest;
pub use waiver::Waiver;

use crate::checks::ChecksConfig;
use crate::ci::ExtraPath;
use crate::model::directory::Directory;
use crate::model::oid::ObjectId;
use crate::model::repo::ForgeKind;
use crate::model::sources::TrustedSources;
use crate::model::verdict::Digest;
use crate::model::zones::Zones;
use crate::sign::TrustRoots;

/// Largest layer of a repository that is read, in bytes.
pub const MAX_LAYER_BYTES: usize = 64 << 10;

/// The validated rules.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Over the effective values, the repository's layer included. Layout,
    /// comments, the order of sets and spelled-out defaults do not matter.
    pub digest: Digest,
    /// Principals, their accounts and teams.
    pub directory: Arc<Directory>,
    /// The principals' keys.
    pub roots: Arc<TrustRoots>,
    /// What each check does.
    pub checks: ChecksConfig,
    /// The forges that take no password for git, as the operator states.
    pub no_passwords_on: BTreeSet<ForgeKind>,
    /// The protected refs. The default branch is protected besides them.
    pub protected: RefPatterns,
    /// Commits that count as accepted with all that is before them.
    pub baseline: Vec<ObjectId>,
    /// Paths of the build environment besides those that are recognised.
    pub ci_paths: Vec<ExtraPath>,
    /// Exceptions, ended ones too.
    pub waivers: Vec<Waiver>,
    /// What is trusted: images, code, hosts.
    pub sources: Arc<TrustedSources>,
    /// Development, test, production.
    pub zones: Arc<Zones>,
    /// Bounds on what is judged.
    pub limits: Limits,
    /// What somebody should look at: entries that match nothing, and what the
    /// repository's layer states in vain.
    pub notices: Vec<Problem>,
    file: file::PolicyFile,
    effective: serde_json::Value,
    spots: place::Spots,
    folder: PathBuf,
}

impl Policy {
    /// Reads the operator's layer. Key files stand relative to its folder.
    pub fn read(file: &Path) -> Result<Self, Problems> {
        let source = file.display().to_string();
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let bytes = bounded(file).map_err(|error| unreadable(&source, &error))?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::parse(&source, text, folder),
            Err(error) => Err(not_text(&source, &bytes, error)),
        }
    }

    /// Reads the operator's layer from a text; `source` is its name in
    /// problems, and key files stand relative to `base`. If that is empty, no key
    /// file is read: keys must stand in the text itself.
    pub fn parse(source: &str, text: &str, base: &Path) -> Result<Self, Problems> {
        read::read(source, text, base)
    }

    /// This policy with the target branch's `.forgewarden.toml` over it. The
    /// layer tightens; what would loosen is ignored and stands in
    /// [`Policy::notices`], unless `[repository] may_loosen` allows it. A layer
    /// that cannot be read is an error, and the caller cannot judge.
    pub fn tightened_by(&self, source: &str, text: &[u8]) -> Result<Self, Problems> {
        if text.len() > MAX_LAYER_BYTES {
            let why = format!(
                "the file has {} bytes; at most {MAX_LAYER_BYTES} are read",
                text.len()
            );
            return Err(refusal(source, &why));
        }
        let layer = std::str::from_utf8(text).map_err(|error| not_text(source, text, error))?;
        layers::tighten(self, source, layer)
    }
}

fn bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    // One byte more, so that the reader sees that it is over the bound.
    file.take(MAX_POLICY_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(source: &str, error: &std::io::Error) -> Problems {
    let Problems(mut problems) = refusal(source, &format!("the file cannot be read: {error}"));
    if error.kind() == std::io::ErrorKind::NotFound {
        let help =
            "`forgewarden policy init > policy.toml` proposes one from a repository's history";
        problems = problems
            .into_iter()
            .map(|problem| problem.with_help(help))
            .collect();
    }
    Problems(problems)
}

fn refusal(source: &str, why: &str) -> Problems {
    let source = Arc::new(problem::Source {
        name: source.to_owned(),
        text: String::new(),
    });
    Problems(vec![problem::Spot::new(&source, 0..0).error(why)])
}

fn not_text(source: &str, bytes: &[u8], error: std::str::Utf8Error) -> Problems {
    let text = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
    let at = text.len();
    let source = Arc::new(problem::Source {
        name: source.to_owned(),
        text,
    });
    Problems(vec![
        problem::Spot::new(&source, at..at).error("the file is not UTF-8 from here on"),
    ])
}
