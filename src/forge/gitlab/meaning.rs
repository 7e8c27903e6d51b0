//! What GitLab's events mean in neutral words.
//!
//! The body says which event it is: the header of a system hook does not, and
//! no signature covers it. Ids decide, never the flags beside them.

use jiff::{SignedDuration, Timestamp};

use super::payload::{
    AccessEvent, Change, Kind, MergeRequestEvent, PipelineEvent, Push, RepositoryUpdate, repository,
};
use crate::forge::support::reading::{id, not_of_interest, one, read, ref_update, unreadable};
use crate::forge::{Meaning, Unreadable};
use crate::model::delivery::VerifiedDelivery;
use crate::model::event::Event;
use crate::model::refs::{RefName, RefUpdate};
use crate::model::text::excerpt;

/// How old a pipeline may be when its event asks to judge its head again. A
/// status of ours can move a pipeline through `pending`: without an end, each
/// would bring about the next.
const NEW_PIPELINE: SignedDuration = SignedDuration::from_mins(2);

/// What a delivery means.
pub(super) fn meaning(delivery: &VerifiedDelivery) -> Result<Meaning, Unreadable> {
    let body = delivery.body();
    let kind: Kind = read(body).map_err(|reason| unreadable(delivery.event(), reason))?;
    let name = kind.name();
    let meaning = match name {
        "push" | "tag_push" => read(body).and_then(push),
        "repository_update" => read(body).and_then(repository_update),
        "merge_request" => read(body).and_then(merge_request),
        "pipeline" => read(body).and_then(|event| pipeline(event, delivery.received_at())),
        "project_create" | "project_destroy" | "project_rename" | "project_transfer"
        | "project_update" | "group_destroy" | "group_rename" => {
            read(body).map(|event| access(name, &event))
        }
        "" => Err("neither object_kind nor event_name says what it is".to_owned()),
        other => Ok(not_of_interest(other, "")),
    };
    meaning.map_err(|reason| unreadable(name, reason))
}

/// One ref. The same push may come again as `repository_update`, and as a
/// project's hook beside a system hook: a later evaluation speaks for the
/// earlier one, so the second costs a look at the mirror.
fn push(push: Push) -> Result<Meaning, String> {
    one(Event::Push {
        repository: push.project.named(push.project_id)?,
        updates: vec![update(&push.change)?],
        actor: push.pusher.actor()?,
        at: None,
    })
}

/// Every ref of a push. A push of more than three branches sends this alone.
fn repository_update(event: RepositoryUpdate) -> Result<Meaning, String> {
    if event.changes.is_empty() {
        return Ok(not_of_interest("repository_update", "nothing"));
    }
    let updates = event.changes.iter().map(update).collect::<Result<_, _>>()?;
    one(Event::Push {
        repository: event.project.named(event.project_id)?,
        updates,
        actor: event.pusher.actor()?,
        at: None,
    })
}

fn update(change: &Change) -> Result<RefUpdate, String> {
    let (before, after) = (&change.before, &change.after);
    ref_update(&change.name, ("before", before), ("after", after))
}

/// Every action is judged: `update` is a push, a new target, a draft or a title,
/// and an approval comes under four names. An action that we do not know may
/// change as much. The target project is where it would be merged. With `oldrev`
/// the head moved, and whoever did it pushed: of a fork there is no other word.
fn merge_request(event: MergeRequestEvent) -> Result<Meaning, String> {
    let attributes = event.object_attributes;
    let Some(commit) = attributes.last_commit else {
        let action = attributes.action.unwrap_or_default();
        return Ok(not_of_interest("merge_request without a commit", &action));
    };
    let is_author = event.user.as_ref().map(|user| user.id) == attributes.author_id;
    let repository = event.project.named(attributes.target_project_id)?;
    let head = id("last_commit.id", &commit.id)?;
    let user = event.user.filter(|_| attributes.oldrev.is_some() || is_author);
    let user = user.map(super::payload::Account::actor).transpose()?;
    let pushed = user.clone().filter(|_| attributes.oldrev.is_some());
    let pushed = pushed.map(|actor| Event::HeadPushed {
        repository: repository.clone(),
        head,
        actor,
        at: None,
    });
    let judged = Event::PullRequest {
        repository,
        number: attributes.iid.0,
        target: RefName::branch(&attributes.target_branch).map_err(|error| error.to_string())?,
        base: None,
        head,
        open: attributes.state == "opened" || attributes.state == "locked",
        actor: user.filter(|_| is_author),
    };
    Ok(Meaning::Events(pushed.into_iter().chain([judged]).collect()))
}

