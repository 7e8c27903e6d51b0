//! What administrators set: the App, rulesets, branch protection, hooks.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::common::git;
use super::GitHub;
use super::api::{Answer, Call, created, error, ok};
use super::app::{APP_ID, INSTALLATION_ID};
use super::state::{Repository, State};

/// The token of somebody who administers every repository.
pub const ADMIN_TOKEN: &str = "ghp_administrator";
/// The token of somebody who may write to every repository and nothing more.
pub const WRITER_TOKEN: &str = "ghp_writer";

/// The App as its owner and its installation have it.
pub struct App {
    pub slug: String,
    /// What a manifest was confirmed with; good once.
    pub code: Option<String>,
    pub asks: BTreeMap<String, String>,
    pub granted: BTreeMap<String, String>,
    pub events: Vec<String>,
    pub suspended: bool,
    pub content_type: String,
    pub insecure_ssl: String,
    pub has_secret: bool,
}

impl Default for App {
    fn default() -> Self {
        let granted = [
            ("administration", "read"),
            ("checks", "write"),
            ("contents", "read"),
            ("members", "read"),
            ("merge_queues", "read"),
            ("metadata", "read"),
            ("pull_requests", "read"),
            ("statuses", "write"),
        ];
        let granted = granted.map(|(name, level)| (name.to_owned(), level.to_owned()));
        let events = ["merge_group", "pull_request", "pull_request_review", "push"];
        Self {
            slug: "forgewarden".into(),
            code: None,
            asks: granted.clone().into(),
            granted: granted.into(),
            events: events.map(str::to_owned).to_vec(),
            suspended: false,
            content_type: "json".into(),
            insecure_ssl: "0".into(),
            has_secret: true,
        }
    }
}

/// A ruleset. [`Ruleset::guarding`] is a good one.
#[derive(Clone)]
pub struct Ruleset {
    pub name: String,
    pub level: &'static str,
    pub enforcement: String,
    pub include: Vec<String>,
    /// Kind, number and mode.
    pub bypass: Vec<(String, u64, String)>,
    pub rules: Vec<Value>,
}

impl Ruleset {
    /// Nothing comes into the branch but by a pull request with this check, from
    /// our App.
    pub fn guarding(branch: &str, context: &str) -> Self {
        let check = json!({ "context": context, "integration_id": APP_ID });
        let rules = [
            json!({ "type": "deletion" }),
            json!({ "type": "non_fast_forward" }),
            json!({ "type": "pull_request", "parameters": {
                "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": true,
                "require_code_owner_review": false, "require_last_push_approval": false,
                "required_review_thread_resolution": false } }),
            json!({ "type": "required_status_checks", "parameters": {
                "required_status_checks": [check],
                "strict_required_status_checks_policy": true,
                "do_not_enforce_on_create": false } }),
        ];
        Self {
            name: "guard".into(),
            level: "Repository",
            enforcement: "active".into(),
            include: vec![format!("refs/heads/{branch}")],
            bypass: Vec::new(),
            rules: rules.to_vec(),
        }
    }

    /// The parameters of its rule of this kind.
    pub fn rule(&mut self, kind: &str) -> &mut Value {
        let rule = self.rules.iter_mut().find(|rule| rule["type"] == kind);
        &mut rule.expect("such a rule")["parameters"]
    }

    /// The one check that it requires.
    pub fn check(&mut self) -> &mut Value {
        &mut self.rule("required_status_checks")["required_status_checks"][0]
    }

    pub fn without(&mut self, kind: &str) {
        self.rules.retain(|rule| rule["type"] != kind);
    }

    fn is_active_on(&self, branch: &str) -> bool {
        let full = format!("refs/heads/{branch}");
        self.enforcement == "active" && self.include.contains(&full)
    }

