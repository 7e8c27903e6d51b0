//! What the forge remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::super::common::traffic::{Fault, Request, Sent};
use super::checks::{Check, Response};
use super::discussions::Discussion;
use super::events::Event;
use super::groups::Group;
use super::hooks::Hook;
use super::pipelines::Pipeline;
use super::statuses::CommitStatus;
use super::streaming::Streaming;
use super::{ADMIN, ADMIN_TOKEN, WARDEN, WARDEN_TOKEN};

/// GitLab's numbers for roles.
pub const REPORTER: u64 = 20;
pub const DEVELOPER: u64 = 30;
pub const MAINTAINER: u64 = 40;
pub const OWNER: u64 = 50;

pub struct State {
    pub url: String,
    pub old: bool,
    pub licensed: bool,
    /// The last moment that was given to anything.
    pub last: Timestamp,
    pub accounts: Vec<Account>,
    pub tokens: Vec<(String, String)>,
    /// Names of accounts that are robots.
    pub robots: BTreeSet<String>,
    pub streaming: Streaming,
    pub groups: Vec<Group>,
    pub projects: Vec<Project>,
    pub pipelines: Vec<Pipeline>,
    pub statuses: Vec<CommitStatus>,
    /// The first is that of [`super::GitLab::delivers_to`].
    pub hooks: Vec<Hook>,
    pub settings: Value,
    pub requests: Vec<Request>,
    pub faults: Vec<Fault>,
    pub sent: Vec<Sent>,
    /// Of which hook each delivery was, when, and about which project.
    pub log: Vec<(u64, Timestamp, Option<u64>)>,
    /// What API requests caused, and is to be told.
    pub outbox: Vec<Event>,
    /// Commands in texts that somebody sent: GitLab would have run them as them.
    pub commands: Vec<(String, String)>,
}

pub struct Account {
    pub id: u64,
    pub username: String,
    pub admin: bool,
}

pub struct Project {
    pub id: u64,
    pub path: String,
    pub folder: PathBuf,
    pub forked_from: Option<u64>,
    /// The refs when events were last sent for them.
    pub refs: BTreeMap<String, String>,
    pub members: BTreeMap<String, u64>,
    pub settings: Map<String, Value>,
    pub protected: Vec<Protected>,
    pub checks: Vec<Check>,
    pub merge_requests: Vec<MergeRequest>,
}

/// A protected branch or a pattern, with who may push and merge (0: nobody).
pub struct Protected {
    pub id: u64,
    pub name: String,
    pub push: u64,
    pub merge: u64,
    pub force: bool,
}

#[derive(Clone)]
pub struct MergeRequest {
    pub iid: u64,
    pub state: &'static str,
    pub title: String,
    pub draft: bool,
    pub author: String,
    pub source_project: u64,
    pub source_branch: String,
    pub target_branch: String,
    pub sha: String,
    pub versions: Vec<Version>,
    pub approvals: Vec<(String, Timestamp)>,
    /// What GitLab notes by itself: who, what, when.
    pub notes: Vec<(u64, String, String, Timestamp)>,
    pub discussions: Vec<Discussion>,
    pub responses: Vec<Response>,
}

/// One head that a merge request had.
#[derive(Clone)]
pub struct Version {
    pub head: String,
    /// The target's tip then.
    pub start: String,
    pub at: Timestamp,
}

