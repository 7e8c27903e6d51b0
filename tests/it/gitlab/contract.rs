//! What was written down of GitLab's API, and another client than ours, as
//! oracles.

use forgewarden::forge::Scope;
use forgewarden::model::principal::Actor;
use forgewarden::model::refs::RefName;
use forgewarden::model::repo::ForgeKind;
use forgewarden::model::verdict::Conclusion::{Error, Fail, Pass, Pending};
use serde_json::{Value, json};

use super::forge::gitlab::{Request, WARDEN};
use super::scene::{APP, CONTEXT, Scene, push_status, status};
use crate::support::contract::{Description, python};

fn description() -> Description {
    Description::of("gitlab/openapi.json")
}

/// Does everything that the adapter can do, once.
async fn everything(scene: &Scene) {
    let forge = &scene.forge;
    let (number, head) = scene.proposed().await;
    let pipeline = forge.starts_pipeline(APP, "topic").await;
    forge.ends_pipeline(pipeline, "success").await;
    forge.approve(APP, number, "bob").await;
    let (repository, evidence) = (scene.repository(), &scene.instance.evidence);
    evidence
        .pull_request(&repository, number)
        .await
        .expect("found");
    evidence.approvals(&repository, number).await.expect("read");
    evidence
        .pull_requests_of(&repository, head)
        .await
        .expect("found");
    let unknown = super::scene::id(&"9".repeat(40));
    evidence
        .pull_requests_of(&repository, unknown)
        .await
        .expect("asked");
    forge.has_group("acme/security", &["bob"]);
    for login in ["bob", "mallory"] {
        let actor = Actor {
            forge: ForgeKind::GitLab,
            login: login.into(),
            id: Some(forge.account_id(login)),
            robot: false,
        };
        let found = evidence
            .is_member(&repository, "acme/security", &actor)
            .await;
        found.expect("known");
    }
    for conclusion in [Pending, Fail, Error, Pass] {
        let mut one = status(head, conclusion);
        one.title = "ü".repeat(400);
        scene.publishes(&one).await;
        scene.standing(&one).await;
    }
    scene.publishes(&push_status("topic", head, Fail)).await;
    let (audit, at) = (&scene.instance.audit, jiff::Timestamp::UNIX_EPOCH);
    let alice = Actor {
        forge: ForgeKind::GitLab,
        login: "alice".into(),
        id: Some(forge.account_id("alice")),
        robot: false,
    };
    audit.account(&alice, at).await.expect("known");
    audit.guarantees().await.expect("read");
    audit.records(at).await.expect("none");
    let inventory = &scene.instance.inventory;
    inventory.repositories().await.expect("listed");
    inventory.repository(&repository.name).await.expect("found");
    inventory
        .open_pull_requests(&repository)
        .await
        .expect("listed");
    inventory.branches(&repository).await.expect("listed");
    forge.delivers_by_project_hooks();
    forge.delivers_to("http://127.0.0.1:1/webhooks/gitlab");
    inventory
        .missed(jiff::Timestamp::UNIX_EPOCH)
        .await
        .expect("listed");
    scene
        .instance
        .objects
        .remote(&repository)
        .await
        .expect("a remote");
    administers(scene, "https://forgewarden.example.com/webhooks/gitlab").await;
}

/// Plans, applies the plan, and examines.
async fn administers(scene: &Scene, webhook_url: &str) {
    let branch = |name: &str| RefName::branch(name).expect("lawful");
    let scope = Scope {
        repository: scene.repository(),
        branches: vec![
            (branch("main"), CONTEXT.into()),
            (branch("next"), "forgewarden/next".into()),
        ],
        webhook_url: webhook_url.into(),
    };
    let administration = &scene.instance.administration;
    administration.examine(&scope).await;
    for step in administration.plan(&scope).await.expect("planned") {
        // What is to be done by hand is an error.
        let _ = administration.apply(&step).await;
    }
}

/// Forks get threads, and an old GitLab is asked for notes.
async fn everything_for_forks(scene: &Scene) {
    scene.forge.is_old();
    let (number, head) = scene.proposed_from_fork().await;
    for conclusion in [Pending, Fail, Pass, Fail] {
        scene.publishes(&status(head, conclusion)).await;
    }
    scene.forge.approve(APP, number, "bob").await;
    let evidence = &scene.instance.evidence;
    let read = evidence.approvals(&scene.repository(), number).await;
    assert_eq!(read.expect("read").len(), 1);
    // As a maintainer of the project, who sees no system hooks.
    scene
        .forge
        .gives_role(APP, WARDEN, super::forge::gitlab::MAINTAINER);
    let alone = Scene {
        instance: scene.with(|it| it.admin_token = None),
        forge: scene.forge.clone(),
        copy: scene.copy.clone(),
        folder: tempfile::tempdir().expect("a folder"),
    };
    let url = "https://forgewarden.example.com/webhooks/gitlab";
    administers(&alone, url).await;
    scene
        .forge
        .sets(APP, "allow_merge_on_skipped_pipeline", true);
    administers(&alone, url).await;
}

