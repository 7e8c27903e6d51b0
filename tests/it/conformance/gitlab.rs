//! GitLab's deliveries (docs.gitlab.com, "Webhook events" and "System hooks"),
//! signed with a signing token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forgewarden::config::{Forges, GitLabInstance};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use super::sender::{Envelope, Repository, Send, TWO, Told};

pub(super) struct Sender;

impl Send for Sender {
    const AUTHENTICITY: &'static [&'static str] =
        &["webhook-signature", "webhook-id", "webhook-timestamp"];

    fn configured(key: &str, secrets: Vec<SecretString>) -> Forges {
        let token = |secret: &SecretString| match secret.expose_secret() {
            blank if blank.trim().is_empty() => secret.clone(),
            text => SecretString::from(format!("whsec_{}", STANDARD.encode(text))),
        };
        let one = GitLabInstance {
            key: key.to_owned(),
            url: "https://gitlab.example.com".to_owned(),
            token: SecretString::from("the token of the conformance suite"),
            webhook_secrets: Vec::new(),
            signing_tokens: secrets.iter().map(token).collect(),
            ca: None,
            admin_token: None,
            audit: Default::default(),
        };
        Forges {
            gitlab: vec![one],
            ..Forges::default()
        }
    }

    fn bodies(repository: &Repository, told: &Told) -> Vec<(String, Value)> {
        let path = format!("{}/{}", repository.owner, repository.name);
        let project = json!({ "id": repository.id, "name": repository.name,
            "path_with_namespace": path, "default_branch": "main", "ci_config_path": null });
        let user = json!({ "id": 3, "name": "Alice", "username": "alice" });
        let event = "System Hook".to_owned();
        match told {
            Told::Push(moved) => {
                let change = |(name, old, new): &(String, String, String)| json!({ "before": old, "after": new, "ref": name });
                let changes: Vec<_> = moved.iter().map(change).collect();
                let refs: Vec<_> = moved.iter().map(|(name, ..)| name).collect();
                let body = json!({ "event_name": "repository_update", "user_id": 3, "user_name": "Alice",
                    "user_username": "alice", "user_email": "[REDACTED]", "project_id": repository.id,
                    "project": project, "changes": changes, "refs": refs });
                vec![(event, body)]
            }
            Told::PullRequest {
                number,
                target,
                from_fork,
                open,
            } => {
                let source = if *from_fork { 99 } else { repository.id };
                let body = json!({ "object_kind": "merge_request", "event_type": "merge_request",
                    "user": user, "project": project, "object_attributes": {
                        "id": 500, "iid": number, "source_branch": "topic", "target_branch": target,
                        "source_project_id": source, "target_project_id": repository.id,
                        "last_commit": { "id": TWO }, "author_id": 4,
                        "state": if *open { "opened" } else { "closed" },
                        "action": if *open { "open" } else { "close" } } });
                vec![(event, body)]
            }
            Told::SomethingNew => {
                vec![(
                    event,
                    json!({ "event_name": "something_new", "project_id": repository.id }),
                )]
            }
        }
    }

    fn headers(it: &Envelope<'_>, body: &[u8]) -> Vec<(String, String)> {
        let at = it.at.as_second();
        let mut mac = Hmac::<Sha256>::new_from_slice(it.secret.as_bytes()).expect("any key");
        mac.update(format!("{}.{at}.", it.id).as_bytes());
        mac.update(body);
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("x-gitlab-event", it.event.to_owned()),
            ("idempotency-key", it.id.to_owned()),
            ("webhook-id", it.id.to_owned()),
            ("webhook-timestamp", at.to_string()),
            ("webhook-signature", format!("v1,{signature}")),
        ];
        headers
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec()
    }
}
