//! What the hook saw, kept in a folder for a service that forwards it:
//! `forgewarden.spool` in the repository's configuration. It neither delays nor
//! refuses a push: what fails is one line for whoever reads the server's log.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use forgewarden::git::Repository;
use forgewarden::model::authentication::Push;
use forgewarden::model::request::EvaluationRequest;
use forgewarden::model::testimony::{MAX_TESTIMONY_BYTES, Schema, Testimony};
use forgewarden::model::text::escape;
use sha2::{Digest as _, Sha256};

/// The setting.
const SETTING: &str = "forgewarden.spool";

/// Most files in the folder: a service that is away for days, not for ever.
const MAX_FILES: usize = 10_000;

/// What everybody may do in a folder where testimony could be forged.
const WRITE_BY_ALL: u32 = 0o002;

/// What is kept of an accepted push, and where.
pub(crate) struct Keeping {
    folder: Result<PathBuf, String>,
    testimony: Testimony,
}

impl Keeping {
    /// For the spool, if there is one. A folder that cannot be used is told
    /// only when something is kept.
    pub(crate) fn of(
        repository: &Repository,
        request: &EvaluationRequest,
        push: &Push,
    ) -> Option<Self> {
        let folder = folder(repository).transpose()?;
        let testimony = testimony(request, push);
        Some(Self { folder, testimony })
    }

    /// Keeps it.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) fn keep(self) -> Result<(), String> {
        keep(&self.folder?, &self.testimony)
    }
}

/// The folder, if one is set.
///
/// # Errors
/// A sentence, if the setting cannot be read or is no absolute path.
fn folder(repository: &Repository) -> Result<Option<PathBuf>, String> {
    let set = repository
        .setting(SETTING)
        .map_err(|error| error.to_string())?;
    match set.map(PathBuf::from) {
        Some(folder) if folder.is_absolute() => Ok(Some(folder)),
        Some(folder) => Err(format!(
            "{SETTING} is not an absolute path: {}",
            escape(folder.as_os_str().as_encoded_bytes())
        )),
        None => Ok(None),
    }
}

/// What is kept of a push.
fn testimony(request: &EvaluationRequest, push: &Push) -> Testimony {
    let mut testimony = Testimony {
        schema: Schema::V1,
        id: String::new(),
        repository: request.repository.clone(),
        updates: request.subject.updates(),
        actor: push.actor.clone(),
        at: push.at,
        evidence: push.evidence.clone(),
    };
    // Two pushes that are alike differ by time or by process.
    let text = serde_json::to_vec(&testimony).unwrap_or_default();
    let mut hasher = Sha256::new();
    hasher.update(std::process::id().to_be_bytes());
    hasher.update(text);
    testimony.id = hex::encode(hasher.finalize());
    testimony
}

/// Writes it as a file of its own, which is there whole or not at all.
///
/// # Errors
/// A sentence.
fn keep(folder: &Path, testimony: &Testimony) -> Result<(), String> {
    let shown = escape(folder.as_os_str().as_encoded_bytes());
    let odd = |what: &str| format!("the spool {shown} {what}");
    let failed = |error: std::io::Error| odd(&format!("cannot be written: {error}"));
    let text = serde_json::to_vec(testimony).map_err(|error| odd(&error.to_string()))?;
    if text.len() > MAX_TESTIMONY_BYTES {
        return Err(odd(&format!(
            "takes no file over {MAX_TESTIMONY_BYTES} bytes"
        )));
    }
    let about = fs::metadata(folder).map_err(failed)?;
    if !about.is_dir() || about.mode() & WRITE_BY_ALL != 0 {
        return Err(odd("is not a folder that only its users may write to"));
    }
    if fs::read_dir(folder)
        .map_err(failed)?
        .take(MAX_FILES)
        .count()
        == MAX_FILES
    {
        return Err(odd(&format!(
            "is full ({MAX_FILES} files): is what forwards it running?"
        )));
    }
    let temporary = folder.join(format!(".{}.tmp", testimony.id));
    let written = write(&temporary, &text).and_then(|()| {
        let whole = folder.join(format!("{}.json", testimony.id));
        fs::rename(&temporary, whole)
    });
    written.map_err(|error| {
        // It may not even be there.
        let _ = fs::remove_file(&temporary);
        failed(error)
    })
}

fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file?.write_all(text)
}
