//! GitHub's own word as the oracle: its description of the API, its examples
//! of deliveries and of answers, and its own signer, all from npm.

use forgewarden::forge::Meaning;
use forgewarden::forge::github::manifest::{convert, manifest};
use forgewarden::model::event::Event;
use forgewarden::model::verdict::Conclusion::{Error, Fail, Pass, Pending};
use serde_json::{Value, json};

use super::administration;
use super::audit::with_audit;
use super::forge::github::{ADMIN_TOKEN, Classic, Fault, Proposal, Recorded, Sent, signature};
use super::scene::{APP, Scene, config, delivery, status, verified};
use crate::support::contract::{Description, node, package};

/// Does everything that the adapter can do, once.
async fn everything(scene: &Scene) {
    let forge = &scene.forge;
    let head = scene.commits("topic/#1", "change");
    scene.pushes(&["topic/#1"]).await;
    let number = forge.open_pull_request(APP, Proposal::of("topic/#1")).await;
    forge.approve(APP, number, "bob").await;
    let mut unknown_grant = scene.repository();
    unknown_grant.grant = None;
    let evidence = &scene.instance.evidence;
    evidence
        .pull_request(&unknown_grant, number)
        .await
        .expect("found");
    evidence
        .approvals(&scene.repository(), number)
        .await
        .expect("read");
    forge.has_team("acme/security", &["bob"]);
    for login in ["bob", "mallory"] {
        let actor = crate::support::facts::account(login);
        evidence
            .is_member(&scene.repository(), "acme/security", &actor)
            .await
            .expect("known");
    }
    let unknown = super::scene::id(&"9".repeat(40));
    for head in [head, unknown] {
        evidence
            .pull_requests_of(&scene.repository(), head)
            .await
            .expect("found");
    }
    scene
        .instance
        .objects
        .remote(&scene.repository())
        .await
        .expect("a remote");
    let pending = scene.publishes(&status(head, Pending, 0), None).await;
    let mut verdict = status(head, Fail, 130);
    verdict.summary = "ü".repeat(70_000);
    scene.publishes(&verdict, Some(&pending)).await;
    scene.publishes(&verdict, Some(&pending)).await;
    scene.publishes(&status(head, Error, 0), None).await;
    let run = scene.publishes(&status(head, Pass, 60), None).await;
    let publisher = &scene.instance.publisher;
    let standing = publisher
        .standing(&scene.repository(), &status(head, Pass, 60), &run)
        .await;
    standing.expect("read back");
    let inventory = &scene.instance.inventory;
    inventory.repositories().await.expect("listed");
    let name = &scene.repository().name;
    let found = inventory.repository(name).await.expect("found");
    let open = inventory.open_pull_requests(&found).await;
    assert_eq!(open.expect("listed").len(), 1);
    inventory.branches(&found).await.expect("listed");
    let missed = inventory.missed(jiff::Timestamp::UNIX_EPOCH).await;
    assert!(!missed.expect("listed").is_empty());
}

/// Examines, plans and sets everything up, as the App and as an administrator.
async fn administers(scene: &Scene) {
    let forge = &scene.forge;
    forge.has_pre_receive_hook(APP, "enabled", false);
    forge.changes_app(|app| app.has_secret = false);
    let scope = administration::scope(scene);
    let instance = administration::with_token(scene, ADMIN_TOKEN);
    for ours in [&scene.instance, &instance] {
        administration::examined(scene, ours).await;
    }
    forge.protects(APP, "main", Classic::guarding("ci"));
    let administration = &instance.administration;
    let sets_up = async || {
        let plan = administration.plan(&scope).await.expect("planned");
        assert!(!plan.is_empty());
        for step in plan {
            administration.apply(&step).await.expect("applied");
        }
    };
    sets_up().await;
    forge.changes_ruleset(APP, |it| it.enforcement = "disabled".into());
    sets_up().await;
    assert_eq!(administration.plan(&scope).await.expect("planned"), []);
    administration::examined(scene, &instance).await;
    let described = manifest("https://forgewarden.example.com", "github", "forgewarden");
    let code = forge.confirms_manifest(&described);
    let app = convert(&forge.api_url(), &code).await;
    app.expect("made");
}

