//! Whether a failing status blocks: one line for each thing that decides it.

use super::super::Stash;
use super::settings::{RequiredBuild, Restriction, Settings};
use super::{EVENTS, NEEDS_WORK_CHECK};
use crate::forge::support::guarantees::{PASSWORDS, tell_passwords};
use crate::forge::support::lines::Lines;
use crate::forge::{Diagnosis, ForgeError, Scope};
use crate::model::refs::RefName;
use crate::model::text::excerpt;

/// Most names in one message.
const MAX_NAMES: usize = 5;
const ADMIN: &str = "give an `admin_token` of somebody who administers the repository";

pub(super) async fn lines(stash: &Stash, scope: &Scope) -> Vec<Diagnosis> {
    let mut lines = Lines::at(scope.repository.name.to_string());
    let settings = match Settings::of(stash, &scope.repository) {
        Ok(settings) => settings,
        Err(error) => {
            lines.unknown("repository-readable", &error, "");
            return lines.finish();
        }
    };
    let examination = Examination {
        stash,
        scope,
        settings,
    };
    examination.account(&mut lines).await;
    examination.webhook(&mut lines).await;
    examination.passwords(&mut lines).await;
    examination.needs_work(&mut lines).await;
    examination.hook_script(&mut lines).await;
    examination.branches(&mut lines).await;
    lines.finish()
}

struct Examination<'a> {
    stash: &'a Stash,
    scope: &'a Scope,
    settings: Settings<'a>,
}

impl Examination<'_> {
    async fn account(&self, lines: &mut Lines) {
        let user = excerpt(&self.stash.user, 60);
        match self.stash.account().await {
            Ok(_) => lines.ok("account", format!("the token is of {user}")),
            Err(error @ ForgeError::Refused { .. }) => lines.problem(
                "account",
                error.to_string(),
                format!("make a new HTTP access token of {user}, or name its account as `user`"),
            ),
            Err(error) => lines.unknown("account", &error, ""),
        }
    }

    async fn webhook(&self, lines: &mut Lines) {
        let url = &self.scope.webhook_url;
        let remedy = "`forgewarden setup stash --apply`";
        let hooks = match self.settings.webhooks().await {
            Ok(hooks) => hooks,
            Err(error) => return lines.unknown("webhook", &error, ADMIN),
        };
        let Some(hook) = hooks.iter().find(|hook| hook.url == *url) else {
            let message = format!("no webhook delivers to {url}");
            return lines.problem("webhook", message, remedy);
        };
        if !hook.active {
            lines.problem("webhook-active", "the webhook is switched off", remedy);
        }
        let missing = EVENTS.iter().filter(|it| !hook.events.iter().any(|has| has == *it));
        let missing: Vec<_> = missing.copied().collect();
        if !missing.is_empty() {
            let message = format!("the webhook does not bring {}", missing.join(", "));
            lines.problem("webhook-events", message, remedy);
        }
        if hook.configuration.get("secret").is_none() {
            let message = "the webhook has no secret, so its deliveries are refused";
            lines.problem("webhook-secret", message, remedy);
        }
        if hook.ssl_verification_required == Some(false) {
            let message = "Stash does not check our certificate when it delivers";
            lines.warning("webhook-tls", message, remedy);
        }
        if hook.active && missing.is_empty() {
            lines.ok("webhook", format!("a webhook delivers to {url}"));
        }
    }

    async fn passwords(&self, lines: &mut Lines) {
        match self.stash.read_guarantees().await {
            Ok(found) => tell_passwords(&found, lines),
            Err(error) => lines.unknown(PASSWORDS, &error, ""),
        }
    }

    async fn needs_work(&self, lines: &mut Lines) {
        match self.settings.needs_work_blocks().await {
            Ok(true) => lines.ok("needs-work-blocks", "a reviewer's \"needs work\" blocks a merge"),
            Ok(false) => lines.warning(
                "needs-work-blocks",
                "a reviewer's \"needs work\", which is how we object, does not block a merge",
                format!(
                    "switch on the merge check \"No 'needs work' status\" ({NEEDS_WORK_CHECK}), or `forgewarden setup stash --apply`"
                ),
            ),
            Err(error) => lines.unknown("needs-work-blocks", &error, ADMIN),
        }
    }

    /// The one gate that no account of the repository can get around.
    async fn hook_script(&self, lines: &mut Lines) {
        let remedy = "install the hook script (hooks/install/bitbucket/README.md); from version 8.18 \
            on it needs `feature.hook.scripts=true` in bitbucket.properties";
        let scripts = match self.settings.hook_scripts().await {
            Ok(Some(scripts)) => scripts,
            Ok(None) => {
                let message = "the server runs no hook scripts, so pushes are judged after the fact";
                return lines.warning("hook-script", message, remedy);
            }
            Err(error) => return lines.unknown("hook-script", &error, ADMIN),
        };
        let ours = scripts.iter().find(|it| {
            it.script.kind == "PRE" && it.script.name.to_lowercase().contains("forgewarden")
        });
        let Some(ours) = ours else {
            let message = "no hook script of ours is here, so pushes are judged after the fact";
            return lines.warning("hook-script", message, remedy);
        };
        let needed = ["push", "pull-request-merge"];
        let missing = needed.iter().filter(|it| !ours.trigger_ids.iter().any(|has| has == *it));
        let missing: Vec<_> = missing.copied().collect();
        match missing.is_empty() {
            true => lines.ok("hook-script", "our hook script judges pushes and merges"),
            false => lines.problem(
                "hook-script",
                format!("our hook script does not run on {}", missing.join(", ")),
                "add these triggers to the hook script's configuration",
            ),
        }
    }

    async fn branches(&self, lines: &mut Lines) {
        let builds = self.settings.required_builds().await;
        let reviewers = self.settings.default_reviewers().await;
        let restrictions = self.settings.restrictions().await;
        for (branch, context) in &self.scope.branches {
            lines.go_to(format!("{} {}", self.scope.repository.name, branch.short_text()));
            match &builds {
                Ok(builds) => required_build(builds, branch, context, lines),
                Err(error) => lines.unknown("build-required", error, ADMIN),
            }
            match &reviewers {
                Ok(all) => self.approval(all.iter().any(|it| it.demand(&self.stash.user, branch)), lines),
                Err(error) => lines.unknown("approval-required", error, ADMIN),
            }
            match &restrictions {
                Ok(all) => permissions(all, branch, lines),
                Err(error) => lines.unknown("pull-request-required", error, ADMIN),
            }
        }
    }

    fn approval(&self, demanded: bool, lines: &mut Lines) {
        let user = excerpt(&self.stash.user, 60);
        match demanded {
            true => lines.ok("approval-required", format!("nothing is merged without the approval of {user}")),
            false => lines.problem(
                "approval-required",
                format!(
                    "the approval of {user} is not required; a required build alone can be forged by everybody who may read the repository"
                ),
                format!(
                    "make {user} a default reviewer whose approval is required, or `forgewarden setup stash --apply`"
                ),
            ),
        }
    }
}

