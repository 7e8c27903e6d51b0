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
            ("required-builds", "GET", ["conditions"]) => {
                let required = self.repository(&call.name).required.iter().enumerate();
                let all = required.map(|(at, (branch, parent))| {
                    let id = format!("refs/heads/{branch}");
                    json!({ "id": at + 1, "buildParentKeys": [parent], "refMatcher": {
                        "id": id, "displayId": branch, "type": { "id": "BRANCH" } } })
                });
                let all: Vec<Value> = all.collect();
                self.page(call, all)
            }
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