/// The names in a manifest are GitHub's: those of a token's permissions, and
/// those of its published deliveries.
#[test]
fn the_manifest_asks_for_what_github_knows() {
    let described_app = manifest("https://forgewarden.example.com", "github", "forgewarden");
    let permissions = &described_app["default_permissions"];
    let token = |permissions: &Value| {
        let path = "/app/installations/1/access_tokens";
        json!([{ "method": "POST", "path": path, "body": { "permissions": permissions } }])
    };
    let github = described("api.github.com");
    let told = github.tells(&token(permissions));
    assert!(told[0].problems.is_empty(), "{told:?}");
    github.objects_to(&token(&json!({ "commits": "read" })));
    let index = package("@octokit/webhooks-examples/api.github.com/index.json");
    let index: Value = serde_json::from_slice(&std::fs::read(index).expect("read")).expect("JSON");
    let known = index
        .as_array()
        .expect("events")
        .iter()
        .map(|it| &it["name"]);
    let known: Vec<_> = known.collect();
    let events = described_app["default_events"].as_array().expect("events");
    assert!(
        events.iter().all(|event| known.contains(&event)),
        "{events:?}"
    );
}

/// What the editions in the cloud do not have; they are not asked for it.
const ON_SERVERS_ALONE: [&str; 2] = [
    "enterprise-admin/get-pre-receive-hook-for-org",
    "enterprise-admin/list-pre-receive-hooks-for-repo",
];

fn described(edition: &str) -> Description {
    let file = format!("@octokit/openapi/generated/{edition}.json");
    Description::published(&file)
}

#[tokio::test]
async fn every_request_is_as_github_describes_it() {
    let scene = Scene::new().await;
    everything(&scene).await;
    administers(&scene).await;
    for edition in ["api.github.com", "ghec", "ghes-3.17", "ghes-3.19"] {
        let server = edition.starts_with("ghes-");
        let mut requests = scene.forge.requests();
        requests.retain(|it| server || !it.path.contains("/pre-receive-hooks"));
        let operations = described(edition).holds(&requests);
        let mut expected = vec![
            "apps/create-from-manifest",
            "apps/create-installation-access-token",
            "apps/get-authenticated",
            "apps/get-repo-installation",
            "apps/get-webhook-config-for-app",
            "apps/get-webhook-delivery",
            "apps/list-installations",
            "apps/list-repos-accessible-to-installation",
            "apps/list-webhook-deliveries",
            "apps/update-webhook-config-for-app",
            "checks/create",
            "checks/get",
            "checks/list-annotations",
            "checks/list-for-ref",
            "checks/update",
            "git/get-ref",
            "orgs/get",
            "pulls/get",
            "pulls/list",
            "pulls/list-reviews",
            "repos/create-repo-ruleset",
            "repos/get",
            "repos/get-branch",
            "repos/get-branch-protection",
            "repos/get-branch-rules",
            "repos/get-combined-status-for-ref",
            "repos/get-repo-rule-suites",
            "repos/get-repo-ruleset",
            "repos/get-repo-rulesets",
            "repos/list-branches",
            "repos/list-pull-requests-associated-with-commit",
            "repos/update-repo-ruleset",
            "teams/get-by-name",
            "teams/get-membership-for-user-in-org",
        ];
        expected.extend(ON_SERVERS_ALONE.iter().filter(|_| server));
        expected.sort_unstable();
        assert!(
            operations.iter().eq(expected.iter()),
            "{edition}: {operations:?}"
        );
    }
}

/// What the editions without an audit log to be asked do not have.
fn has_audit_log(edition: &str) -> bool {
    edition != "api.github.com"
}

