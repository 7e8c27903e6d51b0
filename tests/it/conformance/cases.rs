//! The cases that need no network.

use std::collections::BTreeSet;

use forgewarden::forge::{Meaning, Refused};
use forgewarden::model::event::Event;

use super::sender::{
    NULL, ONE, Raw, Repository, SECRET, Send, TWO, Told, a_push, deliveries, events, instance,
    meaning, refused, signed,
};

pub(super) fn a_lawful_delivery_is_understood<S: Send>() {
    let told = Told::push("refs/heads/main", ONE, TWO);
    let events = events::<S>(&Repository::app(), &told);
    let [
        Event::Push {
            repository,
            updates,
            actor,
            ..
        },
    ] = events.as_slice()
    else {
        panic!("not one push: {events:?}");
    };
    assert!(repository.name.as_str().eq_ignore_ascii_case("acme/app"));
    assert_eq!(repository.id, 7);
    let [update] = updates.as_slice() else {
        panic!("{updates:?}")
    };
    assert_eq!(update.name.to_string(), "refs/heads/main");
    assert_eq!(update.old.expect("an id").to_string(), ONE);
    assert_eq!(update.new.expect("an id").to_string(), TWO);
    let actor = actor.as_ref().expect("an actor");
    assert_eq!((actor.login.as_str(), actor.id), ("alice", Some(3)));
}

fn not_authentic(refused: &Refused) -> bool {
    matches!(refused, Refused::NotAuthentic(_))
}

pub(super) fn a_forged_delivery_is_refused<S: Send>() {
    let told = Told::push("refs/heads/main", ONE, TWO);
    for secret in [
        "",
        " ",
        "another secret",
        &SECRET[1..],
        &format!("{SECRET} "),
    ] {
        let raw = deliveries::<S>(&Repository::app(), &told, secret).remove(0);
        assert!(not_authentic(&refused::<S>(&raw, &[SECRET])), "{secret:?}");
    }
}

pub(super) fn a_signature_for_other_bytes_is_refused<S: Send>() {
    let mut raw = a_push::<S>();
    if bound_to_the_body(&raw) {
        raw.body.push(b' ');
        assert!(not_authentic(&refused::<S>(&raw, &[SECRET])));
    }
}

/// A plain token says who sent it, and nothing of what.
fn bound_to_the_body(raw: &Raw) -> bool {
    raw.headers
        .iter()
        .any(|(name, _)| name.contains("signature"))
}

pub(super) fn a_delivery_without_a_signature_is_refused<S: Send>() {
    for name in S::AUTHENTICITY {
        let mut raw = a_push::<S>();
        raw.headers.retain(|(it, _)| it != name);
        assert!(not_authentic(&refused::<S>(&raw, &[SECRET])), "{name}");
        raw.set(name, "");
        assert!(not_authentic(&refused::<S>(&raw, &[SECRET])), "{name}");
    }
}

pub(super) fn repeated_headers_are_refused<S: Send>() {
    for name in S::AUTHENTICITY {
        let mut raw = a_push::<S>();
        let copy = raw.headers.iter().find(|(it, _)| it == name).cloned();
        raw.headers.push(copy.expect("it has the header"));
        assert!(not_authentic(&refused::<S>(&raw, &[SECRET])), "{name}");
    }
}

pub(super) fn a_rotated_secret_counts_until_it_is_gone<S: Send>() {
    let new = "the secret that replaces the other";
    let raw = a_push::<S>();
    for secrets in [&[SECRET, new][..], &[new, SECRET]] {
        let instance = instance::<S>(secrets).expect("lawful");
        assert!(instance.intake.authenticate(raw.delivery()).is_ok());
    }
    assert!(not_authentic(&refused::<S>(&raw, &[new])));
}

pub(super) fn an_empty_secret_refuses_to_start<S: Send>() {
    for secrets in [&[][..], &[""], &[" \n"], &[SECRET, ""]] {
        assert!(instance::<S>(secrets).is_err(), "{secrets:?}");
    }
}

pub(super) fn another_instance_s_delivery_is_refused<S: Send>() {
    let raw = a_push::<S>();
    let refused = refused::<S>(&raw, &["the secret of the other instance"]);
    assert!(not_authentic(&refused));
}

