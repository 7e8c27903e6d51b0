//! What the forge remembers, and how it shows it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::common::traffic::{Fault, Request, Sent};
use super::builds::Build;
use super::insights::Report;
use super::{ADMIN, ADMIN_TOKEN, WARDEN, WARDEN_TOKEN};

pub struct State {
    pub version: String,
    pub basic: bool,
    pub iso_dates: bool,
    pub longest_page: usize,
    pub repositories: Vec<Repository>,
    pub accounts: Vec<String>,
    /// Groups and their members.
    pub groups: Vec<(String, Vec<String>)>,
    /// Tokens and whose they are.
    pub tokens: Vec<(String, String)>,
    pub builds: Vec<Build>,
    pub reports: Vec<Report>,
    pub requests: Vec<Request>,
    pub faults: Vec<Fault>,
    pub target: Option<String>,
    pub sent: Vec<Sent>,
    /// Events that an API request caused: key, repository, by, payload.
    pub outbox: Vec<(String, u64, String, Value)>,
}

pub struct Repository {
    pub id: u64,
    pub project: String,
    pub slug: String,
    pub path: PathBuf,
    pub fork: bool,
    /// The refs when events were last sent for them.
    pub refs: BTreeMap<String, String>,
    pub pulls: Vec<Pull>,
    /// Branch and parent of builds: required, and our approval, and no veto.
    pub required: Vec<(String, String)>,
    /// Who may do more or less than read: `REPO_WRITE`, `REPO_ADMIN`, `NONE`.
    pub permissions: Vec<(String, &'static str)>,
    pub restrictions: Vec<Value>,
    /// Source branches for which the first required build is not required.
    pub exempt: Option<Value>,
    pub default_reviewers: Vec<Value>,
    /// Hook scripts; nothing where the server runs none.
    pub scripts: Option<Vec<Value>>,
    pub webhooks: Vec<Value>,
    /// Merge checks and other hooks that are switched on, with settings.
    pub hooks: BTreeMap<String, Value>,
}

#[derive(Clone)]
pub struct Pull {
    pub number: u64,
    pub version: u64,
    pub state: &'static str,
    pub author: String,
    /// The repository that it comes from.
    pub from: u64,
    pub from_branch: String,
    pub head: String,
    pub to_branch: String,
    pub reviews: Vec<Review>,
}

/// A reviewer or a participant.
#[derive(Clone)]
pub struct Review {
    pub user: String,
    pub role: &'static str,
    pub status: String,
    pub seen: Option<String>,
}

impl State {
    pub fn new() -> Self {
        Self {
            version: "9.2.0".into(),
            basic: true,
            iso_dates: false,
            longest_page: 1000,
            repositories: Vec::new(),
            accounts: vec![ADMIN.into(), WARDEN.into()],
            groups: Vec::new(),
            tokens: vec![
                (ADMIN_TOKEN.into(), ADMIN.into()),
                (WARDEN_TOKEN.into(), WARDEN.into()),
            ],
            builds: Vec::new(),
            reports: Vec::new(),
            requests: Vec::new(),
            faults: Vec::new(),
            target: None,
            sent: Vec::new(),
            outbox: Vec::new(),
        }
    }

    /// Where the repository stands: the project's letter case does not matter,
    /// nor the `~` of a personal one.
    pub fn find(&self, name: &str) -> Option<usize> {
        let (project, slug) = name.split_once('/')?;
        let same = |it: &Repository, key: &str| {
            it.project.eq_ignore_ascii_case(key) && it.slug.eq_ignore_ascii_case(slug)
        };
        let all = &self.repositories;
        let found = all.iter().position(|it| same(it, project));
        found.or_else(|| all.iter().position(|it| same(it, &format!("~{project}"))))
    }

    pub fn repository(&self, name: &str) -> &Repository {
        let at = self.find(name);
        &self.repositories[at.unwrap_or_else(|| panic!("no repository {name}"))]
    }

    pub fn repository_mut(&mut self, name: &str) -> &mut Repository {
        let at = self.find(name);
        &mut self.repositories[at.unwrap_or_else(|| panic!("no repository {name}"))]
    }

    pub fn with_id(&self, id: u64) -> &Repository {
        let mut all = self.repositories.iter();
        all.find(|it| it.id == id).expect("a repository's id")
    }

