//! Every request is as the contract describes it, and another client of Stash
//! reads what we said.

use forgewarden::forge::{Scope, StatusSubject};
use forgewarden::model::principal::Actor;
use forgewarden::model::refs::RefName;
use forgewarden::model::repo::ForgeKind;
use forgewarden::model::verdict::Conclusion::{Error, Fail, Pass, Pending};
use serde_json::json;

use super::forge::stash::Proposal;
use super::scene::{APP, CONTEXT, Scene, id, status};
use crate::support::contract::{Description, python};

/// Does everything that the adapter can do, once; gives the pull request's number.
async fn everything(scene: &Scene) -> u64 {
    let forge = &scene.forge;
    let repository = scene.repository();
    let head = scene.commits("topic/a-b", "change");
    scene.pushes(&["topic/a-b"]).await;
    let number = forge
        .open_pull_request(APP, Proposal::of("topic/a-b"))
        .await;
    forge.approve(APP, number, "bob").await;
    let evidence = &scene.instance.evidence;
    evidence
        .pull_request(&repository, number)
        .await
        .expect("found");
    evidence.approvals(&repository, number).await.expect("read");
    for head in [head, id(&"9".repeat(40))] {
        let found = evidence.pull_requests_of(&repository, head).await;
        found.expect("asked");
    }
    forge.has_group("security", &["bob"]);
    let bob = Actor {
        forge: ForgeKind::Stash,
        login: "bob".to_owned(),
        id: None,
        robot: false,
    };
    let member = evidence.is_member(&repository, "security", &bob).await;
    member.expect("known");
    scene
        .instance
        .objects
        .remote(&repository)
        .await
        .expect("a remote");
    for conclusion in [Pending, Fail, Error, Pass] {
        let mut said = status(head, conclusion, 3);
        said.subject = StatusSubject::PullRequest(number);
        said.summary = "ü".repeat(5_000);
        let published = scene.publishes(&said, None).await;
        let publisher = &scene.instance.publisher;
        let standing = publisher.standing(&repository, &said, &published).await;
        standing.expect("read back");
    }
    let audit = &scene.instance.audit;
    audit.guarantees().await.expect("tried");
    let at = jiff::Timestamp::UNIX_EPOCH;
    audit.account(&bob, at).await.expect("known");
    audit.records(at).await.expect("none");
    let inventory = &scene.instance.inventory;
    inventory.repositories().await.expect("listed");
    let found = inventory.repository(&repository.name).await.expect("found");
    inventory.open_pull_requests(&found).await.expect("listed");
    inventory.branches(&found).await.expect("listed");
    let scope = Scope {
        repository,
        branches: vec![(RefName::branch("main").expect("lawful"), CONTEXT.to_owned())],
        webhook_url: "https://warden.example/webhooks/stash".to_owned(),
    };
    let administration = &scene.instance.administration;
    administration.examine(&scope).await;
    for step in administration.plan(&scope).await.expect("a plan") {
        administration.apply(&step).await.expect("applied");
    }
    number
}

#[tokio::test]
async fn every_request_is_as_the_contract_describes_it() {
    let scene = Scene::new().await;
    everything(&scene).await;
    let operations = Description::of("stash/openapi.json").holds(&scene.forge.requests());
    for needed in [
        "createWebhook",
        "createRequiredBuildsMergeCheck",
        "getRestrictions",
    ] {
        assert!(operations.contains(needed), "{needed}: {operations:?}");
    }
    assert!(operations.len() > 24, "{operations:?}");
}

/// The oracle itself is tried: it must object to what Stash would refuse.
#[test]
fn the_contract_objects_to_requests_that_stash_would_refuse() {
    let commit =
        "/api/latest/projects/ACME/repos/app/commits/1111111111111111111111111111111111111111";
    let build = |state: &str, key: &str| {
        json!({ "method": "POST", "path": format!("{commit}/builds"), "body": { "key": key,
            "parent": key, "state": state, "url": "https://example.com" } })
    };
    let contract = Description::of("stash/openapi.json");
    let good = contract.tells(&json!([build("FAILED", "a")]));
    assert!(good[0].problems.is_empty(), "{good:?}");
    contract.objects_to(&json!([
        build("failed", "a"),
        build("FAILED", &"a".repeat(256)),
        { "method": "POST", "path": format!("{commit}/builds"), "body": { "key": "a" } },
        { "method": "PATCH", "path": format!("{commit}/builds"), "body": {} },
        { "method": "GET", "path": "/api/latest/nowhere", "body": null },
        { "method": "GET", "path": "/api/latest/repos?permission=ADMIN", "body": null },
    ]));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_client_reads_what_we_said() {
    let scene = Scene::new().await;
    let number = everything(&scene).await;
    let head = scene.forge.head(APP, number);
    let report = scene.forge.reports(APP, &head).remove(0).key;
    let number = number.to_string();
    let token = scene.forge.admin_token();
    let url = scene.forge.url();
    let arguments = [url.as_str(), token, "ACME", "app", &head, &number, &report];
    let read = tokio::task::block_in_place(|| python("stash_reads.py", &arguments));
    assert_eq!(read["builds"][0]["key"], CONTEXT);
    assert_eq!(read["builds"][0]["state"], "SUCCESSFUL");
    assert_eq!(read["report"]["result"], "PASS");
    let participants = read["participants"].as_array().expect("a list");
    let own = participants
        .iter()
        .find(|it| it["user"]["name"] == scene.forge.user());
    let own = own.expect("we are among them");
    assert_eq!(own["status"], "APPROVED");
    assert_eq!(own["lastReviewedCommit"], head.as_str());
    assert_eq!(
        read["webhooks"][0]["url"],
        "https://warden.example/webhooks/stash"
    );
}
