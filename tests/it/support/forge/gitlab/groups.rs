//! Groups and who is a member of them.

use serde_json::json;

use super::GitLab;
use super::api::{Answered, Call, not_found, ok};
use super::state::{DEVELOPER, State};

pub struct Group {
    pub id: u64,
    pub path: String,
    /// Whether our account cannot see it.
    pub hidden: bool,
    pub members: Vec<Member>,
}

pub struct Member {
    pub user: String,
    /// `active`, `awaiting`, `blocked`.
    pub state: &'static str,
    pub expires: Option<&'static str>,
}

impl State {
    pub fn group_routes(&self, call: &Call<'_>, path: &str, rest: &[&str]) -> Answered {
        let named = |it: &&Group| it.path.eq_ignore_ascii_case(path) || it.id.to_string() == path;
        let group = self.groups.iter().find(named).filter(|it| !it.hidden);
        let group = group.ok_or_else(|| not_found("Group"))?;
        match (call.method, rest) {
            ("GET", []) => ok(
                json!({ "id": group.id, "path": group.path, "full_path": group.path,
                "name": group.path, "visibility": "private" }),
            ),
            ("GET", ["members", "all", user]) => {
                let user = self.accounts.iter().find(|it| it.id.to_string() == *user);
                let mut members = group.members.iter();
                let found = user.and_then(|user| members.find(|it| it.user == user.username));
                // In its own letters, unlike the others.
                let nobody = || super::api::error(404, "404 Not found");
                let found = found.ok_or_else(nobody)?;
                let mut shown = self.account_json(&found.user, false);
                shown["access_level"] = DEVELOPER.into();
                shown["expires_at"] = json!(found.expires);
                match found.state {
                    "awaiting" => shown["membership_state"] = json!("awaiting"),
                    state => {
                        shown["state"] = json!(state);
                        shown["membership_state"] = json!("active");
                    }
                }
                ok(shown)
            }
            _ => Err(not_found("")),
        }
    }
}

impl GitLab {
    /// A group with these members.
    pub fn has_group(&self, path: &str, members: &[&str]) {
        let mut state = self.state();
        let members = members.iter().map(|user| {
            state.account(user);
            Member {
                user: (*user).to_owned(),
                state: "active",
                expires: None,
            }
        });
        let members = members.collect();
        let id = 60 + state.groups.len() as u64;
        state.groups.push(Group {
            id,
            path: path.into(),
            hidden: false,
            members,
        });
    }

    /// Somebody becomes a member of this state, until this date.
    pub fn joins(
        &self,
        path: &str,
        user: &str,
        state: &'static str,
        expires: Option<&'static str>,
    ) {
        let mut all = self.state();
        all.account(user);
        let user = user.to_owned();
        let member = Member {
            user,
            state,
            expires,
        };
        let group = all.groups.iter_mut().find(|it| it.path == path);
        group.expect("a group").members.push(member);
    }

    /// Somebody is no member any more.
    pub fn leaves(&self, path: &str, user: &str) {
        let mut all = self.state();
        let group = all.groups.iter_mut().find(|it| it.path == path);
        group.expect("a group").members.retain(|it| it.user != user);
    }

    /// Our account cannot see the group any more.
    pub fn hides(&self, path: &str) {
        let mut all = self.state();
        let group = all.groups.iter_mut().find(|it| it.path == path);
        group.expect("a group").hidden = true;
    }
}