fn required_build(builds: &[RequiredBuild], branch: &RefName, context: &str, lines: &mut Lines) {
    let ours = builds.iter().find(|it| {
        it.ref_matcher.names(branch) && it.build_parent_keys.iter().any(|key| key == context)
    });
    match ours {
        None => lines.problem(
            "build-required",
            format!("the build {context} is not required"),
            "add it as a required build, or `forgewarden setup stash --apply`",
        ),
        Some(it) if it.exempt_ref_matcher.is_some() => lines.warning(
            "build-required",
            format!("the build {context} is required, but some source branches are exempt"),
            "take the exemption out of the required build",
        ),
        Some(_) => lines.ok("build-required", format!("the build {context} is required")),
    }
}

/// A merge check never holds back a direct push: that takes branch permissions.
fn permissions(all: &[Restriction], branch: &RefName, lines: &mut Lines) {
    let rows = [
        ("pull-request-required", "pull-request-only", "pushed to without a pull request"),
        ("rewind-refused", "fast-forward-only", "rewound"),
        ("deletion-refused", "no-deletes", "deleted"),
    ];
    for (id, kind, what) in rows {
        let read_only = |it: &&Restriction| it.kind == kind || (it.kind == "read-only" && kind == "pull-request-only");
        let restriction = all.iter().filter(read_only).find(|it| it.matcher.names(branch));
        let remedy = format!("add the branch permission {kind}, or `forgewarden setup stash --apply`");
        match restriction.map(Restriction::exempt) {
            None if id == "pull-request-required" => {
                lines.problem(id, format!("the branch can be {what}"), remedy);
            }
            None => lines.warning(id, format!("the branch can be {what}"), remedy),
            Some(exempt) if exempt.is_empty() => {
                lines.ok(id, format!("the branch cannot be {what}"));
            }
            Some(exempt) => lines.warning(
                id,
                format!("the branch can be {what} by {}", listed(&exempt)),
                format!("take them out of the branch permission {kind}"),
            ),
        }
    }
}

fn listed(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(MAX_NAMES).map(|name| excerpt(name, 60)).collect();
    match names.len().saturating_sub(MAX_NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