/// A new pipeline takes the place of the one that our status stands on: GitLab
/// looks at the newest alone. So its head is judged, and published, again.
/// Pipelines of source `external` are made by statuses, ours among them.
fn pipeline(event: PipelineEvent, received_at: Timestamp) -> Result<Meaning, String> {
    let attributes = event.object_attributes;
    let waiting = matches!(
        attributes.status.as_str(),
        "created" | "waiting_for_resource" | "preparing" | "pending" | "manual" | "skipped"
    );
    let foreign = attributes.source.as_deref() != Some("external");
    let created = attributes.created_at.as_deref().and_then(instant);
    let new = created.is_some_and(|at| received_at.duration_since(at) <= NEW_PIPELINE);
    if !(waiting && foreign && new) {
        return Ok(not_of_interest("pipeline", &attributes.status));
    }
    let project = event.project;
    one(Event::Recheck {
        repository: repository(
            project.id,
            project.path_with_namespace,
            project.default_branch,
        )?,
        head: id("sha", &attributes.sha)?,
    })
}

/// `2026-01-02 03:04:05 UTC`, as hooks have it, or RFC 3339.
fn instant(text: &str) -> Option<Timestamp> {
    let text = match text.strip_suffix(" UTC") {
        Some(rest) => format!("{rest}Z"),
        None => text.to_owned(),
    };
    text.parse().ok()
}

fn access(name: &str, event: &AccessEvent) -> Meaning {
    let what = format!("{name}: {}", excerpt(event.path(), 100));
    Meaning::Events(vec![Event::AccessChanged { what }])
}

#[cfg(test)]
mod tests {
    use super::meaning;
    use crate::forge::{Meaning, Unreadable};
    use crate::model::delivery::VerifiedDelivery;
    use crate::model::event::Event;
    use serde_json::{Value, json};

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";
    const NONE: &str = "0000000000000000000000000000000000000000";

    fn of(body: &Value) -> Result<Meaning, Unreadable> {
        let at = "2026-01-02T03:05:00Z".parse().expect("a time");
        let (instance, event) = ("gitlab".into(), "System Hook".into());
        let body = body.to_string().into_bytes();
        meaning(&VerifiedDelivery::attest(
            instance,
            "1".into(),
            event,
            body,
            at,
        ))
    }

    fn event(body: &Value) -> Event {
        match of(body) {
            Ok(Meaning::Events(events)) if events.len() == 1 => events[0].clone(),
            other => panic!("{body}: {other:?}"),
        }
    }

    fn project() -> Value {
        json!({ "id": 7, "path_with_namespace": "acme/team/app", "default_branch": "main" })
    }

    fn merge_request(action: &str) -> Value {
        json!({
            "object_kind": "merge_request", "event_type": "merge_request", "project": project(),
            "user": { "id": 3, "username": "alice", "name": "Alice" },
            "object_attributes": {
                "iid": 5, "target_branch": "main", "source_project_id": 8, "target_project_id": 7,
                "last_commit": { "id": ONE }, "state": "opened", "action": action,
                "author_id": 3, "draft": true,
            },
        })
    }

