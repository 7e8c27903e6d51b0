//! What a pusher controls besides commits: names, messages, push options and
//! the environment.

use super::both_ways;
use super::scene::Scene;
use crate::support::{Way, WorkingCopy, short};

both_ways!(
    messages_and_names_do_not_command_the_terminal,
    ref_names_do_not_command_the_terminal,
    paths_do_not_command_the_terminal,
    nothing_that_looks_like_a_shell_command_runs,
    push_options_do_not_matter,
    the_pushers_environment_does_not_matter,
    replace_refs_do_not_help,
    a_sha256_repository_is_refused_clearly,
);

/// Turns the terminal red, moves up and erases a line, sets the window's
/// title, rings, hides and reverses text.
const TROUBLE: &str = "a\x1b[31mb\x1b[1A\x1b[2Kc\x1b]0;title\x07d\u{202e}e\u{200b}f\u{9b}31mg";

fn messages_and_names_do_not_command_the_terminal(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let draft = alice
        .commits("app.txt", "one")
        .saying(TROUBLE)
        .claiming_author(TROUBLE);
    let id = draft.unsigned();
    let push = alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    push.expect_harmless();
    alice
        .goes_back_to("HEAD^")
        .commits("app.txt", "two")
        .unsigned();
    let bytes = [&alice.object("commit", "HEAD")[..], b"\xff\xfe\xc0\xaf"].concat();
    alice.moves_to(alice.stores("commit", bytes));
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit"])
        .expect_harmless();
}

fn ref_names_do_not_command_the_terminal(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits("app.txt", "one").unsigned();
    for name in ["a\u{202e}b\u{200b}c", "x\u{9b}31m", "grün"] {
        let push = alice.pushes(&format!("HEAD:refs/heads/{name}"));
        push.expect_refused_with(&["unsigned-commit"])
            .expect_harmless();
    }
}

fn paths_do_not_command_the_terminal(way: Way) {
    let scene = Scene::guarded(way);
    scene.begun();
    let bob = scene.work_of(&scene.bob);
    let path = format!(".github/workflows/{}.yml", TROUBLE.replace('/', ""));
    bob.commits(&path, "on: push\n").signed();
    bob.pushes("main")
        .expect_refused_with(&["ci-"])
        .expect_harmless();
}

fn nothing_that_looks_like_a_shell_command_runs(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let mark = scene.world.path("mark");
    let command = format!(
        "$(touch${{IFS}}{0})`touch${{IFS}}{0}`;touch${{IFS}}{0}",
        mark.display()
    );
    alice
        .commits("app.txt", "one")
        .saying(&command)
        .claiming_author(&command)
        .unsigned();
    let reference = format!("HEAD:refs/heads/{}", command.replace("//", "/"));
    alice
        .pushes(&reference)
        .expect_refused_with(&["unsigned-commit"]);
    assert!(!mark.exists(), "a name was run as a command");
}

fn push_options_do_not_matter(way: Way) {
    let scene = Scene::guarded(way);
    scene
        .upstream
        .config("receive.advertisePushOptions", "true");
    let alice = scene.begun();
    let options = [
        "--push-option=forgewarden.skip",
        "--push-option=ci.skip=1",
        "main",
    ];
    alice.commits("app.txt", "one").signed();
    alice.pushes_all(&options).expect_accepted();
    let id = alice.commits("app.txt", "two").unsigned();
    alice
        .pushes_all(&options)
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn the_pushers_environment_does_not_matter(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let lax = scene
        .policy()
        .with_mode("unsigned-commit", "off")
        .write(&scene.world, "lax");
    let lax = lax.to_str().expect("UTF-8 path");
    let own = format!("[forgewarden]\n\tpolicy = {lax}\n[user]\n\tuseConfigOnly = true\n");
    let own = scene.world.file("lax/gitconfig", own);
    let environment = [
        ("FORGEWARDEN_POLICY", lax),
        ("GIT_CONFIG_GLOBAL", own.to_str().expect("UTF-8 path")),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "forgewarden.policy"),
        ("GIT_CONFIG_VALUE_0", lax),
        ("GIT_CONFIG_PARAMETERS", "'forgewarden.mode'='off'"),
        ("GIT_PUSH_OPTION_COUNT", "garbage"),
        ("GIT_REPLACE_REF_BASE", "refs/heads/"),
        ("GIT_AUTHOR_DATE", "garbage"),
        ("LC_ALL", "tlh_KX.garbage"),
        ("TZ", "Mars/Olympus"),
        ("SSH_USER_AUTH", "/etc/passwd"),
    ];
    let id = alice.commits("app.txt", "one").unsigned();
    let push = alice.pushes_in(&environment, &["main"]);
    push.expect_refused_with(&["unsigned-commit", short(&id)]);
    alice
        .goes_back_to("HEAD^")
        .commits("app.txt", "two")
        .signed();
    alice.pushes_in(&environment, &["main"]).expect_accepted();
}

fn replace_refs_do_not_help(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let good = alice.commits("app.txt", "good").signed();
    let bad = alice
        .goes_back_to("HEAD^")
        .commits("app.txt", "bad")
        .unsigned();
    let replace = format!("{good}:refs/replace/{bad}");
    alice
        .pushes_all(&["main", &replace])
        .expect_refused_with(&["unsigned-commit", short(&bad)]);
    // Nor does one that is there already.
    scene.upstream.config("receive.denyCurrentBranch", "ignore");
    alice.pushes(&replace).expect_accepted();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&bad)]);
}

fn a_sha256_repository_is_refused_clearly(way: Way) {
    let mut scene = Scene::unguarded(way);
    scene.upstream = scene.world.sha256_upstream("modern");
    scene.guard(&scene.policy());
    let alice: WorkingCopy = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    alice.pushes("main").expect_could_not_judge(&["SHA-256"]);
}
