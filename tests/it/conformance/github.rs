//! GitHub's deliveries (docs.github.com, "Webhook events and payloads").

use std::sync::LazyLock;

use forgewarden::config::{Forges, GitHubInstance};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::sender::{Envelope, ONE, Repository, Send, TWO, Told};
use crate::support::forge::github::{AppKey, signature};

/// Made once: it takes a while, and nothing here is signed with it.
static KEY: LazyLock<AppKey> = LazyLock::new(AppKey::generate);

pub(super) struct Sender;

impl Send for Sender {
    const AUTHENTICITY: &'static [&'static str] = &["x-hub-signature-256"];

    fn configured(key: &str, secrets: Vec<SecretString>) -> Forges {
        let one = GitHubInstance {
            key: key.to_owned(),
            api_url: "https://api.github.com".to_owned(),
            web_url: "https://github.com".to_owned(),
            app_id: 1,
            private_key_pem: SecretString::from(KEY.pem()),
            webhook_secrets: secrets,
            api_version: "2022-11-28".to_owned(),
            admin_token: None,
            audit: Default::default(),
        };
        Forges {
            github: vec![one],
            ..Forges::default()
        }
    }

    fn bodies(repository: &Repository, told: &Told) -> Vec<(String, Value)> {
        let full_name = format!("{}/{}", repository.owner, repository.name);
        let common = json!({
            "repository": { "id": repository.id, "full_name": full_name, "default_branch": "main" },
            "sender": { "login": "alice", "id": 3, "type": "User" },
            "installation": { "id": 5 },
        });
        let with = |more: Value| {
            let mut body = common.clone();
            let fields = more.as_object().expect("an object").clone();
            body.as_object_mut().expect("an object").extend(fields);
            body
        };
        match told {
            Told::Push(moved) => moved
                .iter()
                .map(|(name, old, new)| {
                    let push = json!({ "ref": name, "before": old, "after": new, "commits": [] });
                    ("push".to_owned(), with(push))
                })
                .collect(),
            Told::PullRequest {
                number,
                target,
                from_fork,
                open,
            } => {
                let head = match from_fork {
                    true => json!({ "id": 99, "full_name": "mallory/app" }),
                    false => json!({ "id": repository.id, "full_name": full_name }),
                };
                let body = with(json!({
                    "action": if *open { "opened" } else { "closed" },
                    "number": number,
                    "pull_request": {
                        "number": number, "state": if *open { "open" } else { "closed" },
                        "head": { "sha": TWO, "ref": "topic", "repo": head },
                        "base": { "sha": ONE, "ref": target },
                        "user": { "login": "bob", "id": 4, "type": "User" },
                    },
                }));
                vec![("pull_request".to_owned(), body)]
            }
            Told::SomethingNew => {
                vec![("something_new".to_owned(), with(json!({ "action": "x" })))]
            }
        }
    }

    fn headers(it: &Envelope<'_>, body: &[u8]) -> Vec<(String, String)> {
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("x-github-event", it.event.to_owned()),
            ("x-github-delivery", it.id.to_owned()),
            ("x-hub-signature-256", signature(it.secret, body)),
        ];
        headers
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec()
    }
}