#[tokio::test]
async fn every_request_about_authentication_is_as_github_describes_it() {
    let scene = Scene::new().await;
    scene.forge.lets_app_read_logs();
    scene.forge.takes_passwords(false);
    let app = with_audit(&scene, |it| it.organizations = vec!["acme".into()]);
    for _ in 0..150 {
        scene
            .forge
            .records_push(APP, "alice", &Recorded::classic_token());
    }
    let since = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(1);
    let records = app.audit.records(since).await.expect("read");
    assert_eq!(records.len(), 150);
    app.audit.guarantees().await.expect("told");
    administration::examined(&scene, &app).await;
    for edition in ["api.github.com", "ghec", "ghes-3.17", "ghes-3.19"] {
        let mut requests = scene.forge.requests();
        let ours = [
            "/access_tokens",
            "/app/installations?",
            "/meta",
            "/orgs/acme",
        ];
        requests.retain(|it| ours.iter().any(|path| it.path.contains(path)));
        requests.retain(|it| has_audit_log(edition) || !it.path.contains("/audit-log"));
        let operations = described(edition).holds(&requests);
        let mut expected = vec![
            "apps/create-installation-access-token",
            "apps/get-org-installation",
            "apps/list-installations",
            "meta/get",
            "orgs/get",
        ];
        expected.extend(has_audit_log(edition).then_some("orgs/get-audit-log"));
        assert!(
            operations.iter().eq(expected.iter()),
            "{edition}: {operations:?}"
        );
    }
}

/// The oracle itself is tried: it must object to what GitHub would refuse.
#[test]
fn the_description_objects_to_requests_that_github_would_refuse() {
    let run = |more: Value| {
        let mut body = json!({ "name": "n", "head_sha": "1".repeat(40) });
        body.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        json!({ "method": "POST", "path": "/repos/o/r/check-runs", "body": body })
    };
    let line = json!({ "path": "a", "start_line": 1, "end_line": 1,
        "annotation_level": "failure", "message": "m" });
    let output = |more: Value| {
        let mut output = json!({ "title": "t", "summary": "s" });
        output
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        json!({ "output": output })
    };
    let ruleset = |rule: Value| {
        json!({ "method": "POST", "path": "/repos/o/r/rulesets",
        "body": { "name": "n", "enforcement": "active", "rules": [rule] } })
    };
    let good = json!([
        ruleset(json!({ "type": "deletion" })),
        run(json!({})),
        run(output(json!({ "annotations": vec![line.clone(); 50] })))
    ]);
    let github = described("api.github.com");
    for told in github.tells(&good) {
        assert!(told.problems.is_empty(), "{told:?}");
    }
    let bad = json!([
        run(json!({ "conclusion": "failed", "status": "completed" })),
        run(json!({ "status": "completed" })),
        run(json!({ "detail_url": "https://example.com" })),
        run(json!({ "output": { "summary": "no title" } })),
        run(output(json!({ "annotations": vec![line; 51] }))),
        run(output(json!({ "summary": "x".repeat(65_536) }))),
        { "method": "POST", "path": "/repos/o/r/check-runs", "body": { "name": "n" } },
        { "method": "PUT", "path": "/repos/o/r/check-runs", "body": {} },
        ruleset(json!({ "type": "required_status_checks", "parameters": {
            "required_status_checks": [{ "context": "c", "app_id": 1 }],
            "strict_required_status_checks_policy": true } })),
        ruleset(json!({ "type": "deletion", "parameters": { "strict": true } })),
        ruleset(json!({ "type": "no_rewind" })),
        { "method": "GET", "path": "/repos/o/r/pulls?stat=open", "body": null },
        { "method": "GET", "path": "/repos/o/r/pulls/x", "body": null },
        { "method": "GET", "path": "/meta?include=git", "body": null },
        { "method": "GET", "path": "/nowhere", "body": null },
    ]);
    github.objects_to(&bad);
}

#[tokio::test]
async fn every_published_delivery_is_authentic_and_understood() {
    let scene = Scene::new().await;
    let index = package("@octokit/webhooks-examples/api.github.com/index.json");
    let index = std::fs::read(index).expect("the examples");
    let index: Value = serde_json::from_slice(&index).expect("JSON");
    let (mut events, mut others) = (0, 0);
    for entry in index.as_array().expect("a list of events") {
        let name = entry["name"].as_str().expect("a name");
        for example in entry["examples"].as_array().expect("examples") {
            let body = example.to_string().into_bytes();
            let signed = signature(scene.forge.webhook_secret(), &body);
            let headers = [
                ("content-type", "application/json"),
                ("x-github-event", name),
                ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
                ("x-hub-signature-256", &signed),
            ];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let sent = Sent {
                guid: String::new(),
                event: name.into(),
                headers: headers.to_vec(),
                body,
                answered: None,
            };
            let intake = &scene.instance.intake;
            let authentic = intake.authenticate(delivery(&sent)).expect("authentic");
            let action = &example["action"];
            match intake.meaning(&authentic) {
                Ok(Meaning::Events(list)) if !list.is_empty() => events += 1,
                Ok(Meaning::NotOfInterest(why)) if why.starts_with(name) => others += 1,
                other => panic!("{name} {action}: {other:?}"),
            }
        }
    }
    // push 7, pull_request 15 of 29, reviews 4, merge_group 2, installation 7,
    // installation_repositories 3, ping 4; check runs and suites are another App's.
    assert_eq!(
        (events, events + others > 200),
        (7 + 15 + 4 + 2 + 7 + 3 + 4, true),
        "{others}"
    );
}

