//! Bare repositories, the ways to reach them, and what came of a push.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::program::Ran;
use super::world::World;

/// How a working copy reaches its upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By its path.
    LocalPath,
    /// By ssh to the world's own sshd.
    Ssh,
}

/// A bare repository.
#[derive(Clone)]
pub struct Upstream {
    world: World,
    name: String,
    format: String,
}

/// All refs of a repository with what they point to.
pub type Refs = BTreeMap<String, String>;

impl Upstream {
    pub(super) fn new(world: &World, name: &str, format: &str) -> Self {
        let upstream = Self {
            world: world.clone(),
            name: name.to_owned(),
            format: format.to_owned(),
        };
        let init = world
            .git(&world.path("."))
            .args(["init", "-q", "--bare", "-b", "main"]);
        let init = init.arg(format!("--object-format={format}"));
        init.arg(upstream.path()).succeeds();
        upstream
    }

    /// Its folder.
    pub fn path(&self) -> PathBuf {
        self.world.path(format!("{}.git", self.name))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its object format: `sha1` or `sha256`.
    pub fn format(&self) -> &str {
        &self.format
    }

    /// The world that it stands in.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Runs git in it and gives its trimmed output.
    pub fn git(&self, args: &[&str]) -> String {
        self.world.git(&self.path()).args(args).succeeds()
    }

    /// Sets a key of its own configuration.
    pub fn config(&self, key: &str, value: &str) {
        self.git(&["config", key, value]);
    }

    /// All its refs.
    pub fn refs(&self) -> Refs {
        let listed = self.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        let pairs = listed.lines().filter_map(|line| line.split_once(' '));
        pairs
            .map(|(name, id)| (name.to_owned(), id.to_owned()))
            .collect()
    }

    /// What a ref points to, if it exists. The full name.
    pub fn tip(&self, reference: &str) -> Option<String> {
        self.refs().remove(reference)
    }

    /// Whether it holds an object: refused pushes leave none behind.
    pub fn holds(&self, id: &str) -> bool {
        let ran = self
            .world
            .git(&self.path())
            .args(["cat-file", "-e", id])
            .runs();
        ran.code == Some(0)
    }

    pub(super) fn url(&self, way: Way) -> String {
        let path = self.path();
        let path = path.to_str().expect("UTF-8 path");
        match way {
            Way::LocalPath => path.to_owned(),
            Way::Ssh => self.world.sshd().url(Path::new(path)),
        }
    }
}

/// What came of a push.
pub struct Push {
    ran: Ran,
    before: Refs,
    after: Refs,
}

impl Push {
    pub(super) fn judged(upstream: &Upstream, run: impl FnOnce() -> Ran) -> Self {
        let before = upstream.refs();
        let ran = run();
        let after = upstream.refs();
        Self { ran, before, after }
    }

    /// Whether git accepted the push.
    pub fn is_accepted(&self) -> bool {
        self.ran.code == Some(0)
    }

    /// What the pusher's terminal got, byte for byte.
    pub fn raw(&self) -> &[u8] {
        &self.ran.err
    }

    /// What the hook said, without git's `remote: ` and line breaks, so that
    /// a wrapped sentence still reads as one.
    pub fn report(&self) -> String {
        let lines = self.ran.err.lines();
        let said = lines.filter_map(|line| line.strip_prefix(b"remote: "));
        let words = said.map(|line| line.to_str_lossy().into_owned());
        let text = words.collect::<Vec<_>>().join(" ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The push was accepted and moved something.
    pub fn expect_accepted(self) -> Self {
        assert_eq!(
            self.ran.code,
            Some(0),
            "expected to be accepted: {}",
            self.ran
        );
        assert_ne!(
            self.before, self.after,
            "accepted, and nothing moved: {}",
            self.ran
        );
        self
    }

    /// The hook refused the push, no ref moved, and it said all of this.
    pub fn expect_refused_with(self, words: &[&str]) -> Self {
        let git_says = self.ran.err.contains_str("pre-receive hook declined");
        assert!(git_says, "expected the hook to refuse: {}", self.ran);
        assert_ne!(self.ran.code, Some(0), "{}", self.ran);
        assert_eq!(
            self.before, self.after,
            "refused, and something moved: {}",
            self.ran
        );
        self.expect_said(words)
    }

    /// The server let nobody in: no hook ran and no ref moved; git says this.
    pub fn expect_not_let_in(self, words: &str) -> Self {
        assert_ne!(self.ran.code, Some(0), "{}", self.ran);
        assert!(
            self.ran.err.contains_str(words),
            "not {words:?}: {}",
            self.ran
        );
        let hook = self.ran.err.contains_str("hook");
        assert!(!hook, "a hook was asked: {}", self.ran);
        assert_eq!(self.before, self.after, "something moved: {}", self.ran);
        self
    }

    /// The hook could not judge, so it refused, and it said why.
    pub fn expect_could_not_judge(self, words: &[&str]) -> Self {
        let push = self.expect_refused_with(words);
        let report = push.report().to_lowercase();
        assert!(report.contains("could not judge"), "{}", push.ran);
        push
    }

    /// The hook said all of this.
    pub fn expect_said(self, words: &[&str]) -> Self {
        let report = self.report();
        for word in words {
            assert!(
                report.contains(word),
                "expected {word:?} in the report: {}",
                self.ran
            );
        }
        self
    }

    /// The hook said none of this.
    pub fn expect_unsaid(self, words: &[&str]) -> Self {
        let report = self.report();
        for word in words {
            assert!(
                !report.contains(word),
                "did not expect {word:?}: {}",
                self.ran
            );
        }
        self
    }

    /// Nothing in the hook's lines can command the terminal or mislead its
    /// reader. (git's own lines show ref names as they are.)
    pub fn expect_harmless(self) -> Self {
        let lines = self.ran.err.lines();
        let said = lines.filter_map(|line| line.strip_prefix(b"remote: "));
        for line in said {
            let text = line.to_str();
            let text = text.unwrap_or_else(|_| panic!("not UTF-8: {}", self.ran));
            let harmful = text.trim_end().chars().find(|letter| is_harmful(*letter));
            assert_eq!(harmful, None, "reaches the terminal: {}", self.ran);
        }
        self
    }
}

fn is_harmful(letter: char) -> bool {
    let invisible = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
    invisible || (letter.is_control() && letter != '\t')
}
