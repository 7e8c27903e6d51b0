//! A forge behind the product's own traits: what it is asked, it answers from
//! memory; what is published, it remembers. Its deliveries are JSON events.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use forgewarden::forge::{
    Administration, Audit, AuditRecord, Branch, Delivery, Diagnosis, Evidence, ForgeError,
    Guarantee, Instance, Intake, Inventory, Meaning, Objects, Publisher, PullRequestState, Refused,
    Remote, Scope, Standing, Status, Step, StreamError, Unreadable,
};
use forgewarden::model::approval::Approval;
use forgewarden::model::authentication::Evidence as Testimony;
use forgewarden::model::delivery::VerifiedDelivery;
use forgewarden::model::event::{Event, EventRepository};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::principal::Actor;
use forgewarden::model::refs::RefName;
use forgewarden::model::repo::{ForgeKind, RepositoryName};
use forgewarden::model::verdict::Conclusion;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

/// The secret of its deliveries.
pub const SECRET: &str = "the-secret-of-the-fake-forge";
/// The credential that git gets.
pub const GIT_CREDENTIAL: &str = "Basic the-git-credential-of-the-fake-forge";

/// The forge. Clones are the same forge.
#[derive(Clone, Default)]
pub struct FakeForge(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    url: String,
    pulls: BTreeMap<u64, PullRequestState>,
    published: Vec<Status>,
    failures: VecDeque<ForgeError>,
    branches: BTreeMap<String, ObjectId>,
    missed: Vec<VerifiedDelivery>,
    listing_failures: VecDeque<ForgeError>,
    listings: usize,
    tampered: Option<Standing>,
    expects_records: bool,
    records: Vec<AuditRecord>,
    guarantees: Vec<Guarantee>,
}

impl FakeForge {
    /// One whose objects come from this URL.
    pub fn with_objects(url: String) -> Self {
        let forge = Self::default();
        forge.state().url = url;
        forge
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("not poisoned")
    }

    /// The instance `fake`.
    pub fn instance(&self) -> Instance {
        let this = Arc::new(self.clone());
        Instance {
            key: "fake".to_owned(),
            kind: ForgeKind::GitHub,
            intake: this.clone(),
            evidence: this.clone(),
            publisher: this.clone(),
            objects: this.clone(),
            inventory: this.clone(),
            administration: this.clone(),
            audit: this,
        }
    }

    /// Its repository.
    pub fn repository(&self) -> EventRepository {
        EventRepository {
            name: RepositoryName::new("acme/app"),
            id: 7,
            grant: None,
            default_branch: Some(RefName::branch("main").expect("lawful")),
        }
    }

    /// Objects come from this URL.
    pub fn has_objects_at(&self, url: String) {
        self.state().url = url;
    }

    /// It has an audit log, which is empty so far.
    pub fn keeps_an_audit_log(&self) {
        self.state().expects_records = true;
    }

    /// Its audit log has this from now on.
    pub fn logs(&self, record: AuditRecord) {
        self.state().records.push(record);
    }

    /// Its settings say this from now on.
    pub fn promises(&self, guarantee: Guarantee) {
        self.state().guarantees.push(guarantee);
    }

    /// Opens or changes a pull request.
    pub fn pull(&self, number: u64, target: &str, base: ObjectId, head: ObjectId) {
        let state = PullRequestState {
            number,
            open: true,
            target: RefName::branch(target).expect("lawful"),
            base,
            head,
            actor: None,
        };
        self.state().pulls.insert(number, state);
    }

    /// Closes a pull request.
    pub fn close(&self, number: u64) {
        if let Some(pull) = self.state().pulls.get_mut(&number) {
            pull.open = false;
        }
    }

    /// Deletes a pull request: it is not known any more.
    pub fn delete(&self, number: u64) {
        self.state().pulls.remove(&number);
    }

    /// The event that says that a pull request must be judged.
    pub fn pull_event(&self, number: u64) -> Event {
        let state = self.state().pulls[&number].clone();
        Event::PullRequest {
            repository: self.repository(),
            number,
            target: state.target,
            base: Some(state.base),
            head: state.head,
            actor: state.actor,
            open: state.open,
        }
    }

    /// A guarded branch stands there.
    pub fn branch(&self, name: &str, tip: ObjectId) {
        self.state().branches.insert(name.to_owned(), tip);
    }

