//! What the forge remembers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::common::traffic::{Fault, Request, Sent};
use super::app::Token;
use super::audit::Audit;
use super::check_runs::CheckRun;
use super::settings::{App, Classic, Ruleset};

#[derive(Default)]
pub struct State {
    pub repositories: Vec<Repository>,
    pub accounts: Vec<String>,
    pub check_runs: Vec<CheckRun>,
    pub tokens: Vec<Token>,
    pub requests: Vec<Request>,
    pub faults: Vec<Fault>,
    pub target: Option<String>,
    pub app: App,
    /// Old names of repositories, with their numbers.
    pub renamed: Vec<(String, u64)>,
    pub sent: Vec<Sent>,
    /// `organisation/slug`, with its members and whether they accepted.
    pub teams: BTreeMap<String, BTreeMap<String, &'static str>>,
    /// Audit logs, and what organisations ask for.
    pub audit: Audit,
}

pub struct Repository {
    pub id: u64,
    pub full_name: String,
    pub path: PathBuf,
    pub fork: bool,
    /// The refs when events were last sent for them.
    pub refs: BTreeMap<String, String>,
    pub pull_requests: Vec<PullRequest>,
    /// Branch and context: required, from our App alone.
    pub required: Vec<(String, String)>,
    /// A ruleset's number is its place, from 1.
    pub rulesets: Vec<Ruleset>,
    /// By branch.
    pub classic: BTreeMap<String, Classic>,
    /// Commit and context.
    pub statuses: Vec<(String, String)>,
    /// Who, and the ref.
    pub bypasses: Vec<(String, String)>,
    /// Enforcement, and whether the repository may change it.
    pub pre_receive: Option<(String, bool)>,
}

#[derive(Clone)]
pub struct PullRequest {
    pub number: u64,
    pub state: &'static str,
    pub draft: bool,
    pub merged: bool,
    pub author: String,
    pub head_repository: String,
    pub head_branch: String,
    pub head: String,
    pub base_branch: String,
    /// The base's tip when the head last moved: it goes stale, like GitHub's.
    pub base: String,
    pub reviews: Vec<Review>,
}

#[derive(Clone)]
pub struct Review {
    pub id: u64,
    pub login: String,
    pub state: &'static str,
    pub commit: String,
}

impl State {
    pub fn repository(&self, full_name: &str) -> &Repository {
        let found = self
            .repositories
            .iter()
            .find(|it| it.full_name == full_name);
        found.unwrap_or_else(|| panic!("no repository {full_name}"))
    }

    pub fn repository_mut(&mut self, full_name: &str) -> &mut Repository {
        let mut all = self.repositories.iter_mut();
        let found = all.find(|it| it.full_name == full_name);
        found.unwrap_or_else(|| panic!("no repository {full_name}"))
    }

    pub fn pull_request(&self, full_name: &str, number: u64) -> &PullRequest {
        let mut all = self.repository(full_name).pull_requests.iter();
        let found = all.find(|it| it.number == number);
        found.unwrap_or_else(|| panic!("no pull request {full_name}#{number}"))
    }

    pub fn pull_request_mut(&mut self, full_name: &str, number: u64) -> &mut PullRequest {
        let mut all = self.repository_mut(full_name).pull_requests.iter_mut();
        let found = all.find(|it| it.number == number);
        found.unwrap_or_else(|| panic!("no pull request {full_name}#{number}"))
    }

    /// The account as GitHub shows it; it exists from the first mention.
    pub fn account(&mut self, login: &str) -> Value {
        let known = self.accounts.iter().position(|it| it == login);
        let at = known.unwrap_or_else(|| {
            self.accounts.push(login.to_owned());
            self.accounts.len() - 1
        });
        let kind = if login.ends_with("[bot]") {
            "Bot"
        } else {
            "User"
        };
        json!({ "login": login, "id": 1000 + at, "type": kind, "site_admin": false })
    }

    /// The repository as GitHub shows it.
    pub fn repository_json(&mut self, full_name: &str) -> Value {
        let (owner, name) = full_name.split_once('/').expect("owner/name");
        let owner = self.account(owner);
        let it = self.repository(full_name);
        json!({
            "id": it.id, "name": name, "full_name": full_name, "private": true,
            "fork": it.fork, "owner": owner, "default_branch": "main",
        })
    }

    /// The pull request as GitHub shows it, in answers and deliveries.
    pub fn pull_request_json(&mut self, full_name: &str, number: u64) -> Value {
        let it = self.pull_request(full_name, number).clone();
        let user = self.account(&it.author);
        let head_repository = self.repository_json(&it.head_repository);
        let base_repository = self.repository_json(full_name);
        json!({
            "id": 5000 + number, "number": number, "state": it.state, "draft": it.draft,
            "title": format!("Change {}", it.head_branch), "body": null, "user": user,
            "updated_at": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "merged": it.merged, "merge_commit_sha": null, "author_association": "MEMBER",
            "head": { "label": it.head_branch, "ref": it.head_branch, "sha": it.head,
                "repo": head_repository },
            "base": { "label": it.base_branch, "ref": it.base_branch, "sha": it.base,
                "repo": base_repository },
        })
    }

    pub fn review_json(&mut self, review: &Review) -> Value {
        let user = self.account(&review.login);
        json!({
            "id": review.id, "user": user, "body": "", "state": review.state,
            "commit_id": review.commit, "author_association": "MEMBER",
        })
    }
}
