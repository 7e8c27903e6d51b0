//! The people, the repositories, the forge, and what becomes of a change.

use std::path::PathBuf;
use std::time::Duration;

use crate::service::Service;
use crate::support::forge::github::{CheckRun, GitHub, Merge, Proposal};
use crate::support::people::Person;
use crate::support::repos::Upstream;
use crate::support::work::WorkingCopy;
use crate::support::{Signing, Way, World};

const REPOSITORY: &str = "acme/shop";
const CONTEXT: &str = "forgewarden/main";
const WORKFLOW: &str = ".github/workflows/ci.yml";

/// How long a verdict may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A change to try, and what should become of it.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    pub(crate) what: &'static str,
    signed: bool,
    stranger: bool,
    ci: bool,
    approved: bool,
    /// The check that should object.
    pub(crate) objection: Option<&'static str>,
}

impl Change {
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            signed: true,
            stranger: false,
            ci: false,
            approved: false,
            objection: None,
        }
    }

    pub(crate) fn unsigned(self) -> Self {
        Self {
            signed: false,
            ..self
        }
    }

    pub(crate) fn by_a_stranger(self) -> Self {
        Self {
            stranger: true,
            ..self
        }
    }

    pub(crate) fn of_ci(self) -> Self {
        Self { ci: true, ..self }
    }

    pub(crate) fn approved(self) -> Self {
        Self {
            approved: true,
            ..self
        }
    }

    pub(crate) fn refused_by(self, check: &'static str) -> Self {
        Self {
            objection: Some(check),
            ..self
        }
    }

    pub(crate) fn expected_to_pass(self) -> Self {
        Self {
            objection: None,
            ..self
        }
    }

    fn branch(&self) -> String {
        self.what.replace([' ', ','], "-")
    }
}

/// What became of a change.
pub(crate) struct Outcome {
    pub(crate) change: Change,
    /// Whether the hook accepted the push, and its report; approval has no
    /// place in a bare push, so an approved change is only proposed.
    pub(crate) push: Option<(bool, String)>,
    pub(crate) check: Option<CheckRun>,
    pub(crate) merge: Merge,
}

impl Outcome {
    pub(crate) fn is_as_expected(&self) -> bool {
        let summary = self
            .check
            .as_ref()
            .and_then(|check| check.summary.as_deref())
            .unwrap_or_default();
        let named = |text: &str| {
            self.change
                .objection
                .is_none_or(|check| text.contains(check))
        };
        let passes = self.change.objection.is_none();
        let pushed = self
            .push
            .as_ref()
            .is_none_or(|(accepted, report)| *accepted == passes && named(report));
        pushed && self.merge.is_blocked() != passes && named(summary)
    }
}

/// Everything that takes part.
pub(crate) struct Stage {
    alice: WorkingCopy,
    mallory: WorkingCopy,
    forge: GitHub,
    service: Service,
    pub(crate) policy: PathBuf,
    _upstream: Upstream,
    _world: World,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let world = World::new();
        let person = |name| world.person_without_tools(name);
        let (alice, bob, mallory): (Person, Person, Person) =
            (person("alice"), person("bob"), person("mallory"));
        let upstream = world.upstream("shop");
        let copy = alice.clones(&upstream, Way::LocalPath);
        let begin = copy
            .commits("README.md", "A shop\n")
            .and(WORKFLOW, "on: push\njobs: {}\n");
        begin.signed_by(Signing::InProcess);
        copy.pushes("main").expect_accepted();
        let rules = world
            .policy()
            .trusting(&alice)
            .trusting(&bob)
            .with_team("ci", &[&bob])
            .with_setting("ci-change-unapproved", "approvers = [\"team:ci\"]");
        let policy = upstream.guarded_by(&rules).policy;

        let forge = GitHub::start(world.path("github")).await;
        forge.create_repository(REPOSITORY);
        forge
            .push(REPOSITORY, "alice", copy.folder(), &["main"])
            .await;
        forge.require_check(REPOSITORY, "main", CONTEXT);
        let service = Service::start(&world, &forge, &policy).await;
        forge.delivers_to(format!("{}/webhooks/github", service.url));
        let mallory = mallory.clones(&upstream, Way::LocalPath);
        Self {
            alice: copy,
            mallory,
            forge,
            service,
            policy,
            _upstream: upstream,
            _world: world,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.service.url
    }

    pub(crate) fn log(&self) -> String {
        self.service.log()
    }

    /// Pushes the change to the bare repository, then proposes it on the forge
    /// and tries to merge it.
    pub(crate) async fn tries(&self, change: Change) -> Outcome {
        let (author, copy) = if change.stranger {
            ("mallory", &self.mallory)
        } else {
            ("alice", &self.alice)
        };
        let branch = change.branch();
        copy.goes_to_new(&branch, "origin/main");
        let draft = match change.ci {
            true => copy.commits(
                WORKFLOW,
                "on: push\njobs: {build: {runs-on: ubuntu-latest}}\n",
            ),
            false => copy.commits("shop.txt", change.what),
        };
        let draft = draft.saying(change.what);
        let head = if change.signed {
            draft.signed_by(Signing::InProcess)
        } else {
            draft.unsigned()
        };
        let number = self.propose(author, copy, &branch).await;
        if change.approved {
            self.forge.approve(REPOSITORY, number, "bob").await;
        }
        let passes = change.objection.is_none();
        let check = self.check(&head, passes).await;
        let merge = self.forge.merge(REPOSITORY, number).await;
        let push = (!change.approved).then(|| {
            // To a branch beside `main`, so that the next change starts where this one did.
            let push = copy.pushes(&branch);
            (push.is_accepted(), push.report())
        });
        Outcome {
            change,
            push,
            check,
            merge,
        }
    }

    async fn propose(&self, author: &str, copy: &WorkingCopy, branch: &str) -> u64 {
        self.forge
            .push(REPOSITORY, author, copy.folder(), &[branch])
            .await;
        let proposal = Proposal::of(branch).into("main").by(author);
        self.forge.open_pull_request(REPOSITORY, proposal).await
    }

    /// The check run of a head once it says what it should, or when patience ends.
    async fn check(&self, head: &str, passes: bool) -> Option<CheckRun> {
        let current = || self.forge.check(REPOSITORY, head, CONTEXT);
        let settled = async {
            loop {
                let done = current()
                    .filter(|check| check.status == "completed" && check.passes() == passes);
                if done.is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, settled).await;
        current()
    }

    /// Whether each details page can be read.
    pub(crate) async fn pages_are_there(&self, outcomes: &[Outcome]) -> bool {
        for outcome in outcomes {
            let Some(url) = outcome
                .check
                .as_ref()
                .and_then(|check| check.details_url.as_ref())
            else {
                return false;
            };
            match reqwest::get(url).await {
                Ok(answer) if answer.status().is_success() => {}
                _ => return false,
            }
        }
        true
    }
}
