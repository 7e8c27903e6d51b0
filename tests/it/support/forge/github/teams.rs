//! Teams of organisations and who is in them.

use axum::http::StatusCode;
use serde_json::json;

use super::GitHub;
use super::api::{Answer, error, not_accessible, ok};

impl GitHub {
    /// A team `organisation/slug` with these members.
    pub fn has_team(&self, team: &str, members: &[&str]) {
        let members = members.iter().map(|login| ((*login).to_owned(), "active"));
        self.state().teams.insert(team.into(), members.collect());
    }

    /// Somebody is invited to a team, and has not answered yet.
    pub fn invites(&self, team: &str, login: &str) {
        let mut state = self.state();
        let members = state.teams.get_mut(team).expect("a team");
        members.insert(login.to_owned(), "pending");
    }

    /// Somebody leaves a team.
    pub fn leaves(&self, team: &str, login: &str) {
        let mut state = self.state();
        let members = state.teams.get_mut(team).expect("a team");
        members.remove(login).expect("a member");
    }
}

/// `GET /orgs/{org}/teams/{slug}` and what is below. Who may not see a team
/// reads the same as of a team that does not exist.
pub fn answer(forge: &GitHub, authorization: &str, team: &str, rest: &[&str]) -> Answer {
    let state = forge.state();
    let value = authorization.strip_prefix("Bearer ").unwrap_or("");
    let Some(token) = state.tokens.iter().find(|it| it.value == value) else {
        return error(StatusCode::UNAUTHORIZED, "Bad credentials");
    };
    let permissions = &token.permissions;
    if !permissions.iter().any(|(name, _)| name == "members") {
        return not_accessible("members=read");
    }
    let not_found = || error(StatusCode::NOT_FOUND, "Not Found");
    let (_, slug) = team.split_once('/').expect("organisation/slug");
    match (state.teams.get(team), rest) {
        (Some(_), []) => ok(json!({ "id": 1, "slug": slug, "name": slug })),
        (Some(members), ["memberships", login]) => {
            members.get(*login).map_or_else(not_found, |state| {
                ok(json!({ "url": "", "role": "member", "state": state }))
            })
        }
        _ => not_found(),
    }
}
