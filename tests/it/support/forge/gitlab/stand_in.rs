//! GitLab in the words that all stand-ins share, with and without the licence
//! for external status checks: no other gate of GitLab's waits for a status of
//! one name.

use std::path::Path;

use jiff::Timestamp;

use super::super::StandIn;
use super::super::common::people::{Mark, Merge, Proposal};
use super::super::common::traffic::{Fault, Request, Sent};
use super::deliveries::sign;
use super::{GitLab, SECRET};

/// A GitLab with the licence, or one without.
pub trait Edition: Clone + Send + Sync + 'static {
    const LICENSED: bool;
    fn of(forge: GitLab) -> Self;
    fn forge(&self) -> &GitLab;
}

impl Edition for GitLab {
    const LICENSED: bool = true;

    fn of(forge: GitLab) -> Self {
        forge
    }

    fn forge(&self) -> &GitLab {
        self
    }
}

/// A GitLab without the licence.
#[derive(Clone)]
pub struct Free(GitLab);

impl Edition for Free {
    const LICENSED: bool = false;

    fn of(forge: GitLab) -> Self {
        Self(forge)
    }

    fn forge(&self) -> &GitLab {
        &self.0
    }
}

impl<E: Edition> StandIn for E {
    const NAME: &'static str = "gitlab";
    const AUTHENTICITY: &'static str = "webhook-signature";
    const WAITS_FOR_EVERY_STATUS: bool = E::LICENSED;

    async fn start(folder: &Path) -> Self {
        let forge = GitLab::start(folder).await;
        if E::LICENSED {
            forge.is_licensed();
        }
        Self::of(forge)
    }

    fn configuration(&self, folder: &Path) -> String {
        let write = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).expect("written");
        };
        write("gitlab.token", self.forge().token());
        write("signing.token", &self.forge().signing_token());
        write("admin.token", self.forge().admin_token());
        format!(
            "[[gitlab]]\nkey = 'gitlab'\nurl = '{}'\ntoken_file = 'gitlab.token'\n\
             signing_token_files = ['signing.token']\nadmin_token_file = 'admin.token'\n",
            self.forge().url()
        )
    }

    fn adopts_repository(&self, name: &str, path: &Path) {
        self.forge().adopts_repository(name, path);
    }

    fn require_check(&self, name: &str, branch: &str, context: &str) {
        self.forge().require_check(name, branch, context);
    }

    async fn notices(&self, name: &str, by: &str) -> Vec<Sent> {
        self.forge().notices(name, by).await
    }

    async fn open_pull_request(&self, name: &str, proposal: Proposal) -> u64 {
        self.forge().open_pull_request(name, proposal).await
    }

    async fn retarget(&self, name: &str, number: u64, into: &str) {
        self.forge().retarget(name, number, into).await;
    }

    async fn close(&self, name: &str, number: u64) {
        self.forge().close(name, number).await;
    }

    async fn approve(&self, name: &str, number: u64, by: &str) {
        self.forge().approve(name, number, by).await;
    }

    async fn dismiss(&self, name: &str, number: u64, of: &str) {
        self.forge().dismiss(name, number, of).await;
    }

    async fn merge(&self, name: &str, number: u64) -> Merge {
        self.forge().merge(name, number).await
    }

    /// There is no button for it: somebody edits the merge request.
    async fn asks_again(&self, name: &str, number: u64) {
        self.forge().retitles(name, number, "Once more").await;
    }

    fn marks(&self, name: &str, head: &str) -> Vec<Mark> {
        self.forge().marks(name, head)
    }

    fn delivers_to(&self, url: &str) {
        self.forge().delivers_to(url);
    }

    async fn sends(&self, sent: Sent) -> Sent {
        self.forge().sends(sent).await
    }

    fn signed_with(&self, sent: &Sent, secret: &str) -> Sent {
        let mut sent = sent.clone();
        sign(&mut sent, secret, Timestamp::now());
        sent
    }

    fn lying_push(&self, sent: &Sent, old: &str) -> Sent {
        let mut lie = sent.payload();
        match lie["changes"].is_array() {
            true => lie["changes"][0]["before"] = old.into(),
            false => lie["before"] = old.into(),
        }
        lie["commits"] = serde_json::json!([{ "id": old, "added": [], "modified": [],
            "removed": [] }]);
        lie["total_commits_count"] = 1.into();
        let mut sent = sent.clone();
        sent.guid = uuid::Uuid::new_v4().to_string();
        sent.body = lie.to_string().into_bytes();
        sent.set("idempotency-key", sent.guid.clone());
        self.signed_with(&sent, SECRET)
    }

    fn requests(&self) -> Vec<Request> {
        self.forge().requests()
    }

    fn publishes(request: &Request) -> bool {
        request.method == "POST" && request.path.contains("/statuses/")
    }

    fn loses_publications(&self, times: usize) {
        for _ in 0..times {
            self.forge().fails(Fault::new("POST", "/statuses/", 502));
        }
    }

    fn is_down_for(&self, requests: usize) {
        self.loses_publications(requests);
        for path in ["/user", "/merge_requests", "/statuses", "/branches"] {
            for _ in 0..requests {
                self.forge().fails(Fault::new("GET", path, 503));
            }
        }
    }

    fn limits_publications(&self, seconds: u32) {
        self.forge()
            .fails(Fault::new("POST", "/statuses/", 429).header("retry-after", seconds));
    }
}
