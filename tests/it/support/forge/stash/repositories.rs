//! Repositories, branches, accounts and groups over the API.

use serde_json::{Value, json};

use super::super::common::git;
use super::ADMIN;
use super::api::{Answered, Call, error, not_permitted, nothing, ok};
use super::state::State;

impl State {
    pub fn of_server(&self, call: &Call<'_>, rest: &[&str]) -> Answered {
        match (call.method, rest) {
            ("GET", ["application-properties"]) => ok(json!({ "version": self.version,
                "buildNumber": "9002000", "buildDate": "0", "displayName": "Bitbucket" })),
            ("GET", ["repos"]) => {
                let wanted = call.asked("permission").unwrap_or("REPO_READ");
                let all = self.repositories.iter().filter(|it| {
                    let name = format!("{}/{}", it.project, it.slug);
                    self.permits(&call.user, &name, wanted).is_ok()
                });
                self.page(call, all.map(|it| self.repository_json(it.id)).collect())
            }
            ("GET", ["users"]) => {
                let all = self.accounts.iter().filter(|it| call.fits("filter", it));
                self.page(call, all.map(|it| self.shown(it)).collect())
            }
            ("GET", ["groups"]) => {
                let all = self.groups.iter().map(|(name, _)| name);
                let all = all.filter(|it| call.fits("filter", it));
                self.page(call, all.map(|it| json!(it)).collect())
            }
            ("GET", ["admin", "groups", "more-members"]) => {
                if call.user != ADMIN {
                    return Err(not_permitted());
                }
                let group = call.asked("context").unwrap_or("");
                let found = self
                    .groups
                    .iter()
                    .find(|(it, _)| it.eq_ignore_ascii_case(group));
                let members = found
                    .map(|(_, members)| members.as_slice())
                    .unwrap_or_default();
                let members = members.iter().filter(|it| call.fits("filter", it));
                self.page(call, members.map(|it| self.shown(it)).collect())
            }
            _ => Err(nothing("The resource")),
        }
    }

    pub fn repository_routes(&self, call: &Call<'_>, rest: &[&str]) -> Answered {
        let it = self.repository(&call.name);
        let head = git::git(&it.path, &["symbolic-ref", "HEAD"]);
        let short = |name: &str| name.strip_prefix("refs/heads/").unwrap_or("").to_owned();
        match (call.method, rest) {
            ("GET", []) => ok(self.repository_json(it.id)),
            ("GET", ["default-branch"]) => match git::refs(&it.path).get(&head) {
                Some(tip) => ok(
                    json!({ "id": head, "displayId": short(&head), "type": "BRANCH",
                    "latestCommit": tip, "isDefault": true }),
                ),
                None => Err(error(
                    404,
                    "repository.NoDefaultBranchException",
                    "no branch",
                )),
            },
            ("GET", ["branches"]) => {
                let all = git::refs(&it.path).into_iter();
                let all = all.filter(|(name, _)| name.starts_with("refs/heads/"));
                let all = all.filter(|(name, _)| call.fits("filterText", &short(name)));
                let shown = all.map(|(name, tip)| {
                    json!({ "id": name, "displayId": short(&name), "type": "BRANCH",
                        "latestCommit": tip, "isDefault": name == head })
                });
                let mut shown: Vec<Value> = shown.collect();
                // An exact match comes first, if that is asked for.
                let text = call.asked("filterText").unwrap_or("").to_owned();
                if call.asked("boostMatches") == Some("true") {
                    shown.sort_by_key(|it| it["displayId"] != text.as_str());
                }
                self.page(call, shown)
            }
            _ => Err(nothing("The resource")),
        }
    }
}
