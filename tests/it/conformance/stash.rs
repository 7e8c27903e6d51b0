//! Deliveries of Stash (Bitbucket Data Center documentation, "Event payload").

use forgewarden::config::{Forges, StashInstance};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::sender::{Envelope, NULL, ONE, Repository, Send, TWO, Told};
use crate::support::forge::github::signature;

pub(super) struct Sender;

impl Send for Sender {
    const AUTHENTICITY: &'static [&'static str] = &["x-hub-signature"];

    fn configured(key: &str, secrets: Vec<SecretString>) -> Forges {
        let one = StashInstance {
            key: key.to_owned(),
            url: "https://stash.example.com".to_owned(),
            user: "forgewarden".to_owned(),
            token: SecretString::from("the token of the conformance suite"),
            webhook_secrets: secrets,
            ca: None,
            admin_token: None,
            audit: Default::default(),
        };
        Forges {
            stash: vec![one],
            ..Forges::default()
        }
    }

    fn bodies(repository: &Repository, told: &Told) -> Vec<(String, Value)> {
        let here = repository_json(repository);
        let actor = json!({ "name": "alice", "slug": "alice", "id": 3, "type": "NORMAL" });
        match told {
            Told::Push(moved) => {
                let changes: Vec<_> = moved.iter().map(change).collect();
                let body = json!({ "eventKey": "repo:refs_changed", "date": "2026-11-24T10:00:00+0000",
                    "actor": actor, "repository": here, "changes": changes });
                vec![("repo:refs_changed".to_owned(), body)]
            }
            Told::PullRequest {
                number,
                target,
                from_fork,
                open,
            } => {
                let source = match from_fork {
                    true => repository_json(&Repository {
                        owner: "~mallory".to_owned(),
                        name: "app".to_owned(),
                        id: 99,
                    }),
                    false => here.clone(),
                };
                let event = if *open { "pr:opened" } else { "pr:declined" };
                let end = |branch: &str, tip: &str, of: &Value| {
                    json!({ "id": format!("refs/heads/{branch}"), "displayId": branch,
                        "latestCommit": tip, "repository": of })
                };
                let body = json!({ "eventKey": event, "date": 1_700_000_000_000_u64, "actor": actor,
                    "pullRequest": {
                        "id": number, "version": 0, "open": open, "closed": !open,
                        "state": if *open { "OPEN" } else { "DECLINED" },
                        "fromRef": end("topic", TWO, &source), "toRef": end(target, ONE, &here),
                        "author": { "user": { "name": "bob", "slug": "bob", "id": 4, "type": "NORMAL" } },
                        "reviewers": [],
                    } });
                vec![(event.to_owned(), body)]
            }
            Told::SomethingNew => {
                let body =
                    json!({ "eventKey": "repo:something_new", "actor": actor, "repository": here });
                vec![("repo:something_new".to_owned(), body)]
            }
        }
    }

    fn headers(it: &Envelope<'_>, body: &[u8]) -> Vec<(String, String)> {
        let headers = [
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("x-event-key", it.event.to_owned()),
            ("x-request-id", it.id.to_owned()),
            ("x-hub-signature", signature(it.secret, body)),
        ];
        headers
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec()
    }
}

fn repository_json(it: &Repository) -> Value {
    json!({ "id": it.id, "slug": it.name, "name": it.name,
        "project": { "key": it.owner.to_uppercase(), "id": 1, "name": it.owner } })
}

fn change((name, old, new): &(String, String, String)) -> Value {
    let kind = match name.starts_with("refs/tags/") {
        true => "TAG",
        false => "BRANCH",
    };
    let change = match (old.as_str(), new.as_str()) {
        (NULL, _) => "ADD",
        (_, NULL) => "DELETE",
        _ => "UPDATE",
    };
    let short = name.splitn(3, '/').last().expect("a name");
    json!({ "ref": { "id": name, "displayId": short, "type": kind }, "refId": name,
        "fromHash": old, "toHash": new, "type": change })
}
