//! Stash in the words that all stand-ins share.

use std::path::Path;

use serde_json::Value;

use super::super::StandIn;
use super::super::common::people::{Mark, Merge, Proposal, Said};
use super::super::common::traffic::{Fault, Request, Sent};
use super::{Build, Stash, WARDEN, signature};

/// Where a publication goes: report, build status, the reviewer's word.
const PLACES: [(&str, &str); 3] = [
    ("PUT", "/reports/"),
    ("POST", "/builds"),
    ("PUT", "/participants/"),
];

impl StandIn for Stash {
    const NAME: &'static str = "stash";
    const AUTHENTICITY: &'static str = "x-hub-signature";

    async fn start(folder: &Path) -> Self {
        Self::start(folder).await
    }

    fn configuration(&self, folder: &Path) -> String {
        let write = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).expect("written");
        };
        write("stash.token", self.token());
        write("hook.secret", self.webhook_secret());
        write("admin.token", self.admin_token());
        format!(
            "[[stash]]\nkey = 'stash'\nurl = '{}'\nuser = '{}'\ntoken_file = 'stash.token'\n\
             webhook_secret_files = ['hook.secret']\nadmin_token_file = 'admin.token'\n",
            self.url(),
            self.user()
        )
    }

    fn named(name: &str) -> String {
        let (project, slug) = name.split_once('/').expect("project/slug");
        format!("{}/{slug}", project.to_uppercase())
    }

    fn adopts_repository(&self, name: &str, path: &Path) {
        self.adopts_repository(name, path);
    }

    fn require_check(&self, name: &str, branch: &str, context: &str) {
        self.require_check(name, branch, context);
    }

    async fn notices(&self, name: &str, by: &str) -> Vec<Sent> {
        self.notices(name, by).await
    }

    async fn open_pull_request(&self, name: &str, proposal: Proposal) -> u64 {
        self.open_pull_request(name, proposal).await
    }

    async fn retarget(&self, name: &str, number: u64, into: &str) {
        self.retarget(name, number, into).await;
    }

    async fn close(&self, name: &str, number: u64) {
        self.close(name, number).await;
    }

    async fn approve(&self, name: &str, number: u64, by: &str) {
        self.approve(name, number, by).await;
    }

    async fn dismiss(&self, name: &str, number: u64, of: &str) {
        self.dismiss(name, number, of).await;
    }

    async fn merge(&self, name: &str, number: u64) -> Merge {
        self.merge(name, number).await
    }

    /// There is no button for it: somebody edits the pull request.
    async fn asks_again(&self, name: &str, number: u64) {
        let into = self.state().pull(name, number).to_branch.clone();
        self.retarget(name, number, &into).await;
    }

    fn marks(&self, name: &str, head: &str) -> Vec<Mark> {
        let state = self.state();
        let repository = state.repository(name).id;
        let builds = state.builds.iter();
        let here =
            |it: &&Build| it.repository == Some(repository) && it.commit == head && it.by == WARDEN;
        let mut marks: Vec<Mark> = Vec::new();
        for build in builds.filter(here) {
            let text = |field: &str| build.body[field].as_str().unwrap_or_default().to_owned();
            marks.retain(|mark| mark.context != build.key);
            marks.push(Mark {
                context: build.key.clone(),
                said: match build.state.as_str() {
                    "INPROGRESS" => Said::Running,
                    "SUCCESSFUL" => Said::Green,
                    _ => Said::Red,
                },
                title: text("description"),
                text: String::new(),
                details_url: text("url"),
            });
        }
        marks
    }

    fn delivers_to(&self, url: &str) {
        self.delivers_to(url);
    }

    async fn sends(&self, sent: Sent) -> Sent {
        self.sends(sent).await
    }

    fn signed_with(&self, sent: &Sent, secret: &str) -> Sent {
        let mut sent = sent.clone();
        sent.set(Self::AUTHENTICITY, signature(secret, &sent.body));
        sent
    }

    fn lying_push(&self, sent: &Sent, old: &str) -> Sent {
        let mut lie = sent.payload();
        lie["changes"][0]["fromHash"] = old.into();
        lie["changes"][0]["type"] = "UPDATE".into();
        lie["commits"] = serde_json::json!([{ "id": old }]);
        lie["toCommit"] = serde_json::json!({ "id": old });
        let mut sent = sent.clone();
        sent.guid = uuid::Uuid::new_v4().to_string();
        sent.body = Value::to_string(&lie).into_bytes();
        sent.set("x-request-id", sent.guid.clone());
        self.signed_with(&sent, self.webhook_secret())
    }

    fn requests(&self) -> Vec<Request> {
        self.requests()
    }

    fn publishes(request: &Request) -> bool {
        request.method == "POST" && request.path.ends_with("/builds")
    }

    fn loses_publications(&self, times: usize) {
        for (method, path) in PLACES {
            for _ in 0..times {
                self.fails(Fault::new(method, path, 502));
            }
        }
    }

    fn is_down_for(&self, requests: usize) {
        self.loses_publications(requests);
        for path in ["/pull-requests", "/branches", "/repos/"] {
            for _ in 0..requests {
                self.fails(Fault::new("GET", path, 503));
            }
        }
    }

    fn limits_publications(&self, seconds: u32) {
        self.fails(Fault::new("POST", "/builds", 429).header("retry-after", seconds));
    }
}
