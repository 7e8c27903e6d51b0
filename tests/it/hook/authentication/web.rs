//! What nginx and Apache give `git http-backend`, byte for byte as measured.

use super::super::scene::Scene;
use super::{Spool, lenient, words};
use crate::support::Way;
use crate::support::hook::Surroundings;

const KEPT: [&str; 4] = [
    "GIT_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
];

/// What every CGI program gets.
fn http() -> Surroundings {
    let usual = [
        ("PATH", "/usr/bin:/bin"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("REQUEST_METHOD", "POST"),
        ("REQUEST_URI", "/project.git/git-receive-pack"),
        ("REMOTE_ADDR", "192.0.2.7"),
        ("REMOTE_PORT", "40000"),
        ("HTTP_USER_AGENT", "git/2.47.3"),
    ];
    Surroundings::new(&usual, &KEPT)
}

const BASIC: (&str, &str) = ("HTTP_AUTHORIZATION", "Basic YWxpY2U6aHVudGVyMg==");
const SUBJECT: (&str, &str) = ("SSL_CLIENT_S_DN", "CN=alice,OU=Dev,O=Corp");
const VERIFIED: (&str, &str) = ("SSL_CLIENT_VERIFY", "SUCCESS");
const ALICE: (&str, &str) = ("REMOTE_USER", "alice");

/// Variables; what the evidence says; the account that is proved.
type Row = (
    &'static [(&'static str, &'static str)],
    &'static str,
    Option<&'static str>,
);

/// As measured behind Apache and nginx, and what clients tried.
const ROWS: [Row; 14] = [
    // Apache.
    (&[("AUTH_TYPE", "Basic"), ALICE], "password", Some("alice")),
    (
        &[VERIFIED, SUBJECT, ("AUTH_TYPE", "ClientCert"), ALICE],
        "client-certificate",
        Some("alice"),
    ),
    (
        &[
            VERIFIED,
            SUBJECT,
            ("AUTH_TYPE", "Basic"),
            ("REMOTE_USER", "/O=Corp/OU=Dev/CN=alice"),
        ],
        "client-certificate",
        Some("/O=Corp/OU=Dev/CN=alice"),
    ),
    (&[("HTTPS", "on")], "nothing (the server says nothing", None),
    // nginx.
    (&[ALICE, BASIC], "password", None),
    (
        &[("REMOTE_USER", "root")],
        "nothing (REMOTE_USER is set without AUTH_TYPE",
        None,
    ),
    (
        &[("REMOTE_USER", ""), ("REMOTE_USER", "/O=Corp")],
        "nothing (REMOTE_USER is set twice",
        None,
    ),
    (
        &[("HTTPS", "on"), VERIFIED, SUBJECT],
        "client-certificate",
        None,
    ),
    // The operator's own parameter, and a client's imitation.
    (
        &[("FORGEWARDEN_AUTH_METHOD", "token"), ALICE],
        "token",
        Some("alice"),
    ),
    (
        &[("FORGEWARDEN_AUTH_METHOD", "password"), ALICE],
        "password",
        Some("alice"),
    ),
    (
        &[("FORGEWARDEN_AUTH_METHOD", "tokens"), ALICE],
        "nothing (FORGEWARDEN_AUTH_METHOD",
        None,
    ),
    (
        &[("HTTP_FORGEWARDEN_AUTH_METHOD", "token")],
        "anonymous",
        None,
    ),
    (
        &[("HTTP_SSL_CLIENT_VERIFY", "SUCCESS"), ("HTTPS", "on")],
        "nothing (the server says nothing",
        None,
    ),
    (&[], "anonymous", None),
];

#[test]
fn the_servers_words_are_told_from_the_clients() {
    let scene = Scene::unguarded(Way::LocalPath);
    let spool = Spool::of(&scene.world, &scene.upstream);
    scene.guard(&lenient(&scene));
    let alice = scene.work_of(&scene.alice);
    for (more, expected, actor) in ROWS {
        let given = more.iter();
        let given = given.fold(http(), |all, (name, value)| all.and(name, value));
        scene.upstream.runs_binary_in("plain-git", &given);
        alice.commits("README.md", &format!("{more:?}")).signed();
        let push = alice.pushes("main").expect_accepted();
        push.expect_unsaid(&["YWxpY2U6", "hunter2"]);
        let text = spool.takes_text();
        assert!(!text.contains("YWxpY2U6"), "{text}");
        let testimony: forgewarden::model::testimony::Testimony =
            serde_json::from_str(&text).expect("a testimony");
        let found = words(&testimony.evidence[0]);
        assert!(
            found.starts_with(&format!("web server: {expected}")),
            "{more:?}: {found}"
        );
        let login = testimony.actor.map(|actor| actor.login);
        assert_eq!(login.as_deref(), actor, "{more:?}");
    }
}

#[test]
fn the_other_doors_are_known() {
    let scene = Scene::unguarded(Way::LocalPath);
    let spool = Spool::of(&scene.world, &scene.upstream);
    scene.guard(&lenient(&scene));
    let alice = scene.work_of(&scene.alice);
    let path = ("PATH", "/usr/bin:/bin");
    let ssh = ("SSH_CONNECTION", "192.0.2.7 1 192.0.2.8 22");
    let cgi = ("GATEWAY_INTERFACE", "CGI/1.1");
    for (more, expected) in [
        (&[path][..], "hook environment: local"),
        (
            &[("REMOTE_ADDR", "192.0.2.7"), ("REMOTE_PORT", "40000")],
            "hook environment: anonymous",
        ),
        (&[ssh], "sshd: nothing (sshd does not tell"),
        (
            &[ssh, cgi],
            "hook environment: nothing (the variables of both",
        ),
        (
            &[ssh, cgi, ("AUTH_TYPE", "ClientCert")],
            "hook environment: nothing",
        ),
    ] {
        let given = Surroundings::new(more, &KEPT);
        scene.upstream.runs_binary_in("plain-git", &given);
        alice.commits("README.md", &format!("{more:?}")).signed();
        alice.pushes("main").expect_accepted();
        let found = spool.takes_words();
        assert!(found.starts_with(expected), "{more:?}: {found}");
    }
}

#[test]
fn without_a_shims_word_nothing_is_believed() {
    let scene = Scene::unguarded(Way::LocalPath);
    let spool = Spool::of(&scene.world, &scene.upstream);
    scene.guard(&lenient(&scene));
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    let variables = [
        ("FORGEWARDEN_AUTH_METHOD", "token"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
    ];
    alice.pushes_in(&variables, &["main"]).expect_accepted();
    let found = spool.takes_words();
    assert!(found.contains("nothing (the hook was not told"), "{found}");
}

#[test]
fn a_password_is_refused_and_a_token_is_not() {
    let scene = Scene::guarded(Way::LocalPath);
    let spool = Spool::of(&scene.world, &scene.upstream);
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    let password = http().and("AUTH_TYPE", "Basic").and("REMOTE_USER", "alice");
    scene.upstream.runs_binary_in("plain-git", &password);
    let push = alice.pushes("main");
    push.expect_refused_with(&["password-authentication"]);
    let kept = std::fs::read_dir(&spool.0).expect("list the spool").count();
    assert_eq!(kept, 0, "a refused push leaves nothing");
    let token = http().and("FORGEWARDEN_AUTH_METHOD", "token");
    scene.upstream.runs_binary_in("plain-git", &token);
    alice.pushes("main").expect_accepted();
    assert_eq!(spool.takes_words(), "web server: token");
}