    /// It could not deliver this; its list of failed deliveries has it.
    pub fn misses(&self, id: &str, events: &[Event]) {
        let delivery = VerifiedDelivery::attest(
            "fake".to_owned(),
            id.to_owned(),
            "events".to_owned(),
            serde_json::to_vec(events).expect("JSON"),
            Timestamp::now(),
        );
        self.state().missed.push(delivery);
    }

    /// Somebody changes what stands there: until the next publication it stands so.
    pub fn tamper(&self, standing: Standing) {
        self.state().tampered = Some(standing);
    }

    /// The next lists of repositories fail so.
    pub fn fail_listings(&self, errors: impl IntoIterator<Item = ForgeError>) {
        self.state().listing_failures.extend(errors);
    }

    /// How often its repositories were listed.
    pub fn listings(&self) -> usize {
        self.state().listings
    }

    /// The next publications fail so.
    pub fn fail_publications(&self, errors: impl IntoIterator<Item = ForgeError>) {
        self.state().failures.extend(errors);
    }

    /// Everything that was published, in order.
    pub fn published(&self) -> Vec<Status> {
        self.state().published.clone()
    }

    /// What stands on a head under a context.
    pub fn standing(&self, head: ObjectId, context: &str) -> Option<Status> {
        let state = self.state();
        let mut here = state.published.iter().rev();
        here.find(|status| status.head == head && status.context == context)
            .cloned()
    }

    /// The conclusion that stands on a head under a context.
    pub fn conclusion(&self, head: ObjectId, context: &str) -> Option<Conclusion> {
        self.standing(head, context).map(|status| status.conclusion)
    }
}

/// A failure that may go away.
pub fn unavailable() -> ForgeError {
    ForgeError::Unavailable {
        forge: ForgeKind::GitHub,
        reason: "it is down".to_owned(),
    }
}

/// What the forge says of what it does not know.
fn unknown() -> ForgeError {
    ForgeError::Refused {
        forge: ForgeKind::GitHub,
        reason: "not found".to_owned(),
    }
}

impl Intake for FakeForge {
    fn authenticate(&self, delivery: Delivery) -> Result<VerifiedDelivery, Refused> {
        let header = |name: &str| {
            let value = delivery.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        if header("x-fake-test").is_some() {
            return Err(Refused::Test);
        }
        let in_url = delivery.path_secret.as_ref().map(|it| it.expose_secret());
        if header("x-fake-secret").as_deref().or(in_url) != Some(SECRET) {
            return Err(Refused::NotAuthentic("wrong secret"));
        }
        let id = header("x-fake-delivery").ok_or(Refused::Malformed("no id"))?;
        Ok(VerifiedDelivery::attest(
            "fake".to_owned(),
            id,
            "events".to_owned(),
            delivery.body,
            delivery.received_at,
        ))
    }

    fn meaning(&self, delivery: &VerifiedDelivery) -> Result<Meaning, Unreadable> {
        let events: Vec<Event> = serde_json::from_slice(delivery.body())
            .map_err(|error| Unreadable(error.to_string()))?;
        Ok(match events.is_empty() {
            true => Meaning::NotOfInterest("nothing in it".to_owned()),
            false => Meaning::Events(events),
        })
    }
}

#[async_trait::async_trait]
impl Evidence for FakeForge {
    async fn pull_request(
        &self,
        _repository: &EventRepository,
        number: u64,
    ) -> Result<PullRequestState, ForgeError> {
        let pull = self.state().pulls.get(&number).cloned();
        pull.ok_or_else(unknown)
    }

    async fn pull_requests_of(
        &self,
        _repository: &EventRepository,
        head: ObjectId,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        let state = self.state();
        let pulls = state.pulls.values();
        Ok(pulls
            .filter(|pull| pull.open && pull.head == head)
            .cloned()
            .collect())
    }

    async fn approvals(
        &self,
        _repository: &EventRepository,
        _number: u64,
    ) -> Result<Vec<Approval>, ForgeError> {
        Ok(Vec::new())
    }