    fn shown(&self, id: usize, all: bool) -> Value {
        let actor = |(kind, id, mode): &(String, u64, String)| json!({ "actor_id": id, "actor_type": kind, "bypass_mode": mode });
        let mut shown = json!({ "id": id, "name": self.name, "target": "branch",
            "source_type": self.level, "source": "acme", "enforcement": self.enforcement,
            "conditions": { "ref_name": { "include": self.include, "exclude": [] } },
            "rules": self.rules });
        if all {
            shown["bypass_actors"] = self.bypass.iter().map(actor).collect();
        }
        shown
    }

    fn read(body: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let include = list(&body["conditions"]["ref_name"]["include"]);
        let bypass = list(&body["bypass_actors"]);
        let bypass = bypass.iter().map(|it| {
            let id = it["actor_id"].as_u64().unwrap_or(0);
            (text(&it["actor_type"]), id, text(&it["bypass_mode"]))
        });
        Self {
            name: text(&body["name"]),
            level: "Repository",
            enforcement: text(&body["enforcement"]),
            include: include.iter().map(text).collect(),
            bypass: bypass.collect(),
            rules: list(&body["rules"]),
        }
    }
}

/// Classic protection. [`Classic::guarding`] is good.
#[derive(Clone)]
pub struct Classic {
    pub context: String,
    /// -1 is anybody, as nothing is.
    pub app: Option<i64>,
    pub admins_too: bool,
    pub pull_requests: bool,
    pub force_pushes: bool,
    pub deletions: bool,
}

impl Classic {
    pub fn guarding(context: &str) -> Self {
        Self {
            context: context.into(),
            app: Some(APP_ID.cast_signed()),
            admins_too: true,
            pull_requests: true,
            force_pushes: false,
            deletions: false,
        }
    }

    fn checks(&self) -> Value {
        json!({ "contexts": [self.context],
            "checks": [{ "context": self.context, "app_id": self.app }] })
    }

    fn summary(&self) -> Value {
        let mut checks = self.checks();
        let level = if self.admins_too {
            "everyone"
        } else {
            "non_admins"
        };
        checks["enforcement_level"] = level.into();
        json!({ "enabled": true, "required_status_checks": checks })
    }

    fn whole(&self) -> Value {
        let mut checks = self.checks();
        checks["strict"] = true.into();
        let mut whole = json!({ "required_status_checks": checks,
            "enforce_admins": { "enabled": self.admins_too },
            "allow_force_pushes": { "enabled": self.force_pushes },
            "allow_deletions": { "enabled": self.deletions } });
        if self.pull_requests {
            whole["required_pull_request_reviews"] = json!({ "dismiss_stale_reviews": true,
                "require_code_owner_reviews": false, "require_last_push_approval": false,
                "required_approving_review_count": 1 });
        }
        whole
    }
}

impl GitHub {
    /// The App's owner, or who installed it, changes it.
    pub fn changes_app(&self, change: impl FnOnce(&mut App)) {
        change(&mut self.state().app);
    }

    /// Somebody confirms this manifest, and installs the App everywhere; gives the
    /// code with which GitHub sends them back.
    pub fn confirms_manifest(&self, manifest: &Value) -> String {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mut state = self.state();
        let target = text(&manifest["hook_attributes"]["url"]);
        assert!(target.starts_with("https://") && !text(&manifest["url"]).is_empty());
        let permissions = manifest["default_permissions"]
            .as_object()
            .expect("permissions");
        let permissions = permissions
            .iter()
            .map(|(name, level)| (name.clone(), text(level)));
        let permissions: BTreeMap<_, _> = permissions.collect();
        let events = manifest["default_events"].as_array().expect("events");
        let code = "a180b1a3d263c81bc6441d7b990bae27d4c10679".to_owned();
        state.target = Some(target);
        state.app = App {
            slug: text(&manifest["name"]),
            code: Some(code.clone()),
            asks: permissions.clone(),
            granted: permissions,
            events: events.iter().map(text).collect(),
            ..App::default()
        };
        code
    }

