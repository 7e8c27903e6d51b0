//! One repository, `acme/app`, on a stand-in GitLab, and the adapter that
//! watches it.

use std::path::PathBuf;
use std::sync::Arc;

use forgewarden::clock::{SharedClock, SystemClock};
use forgewarden::config::{GitLabAudit, GitLabInstance};
use forgewarden::forge::gitlab::instance;
use forgewarden::forge::{
    Delivery, ForgeError, Instance, Meaning, Standing, Status, StatusSubject,
};
use forgewarden::model::delivery::VerifiedDelivery;
use forgewarden::model::event::{Event, EventRepository};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::refs::RefName;
use forgewarden::model::repo::RepositoryName;
use forgewarden::model::verdict::Conclusion;
use jiff::Timestamp;
use secrecy::SecretString;

use super::forge::gitlab::git::git;
use super::forge::gitlab::{GitLab, Proposal, Sent};

/// The repository of every story.
pub(crate) const APP: &str = "acme/app";
/// The status of every story.
pub(crate) const CONTEXT: &str = "forgewarden/main";

pub(crate) struct Scene {
    pub(crate) forge: GitLab,
    pub(crate) instance: Instance,
    /// A working copy with one commit on `main`.
    pub(crate) copy: PathBuf,
    pub(crate) folder: tempfile::TempDir,
}

/// The adapter's configuration for this forge.
pub(crate) fn config(forge: &GitLab) -> GitLabInstance {
    GitLabInstance {
        key: "gitlab".into(),
        url: forge.url(),
        token: SecretString::from(forge.token()),
        webhook_secrets: Vec::new(),
        signing_tokens: vec![SecretString::from(forge.signing_token())],
        ca: None,
        admin_token: Some(SecretString::from(forge.admin_token())),
        audit: GitLabAudit {
            stream_tokens: vec![SecretString::from(forge.streaming_token())],
            ldap: Some(false),
        },
    }
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::at(Arc::new(SystemClock)).await
    }

    pub(crate) async fn at(clock: SharedClock) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let forge = GitLab::start(folder.path()).await;
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

    /// The adapter with another configuration.
    pub(crate) fn with(&self, change: impl FnOnce(&mut GitLabInstance)) -> Instance {
        let mut config = config(&self.forge);
        change(&mut config);
        instance(&config, Arc::new(SystemClock)).expect("a lawful configuration")
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

    /// A merge request of `topic` with one commit, where a green pipeline is
    /// needed; its number and its head.
    pub(crate) async fn proposed(&self) -> (u64, ObjectId) {
        self.forge.require_check(APP, "main", CONTEXT);
        let head = self.commits("topic", "change");
        self.pushes(&["topic"]).await;
        let proposal = Proposal::of("topic");
        (self.forge.open_pull_request(APP, proposal).await, head)
    }

    /// The same from a fork of mallory's, whose own pipeline is green.
    pub(crate) async fn proposed_from_fork(&self) -> (u64, ObjectId) {
        self.forge.require_check(APP, "main", CONTEXT);
        self.forge.fork(APP, "mallory");
        let head = self.commits("topic", "from outside");
        let fork = "mallory/app";
        self.forge
            .push(fork, "mallory", &self.copy, &["topic"])
            .await;
        let pipeline = self.forge.starts_pipeline(fork, "topic").await;
        self.forge.ends_pipeline(pipeline, "success").await;
        let proposal = Proposal::of("topic").in_fork(fork).by("mallory");
        (self.forge.open_pull_request(APP, proposal).await, head)
    }

    /// The repository as a delivery names it.
    pub(crate) fn repository(&self) -> EventRepository {
        EventRepository {
            name: RepositoryName::new(APP),
            id: self.forge.repository_id(APP),
            grant: None,
            default_branch: Some(RefName::branch("main").expect("lawful")),
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

    pub(crate) async fn publishes(&self, status: &Status) -> String {
        self.tries_to_publish(status).await.expect("published")
    }

    pub(crate) async fn tries_to_publish(&self, status: &Status) -> Result<String, ForgeError> {
        let publisher = &self.instance.publisher;
        publisher.publish(&self.repository(), status, None).await
    }

    pub(crate) async fn standing(&self, status: &Status) -> Standing {
        let publisher = &self.instance.publisher;
        let standing = publisher.standing(&self.repository(), status, "1").await;
        standing.expect("read back")
    }

    /// Why the merge request is held back, in GitLab's word.
    pub(crate) fn blocked_by(&self, number: u64) -> String {
        self.forge.blocked_by(APP, number).unwrap_or_default()
    }

    /// The method and path of every API request that changes something.
    pub(crate) fn writes(&self) -> Vec<String> {
        let all = self.forge.requests().into_iter();
        let all = all.filter(|it| it.method != "GET");
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
        received_at: Timestamp::now(),
    }
}

/// A delivery whose authenticity is not the point of the story.
pub(crate) fn verified(body: impl Into<Vec<u8>>) -> VerifiedDelivery {
    let (instance, event) = ("gitlab".into(), "System Hook".into());
    VerifiedDelivery::attest(instance, "1".into(), event, body.into(), Timestamp::now())
}

pub(crate) fn id(hex: &str) -> ObjectId {
    ObjectId::parse(hex).expect("an object id")
}

/// The status of merge request 1 of this conclusion.
pub(crate) fn status(head: ObjectId, conclusion: Conclusion) -> Status {
    Status {
        context: CONTEXT.into(),
        head,
        subject: StatusSubject::PullRequest(1),
        conclusion,
        title: format!("{conclusion}"),
        summary: "Everything **stands** here.".into(),
        annotations: Vec::new(),
        details_url: "https://forgewarden.example.com/v/1".into(),
        external_id: "verdict-1".into(),
    }
}

/// The status of a push of a branch.
pub(crate) fn push_status(branch: &str, head: ObjectId, conclusion: Conclusion) -> Status {
    Status {
        context: format!("forgewarden-push/{branch}"),
        subject: StatusSubject::Ref(RefName::branch(branch).expect("lawful")),
        ..status(head, conclusion)
    }
}
