//! One repository, `ACME/app`, on a stand-in Stash, and the adapter that
//! watches it.

use std::path::PathBuf;
use std::sync::Arc;

use forgewarden::clock::SystemClock;
use forgewarden::config::{StashAudit, StashInstance};
use forgewarden::forge::stash::instance;
use forgewarden::forge::{
    Annotation, Delivery, Instance, Meaning, Standing, Status, StatusSubject,
};
use forgewarden::model::event::{Event, EventRepository};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::repo::RepositoryName;
use forgewarden::model::verdict::Conclusion;
use jiff::Timestamp;
use secrecy::SecretString;

use super::forge::stash::git::git;
use super::forge::stash::{Sent, Stash};

/// The repository of every story.
pub(crate) const APP: &str = "ACME/app";
/// The check of every story.
pub(crate) const CONTEXT: &str = "forgewarden/main";

pub(crate) struct Scene {
    pub(crate) forge: Stash,
    pub(crate) instance: Instance,
    /// A working copy with one commit on `main`.
    pub(crate) copy: PathBuf,
    pub(crate) folder: tempfile::TempDir,
}

/// The adapter's configuration for this forge.
pub(crate) fn config(forge: &Stash) -> StashInstance {
    StashInstance {
        key: "stash".into(),
        url: forge.url(),
        user: forge.user().into(),
        token: SecretString::from(forge.token()),
        webhook_secrets: vec![SecretString::from(forge.webhook_secret())],
        ca: None,
        admin_token: Some(SecretString::from(forge.admin_token())),
        audit: StashAudit {
            passwords: Some(false),
        },
    }
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let forge = Stash::start(folder.path()).await;
        forge.create_repository(APP);
        let copy = folder.path().join("copy");
        std::fs::create_dir(&copy).expect("make a folder");
        git(&copy, &["init", "-q", "-b", "main"]);
        let instance =
            instance(&config(&forge), Arc::new(SystemClock)).expect("a lawful configuration");
        let scene = Self {
            forge,
            instance,
            copy,
            folder,
        };
        scene.commits("main", "start");
        scene.pushes(&["main"]).await;
        scene
    }

    /// The adapter with another configuration.
    pub(crate) fn with(
        &self,
        change: impl FnOnce(&mut StashInstance),
    ) -> Result<Instance, forgewarden::forge::ConfigError> {
        let mut config = config(&self.forge);
        change(&mut config);
        instance(&config, Arc::new(SystemClock))
    }

    /// A new commit on a branch of the working copy, which starts where the
    /// working copy stands; gives its id.
    pub(crate) fn commits(&self, branch: &str, message: &str) -> ObjectId {
        let known = git(&self.copy, &["branch", "--list", branch]);
        let switch = match known.is_empty() {
            true => ["checkout", "-q", "-B", branch],
            false => ["checkout", "-q", "--force", branch],
        };
        git(&self.copy, &switch);
        std::fs::write(self.copy.join(message), message).expect("write a file");
        git(&self.copy, &["add", "."]);
        git(&self.copy, &["commit", "-q", "-m", message]);
        id(&git(&self.copy, &["rev-parse", "HEAD"]))
    }

    pub(crate) async fn pushes(&self, refspecs: &[&str]) -> Vec<Sent> {
        self.forge.push(APP, "alice", &self.copy, refspecs).await
    }

    /// The repository as a delivery names it.
    pub(crate) fn repository(&self) -> EventRepository {
        self.repository_with(self.forge.repository_id(APP))
    }

    pub(crate) fn repository_with(&self, id: u64) -> EventRepository {
        EventRepository {
            name: RepositoryName::new(APP),
            id,
            grant: None,
            default_branch: None,
        }
    }

    /// What a delivery means, once it is authenticated.
    pub(crate) fn meaning(&self, sent: &Sent) -> Meaning {
        let verified = self.instance.intake.authenticate(delivery(sent));
        let verified = verified.expect("authentic");
        self.instance.intake.meaning(&verified).expect("readable")
    }

    /// The one event of a delivery.
    pub(crate) fn event(&self, sent: &Sent) -> Event {
        match self.meaning(sent) {
            Meaning::Events(mut events) if events.len() == 1 => events.remove(0),
            other => panic!("not one event: {other:?}"),
        }
    }

    pub(crate) async fn publishes(&self, status: &Status, previous: Option<&str>) -> String {
        let published = self.tries_to_publish(status, previous).await;
        published.expect("published")
    }

    pub(crate) async fn tries_to_publish(
        &self,
        status: &Status,
        previous: Option<&str>,
    ) -> Result<String, forgewarden::forge::ForgeError> {
        let publisher = &self.instance.publisher;
        publisher
            .publish(&self.repository(), status, previous)
            .await
    }

    /// How our status stands by the adapter's own account.
    pub(crate) async fn standing(&self, status: &Status) -> Standing {
        let publisher = &self.instance.publisher;
        let asked = publisher.standing(&self.repository(), status, "").await;
        asked.expect("asked")
    }

    /// The method and path of every API request.
    pub(crate) fn asked(&self) -> Vec<String> {
        let all = self.forge.requests().into_iter();
        all.map(|it| format!("{} {}", it.method, it.path)).collect()
    }
}

/// A delivery as the server hands it to the adapter.
pub(crate) fn delivery(sent: &Sent) -> Delivery {
    let mut headers = http::HeaderMap::new();
    for (name, value) in &sent.headers {
        let name: http::HeaderName = name.parse().expect("a header name");
        headers.append(name, value.parse().expect("a header value"));
    }
    Delivery {
        headers,
        body: sent.body.clone(),
        path_secret: None,
        received_at: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn id(hex: &str) -> ObjectId {
    ObjectId::parse(hex).expect("an object id")
}

/// A status of this conclusion with so many annotations.
pub(crate) fn status(head: ObjectId, conclusion: Conclusion, annotations: u32) -> Status {
    let annotation = |line| Annotation {
        path: ".github/workflows/ci.yml".into(),
        line,
        blocking: conclusion == Conclusion::Fail,
        title: "unapproved-ci-change".into(),
        message: format!("Line {line} is not approved."),
    };
    Status {
        context: CONTEXT.into(),
        head,
        subject: StatusSubject::PullRequest(1),
        conclusion,
        title: format!("{conclusion}"),
        summary: "Everything **stands** here.".into(),
        annotations: (1..=annotations).map(annotation).collect(),
        details_url: "https://forgewarden.example.com/v/1".into(),
        external_id: "verdict-1".into(),
    }
}