    /// `POST /app-manifests/{code}/conversions`: all that is secret, once.
    pub(super) fn converts(&self, code: &str) -> Answer {
        let mut state = self.state();
        let app = &mut state.app;
        if app.code.as_deref() != Some(code) {
            return not_found("Not Found");
        }
        app.code = None;
        created(
            json!({ "id": APP_ID, "slug": app.slug, "name": app.slug, "html_url": page(app),
            "client_id": "Iv1.1", "client_secret": "another secret",
            "webhook_secret": self.webhook_secret(), "pem": self.private_key_pem() }),
        )
    }

    /// Who installed the App takes a permission away from it.
    pub fn revokes(&self, permission: &str) {
        self.changes_app(|app| drop(app.granted.remove(permission)));
    }

    /// Who installed the App suspends it.
    pub fn suspends_app(&self) {
        self.changes_app(|app| app.suspended = true);
    }

    pub fn adds_ruleset(&self, full_name: &str, ruleset: Ruleset) {
        self.state()
            .repository_mut(full_name)
            .rulesets
            .push(ruleset);
    }

    /// Changes the first ruleset of the repository.
    pub fn changes_ruleset(&self, full_name: &str, change: impl FnOnce(&mut Ruleset)) {
        let mut state = self.state();
        change(&mut state.repository_mut(full_name).rulesets[0]);
    }

    pub fn rulesets(&self, full_name: &str) -> Vec<Ruleset> {
        self.state().repository(full_name).rulesets.clone()
    }

    /// Protects a branch in the classic way.
    pub fn protects(&self, full_name: &str, branch: &str, classic: Classic) {
        let mut state = self.state();
        let protected = &mut state.repository_mut(full_name).classic;
        protected.insert(branch.into(), classic);
    }

    /// Somebody posts a commit status.
    pub fn posts_status(&self, full_name: &str, commit: &str, context: &str) {
        let mut state = self.state();
        let statuses = &mut state.repository_mut(full_name).statuses;
        statuses.push((commit.into(), context.into()));
    }

    /// Somebody pushes against the rules, and may.
    pub fn records_bypass(&self, full_name: &str, by: &str, branch: &str) {
        let mut state = self.state();
        let suites = &mut state.repository_mut(full_name).bypasses;
        suites.push((by.into(), format!("refs/heads/{branch}")));
    }

    /// Has a pre-receive hook, as the organisation configured it.
    pub fn has_pre_receive_hook(&self, full_name: &str, enforcement: &str, downstream: bool) {
        let mut state = self.state();
        let hook = (enforcement.to_owned(), downstream);
        state.repository_mut(full_name).pre_receive = Some(hook);
    }
}

impl Repository {
    /// The checks that a branch requires, with the App that has to set each.
    pub fn required_checks(&self, branch: &str) -> Vec<(String, Option<u64>)> {
        let own = self.required.iter().filter(|(it, _)| it == branch);
        let mut all: Vec<_> = own.map(|(_, it)| (it.clone(), Some(APP_ID))).collect();
        let classic = self.classic.get(branch);
        all.extend(classic.map(|it| {
            (
                it.context.clone(),
                it.app.and_then(|it| u64::try_from(it).ok()),
            )
        }));
        for ruleset in self.rulesets.iter().filter(|it| it.is_active_on(branch)) {
            let rules = ruleset.rules.iter();
            let checks =
                rules.filter_map(|it| it["parameters"]["required_status_checks"].as_array());
            all.extend(checks.flatten().map(|it| {
                let context = it["context"].as_str().unwrap_or("").to_owned();
                (context, it["integration_id"].as_u64())
            }));
        }
        all
    }
}

fn page(app: &App) -> String {
    format!("https://github.com/apps/{}", app.slug)
}

fn not_found(message: &str) -> Answer {
    error(StatusCode::NOT_FOUND, message)
}

