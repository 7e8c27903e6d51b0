//! What has to be set so that a failing status blocks.

use http::Method;
use serde_json::{Map, Value, json};

use super::super::GitLab;
use super::settings::{Hook, Project, ProtectedBranch, Settings, shown};
use crate::forge::support::answer::refused;
use crate::forge::support::steps::request;
use crate::forge::{Action, ForgeError, SECRET, Scope, Step};
use crate::model::refs::RefName;
use crate::model::repo::ForgeKind;

pub(super) async fn steps(gitlab: &GitLab, scope: &Scope) -> Result<Vec<Step>, ForgeError> {
    let settings = Settings::of(gitlab, &scope.repository);
    let mut steps = Vec::new();
    steps.extend(webhook(gitlab, &settings, &scope.webhook_url).await?);
    let Some(project) = settings.project().await? else {
        let reason = format!("{}: the project is not there, or hidden", scope.repository.name);
        return Err(refused(ForgeKind::GitLab, reason));
    };
    steps.extend(merging(&settings, &project));
    let protected = settings.protected_branches().await?;
    for (branch, _) in &scope.branches {
        steps.extend(protection(&settings, &protected, branch));
    }
    Ok(steps)
}

/// A system hook if we may administer the instance, else a webhook of the
/// project. A system hook that stands already is enough for every project.
async fn webhook(
    gitlab: &GitLab,
    settings: &Settings<'_>,
    url: &str,
) -> Result<Option<Step>, ForgeError> {
    let hooks = settings.hooks().await?;
    let field = gitlab.hook_secret.field();
    let (path, stands) = match (hooks.system_to(url), hooks.project_to(url)) {
        (Some(system), _) => ("/hooks".to_owned(), Some(system)),
        (None, Some(project)) => (format!("{}/hooks", settings.path), Some(project)),
        (None, None) if hooks.system.is_some() => ("/hooks".to_owned(), None),
        (None, None) => (format!("{}/hooks", settings.path), None),
    };
    let system = path == "/hooks";
    if stands.is_some_and(|hook| is_as_it_should_be(hook, system)) {
        return Ok(None);
    }
    let after = hook_body(url, field, system);
    let action = match stands {
        None => request(Method::POST, path, after.clone()),
        Some(hook) => request(Method::PUT, format!("{path}/{}", hook.id), after.clone()),
    };
    Ok(Some(Step {
        title: format!("deliver events to {url}"),
        before: stands.map_or(Value::Null, |hook| shown(hook, field)),
        after,
        action,
    }))
}

fn hook_body(url: &str, secret_field: &str, system: bool) -> Value {
    let mut body = json!({ "url": url, "push_events": !system, "tag_push_events": !system,
        "merge_requests_events": true, "enable_ssl_verification": true, secret_field: SECRET });
    if system {
        // It tells every ref of a push; push events besides would tell them twice.
        body["repository_update_events"] = true.into();
    }
    body
}

fn is_as_it_should_be(hook: &Hook, system: bool) -> bool {
    let refs = match system {
        true => hook.repository_update_events,
        false => hook.push_events && hook.tag_push_events,
    };
    refs && hook.merge_requests_events
        && hook.enable_ssl_verification
        && hook.has_secret() != Some(false)
}

/// The settings of the project that are not as they should be, in one request.
fn merging(settings: &Settings<'_>, project: &Project) -> Option<Step> {
    let rows = [
        (
            "only_allow_merge_if_pipeline_succeeds",
            project.only_allow_merge_if_pipeline_succeeds,
            true,
        ),
        (
            "allow_merge_on_skipped_pipeline",
            project.allow_merge_on_skipped_pipeline == Some(true),
            false,
        ),
        (
            "only_allow_merge_if_all_discussions_are_resolved",
            project.only_allow_merge_if_all_discussions_are_resolved,
            true,
        ),
    ];
    let wrong = rows.iter().filter(|(_, is, wanted)| is != wanted);
    let (mut before, mut after) = (Map::new(), Map::new());
    for (name, is, wanted) in wrong {
        before.insert((*name).to_owned(), (*is).into());
        after.insert((*name).to_owned(), (*wanted).into());
    }
    let after = Value::Object(after);
    (!before.is_empty()).then(|| Step {
        title: "let a failing status hold a merge back".to_owned(),
        before: Value::Object(before),
        action: request(Method::PUT, settings.path.clone(), after.clone()),
        after,
    })
}

fn protection(
    settings: &Settings<'_>,
    protected: &[ProtectedBranch],
    branch: &RefName,
) -> Option<Step> {
    let name = branch.short().to_string();
    let title = format!("let nobody push to {} directly", branch.short_text());
    // Merging is what the status holds back. Our account is a Developer, and only
    // who may merge into a protected branch may post a status on it.
    let after = json!({ "name": name, "push_access_level": 0, "merge_access_level": 30,
        "allow_force_push": false });
    let covering: Vec<_> = protected.iter().filter(|it| it.covers(branch)).collect();
    let loose = covering.iter().find(|it| {
        let pushed = it.push_access_levels.iter().any(|level| level.is_somebody());
        pushed || it.allow_force_push
    });
    let action = match (covering.is_empty(), loose) {
        (true, _) => {
            let path = format!("{}/protected_branches", settings.path);
            request(Method::POST, path, after.clone())
        }
        (false, None) => return None,
        // Without a licence the API changes no levels of a branch that is protected.
        (false, Some(loose)) => Action::ByHand(format!(
            "in Settings > Repository > Protected branches, set \"Allowed to push and merge\" of {} to \"No one\" and switch off \"Allowed to force push\"",
            crate::model::text::excerpt(&loose.name, 100)
        )),
    };
    Some(Step {
        title,
        before: match loose {
            None => Value::Null,
            Some(it) => json!({ "name": it.name, "allow_force_push": it.allow_force_push }),
        },
        after,
        action,
    })
}
