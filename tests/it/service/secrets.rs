//! No configured secret reaches a log, the database, a mirror or an answer.

use std::path::Path;

use crate::support::World;
use crate::support::daemon::{Daemon, LINK_KEY};
use crate::support::forge::common::traffic::Sent;
use crate::support::forge::github::git::git;
use crate::support::forge::github::{GitHub, OWNER_TOKEN, Recorded, batch};
use crate::support::gate::eventually;
use crate::support::secrets::{Secret, assert_nowhere};

const APP: &str = "acme/app";

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_leaks() {
    use base64::Engine as _;
    let world = World::new();
    let forge = GitHub::start(world.path(".")).await;
    let bare = forge.create_repository(APP);
    let mut daemon = Daemon::configured(&forge);
    daemon.start();
    forge.delivers_to(daemon.webhook());
    let tree = git(&bare, &["mktree"]);
    let head = git(&bare, &["commit-tree", &tree, "-m", "one"]);
    git(&bare, &["update-ref", "refs/heads/work", &head]);
    let sent = forge.notices(APP, "alice").await.remove(0);
    assert_eq!(sent.answered, Some(202));
    // One whose objects do not exist: errors are where secrets leak.
    let mut gone = sent.payload();
    gone["ref"] = "refs/heads/gone".into();
    gone["after"] = "ab".repeat(20).into();
    assert_eq!(forge.delivers("push", &gone).await.answered, Some(202));
    eventually("it is published", async || {
        let run = forge.check(APP, &head, "forgewarden-push/work");
        run.is_some_and(|run| run.status == "completed")
    })
    .await;
    eventually("the other is given up", async || {
        daemon.replay(&[]).contains("evaluate")
    })
    .await;
    let answers = answers_of(&daemon).await;

    let tokens = forge.requests().into_iter();
    let tokens = tokens.filter_map(|it| it.answer["token"].as_str().map(str::to_owned));
    let mut secrets = vec![forge.webhook_secret().to_owned(), LINK_KEY.to_owned()];
    for token in tokens {
        let login = format!("x-access-token:{token}");
        secrets.push(base64::engine::general_purpose::STANDARD.encode(login));
        secrets.push(token);
    }
    assert!(secrets.len() > 2, "the service had tokens");
    secrets.extend(forge.private_key_pem().lines().nth(1).map(str::to_owned));
    let log = daemon.log();
    let delivery = format!("\"delivery\":\"{}\"", sent.guid);
    assert!(log.contains(&delivery), "lines carry the delivery: {log}");
    for secret in &secrets {
        assert!(!log.contains(secret), "a secret is in the log");
        assert!(!answers.contains(secret), "a secret is in an answer");
    }
    daemon.kill();
    let own = ["app.pem", "hook.secret", "link.key"];
    let files = files_below(daemon.folder());
    assert!(files.iter().any(|file| file.ends_with("forgewarden.db")));
    for file in files {
        if own.iter().any(|name| file.ends_with(name)) {
            continue;
        }
        let bytes = std::fs::read(&file).unwrap();
        for secret in &secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "a secret is in {}", file.display());
        }
    }
}

/// What it answers to whoever asks, and what its command line lists.
async fn answers_of(daemon: &Daemon) -> String {
    let mut answers = daemon.replay(&["--list"]);
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/verdicts/x?sig=0",
        "/nothing",
    ] {
        let answer = reqwest::get(daemon.url(path)).await.unwrap();
        answers += &format!("{:?}", answer.headers());
        answers += &answer.text().await.unwrap();
    }
    let wrong = reqwest::Client::new().post(daemon.webhook());
    let wrong = wrong
        .header("x-hub-signature-256", "sha256=00")
        .send()
        .await;
    answers + &wrong.unwrap().text().await.unwrap()
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => files.extend(files_below(&path)),
            path => files.push(path),
        }
    }
    files
}

/// The tokens of audit logs and streams, the secret of hooks, and what others
/// send instead of them.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_what_tells_how_it_was_pushed_leaks() {
    let world = World::new();
    let forge = GitHub::start(world.path(".")).await;
    let bare = forge.create_repository(APP);
    let mut daemon = Daemon::configured(&forge);
    let [audit, stream, hook] = [Secret::known(OWNER_TOKEN), Secret::new(), Secret::new()];
    let own = [
        ("audit.token", &audit),
        ("stream.token", &stream),
        ("evidence.secret", &hook),
    ];
    for (name, secret) in own {
        std::fs::write(daemon.folder().join(name), secret.reveal()).expect("written");
    }
    daemon.appends(
        "[github.audit]\norganizations = ['acme']\ntoken_file = 'audit.token'\n\
         stream_token_files = ['stream.token']\n\
         [authentication]\npoll_seconds = 5\nhook_secret_files = ['evidence.secret']\n",
    );
    daemon.start();
    forge.delivers_to(daemon.webhook());
    let tree = git(&bare, &["mktree"]);
    let head = git(&bare, &["commit-tree", &tree, "-m", "one"]);
    git(&bare, &["update-ref", "refs/heads/work", &head]);
    forge.notices(APP, "alice").await;
    forge.records_push(APP, "alice", &Recorded::classic_token());
    let told = forge.streams(stream.reveal());
    let others = Secret::new();
    let collector = daemon.url("/services/collector/event");
    let wrong = batch(others.reveal(), "{}");
    let broken = batch(stream.reveal(), "{\"event\": ");
    for (sent, answer) in [(told, 200), (wrong, 401), (broken, 400)] {
        assert_eq!(posted(sent, &collector).await, Some(answer));
    }
    let request = reqwest::Client::new()
        .post(daemon.url("/evidence/github/hook"))
        .header("x-forgewarden-signature-256", others.reveal())
        .bearer_auth(others.reveal())
        .body(others.reveal().to_owned());
    assert_eq!(request.send().await.expect("an answer").status(), 401);
    eventually("it is known how it was pushed", async || {
        let run = forge.check(APP, &head, "forgewarden-auth-push/work");
        run.is_some_and(|run| run.conclusion.as_deref() == Some("success"))
    })
    .await;
    let answers = answers_of(&daemon).await;
    let log = daemon.log();
    daemon.kill();
    for (name, _) in own {
        std::fs::remove_file(daemon.folder().join(name)).expect("removed");
    }
    let texts = [("answers", answers.as_bytes()), ("the log", log.as_bytes())];
    let secrets = [&audit, &stream, &hook, &others];
    assert_nowhere(&secrets, &[daemon.folder()], &texts);
}

async fn posted(mut sent: Sent, url: &str) -> Option<u16> {
    sent.post(&reqwest::Client::new(), Some(url)).await;
    sent.answered
}
