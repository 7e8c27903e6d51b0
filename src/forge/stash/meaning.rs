//! What Stash's events mean in neutral words.
//!
//! Ids decide, never the flags beside them (`type`, `closed`). What is not of
//! interest is said with its name; what should be and cannot be read is
//! [`Unreadable`], which is kept and shown.

use super::payload::{Named, PostReceive, PullRequest, PullRequestEvent, RefsChanged, User};
use super::webhook::{PING, POKE};
use crate::forge::support::reading::{id, not_of_interest, one, read, ref_update, unreadable};
use crate::forge::{Meaning, Unreadable};
use crate::model::event::Event;
use crate::model::refs::RefName;

/// Events that tell of refs.
const REFS: &[&str] = &["repo:refs_changed", "mirror:repo_synchronized"];
/// Events after which a pull request is judged (again).
const PULL_REQUESTS: &[&str] = &[
    "pr:opened",
    "pr:from_ref_updated",
    "pr:to_ref_updated",
    "pr:modified",
    "pr:merged",
    "pr:declined",
    "pr:deleted",
    "pr:reviewer:updated",
    "pr:reviewer:approved",
    "pr:reviewer:unapproved",
    "pr:reviewer:changes_requested",
    "pr:reviewer:needs_work",
];
/// Events after which a repository has another name.
const NAMES: &[&str] = &["repo:modified", "project:modified", "proj:modified"];

/// What the event with this name and body means to the account with the name `own`.
pub(super) fn meaning(own: &str, event: &str, body: &[u8]) -> Result<Meaning, Unreadable> {
    let read = match event {
        PING => one(Event::Ping),
        POKE => read(body).and_then(poke),
        _ if REFS.contains(&event) => read(body).and_then(refs_changed),
        _ if PULL_REQUESTS.contains(&event) => read(body).and_then(|it| pull_request(own, it)),
        _ if NAMES.contains(&event) => read(body).and_then(|it: Named| renamed(&it)),
        other => Ok(not_of_interest(other, "")),
    };
    read.map_err(|reason| unreadable(event, reason))
}

/// The header that names the event is not signed; the body is. So the body's
/// name counts, and it must be one of those that are read like this.
fn among(events: &[&str], key: &str) -> Result<(), String> {
    match events.contains(&key) {
        true => Ok(()),
        false => Err("eventKey does not fit X-Event-Key".into()),
    }
}

/// All refs of one push. What Stash does not list, it is asked for.
fn refs_changed(moved: RefsChanged) -> Result<Meaning, String> {
    among(REFS, &moved.event_key)?;
    let repository = moved.repository.named()?;
    let actor = moved.actor.map(User::actor).transpose()?.flatten();
    let updates = moved.changes.iter().map(|change| {
        ref_update(
            &change.ref_id,
            ("fromHash", &change.from_hash),
            ("toHash", &change.to_hash),
        )
    });
    let updates = updates.collect::<Result<Vec<_>, _>>()?;
    let mut events = Vec::new();
    if updates.is_empty() || moved.ref_limit_exceeded {
        let repository = repository.clone();
        events.push(Event::Poke { repository });
    }
    if !updates.is_empty() {
        events.push(Event::Push {
            repository,
            updates,
            actor,
            at: moved.date.0,
        });
    }
    Ok(Meaning::Events(events))
}

fn pull_request(own: &str, event: PullRequestEvent) -> Result<Meaning, String> {
    let name = event.event_key.as_str();
    among(PULL_REQUESTS, name)?;
    let changed = event.previous_target.is_some() || event.previous_draft.is_some();
    if name == "pr:modified" && !changed {
        return Ok(not_of_interest(name, "text"));
    }
    // Our own word as a reviewer is the end of a judgement, not a reason for one.
    let ours = event.actor.as_ref().is_some_and(|it| it.is_named(own));
    if ours && name.starts_with("pr:reviewer:") {
        return Ok(not_of_interest(name, "ours"));
    }
    let exists = name != "pr:deleted";
    judge(event.pull_request, exists)
}

