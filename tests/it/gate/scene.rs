//! Where the stories start: a signed commit of alice on `main` of `acme/app`,
//! the service running, and the check of `main` required.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use forgewarden::clock::SystemClock;
use forgewarden::store::Store;

use crate::support::daemon::Daemon;
use crate::support::daemon::PUBLIC_URL;
use crate::support::forge::StandIn;
use crate::support::forge::common::people::{Mark, Proposal, Said};
use crate::support::forge::common::traffic::Sent;
use crate::support::gate::eventually;
use crate::support::{Person, PolicyText, Upstream, Way, WorkingCopy, World};

/// The repository of every story.
pub(super) const APP: &str = "acme/app";
/// The check of pull requests into `main`.
pub(super) const MAIN: &str = "forgewarden/main";
/// A file of the build environment.
pub(super) const WORKFLOW: &str = ".github/workflows/ci.yml";
/// A lawful content of it.
pub(super) const JOB: &str =
    "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n";

/// Longest time for anything to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// People, the forge and the service.
pub(super) struct Scene<F> {
    pub(super) world: World,
    pub(super) alice: Person,
    pub(super) bob: Person,
    pub(super) mallory: Person,
    pub(super) upstream: Upstream,
    pub(super) forge: F,
    pub(super) daemon: Daemon,
}

impl<F: StandIn> Scene<F> {
    /// The usual policy: alice and bob may sign, alice approves changes of the
    /// build environment.
    pub(super) async fn open() -> Self {
        Self::under(|policy| policy).await
    }

    /// A changed policy.
    pub(super) async fn under(change: impl FnOnce(PolicyText) -> PolicyText) -> Self {
        let world = World::new();
        let (alice, bob) = (world.person("alice"), world.person("bob"));
        let policy = world.policy().trusting(&alice).trusting(&bob);
        let policy = policy.with_setting("ci-change-unapproved", "approvers = [\"alice\"]");
        let policy = change(policy).write(&world, "operator");
        let upstream = world.upstream("app");
        let forge = F::start(&world.path(".")).await;
        forge.adopts_repository(APP, &upstream.path());
        forge.require_check(APP, "main", MAIN);
        let daemon = Daemon::under(&forge, &policy);
        let mut scene = Self {
            mallory: world.person("mallory"),
            world,
            alice,
            bob,
            upstream,
            forge,
            daemon,
        };
        let work = scene.work_of(&scene.alice);
        work.commits("README.md", "A project.\n").signed();
        scene.pushes(&work, "main").await;
        scene.starts();
        scene
    }

    /// The service starts, and the forge delivers to it.
    pub(super) fn starts(&mut self) {
        self.daemon.start();
        self.forge.delivers_to(&self.daemon.webhook());
    }

    /// A working copy of this person.
    pub(super) fn work_of(&self, person: &Person) -> WorkingCopy {
        person.clones(&self.upstream, Way::LocalPath)
    }

    /// Pushes, which nothing refuses here, and has the forge tell it.
    pub(super) async fn pushes(&self, work: &WorkingCopy, refspec: &str) -> Vec<Sent> {
        work.forces(refspec).expect_accepted();
        self.forge.notices(APP, "bob").await
    }

    /// bob's pull request of a pushed branch into another; gives its number.
    pub(super) async fn proposes(&self, branch: &str, into: &str) -> u64 {
        let proposal = Proposal::of(branch).into(into).by("bob");
        self.forge.open_pull_request(APP, proposal).await
    }

    /// Our mark on a head.
    pub(super) fn mark(&self, head: &str, context: &str) -> Option<Mark> {
        self.forge.mark(APP, head, context)
    }

    /// Waits until our mark says this.
    pub(super) async fn expect(&self, head: &str, context: &str, said: Said) -> Mark {
        let mark = || self.mark(head, context);
        let is_so = || mark().is_some_and(|it| it.said == said);
        eventually_or(&format!("{context} on {head} is {said:?}"), is_so, || {
            format!("{:#?}\n{}", mark(), self.daemon.log())
        })
        .await;
        mark().expect("a mark")
    }

    /// The check passes.
    pub(super) async fn passes(&self, head: &str, context: &str) -> Mark {
        self.expect(head, context, Said::Green).await
    }

    /// The check fails.
    pub(super) async fn fails(&self, head: &str, context: &str) -> Mark {
        self.expect(head, context, Said::Red).await
    }

    /// The check fails; gives what its details page says.
    pub(super) async fn fails_because(&self, head: &str, context: &str) -> String {
        let mark = self.fails(head, context).await;
        let path = mark.details_url.strip_prefix(PUBLIC_URL);
        let url = self.daemon.url(path.expect("a page of ours"));
        let page = reqwest::get(url).await.expect("the page answers");
        page.text().await.expect("text")
    }

    /// Waits until it is so.
    pub(super) async fn waits_for(&self, what: &str, is_so: impl Fn() -> bool) {
        eventually_or(what, is_so, || self.daemon.log()).await;
    }

    /// The forge serves no objects of the repository until the outage is dropped.
    pub(super) fn serves_no_objects(&self) -> Outage {
        let config = self.upstream.path().join("config");
        let text = std::fs::read_to_string(&config).expect("read");
        let none = format!("{text}[http]\n\tuploadpack = false\n");
        std::fs::write(&config, none).expect("written");
        Outage { config, text }
    }

    /// Waits until the service has nothing left to do.
    pub(super) async fn settles(&self) {
        let store = self.store().await;
        eventually("no job is left", async || {
            let queued = store.queued().await.expect("counted");
            queued.iter().all(|queued| queued.state == "dead")
        })
        .await;
        store.close().await;
    }

    /// Whether the forge merges the pull request.
    pub(super) async fn merges(&self, number: u64) -> bool {
        // A green mark may be one of several things that a forge asks for.
        self.settles().await;
        !self.forge.merge(APP, number).await.is_blocked()
    }

    /// The forge refuses to merge.
    pub(super) async fn is_blocked(&self, number: u64) {
        let merged = self.forge.merge(APP, number).await;
        assert!(merged.is_blocked(), "{merged:?}");
    }

    /// The service's database, opened beside it.
    pub(super) async fn store(&self) -> Store {
        let store = Store::connect(&self.daemon.database(), Arc::new(SystemClock)).await;
        store.expect("the store opens")
    }

    /// The verdict that the mark's details page is about, as it is stored.
    pub(super) async fn stored_verdict(&self, mark: &Mark) -> String {
        let id = mark
            .details_url
            .rsplit_once("/verdicts/")
            .expect("of a verdict")
            .1;
        let id = id.split('?').next().expect("an id");
        let store = self.store().await;
        let stored = store.verdict(id).await.expect("it is read");
        store.close().await;
        String::from_utf8(stored.expect("it is stored").json).expect("UTF-8")
    }
}

/// As long as it lives, git's objects are not served.
pub(super) struct Outage {
    config: PathBuf,
    text: String,
}

impl Drop for Outage {
    fn drop(&mut self) {
        std::fs::write(&self.config, &self.text).expect("written");
    }
}

/// Waits until it is so, and panics with more than that if it does not become so.
async fn eventually_or(what: &str, is_so: impl Fn() -> bool, tell: impl Fn() -> String) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        let late = Instant::now() >= deadline;
        assert!(!late, "it did not become so: {what}\n{}", tell());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
