//! GitHub in the words that all stand-ins share.

use std::path::Path;

use super::super::StandIn;
use super::super::common::people::{Mark, Merge, Proposal, Said};
use super::super::common::traffic::{Fault, Request, Sent};
use super::{ADMIN_TOKEN, CheckRun, GitHub, signature};

impl StandIn for GitHub {
    const NAME: &'static str = "github";
    const AUTHENTICITY: &'static str = "x-hub-signature-256";

    async fn start(folder: &Path) -> Self {
        Self::start(folder).await
    }

    fn configuration(&self, folder: &Path) -> String {
        let write = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).expect("written");
        };
        write("app.pem", self.private_key_pem());
        write("hook.secret", self.webhook_secret());
        write("admin.token", ADMIN_TOKEN);
        format!(
            "[[github]]\nkey = 'github'\napi_url = '{}'\nweb_url = '{}'\napp_id = {}\n\
             private_key_file = 'app.pem'\nwebhook_secret_files = ['hook.secret']\n\
             admin_token_file = 'admin.token'\n",
            self.api_url(),
            self.web_url(),
            self.app_id()
        )
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

    async fn asks_again(&self, name: &str, number: u64) {
        let head = self.head(name, number);
        let run = self.check_runs(name, &head).pop().expect("a check run");
        self.rerequests(name, run.id).await;
    }

    fn marks(&self, name: &str, head: &str) -> Vec<Mark> {
        let runs = self.check_runs(name, head);
        let counts = |run: &&CheckRun| {
            let newest = runs.iter().rev().find(|it| it.name == run.name);
            newest.is_some_and(|it| it.id == run.id)
        };
        runs.iter().filter(counts).map(mark).collect()
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
        lie["before"] = old.into();
        lie["created"] = false.into();
        lie["size"] = 0.into();
        lie["head_commit"] = serde_json::json!({ "id": old });
        lie["commits"] = serde_json::json!([{ "id": old, "distinct": true, "added": [],
            "removed": [], "modified": [] }]);
        let mut sent = sent.clone();
        sent.guid = uuid::Uuid::new_v4().to_string();
        sent.body = lie.to_string().into_bytes();
        sent.set("x-github-delivery", sent.guid.clone());
        self.signed_with(&sent, self.webhook_secret())
    }

    fn requests(&self) -> Vec<Request> {
        self.requests()
    }

    fn publishes(request: &Request) -> bool {
        request.method == "POST" && request.path.ends_with("/check-runs")
    }

    fn loses_publications(&self, times: usize) {
        for _ in 0..times {
            self.fails(Fault::new("POST", "/check-runs", 502));
            self.fails(Fault::new("PATCH", "/check-runs", 502));
        }
    }

    fn is_down_for(&self, requests: usize) {
        for path in ["/access_tokens", "/check-runs", "/pulls"] {
            for _ in 0..requests {
                self.fails(Fault::new("GET", path, 503));
                self.fails(Fault::new("POST", path, 500));
                self.fails(Fault::new("PATCH", path, 502));
            }
        }
    }

    fn limits_publications(&self, seconds: u32) {
        self.fails(Fault::new("POST", "/check-runs", 429).header("retry-after", seconds));
    }
}

fn mark(run: &CheckRun) -> Mark {
    Mark {
        context: run.name.clone(),
        said: match run.status == "completed" {
            false => Said::Running,
            true if run.passes() => Said::Green,
            true => Said::Red,
        },
        title: run.title.clone().unwrap_or_default(),
        text: run.summary.clone().unwrap_or_default(),
        details_url: run.details_url.clone().unwrap_or_default(),
    }
}
