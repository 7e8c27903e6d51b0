//! What has to be set so that a failing check run blocks.
//!
//! One ruleset for each branch, named as its check: a ruleset for several
//! branches would ask for the check of each on all of them.

use http::Method;
use serde_json::{Value, json};

use super::super::GitHub;
use super::protection::Protection;
use super::settings::Settings;
use super::{QUEUE_EVENT, QUEUE_PERMISSION, app};
use crate::forge::support::steps::request;
use crate::forge::{ForgeError, Scope, Step};
use crate::model::refs::RefName;

pub(super) async fn steps(github: &GitHub, scope: &Scope) -> Result<Vec<Step>, ForgeError> {
    let settings = Settings::of(github, &scope.repository)?;
    let mut steps = Vec::new();
    steps.extend(app::webhook_step(&settings, &scope.webhook_url).await?);
    if let Some(step) = app::installation_step(github, &settings).await? {
        // Nothing can be read there before that.
        steps.push(step);
        return Ok(steps);
    }
    let mut queue = false;
    let mut rulesets = Vec::new();
    for (branch, context) in &scope.branches {
        let protection = Protection::of(&settings, branch).await?;
        queue |= protection.queue;
        if !protection.is_complete(context, github.api.app_id()) {
            let wanted = Wanted {
                branch,
                context,
                app: github.api.app_id(),
            };
            rulesets.push(wanted.step(&settings).await?);
        }
    }
    let more: (&[_], &[_]) = match queue {
        true => (&[QUEUE_PERMISSION], &[QUEUE_EVENT]),
        false => (&[], &[]),
    };
    steps.extend(app::grant_step(github, &settings, more).await?);
    steps.extend(rulesets);
    Ok(steps)
}

/// A branch and what it should require.
struct Wanted<'a> {
    branch: &'a RefName,
    context: &'a str,
    app: u64,
}

impl Wanted<'_> {
    async fn step(&self, settings: &Settings<'_>) -> Result<Step, ForgeError> {
        let stands = settings.ruleset_named(self.context).await?;
        let (method, below, before) = match stands {
            None => (Method::POST, "/rulesets".to_owned(), Value::Null),
            Some((id, whole)) => (Method::PUT, format!("/rulesets/{id}"), shown(&whole)),
        };
        let after = self.ruleset(&before);
        Ok(Step {
            title: format!("require {} on {}", self.context, self.branch.short_text()),
            before,
            action: request(method, format!("{}{below}", settings.path), after.clone()),
            after,
        })
    }

    /// Our ruleset. What else somebody put into the one that stands is kept, but
    /// not who gets around it.
    fn ruleset(&self, stands: &Value) -> Value {
        let old = |kind: &str| {
            let rules = stands["rules"].as_array().into_iter().flatten();
            rules.into_iter().find(|rule| rule["type"] == kind)
        };
        let pull_request = old("pull_request").cloned().unwrap_or_else(|| {
            json!({ "type": "pull_request", "parameters": {
                "required_approving_review_count": 0,
                "dismiss_stale_reviews_on_push": true,
                "require_code_owner_review": false,
                "require_last_push_approval": false,
                "required_review_thread_resolution": false,
            } })
        });
        let mut rules = vec![
            json!({ "type": "deletion" }),
            json!({ "type": "non_fast_forward" }),
            pull_request,
            self.checks(old("required_status_checks")),
        ];
        let ours: Vec<Value> = rules.iter().map(|rule| rule["type"].clone()).collect();
        let others = stands["rules"].as_array().into_iter().flatten();
        let others = others.filter(|rule| !ours.contains(&rule["type"]));
        rules.extend(others.cloned());
        json!({ "name": self.context, "target": "branch", "enforcement": "active",
            "bypass_actors": [],
            "conditions": { "ref_name": { "include": [self.branch.to_string()], "exclude": [] } },
            "rules": rules })
    }

    fn checks(&self, old: Option<&Value>) -> Value {
        let old = old.map_or(&Value::Null, |rule| &rule["parameters"]);
        let checks = old["required_status_checks"].as_array().into_iter().flatten();
        let others = checks.filter(|check| check["context"] != self.context);
        let ours = json!({ "context": self.context, "integration_id": self.app });
        let checks: Vec<Value> = others.cloned().chain([ours]).collect();
        json!({ "type": "required_status_checks", "parameters": {
            "required_status_checks": checks,
            "strict_required_status_checks_policy":
                old["strict_required_status_checks_policy"].as_bool().unwrap_or(false),
            "do_not_enforce_on_create": false,
        } })
    }
}

/// What of a ruleset a request can set.
fn shown(whole: &Value) -> Value {
    let fields = ["name", "target", "enforcement", "bypass_actors", "conditions", "rules"];
    let fields = fields.iter().filter(|name| !whole[**name].is_null());
    fields.map(|name| ((*name).to_owned(), whole[*name].clone())).collect()
}
