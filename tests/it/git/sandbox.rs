//! A throw-away repository, made by the real git.

use std::cell::Cell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use forgewarden::git::Repository;
use forgewarden::model::oid::ObjectId;
use tempfile::TempDir;

/// The empty tree, which every repository has.
pub(super) const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// A repository with a work tree, and a clock that advances with each command.
pub(super) struct Sandbox {
    folder: TempDir,
    seconds: Cell<u64>,
}

impl Sandbox {
    pub(super) fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().expect("a folder"),
            seconds: Cell::new(1_700_000_000),
        };
        sandbox.git(&["init", "-q", "-b", "main", "."]);
        sandbox
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(super) fn open(&self) -> Repository {
        Repository::open(&self.path()).expect("a repository")
    }

    /// Runs git and gives its output without the last line feed.
    pub(super) fn git(&self, args: &[&str]) -> String {
        self.git_with(args, b"")
    }

    /// The same, with input.
    pub(super) fn git_with(&self, args: &[&str], input: &[u8]) -> String {
        let output = self.run("git", args, input);
        let text = String::from_utf8(output).expect("UTF-8");
        text.trim_end_matches('\n').to_owned()
    }

    /// Whether git succeeds.
    pub(super) fn git_agrees(&self, args: &[&str]) -> bool {
        let output = self.command("git", args).output();
        output.expect("git").status.success()
    }

    /// Runs a program that must succeed, and gives its output.
    pub(super) fn run(&self, program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
        let mut child = self
            .command(program, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(input).expect("input is read");
        drop(stdin);
        let output = child.wait_with_output().expect("ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {args:?}: {errors}");
        output.stdout
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the real git is the oracle of these tests"
    )]
    fn command(&self, program: &str, args: &[&str]) -> Command {
        self.seconds.set(self.seconds.get() + 1);
        let date = format!("{} +0000", self.seconds.get());
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_GLOBAL", self.folder.path().join("global"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "alice")
            .env("GIT_AUTHOR_EMAIL", "alice@example.org")
            .env("GIT_COMMITTER_NAME", "bob")
            .env("GIT_COMMITTER_EMAIL", "bob@example.org")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env_remove("GIT_DIR");
        command
    }

    pub(super) fn write(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Commits everything in the work tree.
    pub(super) fn commit(&self, message: &str) -> ObjectId {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    pub(super) fn head(&self) -> ObjectId {
        self.id("HEAD")
    }

    pub(super) fn id(&self, spec: &str) -> ObjectId {
        oid(&self.git(&["rev-parse", "--verify", spec]))
    }

    /// Writes an object of any content, as a hostile client would.
    pub(super) fn object(&self, kind: &str, content: &[u8]) -> ObjectId {
        let args = ["hash-object", "-t", kind, "-w", "--stdin", "--literally"];
        oid(&self.git_with(&args, content))
    }

    /// Where a loose object is kept.
    pub(super) fn loose(&self, id: ObjectId) -> PathBuf {
        let hex = id.to_string();
        let folder = self.path().join(".git/objects").join(&hex[..2]);
        folder.join(&hex[2..])
    }

    /// Removes an object from the store.
    pub(super) fn lose(&self, id: ObjectId) {
        std::fs::remove_file(self.loose(id)).expect("a loose object");
    }

    /// A tree object of these `mode name` entries, in this very order.
    pub(super) fn tree(&self, entries: &[(&str, ObjectId)]) -> ObjectId {
        let content: Vec<u8> = entries
            .iter()
            .flat_map(|(entry, id)| [entry.as_bytes(), b"\0", id.as_bytes()].concat())
            .collect();
        self.object("tree", &content)
    }

    /// A commit of a tree, made by `git commit-tree`.
    pub(super) fn commit_tree(&self, tree: ObjectId, parents: &[ObjectId]) -> ObjectId {
        let parents: Vec<String> = parents.iter().map(|id| format!("-p{id}")).collect();
        let tree = tree.to_string();
        let mut args = vec!["commit-tree", &tree, "-m", "crafted"];
        args.extend(parents.iter().map(String::as_str));
        oid(&self.git(&args))
    }
}

pub(super) fn oid(hex: &str) -> ObjectId {
    ObjectId::parse(hex).expect("an id")
}

/// One id a line.
pub(super) fn oids(lines: &str) -> Vec<ObjectId> {
    lines.lines().map(oid).collect()
}
