//! Whether a failing check run blocks: one line for each thing that decides it.

use super::super::GitHub;
use super::branch::Examination;
use super::answers::PreReceive;
use super::{app, authentication};
use super::settings::Settings;
use crate::forge::support::lines::Lines;
use crate::forge::{Diagnosis, Scope};
use crate::model::refs::RefName;
use crate::model::text::excerpt;

/// Most names in one message.
const MAX_NAMES: usize = 5;
pub(super) const ADMIN: &str =
    "grant the App \"Administration: read\", or give an `admin_token` of somebody who administers the repository";
const SERVER_HOOK: &str = "install the pre-receive hook (hooks/install/ghes/README.md)";

pub(super) async fn lines(github: &GitHub, scope: &Scope) -> Vec<Diagnosis> {
    let mut lines = Lines::at(scope.repository.name.to_string());
    let settings = match Settings::of(github, &scope.repository) {
        Ok(settings) => settings,
        Err(error) => {
            lines.unknown("repository-readable", &error, "");
            return lines.finish();
        }
    };
    let installed = app::lines((github, &settings), &scope.webhook_url, &mut lines).await;
    pre_receive(&settings, &mut lines).await;
    bypasses(&settings, &scope.branches, &mut lines).await;
    authentication::lines(github, scope, &mut lines).await;
    for (branch, context) in &scope.branches {
        lines.go_to(format!("{} {}", scope.repository.name, branch.short_text()));
        let examination = Examination {
            settings: &settings,
            app: github.api.app_id(),
            installed: installed.as_ref(),
            context,
        };
        examination.branch(branch, &mut lines).await;
    }
    lines.finish()
}

/// The one gate on GitHub that judges a push before it is taken in.
async fn pre_receive(settings: &Settings<'_>, lines: &mut Lines) {
    let id = "hook-script";
    let hooks = match settings.pre_receive().await {
        Ok(Some(hooks)) => hooks,
        Ok(None) => return,
        Err(error) => return lines.unknown(id, &error, ADMIN),
    };
    let ours = hooks.iter().find(|it| it.name.to_lowercase().contains("forgewarden"));
    let Some(ours) = ours else {
        let message = "no pre-receive hook of ours is here, so pushes are judged after the fact";
        return lines.warning(id, message, SERVER_HOOK);
    };
    if ours.enforcement != "enabled" {
        let message = format!("our pre-receive hook is not enforced ({})", excerpt(&ours.enforcement, 40));
        return lines.warning(id, message, "set its enforcement to \"enabled\"");
    }
    lines.ok(id, "our pre-receive hook judges pushes and merges");
    downstream(settings, ours, lines).await;
}

/// Whether those who administer the repository can switch the hook off.
async fn downstream(settings: &Settings<'_>, ours: &PreReceive, lines: &mut Lines) {
    let id = "hook-script-downstream";
    let remedy = "let the site's administrator enforce it for the whole organisation or server";
    let told = match (ours.allow_downstream_configuration, ours.configuration_url.as_deref()) {
        (Some(told), _) => Ok(Some(told)),
        (None, Some(link)) if link.contains("/repos/") => Ok(Some(true)),
        (None, Some(link)) => {
            let found = settings.configured(link).await;
            found.map(|it| it.allow_downstream_configuration)
        }
        (None, None) => Ok(None),
    };
    match told {
        Ok(Some(false)) => lines.ok(id, "the repository cannot switch the hook off"),
        Ok(Some(true)) => {
            let message = "those who administer the repository can switch the pre-receive hook off";
            lines.warning(id, message, remedy);
        }
        Ok(None) => {
            let message = "it is not shown whether the repository can switch the pre-receive hook off";
            lines.warning(id, message, remedy);
        }
        Err(error) => lines.unknown(id, &error, "give an `admin_token` of an owner of the organisation"),
    }
}

/// What was let in against the rules, of the branches that are guarded.
async fn bypasses(settings: &Settings<'_>, branches: &[(RefName, String)], lines: &mut Lines) {
    let id = "recent-bypasses";
    let mut all = match settings.bypasses().await {
        Ok(all) => all,
        Err(error) => return lines.unknown(id, &error, ADMIN),
    };
    all.retain(|it| branches.iter().any(|(branch, _)| branch.to_string() == it.name));
    let shown = all.iter().map(|it| {
        let who = excerpt(it.actor_name.as_deref().unwrap_or("somebody"), 60);
        format!("{who} on {} at {}", excerpt(&it.name, 80), excerpt(&it.pushed_at, 40))
    });
    let shown: Vec<String> = shown.collect();
    match shown.is_empty() {
        true => lines.ok(id, "nobody got around a ruleset in the last month"),
        false => lines.warning(
            id,
            format!("rulesets were got around in the last month: {}", listed(&shown)),
            "look at what came in so, and take away the bypass if it is not meant",
        ),
    }
}

/// Names for a message; not all of very many.
pub(super) fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MAX_NAMES).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
