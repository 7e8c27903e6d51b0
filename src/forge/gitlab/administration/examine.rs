//! Whether a failing status blocks: one line for each thing that decides it.

use super::super::GitLab;
use super::settings::{DEVELOPER, Hook, Hooks, Project, ProtectedBranch, Settings, StatusCheck};
use crate::forge::support::answer::refused;
use crate::forge::support::guarantees::{PASSWORDS, tell_passwords};
use crate::forge::support::lines::Lines;
use crate::forge::{Diagnosis, Scope};
use crate::model::refs::RefName;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

const ADMIN: &str = "give an `admin_token` of a maintainer of the project";
const SETUP: &str = "`forgewarden setup gitlab --apply`";
const SERVER_HOOK: &str = "install the server hook (hooks/install/gitlab/README.md), which no account gets around";

pub(super) async fn lines(gitlab: &GitLab, scope: &Scope) -> Vec<Diagnosis> {
    let mut lines = Lines::at(scope.repository.name.to_string());
    let settings = Settings::of(gitlab, &scope.repository);
    account(&settings, &mut lines).await;
    match settings.hooks().await {
        Ok(hooks) => webhook(&hooks, &scope.webhook_url, &mut lines),
        Err(error) => lines.unknown("webhook", &error, ADMIN),
    }
    match gitlab.read_guarantees().await {
        Ok(found) => tell_passwords(&found, &mut lines),
        Err(error) => lines.unknown(PASSWORDS, &error, ADMIN),
    }
    let checks = settings.status_checks().await;
    let project = settings.project().await;
    match &project {
        Ok(Some(project)) => merging(project, &mut lines),
        Ok(None) => lines.problem("project", "the project is not there, or hidden from us", ADMIN),
        Err(error) => lines.unknown("project", error, ADMIN),
    }
    approvals(&settings, &mut lines).await;
    let protected = settings.protected_branches().await;
    for (branch, context) in &scope.branches {
        lines.go_to(format!("{} {}", scope.repository.name, branch.short_text()));
        if let (Ok(checks), Ok(Some(project))) = (&checks, &project) {
            status_check(checks.as_deref(), project, context, &mut lines);
        }
        match &protected {
            Ok(all) => protection(all, branch, &mut lines),
            Err(error) => lines.unknown("branch-protected", error, ADMIN),
        }
    }
    lines.finish()
}

async fn account(settings: &Settings<'_>, lines: &mut Lines) {
    match settings.role().await {
        Ok(Some(role)) if role >= DEVELOPER => lines.ok("account", "our account may post statuses"),
        Ok(_) => lines.problem(
            "account",
            "our account is not a member with the role Developer or higher, so it posts no status",
            "add it to the project or its group as a Developer",
        ),
        Err(error) => lines.unknown("account", &error, "make a new token with the scope `api`"),
    }
}

fn webhook(hooks: &Hooks, url: &str, lines: &mut Lines) {
    if let Some(hook) = hooks.system_to(url) {
        let events = [
            ("repository update", hook.repository_update_events),
            ("merge request", hook.merge_requests_events),
        ];
        return hook_lines(hook, &events, lines);
    }
    let Some(hook) = hooks.project_to(url) else {
        if hooks.system.is_none() && hooks.project.is_none() {
            let message = "neither system hooks nor the project's webhooks are shown to us";
            return lines.unknown("webhook", &refused(ForgeKind::GitLab, message), ADMIN);
        }
        return lines.problem("webhook", format!("no webhook delivers to {url}"), SETUP);
    };
    let events = [
        ("push", hook.push_events),
        ("tag push", hook.tag_push_events),
        ("merge request", hook.merge_requests_events),
    ];
    hook_lines(hook, &events, lines);
    lines.warning(
        "webhook-many-refs",
        "a push of more than three branches or tags sends nothing to a project's webhook; it is found by the next sweep",
        "install a system hook with repository update events instead, if you administer the instance",
    );
}

fn hook_lines(hook: &Hook, events: &[(&str, bool)], lines: &mut Lines) {
    let missing = events.iter().filter(|(_, on)| !on).map(|(name, _)| *name);
    let missing: Vec<_> = missing.collect();
    match missing.is_empty() {
        true => lines.ok("webhook", format!("a webhook delivers to {}", hook.url)),
        false => {
            let message = format!("the webhook brings no events of: {}", missing.join(", "));
            lines.problem("webhook-events", message, SETUP);
        }
    }
    let disabled = hook.alert_status.as_deref().filter(|it| *it != "executable");
    if let Some(status) = disabled {
        let message = format!("GitLab switched the webhook off after failures ({})", excerpt(status, 40));
        lines.problem("webhook-disabled", message, "send a test event to it on the project's webhook page");
    }
    if hook.has_secret() == Some(false) {
        let message = "the webhook has no secret, so its deliveries are refused";
        lines.problem("webhook-secret", message, SETUP);
    }
    if hook.custom_webhook_template.as_deref().is_some_and(|it| !it.is_empty()) {
        let message = "a custom template replaces the payload, so deliveries cannot be read";
        lines.problem("webhook-template", message, "remove the template of the webhook");
    }
    if !hook.enable_ssl_verification {
        let message = "GitLab does not check our certificate when it delivers";
        lines.warning("webhook-tls", message, SETUP);
    }
}