/// `/app` and `/app/hook/config`, as the App asks for them.
pub fn app(state: &mut State, method: &str, below: &[&str], body: &Value) -> Answer {
    let app = &mut state.app;
    match (method, below) {
        ("GET", []) => ok(
            json!({ "id": APP_ID, "slug": app.slug, "name": "Forgewarden",
            "owner": { "login": "acme", "id": 1, "type": "Organization" },
            "html_url": page(app),
            "permissions": app.asks, "events": app.events }),
        ),
        (_, ["hook", "config"]) => {
            if method == "PATCH" {
                app.has_secret |= body["secret"].as_str().is_some_and(|it| !it.is_empty());
                let text = |value: &Value| value.as_str().map(str::to_owned);
                app.content_type = text(&body["content_type"]).unwrap_or(app.content_type.clone());
                app.insecure_ssl = text(&body["insecure_ssl"]).unwrap_or(app.insecure_ssl.clone());
                state.target = text(&body["url"]).or(state.target.take());
            }
            let mut config = json!({ "url": state.target.clone().unwrap_or_default(),
                "content_type": state.app.content_type, "insecure_ssl": state.app.insecure_ssl });
            if state.app.has_secret {
                config["secret"] = "********".into();
            }
            ok(config)
        }
        _ => not_found("Not Found"),
    }
}

/// The installation, as the App asks for it.
pub fn installation(state: &State) -> Value {
    let app = &state.app;
    let suspended = app.suspended.then_some("2026-01-02T03:04:05Z");
    json!({ "id": INSTALLATION_ID, "app_id": APP_ID, "permissions": app.granted,
        "events": app.events, "suspended_at": suspended,
        "html_url": format!("https://github.com/organizations/acme/settings/installations/{INSTALLATION_ID}") })
}

/// The permission that a path asks for, if it is one of these.
pub fn permission(method: &str, rest: &[&str]) -> Option<(&'static str, &'static str)> {
    match (method, rest) {
        (
            "GET",
            ["rulesets", "rule-suites"] | ["branches", _, "protection"] | ["pre-receive-hooks"],
        ) => Some(("administration", "read")),
        ("GET", ["rules", "branches", _] | ["rulesets", ..]) => Some(("metadata", "read")),
        ("POST" | "PUT", ["rulesets", ..]) => Some(("administration", "write")),
        ("GET", ["branches", _]) => Some(("contents", "read")),
        ("GET", ["commits", _, "status"]) => Some(("statuses", "read")),
        _ => None,
    }
}

