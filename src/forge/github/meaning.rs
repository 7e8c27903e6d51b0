//! What GitHub's events mean in neutral words.
//!
//! Ids decide, never the flags beside them (`created`, `deleted`, `forced`).
//! What is not of interest is said with its name; what should be and cannot be
//! read is [`Unreadable`], which is kept and shown.

use super::payload::{
    CheckEvent, InstallationEvent, MergeGroupEvent, PullRequest, PullRequestEvent, Push,
};
use crate::forge::support::reading::{id, not_of_interest, one, read, ref_update, unreadable};
use crate::forge::{Meaning, Unreadable};
use crate::model::event::{Event, EventRepository};
use crate::model::refs::RefName;
use crate::model::text::excerpt;

/// What the event with this name and body means to the App with this number.
pub(super) fn meaning(app_id: u64, event: &str, body: &[u8]) -> Result<Meaning, Unreadable> {
    let read = match event {
        "ping" => Ok(Meaning::Events(vec![Event::Ping])),
        "push" => read(body).and_then(push),
        "pull_request" => read(body).and_then(pull_request),
        "pull_request_review" => read(body).and_then(review),
        "check_run" | "check_suite" => read(body).and_then(|check| recheck(app_id, event, check)),
        "merge_group" => read(body).and_then(merge_group),
        "installation" | "installation_repositories" => {
            read(body).map(|change| access(event, &change))
        }
        other => Ok(not_of_interest(other, "")),
    };
    read.map_err(|reason| unreadable(event, reason))
}

/// One ref update: GitHub sends one delivery for each ref of a push.
fn push(push: Push) -> Result<Meaning, String> {
    let update = ref_update(
        &push.name,
        ("before", &push.before),
        ("after", &push.after),
    )?;
    let at = push.repository.pushed_at;
    one(Event::Push {
        repository: push.repository.named(push.installation)?,
        updates: vec![update],
        actor: push
            .sender
            .map(super::payload::Account::actor)
            .transpose()?,
        at,
    })
}

fn pull_request(event: PullRequestEvent) -> Result<Meaning, String> {
    let retargeted = || event.changes.as_ref().is_some_and(|it| it.base.is_some());
    let judged = match event.action.as_str() {
        "opened" | "reopened" | "synchronize" | "ready_for_review" | "converted_to_draft"
        | "closed" => true,
        "edited" => retargeted(),
        _ => false,
    };
    if !judged {
        return Ok(not_of_interest("pull_request", &event.action));
    }
    let repository = event.repository.named(event.installation)?;
    let pusher = event
        .sender
        .filter(|_| event.action == "synchronize")
        .map(super::payload::Account::actor)
        .transpose()?;
    let head = id("head.sha", &event.pull_request.head.sha)?;
    let at = event.pull_request.updated_at;
    let pushed = pusher.map(|actor| Event::HeadPushed {
        repository: repository.clone(),
        head,
        actor,
        at,
    });
    let judged = judge(repository, event.pull_request)?;
    Ok(Meaning::Events(pushed.into_iter().chain([judged]).collect()))
}

/// A review can give or take an approval, so the pull request is judged again.
fn review(event: PullRequestEvent) -> Result<Meaning, String> {
    match event.action.as_str() {
        "submitted" | "edited" | "dismissed" => {
            let repository = event.repository.named(event.installation)?;
            judge(repository, event.pull_request).map(|event| Meaning::Events(vec![event]))
        }
        action => Ok(not_of_interest("pull_request_review", action)),
    }
}

fn judge(repository: EventRepository, pull_request: PullRequest) -> Result<Event, String> {
    let branch = &pull_request.base.branch;
    Ok(Event::PullRequest {
        repository,
        number: pull_request.number.0,
        target: RefName::branch(branch).map_err(|error| error.to_string())?,
        base: Some(id("base.sha", &pull_request.base.sha)?),
        head: id("head.sha", &pull_request.head.sha)?,
        open: pull_request.state == "open",
        actor: pull_request
            .user
            .map(super::payload::Account::actor)
            .transpose()?,
    })
}

/// "Re-run" on one of our check runs, or "Re-run all". A suite that is
/// `requested` comes with a push or a pull request, which is judged anyway; for
/// forks it may never come.
fn recheck(app_id: u64, name: &str, event: CheckEvent) -> Result<Meaning, String> {
    let ours = event.check_run.app.is_some_and(|app| app.id.0 == app_id);
    if event.action != "rerequested" || !ours {
        return Ok(not_of_interest(name, &event.action));
    }
    one(Event::Recheck {
        repository: event.repository.named(event.installation)?,
        head: id("head_sha", &event.check_run.head_sha)?,
    })
}

fn merge_group(event: MergeGroupEvent) -> Result<Meaning, String> {
    if event.action != "checks_requested" {
        return Ok(not_of_interest("merge_group", &event.action));
    }
    let group = event.merge_group;
    one(Event::MergeGroup {
        repository: event.repository.named(event.installation)?,
        target: RefName::new(&group.base_ref).map_err(|error| error.to_string())?,
        base: id("base_sha", &group.base_sha)?,
        head: id("head_sha", &group.head_sha)?,
    })
}

fn access(name: &str, event: &InstallationEvent) -> Meaning {
    let number = event.installation.id.0;
    let what = format!("{name} {number}: {}", excerpt(&event.action, 40));
    Meaning::Events(vec![Event::AccessChanged { what }])
}
