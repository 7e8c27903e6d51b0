//! What would be written where, and writing it. A hook that is not ours is
//! never touched.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::programs::{Question, text_of};
use super::{BINARY, HookArgs, ServerKind, shown};
use crate::cli::Failure;
use crate::judge::SYSTEM_POLICY;
use crate::model::text::escape;

/// What every shim of ours says of itself.
const MARK: &str = "# Forgewarden's pre-receive hook for ";

/// Longest hook that is read to be compared.
const MAX_HOOK: u64 = 1 << 20;

/// The setting that names a repository's policy.
const SETTING: &str = "forgewarden.policy";

/// One hook, as it is and as it should be.
pub(super) struct Plan {
    /// The hook.
    pub(super) file: PathBuf,
    /// The bare repository, if there is one of its own.
    pub(super) repository: Option<PathBuf>,
    /// The policy that will judge.
    pub(super) policy: PathBuf,
    wanted: String,
    present: Option<String>,
    mode: Option<u32>,
    setting: Option<String>,
}

impl Plan {
    /// Looks at what is there.
    pub(super) fn of(arguments: &HookArgs) -> Result<Self, Failure> {
        let path = std::path::absolute(&arguments.path)?;
        if !path.is_dir() {
            return Err(format!("{} is not a folder", shown(&path)).into());
        }
        let file = target(arguments.server, &path)?;
        let repository = (arguments.server == ServerKind::PlainGit).then(|| path.clone());
        let (present, mode) = present(&file)?;
        let (policy, setting) = policy(arguments, repository.as_deref())?;
        Ok(Self {
            wanted: wanted(arguments)?,
            file,
            repository,
            policy,
            present,
            mode,
            setting,
        })
    }

    /// Whether something would change.
    pub(super) fn is_pending(&self) -> bool {
        self.writes_file() || self.setting.is_some()
    }

    fn writes_file(&self) -> bool {
        self.present.as_ref() != Some(&self.wanted) || self.mode != Some(0o755)
    }

    /// The plan for people: each file as a diff, its mode, the setting.
    pub(super) fn shown(&self) -> String {
        let mut text = String::new();
        if self.writes_file() {
            let _ = writeln!(text, "write {} (mode 0755)", shown(&self.file));
            let old = self.present.as_deref().unwrap_or_default();
            text.push_str(&difference(old, &self.wanted));
        }
        if let (Some(value), Some(repository)) = (&self.setting, &self.repository) {
            let config = shown(&repository.join("config"));
            let _ = writeln!(text, "set {SETTING} = {} in {config}", escape(value));
        }
        if text.is_empty() {
            let _ = writeln!(text, "nothing to change: {} stands", shown(&self.file));
        }
        text
    }

    /// Carries it out: the setting first, so that the hook never runs without.
    pub(super) fn apply(&self) -> Result<(), Failure> {
        if let (Some(value), Some(repository)) = (&self.setting, &self.repository) {
            let config = repository.join("config");
            let arguments = ["config", "--file", utf8(&config)?, SETTING, value];
            text_of(&Question::as_owner_of(repository, "git", &arguments))?;
        }
        if self.writes_file() {
            self.write()
                .map_err(|error| format!("{}: {error}", shown(&self.file)))?;
        }
        Ok(())
    }

    /// Under another name first: git never sees half a hook.
    fn write(&self) -> std::io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)?;
        let fresh = self.file.with_extension("forgewarden-new~");
        let mut open = OpenOptions::new();
        let mut file = open.write(true).create_new(true).mode(0o700).open(&fresh)?;
        let written = file
            .write_all(self.wanted.as_bytes())
            .and_then(|()| file.set_permissions(fs::Permissions::from_mode(0o755)))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&fresh, &self.file));
        if written.is_err() {
            let _ = fs::remove_file(&fresh);
        }
        written
    }
}

/// The hook's file on this kind of server.
fn target(server: ServerKind, path: &Path) -> Result<PathBuf, Failure> {
    let is_repository = ["HEAD", "objects", "refs"]
        .iter()
        .all(|name| path.join(name).exists());
    let file = match server {
        ServerKind::PlainGit if is_repository => path.join("hooks/pre-receive"),
        ServerKind::PlainGit => {
            return Err(format!("{} is not a bare repository", shown(path)).into());
        }
        ServerKind::Gitolite => {
            let places = [
                path.join(".gitolite/hooks/common"),
                path.join("hooks/common"),
            ];
            let found = places.iter().find(|place| place.is_dir());
            let folder = found.ok_or_else(|| {
                format!(
                    "{} holds no .gitolite/hooks/common: run gitolite setup first",
                    shown(path)
                )
            })?;
            folder.join("pre-receive")
        }
        ServerKind::Gitlab if is_repository => path.join("custom_hooks/pre-receive.d/forgewarden"),
        ServerKind::Gitlab => path.join("pre-receive.d/forgewarden"),
        ServerKind::Ghes | ServerKind::Bitbucket => path.join("pre-receive.sh"),
    };
    let folder = file.parent().unwrap_or(path);
    match folder.symlink_metadata() {
        Ok(found) if !found.is_dir() => Err(format!(
            "{} is not a folder of its own: give the real one",
            shown(folder)
        )
        .into()),
        _ => Ok(file),
    }
}

