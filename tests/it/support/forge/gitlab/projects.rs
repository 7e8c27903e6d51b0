//! Projects, their branches, members and settings, over the API.

use serde_json::{Value, json};

use super::api::{Answered, Call, created, error, forbidden, not_found, ok};
use super::git;
use super::shown::default_branch;
use super::state::{MAINTAINER, Protected, State};

impl State {
    pub fn lists_projects(&self, call: &Call<'_>) -> Answered {
        let least = call
            .asked("min_access_level")
            .and_then(|it| it.parse().ok());
        let least: u64 = least.unwrap_or(1);
        let member = call.asked("membership") == Some("true");
        let all = self.projects.iter().filter(|it| {
            let role = self.role(it.id, &call.user);
            let own = !member || it.members.contains_key(&call.user);
            role >= least && own
        });
        let mut shown: Vec<Value> = all.map(|it| self.project_json(it)).collect();
        // The newest first, unless it is said otherwise.
        shown.reverse();
        call.page(shown)
    }

    pub fn project_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        let it = self.with_id(call.project);
        match (call.method, rest) {
            ("GET", []) => ok(self.project_json(it)),
            ("PUT", []) => {
                call.needs(MAINTAINER)?;
                let changes = call.body.as_object().cloned().unwrap_or_default();
                self.with_id_mut(call.project).settings.extend(changes);
                ok(self.project_json(self.with_id(call.project)))
            }
            ("GET", ["repository", "branches"]) => {
                let all = git::refs(&it.folder).into_iter();
                let all = all.filter_map(|(name, tip)| {
                    let name = name.strip_prefix("refs/heads/")?;
                    Some(self.branch_json(call, name, &tip))
                });
                call.page(all.collect())
            }
            ("GET", ["repository", "branches", name]) => {
                let refs = git::refs(&it.folder);
                let tip = refs.get(&format!("refs/heads/{name}"));
                let tip = tip.ok_or_else(|| not_found("Branch"))?;
                ok(self.branch_json(call, name, tip))
            }
            (_, ["protected_branches", ..]) => self.protection_routes(call, rest),
            ("GET", ["members", "all", user]) => {
                let found = self.accounts.iter().find(|it| it.id.to_string() == *user);
                let role = found.map_or(0, |it| self.role(call.project, &it.username));
                let found = found
                    .filter(|_| role > 0)
                    .ok_or_else(|| not_found("Member"))?;
                let mut shown = self.account_json(&found.username, false);
                shown["access_level"] = role.into();
                shown["expires_at"] = Value::Null;
                shown["membership_state"] = json!("active");
                ok(shown)
            }
            // A part of Premium.
            ("GET", ["approvals"]) if self.licensed => ok(json!({
                "approvals_before_merge": 0, "reset_approvals_on_push": false,
                "selective_code_owner_removals": false, "merge_requests_author_approval": true,
                "disable_overriding_approvers_per_merge_request": false,
                "merge_requests_disable_committers_approval": false })),
            _ => Err((404, Vec::new(), json!({ "error": "404 Not Found" }))),
        }
    }

    fn branch_json(&self, call: &Call<'_>, name: &str, tip: &str) -> Value {
        let it = self.with_id(call.project);
        let protected = !self.may_change(call.project, name, 1);
        let page = self.project_url(call.project);
        json!({ "name": name, "commit": { "id": tip, "short_id": &tip[..8] }, "merged": false,
            "protected": protected, "default": default_branch(it) == name,
            "developers_can_push": false, "developers_can_merge": false,
            "can_push": self.may_change(call.project, name, call.role),
            "web_url": format!("{page}/-/tree/{name}") })
    }

    fn protection_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        call.needs(MAINTAINER)?;
        let it = self.with_id(call.project);
        match (call.method, rest) {
            ("GET", [_]) => call.page(it.protected.iter().map(protected_json).collect()),
            ("GET", [_, name]) => {
                let found = it.protected.iter().find(|it| it.name == *name);
                ok(protected_json(found.ok_or_else(|| not_found(""))?))
            }
            ("POST", [_]) => {
                let name = call.says("name").unwrap_or_default();
                if it.protected.iter().any(|it| it.name == name) {
                    return Err(error(
                        409,
                        format!("Protected branch '{name}' already exists"),
                    ));
                }
                let level = |field: &str| call.body[field].as_u64().unwrap_or(MAINTAINER);
                let protected = Protected {
                    id: it.protected.len() as u64 + 1,
                    name: name.into(),
                    push: level("push_access_level"),
                    merge: level("merge_access_level"),
                    force: call.body["allow_force_push"] == true,
                };
                let shown = protected_json(&protected);
                self.with_id_mut(call.project).protected.push(protected);
                created(shown)
            }
            ("DELETE", [_, name]) => {
                let all = &mut self.with_id_mut(call.project).protected;
                all.retain(|it| it.name != *name);
                Ok((204, Vec::new(), Value::Null))
            }
            _ => Err(error(405, "405 Method Not Allowed")),
        }
    }

    pub fn settings_routes(&mut self, call: &Call<'_>) -> Answered {
        if !self
            .accounts
            .iter()
            .any(|it| it.admin && it.username == call.user)
        {
            return Err(forbidden());
        }
        if call.method == "PUT" {
            for (name, value) in call.body.as_object().into_iter().flatten() {
                self.settings[name] = value.clone();
            }
        }
        ok(self.settings.clone())
    }
}

fn protected_json(it: &Protected) -> Value {
    let levels = |level: u64| {
        let words = match level {
            0 => "No one",
            30 => "Developers + Maintainers",
            40 => "Maintainers",
            _ => "Administrators",
        };
        json!([{ "id": it.id, "access_level": level, "access_level_description": words,
            "user_id": null, "group_id": null, "deploy_key_id": null }])
    };
    json!({ "id": it.id, "name": it.name, "push_access_levels": levels(it.push),
        "merge_access_levels": levels(it.merge), "allow_force_push": it.force,
        "code_owner_approval_required": false, "inherited": false })
}
