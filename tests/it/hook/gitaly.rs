//! GitLab's Gitaly runs the hook: an allow-list of variables, absolute paths, a
//! quarantine without `GIT_QUARANTINE_PATH`, merges of the web pages.

use std::path::Path;

use bstr::ByteSlice as _;

use super::scene::Scene;
use crate::support::hook::Surroundings;
use crate::support::{Way, short};

const SHIM: &str = "gitlab/forgewarden";

/// What Gitaly gives: its allow-list, from its `hook/custom.go`.
pub(super) fn gitaly(protocol: &str) -> Surroundings {
    let variables = [
        ("HOME", "/var/opt/gitlab"),
        ("PATH", "/usr/bin:/bin"),
        ("GIT_DIR", "$REPOSITORY"),
        ("GL_REPOSITORY", "project-7"),
        ("GL_PROJECT_PATH", "group/sub/project"),
        ("GL_ID", "user-3"),
        ("GL_USERNAME", "alice"),
        ("GL_PROTOCOL", protocol),
    ];
    let kept = ["GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"];
    Surroundings::new(&variables, &kept)
}

/// The usual scene behind Gitaly.
fn behind(surroundings: &Surroundings) -> Scene {
    let scene = Scene::guarded(Way::LocalPath);
    scene.upstream.runs_shim_in(SHIM, surroundings);
    scene
}

#[test]
fn it_judges_as_everywhere() {
    let scene = behind(&gitaly("ssh"));
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    let push = alice.pushes("main");
    let push = push.expect_refused_with(&["unsigned-commit", short(&id)]);
    push.expect_unsaid(&["GL-HOOK-ERR"]);
    assert!(!scene.upstream.holds(&id), "the quarantine is gone");
    alice
        .pushes_all(&["HEAD^:refs/heads/side"])
        .expect_accepted();
    alice.deletes("side").expect_accepted();
}

#[test]
fn a_merge_on_the_web_page_is_judged_and_its_refusal_is_shown_there() {
    let scene = behind(&gitaly("web"));
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    let push = alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit"]);
    let lines = push
        .raw()
        .lines()
        .filter(|line| line.starts_with(b"remote: GL-HOOK-ERR: "));
    let lines: Vec<_> = lines.map(|line| line.trim_end().to_str_lossy()).collect();
    assert!(
        lines.iter().any(|line| line.contains(short(&id))),
        "{lines:?}"
    );
    assert!(
        lines.len() <= 20 && lines.iter().all(|line| line.chars().count() < 240),
        "{lines:?}"
    );
}

#[test]
fn the_project_is_called_as_gitlab_calls_it() {
    for (identifier, name) in [
        ("project-7", "group/sub/project"),
        ("wiki-7", "group/sub/project.wiki"),
        ("design-7", "group/sub/project.design"),
    ] {
        let given = gitaly("http").with("GL_REPOSITORY", Some(identifier.as_bytes()));
        let scene = behind(&given);
        scene.upstream.config("forgewarden.format", "json");
        let alice = scene.begun();
        alice.commits("app.txt", "one").unsigned();
        let expected = format!("\"repository\": \"{name}\"");
        alice.pushes("main").expect_refused_with(&[&expected]);
    }
}

#[test]
fn hostile_values_pass_nothing_and_harm_nobody() {
    let long = "A".repeat(120_000);
    let values: [(&str, &[u8]); 6] = [
        ("a line break", b"alice\nGL-HOOK-ERR: all is well"),
        ("a command for the terminal", b"\x1b[2J\x1b[1;1Haccepted"),
        ("no UTF-8", b"\xff\xfealice"),
        ("a very long name", long.as_bytes()),
        ("turned text", "a\u{202e}b".as_bytes()),
        ("a shell's word", b"$(touch /tmp/x)`id`;'\""),
    ];
    for name in [
        "GL_USERNAME",
        "GL_PROJECT_PATH",
        "GL_REPOSITORY",
        "GL_ID",
        "GL_PROTOCOL",
    ] {
        for (what, value) in values {
            let scene = behind(&gitaly("web").with(name, Some(value)));
            let alice = scene.work_of(&scene.alice);
            alice.commits("app.txt", "one").unsigned();
            let push = alice.pushes("main").expect_refused_with(&[]);
            assert!(
                push.raw().len() < 20_000,
                "{name} is {what}: too much is said"
            );
            let forged = push.raw().find("remote: GL-HOOK-ERR: all is well");
            assert_eq!(forged, None, "{name} is {what}: a line of its own");
            push.expect_harmless();
        }
    }
}

#[test]
fn a_name_that_is_there_twice_is_not_believed() {
    for name in ["GL_USERNAME", "GL_PROJECT_PATH"] {
        let scene = Scene::guarded(Way::LocalPath);
        let twice = gitaly("ssh").and(name, "mallory");
        scene.upstream.runs_binary_in("gitlab", &twice);
        let alice = scene.work_of(&scene.alice);
        alice.commits("app.txt", "one").signed();
        alice
            .pushes("main")
            .expect_could_not_judge(&[name, "twice"]);
        scene.upstream.runs_binary_in("gitlab", &gitaly("ssh"));
        alice.pushes("main").expect_accepted();
    }
}

#[test]
fn outside_of_gitaly_the_shim_refuses() {
    let scene = behind(&gitaly("ssh").with("GL_REPOSITORY", None));
    let alice = scene.work_of(&scene.alice);
    alice.commits("app.txt", "one").signed();
    alice
        .pushes("main")
        .expect_could_not_judge(&["GL_REPOSITORY is not set"]);
}

#[test]
fn a_missing_binary_refuses_and_says_so_on_the_web_page() {
    let scene = Scene::guarded(Way::LocalPath);
    let nowhere = Path::new("/nonexistent/forgewarden-pre-receive");
    scene.upstream.runs_shim_of(SHIM, &gitaly("web"), nowhere);
    let alice = scene.work_of(&scene.alice);
    alice.commits("app.txt", "one").signed();
    let words = ["GL-HOOK-ERR: forgewarden: could not judge", "is missing"];
    alice.pushes("main").expect_could_not_judge(&words);
}
