//! What Gitaly, GitHub Enterprise Server and Bitbucket tell, byte for byte.

use super::super::scene::Scene;
use super::{Spool, lenient};
use crate::support::Way;
use crate::support::hook::Surroundings;

const KEPT: [&str; 4] = [
    "GIT_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
];

/// Pushes once for each row: variables besides the usual, and what is expected.
fn expect(server: &str, usual: &[(&str, &str)], rows: &[(&[(&str, &str)], &str)]) {
    let scene = Scene::unguarded(Way::LocalPath);
    let spool = Spool::of(&scene.world, &scene.upstream);
    scene.guard(&lenient(&scene));
    let alice = scene.work_of(&scene.alice);
    for (more, expected) in rows {
        let given = Surroundings::new(usual, &KEPT);
        let given = more
            .iter()
            .fold(given, |all, (name, value)| all.and(name, value));
        scene.upstream.runs_binary_in(server, &given);
        alice.commits("README.md", &format!("{more:?}")).signed();
        alice.pushes("main").expect_accepted();
        let found = spool.takes_words();
        assert!(found.contains(expected), "{more:?}: {found}");
    }
}

#[test]
fn gitaly_tells_keys_from_http_and_the_web() {
    let usual = [
        ("PATH", "/usr/bin:/bin"),
        ("GL_REPOSITORY", "project-7"),
        ("GL_PROJECT_PATH", "group/project"),
        ("GL_USERNAME", "project_7_bot"),
    ];
    expect(
        "gitlab",
        &usual,
        &[
            (
                &[("GL_PROTOCOL", "ssh"), ("GL_ID", "key-7")],
                "hook environment: deploy-key or ssh-key",
            ),
            (
                &[("GL_PROTOCOL", "ssh"), ("GL_ID", "user-3")],
                "hook environment: kerberos or ssh-certificate",
            ),
            // The name of a robot is no proof of a token.
            (
                &[("GL_PROTOCOL", "http"), ("GL_ID", "user-3")],
                "hook environment: password or token",
            ),
            (
                &[("GL_PROTOCOL", "web"), ("GL_ID", "user-3")],
                "hook environment: web-session",
            ),
            (
                &[("GL_PROTOCOL", "git"), ("GL_ID", "user-3")],
                "nothing (GL_PROTOCOL is \"git\"",
            ),
            (
                &[
                    ("GL_PROTOCOL", "ssh"),
                    ("GL_ID", "key-7"),
                    ("SSH_CONNECTION", "192.0.2.7 1 192.0.2.8 22"),
                ],
                "nothing (SSH_CONNECTION is set, which Gitaly passes to no hook",
            ),
        ],
    );
}

#[test]
fn the_appliance_tells_keys_from_https_and_the_web() {
    let usual = [
        ("PATH", "/usr/bin:/bin"),
        ("GITHUB_REPO_NAME", "acme/app"),
        ("GITHUB_USER_LOGIN", "alice"),
    ];
    let md5 = "a1:b2:c3:d4:e5:f6:07:18:29:3a:4b:5c:6d:7e:8f:90";
    let key = ("GITHUB_PUBLIC_KEY_FINGERPRINT", md5);
    let web = ("GITHUB_VIA", "pull request merge button");
    expect(
        "ghes",
        &usual,
        &[
            (&[key], "deploy-key or ssh-certificate or ssh-key"),
            (&[web], "hook environment: web-session"),
            (&[], "hook environment: password or token"),
            (&[key, web], "nothing (GITHUB_PUBLIC_KEY_FINGERPRINT is"),
            (
                &[("GITHUB_PUBLIC_KEY_FINGERPRINT", "none")],
                "is no fingerprint",
            ),
        ],
    );
}

#[test]
fn bitbucket_tells_pushes_from_the_web() {
    let usual = [
        ("PATH", "/usr/bin:/bin"),
        ("BB_PROJECT_KEY", "PROJ"),
        ("BB_REPO_SLUG", "app"),
        ("BB_USER_NAME", "alice"),
        ("BB_IS_DRY_RUN", "false"),
    ];
    expect(
        "bitbucket",
        &usual,
        &[
            (
                &[("BB_HOOK_TRIGGER_ID", "push")],
                "hook environment: deploy-key or password or ssh-key or token",
            ),
            (
                &[("BB_HOOK_TRIGGER_ID", "pull-request-merge")],
                "hook environment: web-session",
            ),
            (
                &[("BB_HOOK_TRIGGER_ID", "file-edit")],
                "hook environment: web-session",
            ),
            (
                &[("BB_HOOK_TRIGGER_ID", "of-next-year")],
                "nothing (BB_HOOK_TRIGGER_ID is \"of-next-year\"",
            ),
        ],
    );
}
