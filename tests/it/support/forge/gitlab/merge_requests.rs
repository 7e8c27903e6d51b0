//! Merge requests, their heads and approvals, over the API.

use serde_json::{Value, json};

use super::api::{Answered, Call, created, error, not_found, ok, unauthorized};
use super::git;
use super::state::{DEVELOPER, State};

impl State {
    pub fn lists_merge_requests(&self, call: &Call<'_>) -> Answered {
        let all = self.with_id(call.project).merge_requests.iter().rev();
        let wanted = call.asked("state").unwrap_or("all");
        let fits = all.filter(|it| wanted == "all" || it.state == wanted);
        call.page(
            fits.map(|it| self.merge_request_json(call.project, it, false))
                .collect(),
        )
    }

    /// Those that a commit is a part of.
    pub fn lists_merge_requests_of(&self, call: &Call<'_>, sha: &str) -> Answered {
        let it = self.with_id(call.project);
        let commit = format!("{sha}^{{commit}}");
        git::try_git(&it.folder, &["cat-file", "-e", &commit]).map_err(|_| not_found("Commit"))?;
        let all = it.merge_requests.iter().filter(|it| {
            let folder = &self.with_id(call.project).folder;
            it.versions.iter().any(|version| {
                let range = format!("{}..{}", version.start, version.head);
                let commits = git::git(folder, &["rev-list", &range]);
                commits.lines().any(|it| it == sha)
            })
        });
        call.page(
            all.map(|it| self.merge_request_json(call.project, it, false))
                .collect(),
        )
    }

    pub fn merge_request_routes(&mut self, call: &Call<'_>, iid: u64, rest: &[&str]) -> Answered {
        let it = self.merge_request(call.project, iid);
        match (call.method, rest) {
            ("GET", []) => ok(self.merge_request_json(call.project, it, true)),
            ("GET", ["versions"]) => {
                let all = it.versions.iter().enumerate().rev();
                let shown = all.map(|(at, version)| {
                    json!({ "id": at + 1, "head_commit_sha": version.head,
                        "base_commit_sha": version.start, "start_commit_sha": version.start,
                        "created_at": version.at.to_string(), "merge_request_id": 5000 + iid,
                        "state": "collected", "real_size": "1" })
                });
                call.page(shown.collect())
            }
            ("GET", ["approvals"]) => ok(self.approvals_json(call, iid)),
            ("POST", ["approve"]) => {
                call.needs(DEVELOPER)?;
                if call.says("sha").is_some_and(|sha| sha != it.sha) {
                    return Err(error(409, "SHA does not match HEAD of source branch"));
                }
                if it.approvals.iter().any(|(user, _)| *user == call.user) {
                    return Err(unauthorized());
                }
                self.approves(call.project, iid, &call.user);
                created(self.approvals_json(call, iid))
            }
            ("POST", ["unapprove"]) => {
                if !it.approvals.iter().any(|(user, _)| *user == call.user) {
                    return Err(not_found(""));
                }
                self.unapproves(call.project, iid, &call.user);
                created(self.approvals_json(call, iid))
            }
            ("GET", ["notes"]) => {
                let all = it.notes.iter().rev();
                let shown = all.map(|(id, who, what, at)| {
                    json!({ "id": id, "type": null, "body": what, "system": true,
                        "author": self.account_json(who, false), "created_at": at.to_string(),
                        "updated_at": at.to_string(), "noteable_type": "MergeRequest",
                        "resolvable": false, "imported": false })
                });
                call.page(shown.collect())
            }
            ("PUT", ["merge"]) => {
                call.needs(DEVELOPER)?;
                match self.detailed_merge_status(call.project, it) {
                    "mergeable" => Err(error(501, "the stand-in merges for people alone")),
                    _ => Err(error(405, "405 Method Not Allowed")),
                }
            }
            (_, ["discussions", rest @ ..]) => self.discussion_routes(call, iid, rest),
            (_, ["status_checks" | "status_check_responses"]) => {
                self.answer_routes(call, iid, rest)
            }
            _ => Err((404, Vec::new(), json!({ "error": "404 Not Found" }))),
        }
    }

    fn approvals_json(&self, call: &Call<'_>, iid: u64) -> Value {
        let it = self.merge_request(call.project, iid);
        let by = it.approvals.iter().map(|(user, at)| {
            let mut shown = json!({ "user": self.account_json(user, false) });
            if !self.old {
                shown["approved_at"] = json!(at.to_string());
            }
            shown
        });
        let by: Vec<_> = by.collect();
        json!({ "user_has_approved": it.approvals.iter().any(|(user, _)| *user == call.user),
            "user_can_approve": call.role >= DEVELOPER, "approved": !by.is_empty(),
            "approved_by": by })
    }

    /// An approval, and the note of it.
    pub fn approves(&mut self, project: u64, iid: u64, by: &str) {
        self.notes(project, iid, (by, "approved this merge request"));
        let at = self.last;
        let it = self.merge_request_mut(project, iid);
        it.approvals.retain(|(user, _)| user != by);
        it.approvals.push((by.into(), at));
    }

    pub fn unapproves(&mut self, project: u64, iid: u64, by: &str) {
        self.notes(project, iid, (by, "unapproved this merge request"));
        let it = self.merge_request_mut(project, iid);
        it.approvals.retain(|(user, _)| user != by);
    }

    fn notes(&mut self, project: u64, iid: u64, (by, what): (&str, &str)) {
        self.account(by);
        let (id, at) = (self.number(), self.now());
        let it = self.merge_request_mut(project, iid);
        it.notes.push((id, by.into(), what.into(), at));
    }
}