fn judge(pull_request: PullRequest, exists: bool) -> Result<Meaning, String> {
    let open = exists && pull_request.is_open();
    let (from, to) = (pull_request.from_ref, pull_request.to_ref);
    let author = pull_request.author.map(|author| author.user.actor());
    one(Event::PullRequest {
        repository: to.repository.named()?,
        number: pull_request.id.0,
        target: RefName::new(&to.id).map_err(|error| error.to_string())?,
        base: Some(id("toRef.latestCommit", &to.latest_commit)?),
        head: id("fromRef.latestCommit", &from.latest_commit)?,
        actor: author.transpose()?.flatten(),
        open,
    })
}

/// A name changed; what lies under the new one is found by its number.
fn renamed(named: &Named) -> Result<Meaning, String> {
    among(NAMES, &named.event_key)?;
    let what = format!("{}: a name changed", named.event_key);
    one(Event::AccessChanged { what })
}

/// A push to an old Stash: where it was, and nothing else.
fn poke(received: PostReceive) -> Result<Meaning, String> {
    if received.is_event {
        return Err("eventKey: this Stash can sign, so it must".into());
    }
    one(Event::Poke {
        repository: received.repository.named()?,
    })
}

#[cfg(test)]
mod tests {
    use super::meaning;
    use crate::forge::Meaning;
    use crate::model::event::Event;
    use serde_json::{Value, json};

