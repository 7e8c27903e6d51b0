//! Where the stories start: a work tree with a workflow, and the program.

use serde_json::Value;

use crate::support::program::Ran;
use crate::support::{Way, WorkingCopy, World};

/// The checks that need people, or object to any new file.
const OFF: &[&str] = &[
    "unsigned-commit",
    "unknown-signer",
    "ci-change-unapproved",
    "ci-file-enabled",
];

pub(super) const CI: &str = ".github/workflows/ci.yml";

/// A workflow that does no harm.
pub(super) const CALM: &str = "\
name: ci
on:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: make
  deploy:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - run: make deploy
";

/// The same with a privileged container in one job.
pub(super) fn privileged() -> String {
    CALM.replace(
        "    steps:\n      - run: make\n",
        "    container:\n      image: debian:12\n      options: --privileged\n    steps:\n      - run: make\n",
    )
}

/// A work tree and the policy that judges it.
pub(super) struct Desk {
    pub(super) work: WorkingCopy,
    pub(super) policy: String,
}

impl Desk {
    /// A work tree whose first commit writes these files.
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let world = World::new();
        let alice = world.person("alice");
        let upstream = world.upstream("project");
        let off = OFF.iter();
        let policy = off.fold(world.policy(), |policy, check| {
            policy.with_mode(check, "off")
        });
        let policy = policy
            .enforcing("privileged-container")
            .write(&world, "operator");
        let work = alice.clones(&upstream, Way::LocalPath);
        work.on_branch("main");
        let desk = Self {
            work,
            policy: policy.to_str().expect("UTF-8").to_owned(),
        };
        desk.writes(files);
        desk
    }

    /// A commit that writes these files; gives its id.
    pub(super) fn writes(&self, files: &[(&str, &str)]) -> String {
        let mut draft = self.work.commits(files[0].0, files[0].1);
        for (path, text) in &files[1..] {
            draft = draft.and(path, text);
        }
        draft.unsigned()
    }

    /// Runs the program in the work tree.
    pub(super) fn runs(&self, arguments: &[&str]) -> Ran {
        let program = self.work.program_named(env!("CARGO_BIN_EXE_forgewarden"));
        program.args(arguments).runs()
    }

    /// What it says of a range.
    #[track_caller]
    pub(super) fn judges(&self, range: &str) -> Said {
        let ran = self.runs(&["check", range, "--policy", &self.policy, "--format", "json"]);
        let said = serde_json::from_slice(&ran.out);
        Said(said.unwrap_or_else(|why| panic!("{why}: {ran}")))
    }

    /// What it says of the last commit.
    #[track_caller]
    pub(super) fn judges_last(&self) -> Said {
        self.judges("HEAD~1..HEAD")
    }
}

/// A verdict.
pub(super) struct Said(pub(super) Value);

impl Said {
    /// The sentences about capabilities.
    pub(super) fn capabilities(&self) -> Vec<String> {
        let all = self.0["capabilities"].as_array().expect("a list");
        let told = all
            .iter()
            .map(|one| one["what"].as_str().expect("text").to_owned());
        told.collect()
    }

    /// The findings of a check.
    pub(super) fn findings(&self, check: &str) -> Vec<&Value> {
        let all = self.0["findings"].as_array().expect("a list");
        all.iter().filter(|one| one["check"] == check).collect()
    }

    #[track_caller]
    pub(super) fn tells(&self, sentence: &str) {
        let all = self.capabilities();
        assert!(all.iter().any(|one| one == sentence), "{all:#?}");
    }

    /// Nothing is objected to, and nothing is gained or lost.
    #[track_caller]
    pub(super) fn is_silent(&self) {
        assert_eq!(
            self.0["gaps"].as_array().map(Vec::len),
            Some(0),
            "{:#}",
            self.0
        );
        assert_eq!(
            self.0["findings"].as_array().map(Vec::len),
            Some(0),
            "{:#}",
            self.0
        );
        assert_eq!(self.capabilities(), Vec::<String>::new());
    }
}
