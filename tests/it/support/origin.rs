//! A small bare repository that a mirror is fetched from, with real commits.

use std::path::{Path, PathBuf};
use std::process::Command;

use forgewarden::model::oid::ObjectId;

/// A bare repository with a branch `main`.
pub struct Origin {
    folder: tempfile::TempDir,
}

impl Origin {
    /// Makes one with a first commit on `main`.
    pub fn new() -> Self {
        let origin = Self {
            folder: tempfile::tempdir().expect("folder"),
        };
        origin.git(&["init", "-q", "--bare", "-b", "main", "."]);
        let first = origin.commit("first", None);
        origin.point("refs/heads/main", first);
        origin
    }

    /// Its folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Its URL for git.
    pub fn url(&self) -> String {
        format!("file://{}", self.folder.path().display())
    }

    /// A commit that no ref names.
    pub fn commit(&self, message: &str, parent: Option<ObjectId>) -> ObjectId {
        let tree = self.git(&["mktree"]);
        let mut arguments = vec!["commit-tree".to_owned(), tree, "-m".to_owned()];
        arguments.push(message.to_owned());
        if let Some(parent) = parent {
            arguments.extend(["-p".to_owned(), parent.to_string()]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        ObjectId::parse(self.git(&arguments)).expect("an id")
    }

    /// Points a ref to an object.
    pub fn point(&self, name: &str, to: ObjectId) {
        self.git(&["update-ref", name, &to.to_string()]);
    }

    /// The tip of a ref.
    pub fn tip(&self, name: &str) -> ObjectId {
        ObjectId::parse(self.git(&["rev-parse", name])).expect("an id")
    }

    /// Runs git in it and gives its trimmed output.
    pub fn git(&self, arguments: &[&str]) -> String {
        run(self.folder.path(), arguments)
    }
}

/// Runs git in a folder and gives its trimmed output.
pub fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs([
            ("GIT_AUTHOR_NAME", "alice"),
            ("GIT_AUTHOR_EMAIL", "alice@example.com"),
            ("GIT_COMMITTER_NAME", "alice"),
            ("GIT_COMMITTER_EMAIL", "alice@example.com"),
        ])
        .stdin(std::process::Stdio::null())
        .output()
        .expect("git runs");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}
