//! One repository, `acme/app`, on a stand-in GitHub, and the adapter that
//! watches it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use forgewarden::clock::{Clock, SharedClock, SystemClock};
use forgewarden::config::GitHubInstance;
use forgewarden::forge::github::instance;
use forgewarden::forge::{Annotation, Delivery, Instance, Meaning, Status, StatusSubject};
use forgewarden::model::delivery::VerifiedDelivery;
use forgewarden::model::event::{Event, EventRepository};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::repo::RepositoryName;
use forgewarden::model::verdict::Conclusion;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::forge::github::git::git;
use super::forge::github::{GitHub, Sent};

/// The repository of every story.
pub(crate) const APP: &str = "acme/app";
/// The check of every story.
pub(crate) const CONTEXT: &str = "forgewarden/main";

pub(crate) struct Scene {
    pub(crate) forge: GitHub,
    pub(crate) instance: Instance,
    /// A working copy with one commit on `main`.
    pub(crate) copy: PathBuf,
    pub(crate) folder: tempfile::TempDir,
}

/// The adapter's configuration for this forge.
pub(crate) fn config(forge: &GitHub) -> GitHubInstance {
    GitHubInstance {
        key: "github".into(),
        api_url: forge.api_url(),
        web_url: forge.web_url(),
        app_id: forge.app_id(),
        private_key_pem: SecretString::from(forge.private_key_pem()),
        webhook_secrets: vec![SecretString::from(forge.webhook_secret())],
        api_version: "2022-11-28".into(),
        admin_token: None,
        audit: Default::default(),
    }
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::at(Arc::new(SystemClock)).await
    }

    pub(crate) async fn at(clock: SharedClock) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let forge = GitHub::start(folder.path()).await;
        forge.create_repository(APP);
        let copy = folder.path().join("copy");
        std::fs::create_dir(&copy).expect("make a folder");
        git(&copy, &["init", "-q", "-b", "main"]);
        let instance = instance(&config(&forge), clock).expect("a lawful configuration");
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
            grant: Some(815),
            default_branch: None,
        }
    }

    /// What a delivery means, once it is authenticated.
    pub(crate) fn meaning(&self, sent: &Sent) -> Meaning {
        let verified = self.instance.intake.authenticate(delivery(sent));
        let verified = verified.expect("authentic");
        self.instance.intake.meaning(&verified).expect("readable")
    }

    /// The one event of a delivery, besides who pushed the head.
    pub(crate) fn event(&self, sent: &Sent) -> Event {
        let Meaning::Events(mut events) = self.meaning(sent) else {
            panic!("no event");
        };
        events.retain(|event| !matches!(event, Event::HeadPushed { .. }));
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
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

    /// The method and path of every API request, without those for tokens.
    pub(crate) fn asked(&self) -> Vec<String> {
        let all = self.forge.requests().into_iter();
        let lines = all.map(|it| format!("{} {}", it.method, it.path));
        lines.filter(|it| !it.ends_with("/access_tokens")).collect()
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

/// A delivery whose authenticity is not the point of the story.
pub(crate) fn verified(event: &str, body: impl Into<Vec<u8>>) -> VerifiedDelivery {
    let at = Timestamp::UNIX_EPOCH;
    VerifiedDelivery::attest("github".into(), "1".into(), event.into(), body.into(), at)
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

/// A clock that is moved by hand.
pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub(crate) fn starting_now() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::now())))
    }

    pub(crate) fn moves(&self, by: SignedDuration) {
        let mut now = self.0.lock().expect("nobody panicked");
        *now += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panicked")
    }
}