fn merging(project: &Project, lines: &mut Lines) {
    match project.only_allow_merge_if_pipeline_succeeds {
        true => lines.ok("pipelines-must-succeed", "nothing is merged unless its pipeline succeeds"),
        false => lines.problem(
            "pipelines-must-succeed",
            "a merge request with a failed status can be merged",
            format!("switch on \"Pipelines must succeed\", or {SETUP}"),
        ),
    }
    if project.allow_merge_on_skipped_pipeline == Some(true) {
        lines.problem(
            "skipped-pipeline-passes",
            "a skipped pipeline counts as a success, and `[skip ci]` skips it",
            format!("switch off \"Skipped pipelines are considered successful\", or {SETUP}"),
        );
    }
    if !project.only_allow_merge_if_all_discussions_are_resolved {
        lines.warning(
            "threads-must-be-resolved",
            "our thread on a merge request from a fork does not hold it back",
            format!("switch on \"All threads must be resolved\", or {SETUP}"),
        );
    }
    if project.forking_access_level.as_deref() != Some("disabled") {
        lines.warning(
            "fork-merge-requests",
            "for a merge request from a fork GitLab asks the fork's own pipeline, not our status",
            SERVER_HOOK,
        );
    }
    if project.merge_trains_enabled {
        lines.warning(
            "merge-train",
            "a merge train merges commits that no status of ours stands on",
            SERVER_HOOK,
        );
    }
    let elsewhere = project.ci_config_path.as_deref().filter(|path| !path.is_empty());
    if let Some(path) = elsewhere {
        let message = format!("the pipeline is configured in {}, not in .gitlab-ci.yml", excerpt(path, 100));
        let remedy = match path.contains('@') || path.contains("://") {
            true => "that file is outside this repository: guard it where it is, or move it here",
            false => "name that file in the policy as part of the build environment, or use .gitlab-ci.yml",
        };
        lines.warning("ci-config-elsewhere", message, remedy);
    }
}

/// Where external status checks are not licensed, a status is all there is.
fn status_check(
    checks: Option<&[StatusCheck]>,
    project: &Project,
    context: &str,
    lines: &mut Lines,
) {
    let ours = checks.is_some_and(|all| all.iter().any(|check| check.name == context));
    let required = project.only_allow_merge_if_all_status_checks_passed == Some(true);
    match (ours, required) {
        (true, true) => lines.ok("status-pinned", "an external status check holds a merge back"),
        (true, false) => lines.problem(
            "status-pinned",
            "there is an external status check, and it need not pass",
            "switch on \"Status checks must succeed\"",
        ),
        (false, _) => lines.warning(
            "status-pinned",
            "every Developer can post a green status with our name; we post ours again, but a merge may be faster",
            SERVER_HOOK,
        ),
    }
}

async fn approvals(settings: &Settings<'_>, lines: &mut Lines) {
    let found = match settings.approvals().await {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err(error) => return lines.unknown("approvals-reset", &error, ADMIN),
    };
    match found.reset_approvals_on_push {
        true => lines.ok("approvals-reset", "a push takes approvals back"),
        false => lines.warning(
            "approvals-reset",
            "GitLab keeps approvals when the source branch moves; we count those for the present head alone",
            "switch on \"Remove all approvals\" when a commit is added",
        ),
    }
    if found.merge_requests_author_approval || !found.merge_requests_disable_committers_approval {
        lines.warning(
            "approvals-of-authors",
            "GitLab counts approvals of authors or committers; we do not",
            "switch on \"Prevent approval by author\" and \"by users who add commits\"",
        );
    }
}

/// A status never holds back a direct push: that takes a protected branch.
fn protection(all: &[ProtectedBranch], branch: &RefName, lines: &mut Lines) {
    let covering: Vec<_> = all.iter().filter(|it| it.covers(branch)).collect();
    if covering.is_empty() {
        let message = "the branch is not protected, so every Developer pushes to it";
        return lines.problem("branch-protected", message, SETUP);
    }
    // Several patterns: the most permissive counts.
    let pushers = covering.iter().flat_map(|it| &it.push_access_levels);
    let pushers: Vec<_> = pushers.filter(|it| it.is_somebody()).collect();
    match pushers.as_slice() {
        [] => lines.ok("branch-protected", "nobody pushes to the branch directly"),
        some => {
            let who: Vec<_> = some.iter().map(|it| excerpt(it.words(), 40)).collect();
            lines.problem(
                "branch-protected",
                format!("the branch can be pushed to without a merge request by {}", who.join(", ")),
                "set \"Allowed to push and merge\" of the protected branch to \"No one\"",
            );
        }
    }
    if covering.iter().any(|it| it.allow_force_push) {
        let message = "the branch can be rewound";
        lines.warning("rewind-refused", message, "switch off \"Allowed to force push\"");
    }
}
