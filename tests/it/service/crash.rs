//! `kill -9` at any point loses no delivery that was acknowledged, and leaves
//! no status pending for ever.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use crate::support::World;
use crate::support::daemon::Daemon;
use crate::support::forge::github::git::git;
use crate::support::forge::github::{GitHub, Proposal, Sent};
use crate::support::gate::eventually;

const APP: &str = "acme/app";
/// How often the service is killed.
const ROUNDS: u32 = 40;
/// Deliveries per round.
const DELIVERIES: u32 = 3;
/// The latest point of a kill, in milliseconds.
const LATEST: u64 = 50;

/// A status that must be there in the end: its context and its commit.
type Owed = (String, String);

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_point_loses_nothing_that_was_acknowledged() {
    let world = World::new();
    let forge = GitHub::start(world.path(".")).await;
    let bare = forge.create_repository(APP);
    let main = commit(&bare, "main", None);
    forge.notices(APP, "alice").await;
    let mut daemon = Daemon::configured(&forge);
    let acknowledged = Mutex::new(Vec::new());
    for round in 0..ROUNDS {
        daemon.start();
        forge.delivers_to(daemon.webhook());
        let acknowledges = |sent: Option<Sent>, context: String, head: &str| {
            if sent.and_then(|it| it.answered) == Some(202) {
                acknowledged
                    .lock()
                    .unwrap()
                    .push((context, head.to_owned()));
            }
        };
        let push = async |number| {
            let branch = format!("work-{round}-{number}");
            let head = commit(&bare, &branch, Some(&main));
            let sent = forge.notices(APP, "alice").await.pop();
            acknowledges(sent, format!("forgewarden-push/{branch}"), &head);
            forge.open_pull_request(APP, Proposal::of(&branch)).await;
            acknowledges(forge.sent().pop(), "forgewarden/main".to_owned(), &head);
        };
        // Every other time counts from an acknowledgement, so that the work
        // after it is hit however slow the machine is.
        if round % 2 == 1 {
            push(0).await;
        }
        let moment = u64::from(uuid::Uuid::new_v4().as_bytes()[0]) * LATEST / 255;
        let pushes = async {
            for number in 1..DELIVERIES {
                push(number).await;
            }
            std::future::pending::<()>().await;
        };
        // What is acknowledged before the kill counts; the rest may be lost.
        let killed = tokio::time::timeout(Duration::from_millis(moment), pushes).await;
        assert!(killed.is_err());
        daemon.kill();
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    let enough = acknowledged.len() >= ROUNDS as usize / 2;
    assert!(enough, "too few to mean anything");
    daemon.start();
    let published = |(context, head): &Owed| {
        let newest = forge.check(APP, head, context);
        newest.is_some_and(|run| run.conclusion.as_deref() == Some("failure"))
    };
    eventually("every acknowledged delivery is published", async || {
        acknowledged.iter().all(published)
    })
    .await;
    // Deliveries that were stored without an acknowledgement are worked on too.
    // A dead job would never go away.
    eventually("no job is left, dead ones included", async || {
        let listed = daemon.replay(&["--list"]);
        listed.contains("There are no such jobs.")
    })
    .await;
    for owed in &acknowledged {
        assert!(published(owed));
        for run in forge.check_runs(APP, &owed.1) {
            assert_eq!(run.status, "completed", "{run:?}");
        }
    }
}

/// A commit that nobody signed, on a branch of its own; gives its id.
fn commit(bare: &Path, branch: &str, parent: Option<&str>) -> String {
    let tree = git(bare, &["mktree"]);
    let mut arguments = vec!["commit-tree", &tree, "-m", branch];
    arguments.extend(parent.iter().flat_map(|parent| ["-p", parent]));
    let commit = git(bare, &arguments);
    git(
        bare,
        &["update-ref", &format!("refs/heads/{branch}"), &commit],
    );
    commit
}
