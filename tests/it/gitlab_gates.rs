//! The gates of GitLab, moved and read back over HTTP: statuses that others
//! overrule, threads that others resolve, several merge requests at one head.
//!
//! The GitLab here keeps what was posted and knows the few rules that matter
//! for it; what requests look like is held by the contract's own tests.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use forgewarden::clock::SystemClock;
use forgewarden::config::GitLabInstance;
use forgewarden::forge::{Instance, Standing, Status, StatusSubject};
use forgewarden::model::event::EventRepository;
use forgewarden::model::oid::ObjectId;
use forgewarden::model::principal::Actor;
use forgewarden::model::repo::{ForgeKind, RepositoryName};
use forgewarden::model::verdict::Conclusion;
use serde_json::{Value, json};

const HEAD: &str = "1111111111111111111111111111111111111111";
const TIP: &str = "3333333333333333333333333333333333333333";

#[derive(Default)]
struct World {
    statuses: Vec<Value>,
    threads: Vec<Value>,
    conflicts: u32,
    fork: bool,
    twins: bool,
    licensed: bool,
    answers: Vec<Value>,
}

type Shared = Arc<Mutex<World>>;

fn mr(world: &World, iid: u64) -> Value {
    let source = if world.fork { 8 } else { 7 };
    let branch = if iid == 5 { "topic" } else { "twin" };
    json!({ "iid": iid, "state": "opened", "target_branch": "main", "source_branch": branch, "sha": HEAD,
        "author": { "id": 3, "username": "alice" }, "project_id": 7, "source_project_id": source,
        "diff_refs": { "start_sha": TIP }, 
        "head_pipeline": if iid == 6 { json!({ "id": 60, "sha": HEAD, "ref": "twin", "project_id": 7 }) } else { Value::Null } })
}

fn reply(world: &mut World, method: &Method, uri: &Uri, body: &[u8]) -> (StatusCode, Value) {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let ok = |value| (StatusCode::OK, value);
    let path = uri.path().strip_prefix("/api/v4").unwrap();
    let me = json!({ "id": 9, "username": "warden" });
    let statuses = format!("/projects/7/statuses/{HEAD}");
    match (method.as_str(), path) {
        ("GET", "/user") => ok(me),
        ("GET", "/projects/7") => ok(
            json!({ "id": 7, "path_with_namespace": "acme/app", "default_branch": "main",
            "only_allow_merge_if_pipeline_succeeds": true, "ci_config_path": "" }),
        ),
        ("GET", "/projects/acme%2Fapp") => {
            ok(json!({ "id": 7, "path_with_namespace": "acme/app", "default_branch": "main" }))
        }
        ("GET", "/projects") => {
            ok(json!([{ "id": 7, "path_with_namespace": "acme/app", "default_branch": "main" }]))
        }
        ("GET", "/projects/7/merge_requests/5") => ok(mr(world, 5)),
        ("GET", "/projects/7/merge_requests/6") => ok(mr(world, 6)),
        ("GET", "/projects/7/merge_requests") => ok(json!([mr(world, 5)])),
        ("GET", p) if p.ends_with("/merge_requests") => ok(if world.twins {
            json!([mr(world, 5), mr(world, 6)])
        } else {
            json!([])
        }),
        ("GET", "/projects/7/repository/branches/main") => {
            ok(json!({ "name": "main", "commit": { "id": TIP } }))
        }
        ("GET", "/projects/7/repository/branches") => ok(json!([
            { "name": "main", "commit": { "id": TIP }, "default": true, "protected": false },
            { "name": "topic", "commit": { "id": HEAD }, "default": false, "protected": false }])),
        ("POST", p) if p.ends_with("/status_check_responses") => {
            world.answers.push(body);
            (StatusCode::CREATED, json!({ "id": 1 }))
        }
        ("GET", p) if p.ends_with("/status_checks") && world.licensed => ok(
            json!([{ "id": 4, "name": "forgewarden/main", "status": world.answers.last().map(|it| it["status"].clone()) }]),
        ),
        ("GET", p) if p.ends_with("/statuses") => ok(json!(world.statuses)),
        ("POST", p) if p == statuses => {
            if world.conflicts > 0 {
                world.conflicts -= 1;
                return (StatusCode::CONFLICT, json!({ "message": "409 Conflict" }));
            }
            let pipeline = body["pipeline_id"].as_u64().unwrap_or(50);
            let last = world
                .statuses
                .iter()
                .rev()
                .find(|it| it["ref"] == body["ref"]);
            if last.is_some_and(|it| it["status"] == body["state"] && it["status"] == "running") {
                return (
                    StatusCode::BAD_REQUEST,
                    json!({ "message": "Cannot transition status via :run from :running (Reason(s): Status cannot transition via \"run\")" }),
                );
            }
            let status = json!({ "id": world.statuses.len() + 1, "name": body["name"], "status": body["state"], "ref": body["ref"],
                "description": body["description"], "target_url": body["target_url"], "pipeline_id": pipeline, "author": me });
            world.statuses.push(status.clone());
            (StatusCode::CREATED, status)
        }
        ("GET", "/projects/7/merge_requests/6/discussions") => ok(json!([])),
        ("GET", "/projects/7/merge_requests/5/discussions") => ok(json!(world.threads)),
        ("POST", "/projects/7/merge_requests/5/discussions") => {
            world.threads.push(json!({ "id": "6a9c", "notes": [{ "id": 1, "body": body["body"], "author": me, "resolved": false }] }));
            (StatusCode::CREATED, json!({}))
        }
        ("PUT", "/projects/7/merge_requests/5/discussions/6a9c") => {
            world.threads[0]["notes"][0]["resolved"] = body["resolved"].clone();
            ok(json!({}))
        }
        ("PUT", "/projects/7/merge_requests/5/discussions/6a9c/notes/1") => {
            world.threads[0]["notes"][0]["body"] = body["body"].clone();
            ok(json!({}))
        }
        ("GET", "/projects/7/merge_requests/5/approvals") => ok(
            json!({ "approved_by": [{ "user": { "id": 4, "username": "bob" }, "approved_at": "2026-01-02T03:15:00.000Z" }] }),
        ),
        ("GET", "/projects/7/merge_requests/5/versions") => ok(
            json!([{ "id": 1, "head_commit_sha": HEAD, "created_at": "2026-01-02T03:04:05.000+00:00" }]),
        ),
        ("GET", "/groups/acme%2Fplatform/members/all/4") => {
            ok(json!({ "id": 4, "username": "bob", "state": "active", "expires_at": null }))
        }
        ("GET", "/groups/acme%2Fplatform") => ok(json!({ "id": 1, "full_path": "acme/platform" })),
        ("GET", "/projects/7/hooks") => {
            ok(json!([{ "id": 2, "url": "https://warden.example.com/webhooks/gitlab" }]))
        }
        ("GET", "/projects/7/hooks/2/events") => ok(
            json!([{ "id": 1, "created_at": "2026-01-02T03:15:00.000Z", "response_status": "503",
            "request_headers": { "Idempotency-Key": "k-1", "X-Gitlab-Event": "Push Hook" }, "request_data": { "object_kind": "push" } }]),
        ),
        _ => (StatusCode::NOT_FOUND, json!({ "message": "404 Not found" })),
    }
}