/// The shim, for the binary's place.
fn wanted(arguments: &HookArgs) -> Result<String, Failure> {
    let binary = utf8(&arguments.binary)?;
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+@ ".contains(letter);
    if !arguments.binary.is_absolute() || !binary.chars().all(is_plain) {
        return Err(format!(
            "--binary {}: an absolute path of letters, digits and /._-+@ is wanted",
            escape(binary)
        )
        .into());
    }
    let shim = arguments.server.shim();
    if binary == BINARY {
        return Ok(shim.to_owned());
    }
    Ok(shim.replace(
        &format!("binary={BINARY}\n"),
        &format!("binary='{binary}'\n"),
    ))
}

/// The hook that is there, which must be ours.
fn present(file: &Path) -> Result<(Option<String>, Option<u32>), Failure> {
    let found = match file.symlink_metadata() {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((None, None)),
        Err(error) => return Err(format!("{}: {error}", shown(file)).into()),
    };
    let text = if found.is_file() && found.len() <= MAX_HOOK {
        fs::read_to_string(file).ok()
    } else {
        None
    };
    match text.filter(|text| text.contains(MARK)) {
        Some(text) => Ok((Some(text), Some(found.permissions().mode() & 0o7777))),
        None => Err(format!(
            "{0} is not Forgewarden's and is left alone. If it is a hook of your own that shall run after \
             Forgewarden: mv {0} {0}.own (plain git, gitolite), then this again",
            shown(file)
        )
        .into()),
    }
}

/// The policy that will judge, and what `forgewarden.policy` must become.
fn policy(
    arguments: &HookArgs,
    repository: Option<&Path>,
) -> Result<(PathBuf, Option<String>), Failure> {
    let Some(repository) = repository else {
        return match &arguments.policy {
            Some(file) if file != Path::new(SYSTEM_POLICY) => {
                Err(format!("--policy is for plain-git; here the policy is {SYSTEM_POLICY}").into())
            }
            _ => Ok((SYSTEM_POLICY.into(), None)),
        };
    };
    let config = repository.join("config");
    let arguments_of_git = ["config", "--file", utf8(&config)?, "--default", "", SETTING];
    let configured = text_of(&Question::as_owner_of(repository, "git", &arguments_of_git))?;
    let configured = configured.strip_suffix('\n').unwrap_or(&configured);
    match &arguments.policy {
        Some(file) => {
            let file = std::path::absolute(file)?;
            let wanted = utf8(&file)?.to_owned();
            let setting = (configured != wanted).then_some(wanted);
            Ok((file, setting))
        }
        None if configured.is_empty() => Ok((SYSTEM_POLICY.into(), None)),
        None => Ok((configured.into(), None)),
    }
}

fn utf8(path: &Path) -> Result<&str, Failure> {
    let text = path.to_str().filter(|text| !text.contains(['\n', '\0']));
    text.ok_or_else(|| format!("{} is not one line of UTF-8", shown(path)).into())
}

/// The lines that go and come, between what both begin and end with.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let start = old.iter().zip(&new).take_while(same).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(same)
        .count();
    let gone = old[..old.len() - end].iter().map(|line| ('-', line));
    let come = new[..new.len() - end].iter().map(|line| ('+', line));
    let lines = gone.chain(come);
    lines.fold(String::new(), |mut text, (sign, line)| {
        // The old text is somebody's file; tabs are layout.
        let shown: Vec<_> = line.split('\t').map(escape).collect();
        let _ = writeln!(text, "  {sign}{}", shown.join("\t"));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_shows_what_goes_and_comes() {
        assert_eq!(difference("", "a\nb\n"), "  +a\n  +b\n");
        assert_eq!(difference("a\nb\nc\n", "a\nx\nc\n"), "  -b\n  +x\n");
        assert_eq!(difference("a\na\n", "a\n"), "  -a\n");
        assert_eq!(difference("a\n", "a\n"), "");
    }
}