    async fn is_member(
        &self,
        _repository: &EventRepository,
        _group: &str,
        _actor: &Actor,
    ) -> Result<bool, ForgeError> {
        Ok(false)
    }
}

#[async_trait::async_trait]
impl Publisher for FakeForge {
    async fn publish(
        &self,
        _repository: &EventRepository,
        status: &Status,
        previous: Option<&str>,
    ) -> Result<String, ForgeError> {
        let mut state = self.state();
        if let Some(error) = state.failures.pop_front() {
            return Err(error);
        }
        state.tampered = None;
        state.published.push(status.clone());
        let number = state.published.len().to_string();
        Ok(previous.map_or(number, str::to_owned))
    }

    async fn standing(
        &self,
        _repository: &EventRepository,
        status: &Status,
        _published_as: &str,
    ) -> Result<Standing, ForgeError> {
        if let Some(standing) = self.state().tampered.clone() {
            return Ok(standing);
        }
        let stands = self.conclusion(status.head, &status.context) == Some(status.conclusion);
        Ok(match stands {
            true => Standing::Stands,
            false => Standing::Changed("it says something else".to_owned()),
        })
    }
}

#[async_trait::async_trait]
impl Inventory for FakeForge {
    async fn repositories(&self) -> Result<Vec<EventRepository>, ForgeError> {
        let mut state = self.state();
        state.listings += 1;
        if let Some(error) = state.listing_failures.pop_front() {
            return Err(error);
        }
        drop(state);
        Ok(vec![Self::repository(self)])
    }

    async fn repository(&self, _name: &RepositoryName) -> Result<EventRepository, ForgeError> {
        Ok(Self::repository(self))
    }

    async fn open_pull_requests(
        &self,
        _repository: &EventRepository,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        let state = self.state();
        let open = state.pulls.values().filter(|pull| pull.open);
        Ok(open.cloned().collect())
    }

    async fn branches(&self, _repository: &EventRepository) -> Result<Vec<Branch>, ForgeError> {
        let state = self.state();
        let all = state.branches.iter().map(|(name, tip)| Branch {
            name: RefName::branch(name).expect("lawful"),
            tip: *tip,
            protected: true,
        });
        Ok(all.collect())
    }

    async fn missed(&self, _since: Timestamp) -> Result<Vec<VerifiedDelivery>, ForgeError> {
        Ok(self.state().missed.clone())
    }
}

#[async_trait::async_trait]
impl Administration for FakeForge {
    async fn examine(&self, _scope: &Scope) -> Vec<Diagnosis> {
        Vec::new()
    }

    async fn plan(&self, _scope: &Scope) -> Result<Vec<Step>, ForgeError> {
        Ok(Vec::new())
    }

    async fn apply(&self, _step: &Step) -> Result<(), ForgeError> {
        Ok(())
    }
}

#[async_trait::async_trait]
impl Objects for FakeForge {
    async fn remote(&self, _repository: &EventRepository) -> Result<Remote, ForgeError> {
        Ok(Remote {
            url: self.state().url.clone(),
            authorization: Some(SecretString::from(GIT_CREDENTIAL.to_owned())),
        })
    }
}

#[async_trait::async_trait]
impl Audit for FakeForge {
    fn expects_records(&self) -> bool {
        self.state().expects_records
    }

    /// The body names the records that were kept for it.
    fn streamed(&self, delivery: &Delivery) -> Result<Vec<AuditRecord>, StreamError> {
        let secret = delivery.headers.get("x-fake-secret");
        if secret.is_none_or(|secret| secret != SECRET) {
            return Err(Refused::NotAuthentic("no secret of ours").into());
        }
        let names: Vec<String> = serde_json::from_slice(&delivery.body)
            .map_err(|error| Unreadable(error.to_string()))?;
        let state = self.state();
        let all = state.records.iter();
        Ok(all.filter(|it| names.contains(&it.id)).cloned().collect())
    }

    async fn records(&self, since: Timestamp) -> Result<Vec<AuditRecord>, ForgeError> {
        let state = self.state();
        let all = state.records.iter();
        Ok(all.filter(|it| it.at >= since).cloned().collect())
    }

    async fn account(&self, _: &Actor, _: Timestamp) -> Result<Option<Testimony>, ForgeError> {
        Ok(None)
    }

    async fn guarantees(&self) -> Result<Vec<Guarantee>, ForgeError> {
        Ok(self.state().guarantees.clone())
    }
}