    pub fn pull(&self, name: &str, number: u64) -> &Pull {
        let mut all = self.repository(name).pulls.iter();
        let found = all.find(|it| it.number == number);
        found.unwrap_or_else(|| panic!("no pull request {name}#{number}"))
    }

    pub fn pull_mut(&mut self, name: &str, number: u64) -> &mut Pull {
        let mut all = self.repository_mut(name).pulls.iter_mut();
        let found = all.find(|it| it.number == number);
        found.unwrap_or_else(|| panic!("no pull request {name}#{number}"))
    }

    /// Whether the server is at least of this version.
    pub fn is_at_least(&self, major: u64, minor: u64) -> bool {
        let mut numbers = self.version.split('.').map(|it| it.parse().unwrap_or(0));
        let own: (u64, u64) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        own >= (major, minor)
    }

    /// A moment, in the form of this version.
    pub fn date(&self) -> Value {
        match self.iso_dates {
            true => json!("2026-01-02T03:04:05.678+0000"),
            false => json!(1_767_323_045_678_u64),
        }
    }

    /// The account as Stash shows it; it exists from the first mention.
    pub fn account(&mut self, name: &str) -> Value {
        if !self.accounts.iter().any(|it| it == name) {
            self.accounts.push(name.to_owned());
        }
        self.shown(name)
    }

    /// An account that exists.
    pub fn shown(&self, name: &str) -> Value {
        let at = self.accounts.iter().position(|it| it == name);
        let at = at.unwrap_or_else(|| panic!("no account {name}"));
        let kind = match name.ends_with("-bot") {
            true => "SERVICE",
            false => "NORMAL",
        };
        json!({ "name": name, "slug": name.to_lowercase(), "id": at + 1, "type": kind,
            "displayName": name, "emailAddress": format!("{name}@example.com"), "active": true })
    }

    pub fn repository_json(&self, id: u64) -> Value {
        let it = self.with_id(id);
        let personal = it.project.starts_with('~');
        json!({ "id": it.id, "slug": it.slug, "name": it.slug, "scmId": "git", "hierarchyId": "h",
            "state": "AVAILABLE", "statusMessage": "Available", "forkable": true, "public": false,
            "archived": false,
            "project": { "key": it.project, "id": 500 + it.id, "name": it.project,
                "type": if personal { "PERSONAL" } else { "NORMAL" }, "public": false } })
    }

    fn review_json(&self, review: &Review) -> Value {
        let mut shown = json!({ "user": self.shown(&review.user), "role": review.role,
            "approved": review.status == "APPROVED", "status": review.status });
        if let Some(seen) = &review.seen {
            shown["lastReviewedCommit"] = json!(seen);
        }
        shown
    }

    /// A participant of a pull request.
    pub fn participant_json(&self, name: &str, number: u64, user: &str) -> Value {
        let pull = self.pull(name, number);
        let found = pull.reviews.iter().find(|it| it.user == user);
        self.review_json(found.expect("a participant"))
    }

    /// The pull request as Stash shows it, in answers and deliveries.
    pub fn pull_json(&self, name: &str, number: u64) -> Value {
        let (into, it) = (self.repository(name), self.pull(name, number));
        let of = |role: &str| -> Vec<Value> {
            let all = it.reviews.iter().filter(|review| review.role == role);
            all.map(|review| self.review_json(review)).collect()
        };
        let side = |id: u64, branch: &str, tip: &str| {
            json!({ "id": format!("refs/heads/{branch}"), "displayId": branch,
                "latestCommit": tip, "type": "BRANCH", "repository": self.repository_json(id) })
        };
        let base = super::git::refs(&into.path);
        let base = base.get(&format!("refs/heads/{}", it.to_branch));
        let base = base.map_or("", String::as_str);
        json!({ "id": it.number, "version": it.version, "title": it.from_branch, "state": it.state,
            "open": it.state == "OPEN", "closed": it.state != "OPEN", "draft": false,
            "locked": false, "createdDate": self.date(), "updatedDate": self.date(),
            "fromRef": side(it.from, &it.from_branch, &it.head),
            "toRef": side(into.id, &it.to_branch, base),
            "author": { "user": self.shown(&it.author), "role": "AUTHOR", "approved": false,
                "status": "UNAPPROVED" },
            "reviewers": of("REVIEWER"), "participants": of("PARTICIPANT") })
    }
}