    #[test]
    fn every_ref_of_a_push_is_in_one_event() {
        let change =
            |name: &str, before, after| json!({ "ref": name, "before": before, "after": after });
        let body = json!({
            "event_name": "repository_update", "user_id": 3, "user_name": "Alice", "project_id": 7,
            "project": { "path_with_namespace": "acme/app", "default_branch": "main" },
            "changes": [
                change("refs/heads/a", ONE, TWO), change("refs/heads/b", NONE, TWO),
                change("refs/heads/c", ONE, NONE), change("refs/tags/d", NONE, ONE),
                change("refs/heads/grün", ONE, TWO),
            ],
            "refs": ["refs/heads/a"],
        });
        let Event::Push {
            repository,
            updates,
            actor,
            ..
        } = event(&body)
        else {
            panic!("not a push");
        };
        assert_eq!((repository.id, updates.len()), (7, 5));
        assert_eq!((updates[1].old, updates[2].new), (None, None));
        let actor = actor.expect("a pusher");
        assert_eq!((actor.login.as_str(), actor.id), ("#3", Some(3)));
    }

    #[test]
    fn a_push_is_the_same_with_and_without_a_kind() {
        let mut body = json!({
            "object_kind": "push", "event_name": "push", "before": ONE, "after": TWO,
            "ref": "refs/heads/main", "user_id": 3, "user_username": "project_7_bot_x",
            "project_id": 7, "project": project(), "commits": [],
        });
        let with = event(&body);
        body.as_object_mut()
            .expect("an object")
            .remove("object_kind");
        assert_eq!(with, event(&body));
        let Event::Push { actor, .. } = with else {
            panic!("not a push")
        };
        assert!(actor.expect("a pusher").robot);
    }

    #[test]
    fn every_action_on_a_merge_request_is_judged_in_the_target_project() {
        for action in [
            "open",
            "reopen",
            "update",
            "approved",
            "unapproval",
            "close",
            "new-one",
        ] {
            let Event::PullRequest {
                repository,
                number,
                actor,
                open,
                ..
            } = event(&merge_request(action))
            else {
                panic!("{action}");
            };
            assert_eq!((repository.id, number, open), (7, 5, true), "{action}");
            assert_eq!(actor.expect("an author").login, "alice");
        }
        let mut elsewhere = merge_request("open");
        elsewhere["project"]["id"] = json!(8);
        assert!(of(&elsewhere).is_err());
        let mut merged = merge_request("merge");
        merged["object_attributes"]["state"] = json!("merged");
        assert!(matches!(
            event(&merged),
            Event::PullRequest { open: false, .. }
        ));
    }

    #[test]
    fn only_a_new_pipeline_that_no_status_made_asks_again() {
        let pipeline = |status: &str, source: &str, created: &str| {
            of(
                &json!({ "object_kind": "pipeline", "project": project(), "object_attributes": {
                "id": 1, "sha": ONE, "status": status, "source": source, "created_at": created } }),
            )
        };
        let new = "2026-01-02 03:04:05 UTC";
        for source in ["push", "web", "merge_request_event"] {
            let asked = pipeline("pending", source, new);
            assert!(
                matches!(&asked, Ok(Meaning::Events(all))
                if matches!(all[..], [Event::Recheck { .. }])),
                "{source}: {asked:?}"
            );
        }
        for (status, source, created) in [
            ("pending", "external", new),
            ("running", "push", new),
            ("success", "push", new),
            ("pending", "push", "2026-01-02 03:00:00 UTC"),
            ("pending", "push", "yesterday"),
        ] {
            let ignored = pipeline(status, source, created);
            assert!(
                matches!(ignored, Ok(Meaning::NotOfInterest(_))),
                "{status} {source}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_kept_and_what_is_not_ours_is_named() {
        let renamed = json!({ "event_name": "project_rename", "path_with_namespace": "acme/new" });
        assert!(
            matches!(event(&renamed), Event::AccessChanged { what } if what.contains("acme/new"))
        );
        for other in ["note", "key_create", "issue", "user_create"] {
            let ignored = of(&json!({ "object_kind": other }));
            assert_eq!(ignored, Ok(Meaning::NotOfInterest(other.into())));
        }
        let mut no_head = merge_request("open");
        no_head["object_attributes"]["last_commit"]["id"] = json!(NONE);
        for odd in [
            json!({}),
            json!([]),
            json!({ "object_kind": "push" }),
            no_head,
        ] {
            assert!(of(&odd).is_err(), "{odd}");
        }
    }
}