async fn start() -> (Shared, Instance) {
    let world = Shared::default();
    let seen = world.clone();
    let app = axum::Router::new().fallback(move |method: Method, uri: Uri, body: Bytes| {
        let (status, value) = reply(&mut seen.lock().unwrap(), &method, &uri, &body);
        let answer: Response = (status, value.to_string()).into_response();
        async move { answer }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let config = GitLabInstance {
        key: "gitlab".into(),
        url,
        token: "t".into(),
        webhook_secrets: vec!["s".into()],
        signing_tokens: vec![],
        ca: None,
        admin_token: None,
    };
    let made = forgewarden::forge::gitlab::instance(&config, Arc::new(SystemClock)).unwrap();
    (world, made)
}

fn repository() -> EventRepository {
    EventRepository {
        name: RepositoryName::new("acme/app"),
        id: 7,
        grant: None,
        default_branch: None,
    }
}

fn status(conclusion: Conclusion) -> Status {
    Status {
        context: "forgewarden/main".into(),
        head: ObjectId::parse(HEAD).unwrap(),
        subject: StatusSubject::PullRequest(5),
        conclusion,
        title: "title".into(),
        summary: "summary".into(),
        annotations: vec![],
        details_url: "https://warden.example.com/v/1".into(),
        external_id: "key".into(),
    }
}

#[tokio::test]
async fn the_newest_status_is_ours_or_it_does_not_stand() {
    let (world, gitlab) = start().await;
    let publish = async |conclusion| {
        gitlab
            .publisher
            .publish(&repository(), &status(conclusion), None)
            .await
    };
    let standing = async |conclusion| {
        gitlab
            .publisher
            .standing(&repository(), &status(conclusion), "1")
            .await
            .unwrap()
    };
    world.lock().unwrap().conflicts = 2;
    assert_eq!(publish(Conclusion::Pending).await.unwrap(), "1");
    assert_eq!(publish(Conclusion::Pending).await.unwrap(), "1");
    let other = Status {
        title: "other".into(),
        ..status(Conclusion::Pending)
    };
    assert_eq!(
        gitlab
            .publisher
            .publish(&repository(), &other, None)
            .await
            .unwrap(),
        "1"
    );
    assert_eq!(publish(Conclusion::Fail).await.unwrap(), "2");
    assert_eq!(standing(Conclusion::Fail).await, Standing::Stands);
    assert!(matches!(
        standing(Conclusion::Pass).await,
        Standing::Changed(_)
    ));
    let forged = json!({ "id": 3, "name": "forgewarden/main", "status": "success", "ref": "topic", "pipeline_id": 50, "author": { "id": 3, "username": "mallory" } });
    world.lock().unwrap().statuses.push(forged);
    assert_eq!(
        standing(Conclusion::Fail).await,
        Standing::Overruled("mallory says success".into())
    );
    assert_eq!(publish(Conclusion::Fail).await.unwrap(), "4");
    assert_eq!(standing(Conclusion::Fail).await, Standing::Stands);
    world.lock().unwrap().conflicts = 99;
    assert!(matches!(
        publish(Conclusion::Pass).await,
        Err(forgewarden::forge::ForgeError::Unavailable { .. })
    ));
    world.lock().unwrap().conflicts = 0;
    world.lock().unwrap().twins = true;
    assert_eq!(publish(Conclusion::Fail).await.unwrap(), "4 5");
    assert_eq!(
        world.lock().unwrap().statuses.last().unwrap()["pipeline_id"],
        60
    );
}

#[tokio::test]
async fn a_fork_is_held_by_a_thread_and_a_check() {
    let (world, gitlab) = start().await;
    {
        let mut w = world.lock().unwrap();
        w.fork = true;
        w.licensed = true;
    }
    let publish = async |conclusion| {
        gitlab
            .publisher
            .publish(&repository(), &status(conclusion), None)
            .await
    };
    let standing = async |conclusion| {
        gitlab
            .publisher
            .standing(&repository(), &status(conclusion), "1")
            .await
            .unwrap()
    };
    publish(Conclusion::Pending).await.unwrap();
    publish(Conclusion::Fail).await.unwrap();
    assert_eq!(standing(Conclusion::Fail).await, Standing::Stands);
    assert_eq!(world.lock().unwrap().threads.len(), 1);
    world.lock().unwrap().threads[0]["notes"][0]["resolved"] = json!(true);
    assert!(matches!(
        standing(Conclusion::Fail).await,
        Standing::Changed(_)
    ));
    publish(Conclusion::Fail).await.unwrap();
    assert_eq!(standing(Conclusion::Fail).await, Standing::Stands);
    publish(Conclusion::Pass).await.unwrap();
    assert_eq!(
        world.lock().unwrap().threads[0]["notes"][0]["resolved"],
        true
    );
    assert_eq!(standing(Conclusion::Pass).await, Standing::Stands);
    assert_eq!(
        world.lock().unwrap().answers.last().unwrap()["status"],
        "passed"
    );
}

#[tokio::test]
async fn what_gitlab_states_is_read_as_it_is_now() {
    let (_, gitlab) = start().await;
    let state = gitlab
        .evidence
        .pull_request(&repository(), 5)
        .await
        .unwrap();
    assert_eq!(state.base.to_string(), TIP);
    let of = gitlab
        .evidence
        .pull_requests_of(&repository(), ObjectId::parse(HEAD).unwrap())
        .await
        .unwrap();
    assert_eq!(of, [state]);
    let approvals = gitlab.evidence.approvals(&repository(), 5).await.unwrap();
    assert_eq!(approvals.len(), 1);
    let actor = |id| Actor {
        forge: ForgeKind::GitLab,
        login: "bob".into(),
        id: Some(id),
        robot: false,
    };
    assert!(
        gitlab
            .evidence
            .is_member(&repository(), "acme/platform", &actor(4))
            .await
            .unwrap()
    );
    assert!(
        !gitlab
            .evidence
            .is_member(&repository(), "acme/platform", &actor(5))
            .await
            .unwrap()
    );
    assert!(
        gitlab
            .evidence
            .is_member(&repository(), "acme/none", &actor(5))
            .await
            .is_err()
    );
    assert!(
        gitlab
            .evidence
            .is_member(&repository(), "../../user?x", &actor(5))
            .await
            .is_err()
    );
    assert_eq!(gitlab.inventory.repositories().await.unwrap().len(), 1);
    assert_eq!(
        gitlab
            .inventory
            .repository(&RepositoryName::new("acme/app"))
            .await
            .unwrap()
            .id,
        7
    );
    assert_eq!(
        gitlab
            .inventory
            .branches(&repository())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        gitlab
            .inventory
            .open_pull_requests(&repository())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        gitlab
            .inventory
            .missed("2026-01-01T00:00:00Z".parse().unwrap())
            .await
            .unwrap()[0]
            .id(),
        "k-1"
    );
}
