//! The real service over a real database, a real mirror and a fake forge.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use forgewarden::clock::SystemClock;
use forgewarden::config::{
    AuthenticationConfig, Config, GitConfig, LogFormat, SweepConfig, WorkerConfig,
};
use forgewarden::model::approval::Circumstances;
use forgewarden::model::directory::Group;
use forgewarden::model::event::Event;
use forgewarden::model::facts::Gap;
use forgewarden::model::oid::ObjectId;
use forgewarden::model::principal::Actor;
use forgewarden::model::refs::{RefName, RefUpdate};
use forgewarden::model::request::{Concern, EvaluationRequest, Subject};
use forgewarden::model::verdict::{Conclusion, Digest, VERDICT_SCHEMA, Verdict};
use forgewarden::report::Templates;
use forgewarden::server::{self, Parts, Running};
use forgewarden::store::Store;
use forgewarden::worker::Judge;

use super::fake_forge::{FakeForge, SECRET};
use super::origin::Origin;

/// The key of signed links.
pub const LINK_KEY: &str = "the-link-key-of-the-tests";
/// The secret of hooks that forward evidence.
pub const HOOK_SECRET: &str = "the-secret-of-the-forwarding-hook";
/// Longest time for anything to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Judges as it is told; passes what it was told nothing of.
#[derive(Default)]
pub struct FakeJudge {
    conclusions: Mutex<BTreeMap<String, Conclusion>>,
    /// The next judgements panic.
    pub panics: AtomicU32,
    /// Each judgement takes so long.
    pub milliseconds: AtomicU32,
    /// Requests that were judged.
    pub asked: Mutex<Vec<EvaluationRequest>>,
}

impl FakeJudge {
    /// The subject (`pull request 1 into main`) gets this conclusion.
    pub fn say(&self, subject: &str, conclusion: Conclusion) {
        let mut conclusions = self.conclusions.lock().expect("not poisoned");
        conclusions.insert(subject.to_owned(), conclusion);
    }
}

impl Judge for FakeJudge {
    fn groups_for(&self, _: &Actor) -> Vec<Group> {
        Vec::new()
    }

    fn asks(&self, _: Concern) -> bool {
        false
    }

    fn judge(&self, request: &EvaluationRequest, mirror: &Path, _: Circumstances) -> Verdict {
        let wait = self.milliseconds.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(wait.into()));
        let panics = &self.panics;
        let one_less = |left: u32| left.checked_sub(1);
        if panics
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_ok()
        {
            panic!("the judge was told to panic");
        }
        for update in request.subject.updates() {
            let head = update.new.expect("a head").to_string();
            super::origin::run(mirror, &["cat-file", "-e", &head]);
        }
        self.asked
            .lock()
            .expect("not poisoned")
            .push(request.clone());
        let conclusions = self.conclusions.lock().expect("not poisoned");
        let told = conclusions.get(&request.subject.to_string()).copied();
        verdict(request, told.unwrap_or(Conclusion::Pass), Vec::new())
    }

    fn could_not_judge(&self, request: &EvaluationRequest, why: String) -> Verdict {
        verdict(request, Conclusion::Error, vec![Gap(why)])
    }
}

fn verdict(request: &EvaluationRequest, conclusion: Conclusion, gaps: Vec<Gap>) -> Verdict {
    Verdict {
        schema: VERDICT_SCHEMA,
        conclusion,
        repository: request.repository.clone(),
        subject: request.subject.clone(),
        policy_digest: Digest("policy".to_owned()),
        trust_digest: Digest("trust".to_owned()),
        gaps,
        findings: Vec::new(),
        capabilities: Vec::new(),
        more_capabilities: 0,
        authentication: Vec::new(),
        commits: Vec::new(),
    }
}

/// The service and everything around it.
pub struct Gate {
    /// The forge.
    pub forge: FakeForge,
    /// The judge.
    pub judge: Arc<FakeJudge>,
    /// Where objects come from.
    pub origin: Origin,
    /// The service, unless it is stopped.
    pub running: Option<Running>,
    /// Its settings.
    pub worker: WorkerConfig,
    /// How it sweeps; never, unless a story says so.
    pub sweep: SweepConfig,
    /// How evidence of authentication is waited for.
    pub authentication: AuthenticationConfig,
    /// Who judges instead of the fake.
    pub policy: Option<Arc<dyn Judge>>,
    folder: tempfile::TempDir,
    url: String,
}

impl Gate {
    /// A running service on SQLite.
    pub async fn open() -> Self {
        let mut gate = Self::closed();
        gate.start().await;
        gate
    }