    fn read(event: &str, body: &Value) -> Result<Meaning, String> {
        meaning("warden", event, body.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    fn events(event: &str, body: &Value) -> Vec<Event> {
        match read(event, body) {
            Ok(Meaning::Events(events)) => events,
            other => panic!("no events: {other:?}"),
        }
    }

    fn hex(digit: &str) -> String {
        digit.repeat(40)
    }

    fn repository(project: &str) -> Value {
        json!({ "slug": "app", "id": 84, "name": "The App", "project": { "key": project, "id": 1 } })
    }

    fn change(name: &str, from: &str, to: &str) -> Value {
        json!({ "ref": { "id": name, "displayId": name, "type": "BRANCH" },
            "refId": name, "fromHash": hex(from), "toHash": hex(to), "type": "UPDATE" })
    }

    fn pushed(changes: Value) -> Value {
        json!({ "eventKey": "repo:refs_changed", "date": "2017-09-19T09:45:32+1000",
            "actor": { "name": "alice", "slug": "alice", "id": 1, "type": "NORMAL" },
            "repository": repository("PROJ"), "changes": changes })
    }

    fn pull(event: &str, state: &str, date: Value) -> Value {
        let side = |branch: &str, tip: &str, project: &str| {
            json!({ "id": format!("refs/heads/{branch}"), "displayId": branch,
                "latestCommit": hex(tip), "repository": repository(project) })
        };
        json!({ "eventKey": event, "date": "2017-09-19T09:58:11+1000",
            "pullRequest": { "id": 3, "version": 1, "state": state, "createdDate": date,
                "fromRef": side("feature", "a", "~bob"), "toRef": side("main", "b", "PROJ"),
                "author": { "user": { "name": "bob", "id": 2, "type": "NORMAL" }, "role": "AUTHOR",
                    "approved": false, "status": "UNAPPROVED" },
                "reviewers": [], "participants": [] } })
    }

    #[test]
    fn every_ref_of_a_push_counts_and_the_ids_decide() {
        let changes = json!([
            change("refs/heads/main", "1", "2"),
            change("refs/heads/new", "0", "2"),
            change("refs/tags/v1", "3", "0")
        ]);
        let all = events("repo:refs_changed", &pushed(changes));
        let [Event::Push { repository, updates, actor, .. }] = &all[..] else {
            panic!("not one push: {all:?}");
        };
        assert_eq!((repository.name.as_str(), repository.id), ("PROJ/app", 84));
        assert_eq!(updates.len(), 3);
        assert!(updates[1].old.is_none() && updates[1].new.is_some());
        assert!(updates[2].new.is_none() && updates[2].name.is_tag());
        assert_eq!(actor.as_ref().map(|it| it.login.as_str()), Some("alice"));
        let nothing = json!([change("refs/heads/main", "0", "0")]);
        assert!(read("repo:refs_changed", &pushed(nothing)).is_err());
    }

    #[test]
    fn what_is_not_listed_is_asked_for() {
        let all = events("repo:refs_changed", &pushed(json!([])));
        assert!(matches!(&all[..], [Event::Poke { .. }]));
        let mut body = pushed(json!([change("refs/heads/main", "1", "2")]));
        body["eventKey"] = json!("mirror:repo_synchronized");
        body["actor"] = Value::Null;
        let all = events("mirror:repo_synchronized", &body);
        assert!(matches!(&all[..], [Event::Push { actor: None, .. }]));
        body["refLimitExceeded"] = json!(true);
        let all = events("mirror:repo_synchronized", &body);
        assert!(matches!(&all[..], [Event::Poke { .. }, Event::Push { .. }]));
    }

    #[test]
    fn pull_requests_are_judged_with_dates_of_any_form() {
        let dates = [json!(1_505_783_860_548_u64), json!("2026-01-01T10:00:00Z")];
        for date in dates {
            let all = events("pr:opened", &pull("pr:opened", "OPEN", date));
            let [Event::PullRequest { repository, number: 3, target, open: true, .. }] = &all[..]
            else {
                panic!("not a pull request: {all:?}");
            };
            assert_eq!(repository.name.as_str(), "PROJ/app");
            assert_eq!(target.short(), "main");
        }
        for (event, state) in [("pr:merged", "MERGED"), ("pr:declined", "DECLINED"), ("pr:deleted", "OPEN")] {
            let all = events(event, &pull(event, state, json!(1)));
            assert!(matches!(&all[..], [Event::PullRequest { open: false, .. }]), "{event}");
        }
    }

    #[test]
    fn a_new_target_is_of_interest_and_a_new_title_is_not() {
        let mut body = pull("pr:modified", "OPEN", json!(1));
        body["previousTitle"] = json!("before");
        let read_ = read("pr:modified", &body).expect("readable");
        assert_eq!(read_, Meaning::NotOfInterest("pr:modified.text".into()));
        body["previousTarget"] = json!({ "id": "refs/heads/old" });
        assert_eq!(events("pr:modified", &body).len(), 1);
        for word in ["updated", "approved", "unapproved", "changes_requested", "needs_work"] {
            let event = format!("pr:reviewer:{word}");
            assert_eq!(events(&event, &pull(&event, "OPEN", json!(1))).len(), 1);
        }
        for other in ["pr:comment:added", "repo:forked", "repo:secret_detected", "pr:new"] {
            let read = read(other, &json!({}));
            assert_eq!(read, Ok(Meaning::NotOfInterest(other.into())));
        }
    }

    #[test]
    fn our_own_word_as_a_reviewer_starts_no_new_judgement() {
        let mut body = pull("pr:reviewer:approved", "OPEN", json!(1));
        body["actor"] = json!({ "name": "Warden", "id": 9 });
        let read = read("pr:reviewer:approved", &body);
        assert_eq!(read, Ok(Meaning::NotOfInterest("pr:reviewer:approved.ours".into())));
        body["eventKey"] = json!("pr:opened");
        assert_eq!(events("pr:opened", &body).len(), 1);
    }

    #[test]
    fn a_header_that_names_another_event_than_the_body_is_not_believed() {
        let opened = pull("pr:opened", "OPEN", json!(1));
        let all = events("pr:deleted", &opened);
        assert!(matches!(&all[..], [Event::PullRequest { open: true, .. }]));
        assert!(read("repo:refs_changed", &opened).is_err());
        let push = pushed(json!([change("refs/heads/main", "1", "2")]));
        assert!(read("pr:opened", &push).is_err());
        assert!(read("repo:modified", &push).is_err());
        assert!(read("poke", &push).is_err());
        let renamed = events("repo:modified", &json!({ "eventKey": "repo:modified" }));
        assert!(matches!(&renamed[..], [Event::AccessChanged { .. }]));
    }

    #[test]
    fn odd_names_are_not_read() {
        for project in ["", "..", "A/B", "~", "P?"] {
            let mut body = pushed(json!([change("refs/heads/main", "1", "2")]));
            body["repository"] = repository(project);
            assert!(read("repo:refs_changed", &body).is_err(), "{project}");
        }
        let mut body = pushed(json!([change("main", "1", "2")]));
        assert!(read("repo:refs_changed", &body).is_err());
        body["changes"] = json!([change("refs/heads/main", "g", "2")]);
        assert!(read("repo:refs_changed", &body).is_err());
    }
}
