//! What has to be set so that a failing status blocks.

use http::Method;
use serde_json::{Value, json};

use super::super::Stash;
use super::settings::{Matcher, Settings, Webhook};
use super::{EVENTS, NEEDS_WORK_CHECK};
use crate::forge::support::steps::request;
use crate::forge::{ForgeError, SECRET, Scope, Step};
use crate::model::refs::RefName;

pub(super) async fn steps(stash: &Stash, scope: &Scope) -> Result<Vec<Step>, ForgeError> {
    let settings = Settings::of(stash, &scope.repository)?;
    let mut steps = Vec::new();
    steps.extend(webhook(&settings, &scope.webhook_url).await?);
    if !settings.needs_work_blocks().await? {
        let below = format!("/settings/hooks/{NEEDS_WORK_CHECK}/enabled");
        steps.push(Step {
            title: "let \"needs work\" block a merge".to_owned(),
            before: json!({ "enabled": false }),
            after: json!({ "enabled": true }),
            action: request(Method::PUT, settings.path("api", &below), json!({})),
        });
    }
    let builds = settings.required_builds().await?;
    let reviewers = settings.default_reviewers().await?;
    let restrictions = settings.restrictions().await?;
    for (branch, context) in &scope.branches {
        let required = builds.iter().any(|it| {
            let ours = it.build_parent_keys.iter().any(|key| key == context);
            ours && it.ref_matcher.names(branch) && it.exempt_ref_matcher.is_none()
        });
        if !required {
            steps.push(required_build(&settings, branch, context));
        }
        if !reviewers.iter().any(|it| it.demand(&stash.user, branch)) {
            steps.push(default_reviewer(stash, &settings, branch).await?);
        }
        for kind in ["pull-request-only", "fast-forward-only", "no-deletes"] {
            let stands = |it: &super::settings::Restriction| it.kind == kind && it.matcher.names(branch);
            if !restrictions.iter().any(stands) {
                steps.push(restriction(&settings, branch, kind));
            }
        }
    }
    Ok(steps)
}

/// The webhook as it should stand. The secret cannot be compared: versions that
/// show it show stars.
async fn webhook(settings: &Settings<'_>, url: &str) -> Result<Option<Step>, ForgeError> {
    let hooks = settings.webhooks().await?;
    let stands = hooks.iter().find(|hook| hook.url == url);
    let mut events: Vec<String> = EVENTS.iter().map(|it| (*it).to_owned()).collect();
    if let Some(hook) = stands {
        events.extend(hook.events.iter().cloned());
    }
    events.sort();
    events.dedup();
    let after = json!({ "name": "Forgewarden", "url": url, "active": true, "events": events,
        "configuration": { "secret": SECRET }, "sslVerificationRequired": true });
    let (method, below) = match stands {
        None => (Method::POST, "/webhooks".to_owned()),
        Some(hook) if is_as_it_should_be(hook) => return Ok(None),
        Some(hook) => (Method::PUT, format!("/webhooks/{}", hook.id)),
    };
    Ok(Some(Step {
        title: format!("deliver events to {url}"),
        before: stands.map_or(Value::Null, shown),
        after: after.clone(),
        action: request(method, settings.path("api", &below), after),
    }))
}

fn is_as_it_should_be(hook: &Webhook) -> bool {
    let has = |event: &&str| hook.events.iter().any(|it| it == event);
    hook.active
        && EVENTS.iter().all(has)
        && hook.configuration.get("secret").is_some()
        && hook.ssl_verification_required != Some(false)
}

fn shown(hook: &Webhook) -> Value {
    let secret = hook.configuration.get("secret").map(|_| SECRET);
    json!({ "url": hook.url, "active": hook.active, "events": hook.events,
        "configuration": { "secret": secret },
        "sslVerificationRequired": hook.ssl_verification_required })
}

fn required_build(settings: &Settings<'_>, branch: &RefName, context: &str) -> Step {
    let after = json!({ "buildParentKeys": [context], "refMatcher": Matcher::of(branch) });
    Step {
        title: format!("require the build {context} on {}", branch.short_text()),
        before: Value::Null,
        after: after.clone(),
        action: request(Method::POST, settings.path("required-builds", "/condition"), after),
    }
}

async fn default_reviewer(
    stash: &Stash,
    settings: &Settings<'_>,
    branch: &RefName,
) -> Result<Step, ForgeError> {
    let own = stash.account().await?;
    let reviewer = json!({ "id": own.number, "name": stash.user, "slug": own.slug });
    let after = json!({ "sourceMatcher": Matcher::of_all(), "targetMatcher": Matcher::of(branch),
        "reviewers": [reviewer], "requiredApprovals": 1 });
    let path = settings.path("default-reviewers", "/condition");
    Ok(Step {
        title: format!("require our approval on {}", branch.short_text()),
        before: Value::Null,
        after: after.clone(),
        action: request(Method::POST, path, after),
    })
}

fn restriction(settings: &Settings<'_>, branch: &RefName, kind: &str) -> Step {
    let after = json!({ "type": kind, "matcher": Matcher::of(branch), "users": [], "groups": [] });
    let path = settings.path("branch-permissions", "/restrictions");
    Step {
        title: format!("{kind} on {}", branch.short_text()),
        before: Value::Null,
        after: after.clone(),
        action: request(Method::POST, path, json!([after])),
    }
}