    /// A service on SQLite that is not started yet.
    pub fn closed() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let url = format!("sqlite:{}/warden.db", folder.path().display());
        Self::closed_on(folder, url)
    }

    /// A service on a database that is not started yet.
    pub fn closed_on(folder: tempfile::TempDir, url: String) -> Self {
        let origin = Origin::new();
        Self {
            forge: FakeForge::with_objects(origin.url()),
            judge: Arc::default(),
            origin,
            running: None,
            worker: WorkerConfig {
                concurrency: 4,
                attempts: 4,
                retry_base: Duration::from_millis(10),
                judge_timeout: Duration::from_secs(10),
                stop_timeout: Duration::from_secs(5),
            },
            sweep: SweepConfig {
                enabled: false,
                first: Duration::ZERO,
                interval: Duration::from_millis(50),
                grace: Duration::ZERO,
            },
            authentication: AuthenticationConfig {
                wait: Duration::from_secs(1),
                window: Duration::from_secs(60),
                poll: Duration::from_millis(50),
                settings: Duration::from_secs(900),
                hook_secrets: vec![HOOK_SECRET.to_owned().into()],
            },
            policy: None,
            folder,
            url,
        }
    }

    /// Its folder: database, mirrors.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its database, opened beside it.
    pub async fn store(&self) -> Store {
        let store = Store::open(&self.url, Arc::new(SystemClock)).await;
        store.expect("the store opens")
    }

    /// Starts it.
    pub async fn start(&mut self) {
        let parts = Parts {
            instances: vec![self.forge.instance()],
            judge: self.policy.clone().unwrap_or_else(|| self.judge.clone()),
            templates: Templates::embedded().expect("the built-in templates"),
            clock: Arc::new(SystemClock),
        };
        let running = server::start(&self.config(), parts).await;
        self.running = Some(running.expect("the service starts"));
    }

    /// Stops it gracefully.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Its configuration.
    pub fn config(&self) -> Config {
        Config {
            listen: ([127, 0, 0, 1], 0).into(),
            metrics_listen: None,
            public_url: "https://warden.example".to_owned(),
            database_url: self.url.clone().into(),
            mirrors: self.folder.path().join("mirrors"),
            templates: None,
            policy: self.folder.path().join("policy.toml"),
            link_key: LINK_KEY.to_owned().into(),
            log: LogFormat::Json,
            worker: self.worker,
            sweep: self.sweep,
            authentication: self.authentication.clone(),
            git: git_config(),
            forges: forgewarden::config::Forges::default(),
            secret_files: Vec::new(),
        }
    }

    /// Its URL.
    pub fn url(&self, path: &str) -> String {
        let running = self.running.as_ref().expect("running");
        format!("http://{}{path}", running.address)
    }

    /// Sends a delivery and gives the answer's status.
    pub async fn deliver(&self, id: &str, events: &[Event]) -> u16 {
        let body = serde_json::to_vec(events).expect("JSON");
        self.deliver_raw(id, SECRET, body).await
    }

    /// Sends any body with any secret.
    pub async fn deliver_raw(&self, id: &str, secret: &str, body: Vec<u8>) -> u16 {
        let request = reqwest::Client::new()
            .post(self.url("/webhooks/fake"))
            .header("x-fake-secret", secret)
            .header("x-fake-delivery", id)
            .body(body);
        let answer = request.send().await.expect("an answer");
        answer.status().as_u16()
    }

    /// A push event of the branch.
    pub fn push(&self, branch: &str, old: Option<ObjectId>, new: ObjectId) -> Event {
        Event::Push {
            repository: self.forge.repository(),
            updates: vec![RefUpdate {
                name: RefName::branch(branch).expect("lawful"),
                old,
                new: Some(new),
            }],
            actor: None,
            at: None,
        }
    }

    /// A commit on a branch, pushed to the origin.
    pub fn commit_on(&self, branch: &str, message: &str) -> ObjectId {
        let main = self.origin.tip("refs/heads/main");
        let commit = self.origin.commit(message, Some(main));
        self.origin.point(&format!("refs/heads/{branch}"), commit);
        commit
    }

    /// Waits until a head has this conclusion under a context.
    pub async fn expect(&self, head: ObjectId, context: &str, conclusion: Conclusion) {
        let wanted = Some(conclusion);
        eventually(
            &format!("{context} on {head} is {conclusion}"),
            async || self.forge.conclusion(head, context) == wanted,
        )
        .await;
    }

    /// Waits until no job is left but dead ones.
    pub async fn expect_idle(&self) {
        let store = self
            .running
            .as_ref()
            .expect("running")
            .context
            .store
            .clone();
        eventually("no job is left", async || {
            let queued = store.queued().await.expect("counted");
            queued.iter().all(|queued| queued.state == "dead")
        })
        .await;
    }

    /// The subjects that were judged, in order.
    pub fn judged(&self) -> Vec<Subject> {
        let asked = self.judge.asked.lock().expect("not poisoned");
        asked
            .iter()
            .map(|request| request.subject.clone())
            .collect()
    }
}

/// How git is run in tests: over files too.
pub fn git_config() -> GitConfig {
    GitConfig {
        program: "git".into(),
        path: std::env::var_os("PATH").expect("PATH"),
        protocols: vec!["file".to_owned(), "http".to_owned()],
        ca_file: None,
        proxy: None,
        timeout: Duration::from_secs(20),
        max_bytes: 1 << 30,
    }
}

/// Waits until it is so, and panics if it does not become so.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(
            tokio::time::Instant::now() < deadline,
            "it did not become so: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