/// What these paths answer.
pub fn answer(forge: &GitHub, method: &str, rest: &[&str], call: &Call<'_>) -> Answer {
    let api_url = forge.api_url();
    let mut state = forge.state();
    let takes_us = state
        .app
        .granted
        .get("statuses")
        .is_some_and(|it| it == "write");
    let repository = state.repository_mut(&call.repository);
    match (method, rest) {
        ("GET", ["rules", "branches", branch]) => {
            let numbered = repository.rulesets.iter().enumerate();
            let active = numbered.filter(|(_, it)| it.is_active_on(branch));
            let rules = active.flat_map(|(at, it)| {
                it.rules.iter().map(move |rule| {
                    let mut rule = rule.clone();
                    rule["ruleset_source_type"] = it.level.into();
                    rule["ruleset_source"] = "acme".into();
                    rule["ruleset_id"] = (at + 1).into();
                    rule
                })
            });
            ok(rules.collect())
        }
        ("GET", ["rulesets", "rule-suites"]) => {
            let shown = repository.bypasses.iter().map(|(by, name)| {
                json!({ "id": 1, "actor_id": 7, "actor_name": by, "before_sha": "1", "after_sha": "2",
                    "ref": name, "pushed_at": "2026-01-02T03:04:05Z", "result": "bypass" })
            });
            ok(shown.collect())
        }
        (_, ["rulesets", id @ ..]) => rulesets(repository, (method, id), call, takes_us),
        ("GET", ["branches", branch]) => {
            let full = format!("refs/heads/{branch}");
            let Ok(tip) = git::try_git(&repository.path, &["rev-parse", "--verify", &full]) else {
                return not_found("Branch not found");
            };
            let classic = repository.classic.get(*branch);
            let none = json!({ "enabled": false, "required_status_checks":
                { "enforcement_level": "off", "contexts": [], "checks": [] } });
            ok(
                json!({ "name": branch, "commit": { "sha": tip }, "protected": classic.is_some(),
                "protection": classic.map_or(none, Classic::summary) }),
            )
        }
        ("GET", ["branches", branch, "protection"]) => {
            let classic = repository.classic.get(*branch);
            classic.map_or_else(|| not_found("Branch not protected"), |it| ok(it.whole()))
        }
        ("GET", ["commits", commit, "status"]) => {
            let here = repository.statuses.iter().filter(|(it, _)| it == commit);
            let shown = here.map(|(_, context)| json!({ "context": context, "state": "success" }));
            let shown: Vec<Value> = shown.collect();
            ok(
                json!({ "state": "success", "sha": commit, "total_count": shown.len(), "statuses": shown }),
            )
        }
        ("GET", ["pre-receive-hooks"]) => {
            let hooks = repository.pre_receive.iter().map(|(enforcement, _)| {
                json!({ "id": 42, "name": "Forgewarden", "enforcement": enforcement,
                    "configuration_url": format!("{api_url}/orgs/acme/pre-receive-hooks/42") })
            });
            ok(hooks.collect())
        }
        _ => not_found("Not Found"),
    }
}

/// `/repos/{owner}/{name}/rulesets` and one of them.
fn rulesets(
    repository: &mut Repository,
    (method, id): (&str, &[&str]),
    call: &Call<'_>,
    takes_us: bool,
) -> Answer {
    let all = call.token.may(call.id, "administration", "write");
    let ruleset = |id: &str| id.parse::<usize>().unwrap_or(0).wrapping_sub(1);
    match (method, id) {
        ("GET", []) => {
            let own = repository.rulesets.iter().enumerate();
            let own = own.filter(|(_, it)| it.level == "Repository");
            ok(own.map(|(at, it)| it.shown(at + 1, false)).collect())
        }
        ("GET", [id]) => {
            let found = repository.rulesets.get(ruleset(id));
            found.map_or_else(
                || not_found("Not Found"),
                |it| ok(it.shown(ruleset(id) + 1, all)),
            )
        }
        ("POST" | "PUT", id) => {
            let new = Ruleset::read(call.body);
            let ours = call.body.to_string().contains("integration_id");
            if new.name.is_empty() || new.enforcement.is_empty() || (ours && !takes_us) {
                return error(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed");
            }
            let at = id
                .first()
                .map_or(repository.rulesets.len(), |id| ruleset(id));
            match at < repository.rulesets.len() {
                true => repository.rulesets[at] = new,
                false => repository.rulesets.push(new),
            }
            let shown = repository.rulesets[at].shown(at + 1, true);
            if method == "POST" {
                created(shown)
            } else {
                ok(shown)
            }
        }
        _ => not_found("Not Found"),
    }
}

/// `GET /orgs/{org}/pre-receive-hooks/{id}`: for owners of the organisation.
pub fn organisations_hook(state: &State, authorization: &str) -> Answer {
    if authorization != format!("Bearer {ADMIN_TOKEN}") {
        return not_found("Not Found");
    }
    let mut all = state
        .repositories
        .iter()
        .filter_map(|it| it.pre_receive.as_ref());
    all.next().map_or_else(
        || not_found("Not Found"),
        |(enforcement, downstream)| {
            ok(
                json!({ "id": 42, "name": "Forgewarden", "enforcement": enforcement,
                "allow_downstream_configuration": downstream }),
            )
        },
    )
}