pub(super) fn a_form_is_refused<S: Send>() {
    for kind in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/jsonx",
        "",
    ] {
        let mut raw = a_push::<S>();
        raw.set("content-type", kind);
        let refused = refused::<S>(&raw, &[SECRET]);
        assert!(matches!(refused, Refused::Malformed(_)), "{kind:?}");
    }
    let mut raw = a_push::<S>();
    raw.set("content-type", "application/json; charset=utf-8");
    assert!(meaning::<S>(&raw).is_ok());
}

fn event_of<S: Send>(told: &Told) -> String {
    S::bodies(&Repository::app(), told).remove(0).0
}

pub(super) fn an_authentic_body_that_is_cut_short_is_unreadable<S: Send>() {
    let whole = a_push::<S>();
    let event = event_of::<S>(&Told::push("refs/heads/main", ONE, TWO));
    for length in [0, 1, whole.body.len() / 2, whole.body.len() - 1] {
        let raw = signed::<S>(&event, "id", whole.body[..length].to_vec(), SECRET);
        assert!(meaning::<S>(&raw).is_err(), "{length} bytes");
    }
}

pub(super) fn an_authentic_body_that_is_no_json_is_unreadable<S: Send>() {
    let event = event_of::<S>(&Told::push("refs/heads/main", ONE, TWO));
    let deep = "[".repeat(100_000);
    for body in ["null", "[]", "7", "\"text\"", "\u{feff}{}", "\0", &deep] {
        let raw = signed::<S>(&event, "id", body.as_bytes().to_vec(), SECRET);
        let understood = meaning::<S>(&raw);
        assert!(!matches!(understood, Ok(Meaning::Events(_))), "{body:.20}");
    }
    // No UTF-8: that may be seen as early as at the signature.
    let raw = signed::<S>(&event, "id", b"{\"a\":\"\xff\"}".to_vec(), SECRET);
    let instance = instance::<S>(&[SECRET]).expect("lawful");
    if let Ok(verified) = instance.intake.authenticate(raw.delivery()) {
        let understood = instance.intake.meaning(&verified);
        assert!(!matches!(understood, Ok(Meaning::Events(_))));
    }
}

pub(super) fn an_event_that_we_do_not_know_is_not_of_interest<S: Send>() {
    for raw in deliveries::<S>(&Repository::app(), &Told::SomethingNew, SECRET) {
        let understood = meaning::<S>(&raw).expect("readable");
        assert!(
            matches!(understood, Meaning::NotOfInterest(_)),
            "{understood:?}"
        );
    }
}

pub(super) fn unknown_fields_change_nothing<S: Send>() {
    let told = Told::push("refs/heads/main", ONE, TWO);
    let (event, mut body) = S::bodies(&Repository::app(), &told).remove(0);
    let plain = meaning::<S>(&a_push::<S>());
    body["a_field_of_tomorrow"] = serde_json::json!({ "ref": "refs/heads/other", "id": -1 });
    let raw = signed::<S>(&event, "id-0", body.to_string().into_bytes(), SECRET);
    assert_eq!(meaning::<S>(&raw), plain);
}

pub(super) fn every_ref_of_a_push_is_seen<S: Send>() {
    let name = |number: u32| format!("refs/heads/topic-{number}");
    let moved = (0..1000).map(|number| (name(number), ONE.to_owned(), TWO.to_owned()));
    let events = events::<S>(&Repository::app(), &Told::Push(moved.collect()));
    let mut seen = BTreeSet::new();
    for event in events {
        if let Event::Push { updates, .. } = event {
            seen.extend(updates.into_iter().map(|update| update.name.to_string()));
        }
    }
    assert_eq!(seen.len(), 1000);
}

pub(super) fn a_deleted_ref_is_a_deletion<S: Send>() {
    for name in ["refs/heads/topic", "refs/tags/v1"] {
        let events = events::<S>(&Repository::app(), &Told::push(name, ONE, NULL));
        let [Event::Push { updates, .. }] = events.as_slice() else {
            panic!("not one push: {events:?}");
        };
        assert_eq!(updates[0].new, None);
        assert!(updates[0].old.is_some());
    }
}

