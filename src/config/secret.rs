//! Secrets: from a file or from the environment, never in the configuration itself.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::{MIN_SECRET, Purpose, Reader};

const DEFAULT_DATABASE: &str = "forgewarden.db";
const DEFAULT_LINK_KEY: &str = "link.key";

impl Reader {
    /// Reads one secret, given as `env:NAME` or as a file.
    pub(super) fn secret(
        &mut self,
        key: &str,
        (text, file): (Option<&str>, Option<&Path>),
    ) -> Option<SecretString> {
        let secret = match (text, file) {
            (Some(text), None) => from_environment(key, text),
            (None, Some(file)) => {
                let file = self.folder.join(file);
                self.secret_files.push(file.clone());
                from_file(key, &file)
            }
            (None, None) => Err(format!(
                "`{key}` is missing: give `{key} = \"env:NAME\"` or `{key}_file = \"path\"`."
            )),
            (Some(_), Some(_)) => Err(format!(
                "`{key}` and `{key}_file` exclude each other: keep one."
            )),
        };
        match secret.and_then(|secret| long_enough(key, secret)) {
            Ok(secret) => Some(secret),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// [`Reader::secret`], which need not be given. `None` if it was and is wrong.
    #[expect(clippy::option_option, reason = "absent is not wrong")]
    pub(super) fn optional_secret(
        &mut self,
        key: &str,
        source: (Option<&str>, Option<&Path>),
    ) -> Option<Option<SecretString>> {
        match source {
            (None, None) => Some(None),
            given => self.secret(key, given).map(Some),
        }
    }

    /// Some secrets, each from the environment or from a file.
    pub(super) fn secrets(
        &mut self,
        key: &str,
        (texts, files): (&[String], &[PathBuf]),
    ) -> Option<Vec<SecretString>> {
        let texts = texts.iter().map(|text| (Some(text.as_str()), None));
        let files = files.iter().map(|file| (None, Some(file.as_path())));
        let read: Vec<_> = texts
            .chain(files)
            .map(|one| self.secret(key, one))
            .collect();
        read.into_iter().collect()
    }

    /// [`Reader::secrets`], at least one.
    pub(super) fn webhook_secrets(
        &mut self,
        key: &str,
        sources: (&[String], &[PathBuf]),
    ) -> Option<Vec<SecretString>> {
        let secrets = self.secrets(key, sources)?;
        if secrets.is_empty() {
            self.problems.push(format!(
                "`{key}` is missing: without a secret no delivery can be authenticated."
            ));
            return None;
        }
        Some(secrets)
    }

    /// The bytes of a file of certificates. `None` if it is given and cannot be read.
    #[expect(clippy::option_option, reason = "absent is not wrong")]
    pub(super) fn certificates(
        &mut self,
        key: &str,
        file: Option<&Path>,
    ) -> Option<Option<Vec<u8>>> {
        let Some(file) = file else { return Some(None) };
        let file = self.folder.join(file);
        match std::fs::read(&file) {
            Ok(bytes) => Some(Some(bytes)),
            Err(error) => {
                let file = file.display();
                let problem = format!("`{key}`: {file} cannot be read: {error}.");
                self.problems.push(problem);
                None
            }
        }
    }

    pub(super) fn database_url(
        &mut self,
        text: Option<String>,
        file: Option<PathBuf>,
    ) -> Option<SecretString> {
        let url = match (text, file) {
            (None, None) => {
                let path = self.folder.join(DEFAULT_DATABASE);
                return Some(format!("sqlite:{}", path.display()).into());
            }
            (Some(text), None) if !text.starts_with("env:") => {
                if has_password(&text) {
                    self.problems.push(
                        "`database_url` holds a password: put it into a file and name that with \
                         `database_url_file`, or give `env:NAME`."
                            .to_owned(),
                    );
                    return None;
                }
                Ok(SecretString::from(self.beside(&text)))
            }
            (Some(text), None) => from_environment("database_url", &text),
            (None, Some(file)) => from_file("database_url", &self.folder.join(file)),
            (Some(_), Some(_)) => Err(
                "`database_url` and `database_url_file` exclude each other: keep one.".to_owned(),
            ),
        };
        url.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// A relative SQLite path is meant beside the configuration.
    fn beside(&self, url: &str) -> String {
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.starts_with(['/', ':']) => {
                format!("sqlite:{}", self.folder.join(path).display())
            }
            _ => url.to_owned(),
        }
    }

    /// The key of signed links; made and kept if none is configured.
    pub(super) fn link_key(
        &mut self,
        text: Option<String>,
        file: Option<PathBuf>,
    ) -> Option<SecretString> {
        if text.is_some() || file.is_some() {
            return self.secret("link_key", (text.as_deref(), file.as_deref()));
        }
        if !self.problems.is_empty() {
            return None;
        }
        let path = self.folder.join(DEFAULT_LINK_KEY);
        if !path.exists() && self.purpose == Purpose::Look {
            // It will be made; nothing is signed with this one.
            return Some(SecretString::from(uuid::Uuid::new_v4().to_string()));
        }
        if !path.exists()
            && let Err(error) = make_key(&path)
        {
            self.problems.push(format!(
                "`link_key_file` is not set and {} cannot be made: {error}.",
                path.display()
            ));
            return None;
        }
        self.secret("link_key", (None, Some(Path::new(DEFAULT_LINK_KEY))))
    }
}

/// `PATH`, which git needs to find its helpers.
#[expect(
    clippy::disallowed_methods,
    reason = "config is the reader of the environment"
)]
pub(super) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "config is the reader of the environment"
)]
fn from_environment(key: &str, text: &str) -> Result<SecretString, String> {
    let name = text.strip_prefix("env:").ok_or_else(|| {
        format!(
            "`{key}` holds a secret in plain text: put it into a file and name that with \
             `{file_key}`, or give `env:NAME`.",
            file_key = file_key(key),
        )
    })?;
    let value = std::env::var(name)
        .map_err(|_| format!("`{key}` names the variable `{name}`, which is not set."))?;
    Ok(value.trim_end_matches(['\r', '\n']).to_owned().into())
}

/// The key that names a file instead: `webhook_secret_files` beside `webhook_secrets`.
fn file_key(key: &str) -> String {
    match key.strip_suffix('s') {
        Some(one) => format!("{one}_files"),
        None => format!("{key}_file"),
    }
}

fn from_file(key: &str, file: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let key = file_key(key);
        format!(
            "`{key}` names {}, which cannot be read: {error}.",
            file.display()
        )
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
}

fn long_enough(key: &str, secret: SecretString) -> Result<SecretString, String> {
    match secret.expose_secret().trim().len() {
        0 => Err(format!("`{key}` is empty.")),
        short if short < MIN_SECRET => Err(format!(
            "`{key}` has {short} bytes; fewer than {MIN_SECRET} are not taken. Make one with \
             `openssl rand -hex 32`."
        )),
        _ => Ok(secret),
    }
}

/// Whether the authority of a URL holds `user:password@`, or its query a password.
fn has_password(url: &str) -> bool {
    let authority = url
        .split_once("://")
        .map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or(""));
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || url.to_ascii_lowercase().contains("password=")
}

fn make_key(path: &Path) -> std::io::Result<()> {
    let key = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|part| part.simple().to_string());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(key.concat().as_bytes())?;
    file.sync_all()
}
