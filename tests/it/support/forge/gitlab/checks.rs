//! External status checks (Ultimate): GitLab waits for an answer for each.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::GitLab;
use super::api::{Answered, Call, created, error, not_found, unauthorized};
use super::state::{DEVELOPER, MAINTAINER, MergeRequest, State};

/// A check of a project: for these protected branches, or for all.
#[derive(Clone)]
pub struct Check {
    pub id: u64,
    pub name: String,
    pub url: String,
    pub branches: Vec<u64>,
}

/// An answer, for one head.
#[derive(Clone)]
pub struct Response {
    pub check: u64,
    pub sha: String,
    pub status: String,
    pub by: String,
    pub at: Timestamp,
}

impl State {
    /// Below a project: the checks that it has. An instance without the licence
    /// and an account below Maintainer get the same answer.
    pub fn check_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        if !self.licensed || call.role < MAINTAINER {
            return Err(unauthorized());
        }
        match (call.method, rest) {
            ("GET", [_]) => {
                let all = self.with_id(call.project).checks.iter();
                call.page(all.map(|it| self.check_json(call.project, it)).collect())
            }
            ("POST", [_]) => {
                let branches = call.body["protected_branch_ids"].as_array();
                let branches = branches.into_iter().flatten().filter_map(Value::as_u64);
                let name = call.says("name").unwrap_or_default().to_owned();
                let check = self.adds_check(call.project, &name, branches.collect());
                created(self.check_json(call.project, &check))
            }
            _ => Err(not_found("")),
        }
    }

    pub fn adds_check(&mut self, project: u64, name: &str, branches: Vec<u64>) -> Check {
        let all = &mut self.with_id_mut(project).checks;
        let check = Check {
            id: 30 + all.len() as u64,
            name: name.into(),
            url: "https://forgewarden.example.com/".into(),
            branches,
        };
        all.push(check.clone());
        check
    }

    fn check_json(&self, project: u64, it: &Check) -> Value {
        let all = self.with_id(project).protected.iter();
        let branches = all.filter(|branch| it.branches.contains(&branch.id));
        let branches: Vec<_> = branches
            .map(|it| json!({ "id": it.id, "project_id": project, "name": it.name }))
            .collect();
        json!({ "id": it.id, "name": it.name, "project_id": project, "external_url": it.url,
            "hmac": false, "protected_branches": branches })
    }

    /// The checks that a merge request waits for, and how each stands.
    pub fn checks_of(&self, project: u64, it: &MergeRequest) -> Vec<(Check, String)> {
        let project = self.with_id(project);
        let mut named = project.protected.iter();
        let branch = named.find(|branch| branch.name == it.target_branch);
        let applies = |check: &&Check| {
            check.branches.is_empty()
                || branch.is_some_and(|branch| check.branches.contains(&branch.id))
        };
        let stands = |check: &Check| {
            let mut answers = it.responses.iter().rev();
            let last = answers.find(|answer| answer.check == check.id && answer.sha == it.sha);
            last.map_or("pending".to_owned(), |answer| answer.status.clone())
        };
        let all = project.checks.iter().filter(applies);
        all.map(|check| (check.clone(), stands(check))).collect()
    }

    /// Below a merge request: what is answered, and how the checks stand.
    pub fn answer_routes(&mut self, call: &Call<'_>, iid: u64, rest: &[&str]) -> Answered {
        if !self.licensed {
            return Err(unauthorized());
        }
        call.needs(DEVELOPER)?;
        let it = self.merge_request(call.project, iid);
        match (call.method, rest) {
            ("GET", ["status_checks"]) => {
                let all = self.checks_of(call.project, it).into_iter();
                let shown = all.map(|(check, status)| {
                    json!({ "id": check.id, "name": check.name, "external_url": check.url,
                        "status": status })
                });
                call.page(shown.collect())
            }
            ("POST", ["status_check_responses"]) => {
                let check = call.body["external_status_check_id"].as_u64().unwrap_or(0);
                let mut checks = self.with_id(call.project).checks.iter();
                if !checks.any(|it| it.id == check) {
                    return Err(not_found(""));
                }
                if call.says("sha") != Some(&it.sha) {
                    return Err(error(409, "SHA does not match HEAD of source branch"));
                }
                let status = call.says("status").unwrap_or_default();
                if !["passed", "failed", "pending"].contains(&status) {
                    return Err(super::api::invalid("status does not have a valid value"));
                }
                let (status, by) = (status.to_owned(), call.user.clone());
                self.answers_check(call.project, iid, (check, &status), &by);
                created(json!({ "id": 1, "external_status_check": { "id": check } }))
            }
            _ => Err(not_found("")),
        }
    }

    fn answers_check(&mut self, project: u64, iid: u64, (check, says): (u64, &str), by: &str) {
        let at = self.now();
        let it = self.merge_request_mut(project, iid);
        let sha = it.sha.clone();
        it.responses.push(Response {
            check,
            sha,
            status: says.into(),
            by: by.into(),
            at,
        });
    }
}

impl GitLab {
    /// A check of this name for a protected branch, which must pass.
    pub fn has_status_check(&self, name: &str, branch: &str, check: &str) {
        let mut state = self.state();
        let project = state.project_mut(name);
        let required = "only_allow_merge_if_all_status_checks_passed";
        project.settings.insert(required.into(), true.into());
        let mut named = project.protected.iter();
        let branches = named.find(|it| it.name == branch).map(|it| it.id);
        let id = project.id;
        state.adds_check(id, check, branches.into_iter().collect());
    }

    /// How the checks of a merge request stand: name and status.
    pub fn status_checks(&self, name: &str, iid: u64) -> Vec<(String, String)> {
        let state = self.state();
        let project = state.project(name).id;
        let all = state.checks_of(project, state.merge_request(project, iid));
        all.into_iter()
            .map(|(it, status)| (it.name, status))
            .collect()
    }

    /// Another account that may approve answers a check.
    pub fn somebody_answers(&self, (name, iid): (&str, u64), check: &str, says: &str, by: &str) {
        let mut state = self.state();
        state.account(by);
        let project = state.project(name);
        let id = project.id;
        let check = project.checks.iter().find(|it| it.name == check);
        let check = check.expect("a check").id;
        state.answers_check(id, iid, (check, says), by);
    }
}