#[tokio::test]
async fn reruns_in_the_published_deliveries_are_ours_if_the_app_is() {
    let scene = Scene::new().await;
    let index = package("@octokit/webhooks-examples/api.github.com/index.json");
    let index: Value = serde_json::from_slice(&std::fs::read(index).expect("read")).expect("JSON");
    let mut rechecks = 0;
    for entry in index.as_array().expect("a list of events") {
        let name = entry["name"].as_str().expect("a name");
        if !matches!(name, "check_run" | "check_suite") {
            continue;
        }
        for example in entry["examples"].as_array().expect("examples") {
            let Some(app) = example[name]["app"]["id"].as_u64() else {
                continue;
            };
            let mut config = config(&scene.forge);
            config.app_id = app;
            let instance = forgewarden::forge::github::instance(
                &config,
                std::sync::Arc::new(forgewarden::clock::SystemClock),
            )
            .expect("lawful");
            let meaning = instance
                .intake
                .meaning(&verified(name, example.to_string()));
            let recheck = matches!(meaning.expect("readable"),
                Meaning::Events(list) if matches!(list[..], [Event::Recheck { .. }]));
            assert_eq!(recheck, example["action"] == "rerequested", "{name}");
            rechecks += usize::from(recheck);
        }
    }
    assert_eq!(rechecks, 4);
}

#[tokio::test]
async fn githubs_own_example_answers_are_read() {
    let scene = Scene::new().await;
    let operations = [
        "pulls/get",
        "pulls/list-reviews",
        "repos/list-pull-requests-associated-with-commit",
        "apps/get-repo-installation",
        "git/get-ref",
    ];
    let examples = node("github/examples.mjs", &operations, b"");
    let examples: Value = serde_json::from_slice(&examples).expect("JSON");
    let paths = [
        "/pulls/7",
        "/pulls/7/reviews",
        "/pulls?per_page",
        "/installation",
        "/git/ref",
    ];
    let script = |operation: &str, path: &'static str| {
        let bodies = examples[operation].as_array().expect("examples");
        assert!(!bodies.is_empty(), "{operation} has no example");
        scene
            .forge
            .fails(Fault::new("GET", path, 200).body(bodies[0].to_string()));
    };
    let evidence = &scene.instance.evidence;
    script(operations[0], paths[0]);
    script(operations[4], paths[4]);
    let found = evidence
        .pull_request(&scene.repository(), 7)
        .await
        .expect("read");
    assert!(found.number > 0 && found.actor.is_some());
    script(operations[1], paths[1]);
    let approvals = evidence
        .approvals(&scene.repository(), 7)
        .await
        .expect("read");
    assert_eq!(approvals.len(), 1);
    script(operations[2], paths[2]);
    script(operations[4], paths[4]);
    let head = super::scene::id("6dcb09b5b57875f334f61aebed695e2e4193db5e");
    let found = evidence
        .pull_requests_of(&scene.repository(), head)
        .await
        .expect("read");
    assert!(
        found.iter().all(|it| it.head == head && it.open),
        "{found:?}"
    );
}

#[test]
fn our_signatures_are_githubs_signatures() {
    for (secret, body) in [
        ("It's a Secret to Everybody", "Hello, World!"),
        ("ü", "{\"a\":\"ü\"}"),
    ] {
        let theirs = node("github/sign.mjs", &[secret], body.as_bytes());
        assert_eq!(
            signature(secret, body.as_bytes()),
            String::from_utf8_lossy(&theirs)
        );
    }
}
