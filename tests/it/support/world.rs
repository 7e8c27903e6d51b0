//! The small world of one test: a temporary folder, a git configuration that
//! nobody's own can disturb, people, repositories and, if asked for, an sshd.
//! Everything ends with the last handle.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::people::Person;
use super::policy::PolicyText;
use super::program::Program;
use super::repos::Upstream;
use super::sshd::Sshd;

/// A handle on the world; clones share it.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    sshd: OnceLock<Sshd>,
    // Last: the folder goes when nothing uses it any more.
    root: tempfile::TempDir,
}

const GIT_CONFIG: &str = "\
[init]
	defaultBranch = main
[user]
	useConfigOnly = true
[commit]
	gpgSign = false
[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	autogc = false
[advice]
	detachedHead = false
";

impl World {
    /// An empty world.
    pub fn new() -> Self {
        // Short, because sockets (gpg-agent's) take at most 108 bytes.
        let root = tempfile::Builder::new().prefix("fw-").tempdir();
        let root = root.expect("make a temporary folder");
        std::fs::create_dir(root.path().join("home")).expect("make the home");
        std::fs::write(root.path().join("gitconfig"), GIT_CONFIG).expect("write the git config");
        Self(Arc::new(Inner {
            sshd: OnceLock::new(),
            root,
        }))
    }

    /// A path in this world.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.root.path().join(name)
    }

    /// Writes a file of this world and gives its path.
    pub fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("make folders");
        std::fs::write(&path, content).expect("write a file");
        path
    }

    /// A person with an SSH key of their own.
    pub fn person(&self, name: &str) -> Person {
        Person::new(self, name)
    }

    /// A person whose key is made in-process: needs no ssh-keygen.
    pub fn person_without_tools(&self, name: &str) -> Person {
        Person::without_tools(self, name)
    }

    /// An empty bare repository on `main`.
    pub fn upstream(&self, name: &str) -> Upstream {
        Upstream::new(self, name, "sha1")
    }

    /// An empty bare repository whose objects have SHA-256 ids.
    pub fn sha256_upstream(&self, name: &str) -> Upstream {
        Upstream::new(self, name, "sha256")
    }

    /// A policy that trusts nobody yet.
    pub fn policy(&self) -> PolicyText {
        PolicyText::default()
    }

    /// This world's sshd, started when first asked for.
    pub fn sshd(&self) -> &Sshd {
        self.0.sshd.get_or_init(|| Sshd::start(self))
    }

    /// The variables that make git see this world and no other.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let text = |name: &str| self.path(name).to_str().expect("UTF-8 path").to_owned();
        vec![
            ("HOME", text("home")),
            ("GIT_CONFIG_GLOBAL", text("gitconfig")),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("GIT_TERMINAL_PROMPT", "0".to_owned()),
        ]
    }

    /// A program that sees this world and no other.
    pub fn program(&self, name: &str) -> Program {
        let start = Program::new(name);
        let variables = self.variables().into_iter();
        variables.fold(start, |program, (name, value)| program.env(name, value))
    }

    /// git, in a folder.
    pub fn git(&self, folder: &Path) -> Program {
        self.program("git").in_folder(folder)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