fn unreadable<S: Send>(told: &Told) {
    for raw in deliveries::<S>(&Repository::app(), told, SECRET) {
        let understood = meaning::<S>(&raw);
        assert!(understood.is_err(), "{told:?}: {understood:?}");
    }
}

pub(super) fn both_ids_null_is_unreadable<S: Send>() {
    unreadable::<S>(&Told::push("refs/heads/main", NULL, NULL));
}

pub(super) fn an_id_that_is_none_is_unreadable<S: Send>() {
    for id in [
        "",
        "HEAD",
        "1111",
        "refs/heads/main",
        "-1",
        &"g".repeat(40),
        &ONE[..39],
    ] {
        unreadable::<S>(&Told::push("refs/heads/main", ONE, id));
    }
}

fn pull_request(from_fork: bool, open: bool) -> Told {
    Told::PullRequest {
        number: 12,
        target: "main".to_owned(),
        from_fork,
        open,
    }
}

pub(super) fn a_pull_request_is_of_its_target_repository<S: Send>() {
    for from_fork in [false, true] {
        let events = events::<S>(&Repository::app(), &pull_request(from_fork, true));
        let [
            Event::PullRequest {
                repository,
                number,
                target,
                head,
                open,
                ..
            },
        ] = events.as_slice()
        else {
            panic!("not one pull request: {events:?}");
        };
        assert_eq!((repository.id, *number, *open), (7, 12, true));
        assert_eq!(target.to_string(), "refs/heads/main");
        assert_eq!(head.to_string(), TWO);
    }
}

pub(super) fn a_closed_pull_request_is_not_open<S: Send>() {
    let events = events::<S>(&Repository::app(), &pull_request(false, false));
    let [Event::PullRequest { open, .. }] = events.as_slice() else {
        panic!("not one pull request: {events:?}");
    };
    assert!(!open);
}

pub(super) fn unicode_names_survive<S: Send>() {
    for branch in [
        "grün/größe",
        "日本語",
        "a b",
        "we\u{202e}ird",
        "quote\"'`$(x)",
    ] {
        let told = Told::push(&format!("refs/heads/{branch}"), ONE, TWO);
        if branch.contains(' ') {
            // No lawful ref (git-check-ref-format(1)).
            unreadable::<S>(&told);
            continue;
        }
        let events = events::<S>(&Repository::app(), &told);
        let [Event::Push { updates, .. }] = events.as_slice() else {
            panic!("not one push: {events:?}");
        };
        assert_eq!(updates[0].name.short(), branch.as_bytes());
    }
}

pub(super) fn a_name_that_leaves_its_place_is_unreadable<S: Send>() {
    for name in ["..", ".", "a/../../b", "a?b", "a#b", "a%2fb", "", "a\nb"] {
        let repository = Repository {
            name: name.to_owned(),
            ..Repository::app()
        };
        let told = Told::push("refs/heads/main", ONE, TWO);
        let raw = deliveries::<S>(&repository, &told, SECRET).remove(0);
        let understood = meaning::<S>(&raw);
        assert!(understood.is_err(), "{name:?}: {understood:?}");
    }
}

pub(super) fn a_rename_keeps_the_number<S: Send>() {
    let renamed = Repository {
        name: "application".to_owned(),
        ..Repository::app()
    };
    let told = Told::push("refs/heads/main", ONE, TWO);
    let events = events::<S>(&renamed, &told);
    let [Event::Push { repository, .. }] = events.as_slice() else {
        panic!("not one push: {events:?}");
    };
    assert_eq!(repository.id, 7);
    assert!(repository.name.as_str().ends_with("/application"));
}

pub(super) fn a_redelivery_has_the_same_id<S: Send>() {
    let instance = instance::<S>(&[SECRET]).expect("lawful");
    let id = |raw: &Raw| {
        let verified = instance.intake.authenticate(raw.delivery());
        verified.expect("authentic").id().to_owned()
    };
    let raw = a_push::<S>();
    assert_eq!(id(&raw), id(&raw.clone()));
    let told = Told::push("refs/heads/main", TWO, ONE);
    let (event, body) = S::bodies(&Repository::app(), &told).remove(0);
    let other = signed::<S>(&event, "another-id", body.to_string().into_bytes(), SECRET);
    assert_ne!(id(&raw), id(&other));
}