#[tokio::test]
async fn every_request_is_as_it_was_written_down() {
    let scene = Scene::new().await;
    scene.forge.is_licensed();
    everything(&scene).await;
    let fork = Scene::new().await;
    everything_for_forks(&fork).await;
    let requests: Vec<Request> = [scene.forge.requests(), fork.forge.requests()].concat();
    let operations = description().holds(&requests);
    let expected = [
        "application-settings/get",
        "approvals/get",
        "approvals/get-settings",
        "branches/get",
        "branches/list",
        "commits/list-merge-requests",
        "commits/list-statuses",
        "commits/post-status",
        "discussions/change-note",
        "discussions/list",
        "discussions/open",
        "discussions/resolve",
        "groups/get",
        "groups/get-member",
        "hooks/add",
        "hooks/list",
        "hooks/list-events",
        "members/get",
        "merge-requests/get",
        "merge-requests/list",
        "merge-requests/list-versions",
        "notes/list",
        "projects/change",
        "projects/get",
        "projects/list",
        "protected-branches/list",
        "protected-branches/protect",
        "status-checks/answer",
        "status-checks/list",
        "status-checks/list-of-merge-request",
        "system-hooks/add",
        "system-hooks/list",
        "users/current",
        "users/get",
    ];
    assert!(operations.iter().eq(expected.iter()), "{operations:#?}");
}

/// The oracle itself is tried: it must object to what GitLab would refuse.
#[test]
fn the_description_objects_to_requests_that_gitlab_would_refuse() {
    let sha = "1".repeat(40);
    let post = |more: Value| {
        let mut body = json!({ "state": "failed", "name": "n", "ref": "topic" });
        let fields = body.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        json!({ "method": "POST", "path": format!("/projects/7/statuses/{sha}"), "body": body })
    };
    let long = "x".repeat(255);
    let good = json!([
        post(json!({})),
        post(json!({ "description": long, "pipeline_id": 1, "target_url": "https://a/" })),
        { "method": "GET", "path": "/projects/acme%2Fapp", "body": null },
    ]);
    for told in description().tells(&good) {
        assert!(told.problems.is_empty(), "{told:?}");
    }
    let list = format!("/projects/7/repository/commits/{sha}/statuses");
    description().objects_to(&json!([
        post(json!({ "state": "passed" })),
        post(json!({ "state": "skipped" })),
        post(json!({ "description": "x".repeat(256) })),
        post(json!({ "target_url": "javascript:x" })),
        post(json!({ "pipeline_id": "1" })),
        post(json!({ "context": "n" })),
        post(json!({ "ref": "" })),
        { "method": "POST", "path": "/projects/7/statuses/HEAD", "body": { "state": "failed", "name": "n", "ref": "r" } },
        { "method": "GET", "path": format!("{list}?sort=down"), "body": null },
        { "method": "GET", "path": format!("{list}?per_page=101"), "body": null },
        { "method": "GET", "path": format!("{list}?latest=true"), "body": null },
        { "method": "PUT", "path": "/projects/7/merge_requests/1/discussions/..", "body": { "resolved": true } },
        { "method": "GET", "path": "/projects/7/merge_requests/x", "body": null },
        { "method": "GET", "path": "/users/alice", "body": null },
        { "method": "GET", "path": "/application/settings?x=1", "body": null },
        { "method": "GET", "path": "/nowhere", "body": null },
    ]));
}

async fn reads_back(scene: &Scene, number: u64, head: &str) -> Value {
    let (url, token) = (scene.forge.url(), scene.forge.admin_token().to_owned());
    let (number, head) = (number.to_string(), head.to_owned());
    let read = tokio::task::spawn_blocking(move || {
        python("gitlab_reads.py", &[&url, &token, APP, &number, &head])
    });
    read.await.expect("it runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn python_gitlab_reads_back_what_we_posted() {
    let scene = Scene::new().await;
    scene.forge.is_licensed();
    let (number, head) = scene.proposed().await;
    scene.forge.approve(APP, number, "bob").await;
    scene
        .forge
        .delivers_to("https://forgewarden.example.com/webhooks/gitlab");
    let hex = head.to_string();
    scene.publishes(&status(head, Pending)).await;
    scene.publishes(&status(head, Fail)).await;
    let read = reads_back(&scene, number, &hex).await;
    let posted = |state: &str, description: &str| {
        json!([{ "name": CONTEXT, "state": state, "ref": "topic", "description": description,
            "target_url": "https://forgewarden.example.com/v/1", "author": WARDEN }])
    };
    assert_eq!(read["statuses"], posted("failed", "fail"));
    assert_eq!(read["checks"], json!({ CONTEXT: "failed" }));
    let merge_request = json!({ "state": "opened", "sha": hex, "target": "main",
        "detailed_merge_status": "ci_must_pass" });
    assert_eq!(read["merge_request"], merge_request);
    assert_eq!(read["approved_by"], json!(["bob"]));
    assert_eq!(read["account"], "root");
    assert_eq!(read["project"], scene.repository().id);
    let hooks = json!(["https://forgewarden.example.com/webhooks/gitlab"]);
    assert_eq!(
        (&read["system_hooks"], &read["hooks"]),
        (&hooks, &json!([]))
    );
    scene.publishes(&status(head, Pass)).await;
    let read = reads_back(&scene, number, &hex).await;
    assert_eq!(read["statuses"], posted("success", "pass"));
    assert_eq!(read["checks"], json!({ CONTEXT: "passed" }));
    assert_eq!(read["merge_request"]["detailed_merge_status"], "mergeable");
    assert_eq!(read["threads"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn python_gitlab_reads_the_thread_of_a_fork() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed_from_fork().await;
    let hex = head.to_string();
    for (conclusion, resolved, stands) in [
        (Fail, false, "discussions_not_resolved"),
        (Pass, true, "mergeable"),
    ] {
        scene.publishes(&status(head, conclusion)).await;
        let read = reads_back(&scene, number, &hex).await;
        let threads = read["threads"].as_array().expect("a list");
        assert_eq!(threads.len(), 1);
        assert_eq!(threads[0]["author"], WARDEN);
        assert_eq!(threads[0]["resolved"], resolved);
        assert_eq!(read["merge_request"]["detailed_merge_status"], stands);
        assert_eq!(read["checks"], Value::Null, "not licensed");
    }
}