impl State {
    pub fn new(url: &str) -> Self {
        let account = |id: u64, username: &str| Account {
            id,
            username: username.into(),
            admin: username == ADMIN,
        };
        Self {
            url: url.into(),
            old: false,
            licensed: false,
            last: Timestamp::now(),
            accounts: vec![account(1, ADMIN), account(2, WARDEN)],
            tokens: vec![
                (ADMIN_TOKEN.into(), ADMIN.into()),
                (WARDEN_TOKEN.into(), WARDEN.into()),
            ],
            robots: BTreeSet::new(),
            streaming: Streaming::default(),
            groups: Vec::new(),
            projects: Vec::new(),
            pipelines: Vec::new(),
            statuses: Vec::new(),
            hooks: vec![Hook::usual()],
            settings: json!({ "password_authentication_enabled_for_git": true,
                "password_authentication_enabled_for_web": true,
                "require_two_factor_authentication": false, "enabled_git_access_protocol": null,
                "push_event_hooks_limit": 3, "personal_access_token_prefix": "glpat-" }),
            requests: Vec::new(),
            faults: Vec::new(),
            sent: Vec::new(),
            log: Vec::new(),
            outbox: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// The present moment; no two are the same.
    pub fn now(&mut self) -> Timestamp {
        let next = self.last + SignedDuration::from_millis(1);
        self.last = Timestamp::now().max(next);
        self.last
    }

    /// A number that nothing else has.
    pub fn number(&self) -> u64 {
        let discussions = self
            .projects
            .iter()
            .flat_map(|it| &it.merge_requests)
            .map(|it| {
                it.discussions
                    .iter()
                    .map(|it| it.notes.len())
                    .sum::<usize>()
                    + it.notes.len()
            });
        100 + discussions.sum::<usize>() as u64
    }

    /// The account's number; it exists from the first mention.
    pub fn account(&mut self, username: &str) -> u64 {
        if let Some(known) = self.accounts.iter().find(|it| it.username == username) {
            return known.id;
        }
        let id = self.accounts.len() as u64 + 1;
        self.accounts.push(Account {
            id,
            username: username.into(),
            admin: false,
        });
        id
    }

    pub fn find(&self, path: &str) -> Option<&Project> {
        let mut all = self.projects.iter();
        all.find(|it| it.path.eq_ignore_ascii_case(path) || it.id.to_string() == path)
    }

    pub fn project(&self, path: &str) -> &Project {
        self.find(path)
            .unwrap_or_else(|| panic!("no project {path}"))
    }

    pub fn project_mut(&mut self, path: &str) -> &mut Project {
        let id = self.project(path).id;
        self.with_id_mut(id)
    }

    pub fn with_id(&self, id: u64) -> &Project {
        let mut all = self.projects.iter();
        all.find(|it| it.id == id).expect("a project's number")
    }

    pub fn with_id_mut(&mut self, id: u64) -> &mut Project {
        let mut all = self.projects.iter_mut();
        all.find(|it| it.id == id).expect("a project's number")
    }

    pub fn merge_request(&self, project: u64, iid: u64) -> &MergeRequest {
        let mut all = self.with_id(project).merge_requests.iter();
        let found = all.find(|it| it.iid == iid);
        found.unwrap_or_else(|| panic!("no merge request !{iid}"))
    }

    pub fn merge_request_mut(&mut self, project: u64, iid: u64) -> &mut MergeRequest {
        let mut all = self.with_id_mut(project).merge_requests.iter_mut();
        let found = all.find(|it| it.iid == iid);
        found.unwrap_or_else(|| panic!("no merge request !{iid}"))
    }

    /// The role of an account in a project, as GitLab's number; 0 is none.
    pub fn role(&self, project: u64, user: &str) -> u64 {
        let admin = self
            .accounts
            .iter()
            .any(|it| it.username == user && it.admin);
        let it = self.with_id(project);
        let own = it.path.split('/').next() == Some(user);
        match (admin || own, it.members.get(user)) {
            (true, _) => OWNER,
            (false, role) => role.copied().unwrap_or(0),
        }
    }

    /// Whether somebody of this role may change the branch: by a push or a merge.
    pub fn may_change(&self, project: u64, branch: &str, role: u64) -> bool {
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        let covers = |it: &&Protected| match it.name.split_once('*') {
            None => it.name == branch,
            Some((start, end)) => branch.starts_with(start) && branch.ends_with(end),
        };
        let covering: Vec<_> = self
            .with_id(project)
            .protected
            .iter()
            .filter(covers)
            .collect();
        let enough = |needed: u64| needed > 0 && role >= needed;
        covering.is_empty()
            || covering
                .iter()
                .any(|it| enough(it.push) || enough(it.merge))
    }
}
