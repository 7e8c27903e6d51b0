//! What an administrator of a repository sets: webhooks, hooks, restrictions,
//! required builds, permissions.

use serde_json::{Value, json};

use super::api::{Answered, Call, done, nothing, ok};
use super::state::State;

impl State {
    pub fn setting_routes(&mut self, call: &Call<'_>, plugin: &str, rest: &[&str]) -> Answered {
        self.permits(&call.user, &call.name, "REPO_ADMIN")?;
        match (plugin, call.method, rest) {
            ("branch-permissions", "GET", ["restrictions"]) => {
                let all = self.repository(&call.name).restrictions.clone();
                self.page(call, all)
            }
            ("branch-permissions", "POST", ["restrictions"]) => self.restricts(call),
            ("required-builds", _, more) => self.required_build_routes(call, more),
            ("default-reviewers", _, more) => self.default_reviewer_routes(call, more),
            ("api", "GET", ["hook-scripts"]) => match &self.repository(&call.name).scripts {
                Some(scripts) => self.page(call, scripts.clone()),
                None => Err(nothing("The resource")),
            },
            ("api", "GET", ["permissions", "users"]) => {
                let all = self.repository(&call.name).permissions.iter();
                let all = all.filter(|(user, _)| call.fits("filter", user));
                let all =
                    all.map(|(user, has)| json!({ "user": self.shown(user), "permission": has }));
                self.page(call, all.collect())
            }
            ("api", _, ["webhooks", more @ ..]) => self.webhook_routes(call, more),
            ("api", _, ["settings", "hooks", more @ ..]) => self.hook_routes(call, more),
            _ => Err(nothing("The resource")),
        }
    }

    fn restricts(&mut self, call: &Call<'_>) -> Answered {
        let asked = call.body.as_array().cloned().unwrap_or_default();
        let all = &mut self.repository_mut(&call.name).restrictions;
        for mut one in asked {
            one["id"] = json!(all.len() + 1);
            all.push(one);
        }
        ok(Value::Array(all.clone()))
    }

    fn required_build_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        let repository = self.repository_mut(&call.name);
        match (call.method, rest) {
            ("GET", ["conditions"]) => {
                let required = repository.required.iter().enumerate();
                let all = required.map(|(at, (branch, parent))| {
                    let id = format!("refs/heads/{branch}");
                    json!({ "id": at + 1, "buildParentKeys": [parent], "refMatcher": {
                        "id": id, "displayId": branch, "type": { "id": "BRANCH" } } })
                });
                let mut all: Vec<Value> = all.collect();
                if let (Some(exempt), Some(first)) = (&repository.exempt, all.first_mut()) {
                    first["exemptRefMatcher"] = exempt.clone();
                }
                self.page(call, all)
            }
            ("POST", ["condition"]) => {
                let branch = call.body["refMatcher"]["id"].as_str().unwrap_or_default();
                let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
                for parent in call.body["buildParentKeys"]
                    .as_array()
                    .into_iter()
                    .flatten()
                {
                    let parent = parent.as_str().unwrap_or_default();
                    repository.required.push((branch.into(), parent.into()));
                }
                ok(call.body.clone())
            }
            _ => Err(nothing("The resource")),
        }
    }

    fn default_reviewer_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        let all = &mut self.repository_mut(&call.name).default_reviewers;
        match (call.method, rest) {
            ("GET", ["conditions"]) => ok(Value::Array(all.clone())),
            ("POST", ["condition"]) => {
                let mut one = call.body.clone();
                one["id"] = json!(all.len() + 1);
                for (asked, kept) in [
                    ("sourceMatcher", "sourceRefMatcher"),
                    ("targetMatcher", "targetRefMatcher"),
                ] {
                    one[kept] = one[asked].take();
                }
                all.push(one.clone());
                ok(one)
            }
            _ => Err(nothing("The resource")),
        }
    }

    fn webhook_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        let page = self.repository(&call.name).webhooks.clone();
        let known = |id: &str| {
            page.iter()
                .position(|it| it["id"].as_u64() == id.parse().ok())
        };
        match (call.method, rest) {
            ("GET", []) => self.page(call, page),
            ("POST", []) => {
                let (_, _) = (call.text("name")?, call.text("url")?);
                let mut webhook = call.body.clone();
                webhook["id"] = json!(page.len() + 1);
                self.repository_mut(&call.name)
                    .webhooks
                    .push(webhook.clone());
                ok(webhook)
            }
            ("PUT", [id]) => {
                let at = known(id).ok_or_else(|| nothing("The webhook"))?;
                let mut webhook = call.body.clone();
                webhook["id"] = page[at]["id"].clone();
                self.repository_mut(&call.name).webhooks[at] = webhook.clone();
                ok(webhook)
            }
            _ => Err(nothing("The resource")),
        }
    }

    fn hook_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        let hooks = &mut self.repository_mut(&call.name).hooks;
        match (call.method, rest) {
            ("GET", []) => {
                let all = hooks
                    .keys()
                    .map(|it| json!({ "details": { "key": it }, "enabled": true }));
                let all = all.collect();
                self.page(call, all)
            }
            ("PUT", [key, "enabled"]) => {
                hooks.insert((*key).to_owned(), call.body.clone());
                ok(json!({ "details": { "key": key }, "enabled": true, "configured": true }))
            }
            ("DELETE", [key, "enabled"]) => {
                hooks.remove(*key);
                done()
            }
            ("GET", [key, "settings"]) => ok(hooks.get(*key).cloned().unwrap_or(json!({}))),
            _ => Err(nothing("The resource")),
        }
    }
}
