//! `forgewarden setup hook`: the plan, its installation, and what it finds.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::scene::Scene;
use crate::support::program::Ran;
use crate::support::{Way, hook};

const SAFE: &str = "acceptenv LANG\nacceptenv LC_*\nacceptenv GIT_PROTOCOL\npermituserenvironment no\nexposeauthinfo yes\n";

/// Runs it for a folder, with an sshd of these settings.
fn set_up(scene: &Scene, server: &str, path: &Path, sshd: &str, more: &[&str]) -> Ran {
    let sshd = scene.world.file("sshd-T", sshd);
    let binary = scene.world.path("bin/forgewarden-pre-receive");
    if !binary.exists() {
        scene.world.file("bin/.keep", "");
        fs::copy(hook::binary(), &binary).expect("copy the binary");
        closes(&scene.world.path("bin"));
    }
    let program = scene.world.program(env!("CARGO_BIN_EXE_forgewarden"));
    let program = program
        .args(["setup", "hook", server])
        .arg(path)
        .arg("--binary")
        .arg(&binary);
    program.arg("--sshd-config").arg(sshd).args(more).runs()
}

/// What it finds of an sshd's settings, for a hook that stands.
pub(super) fn sshd_findings(scene: &Scene, settings: &str) -> String {
    let repository = scene.world.upstream("checked");
    said(&set_up(
        scene,
        "plain-git",
        &repository.path(),
        settings,
        &[],
    ))
}

fn said(ran: &Ran) -> String {
    String::from_utf8_lossy(&[&ran.out[..], &ran.err[..]].concat()).into_owned()
}

#[track_caller]
fn expect(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran}");
    let text = said(ran);
    for word in words {
        assert!(text.contains(word), "expected {word:?}: {ran}");
    }
}

fn closes(path: &Path) {
    let mode = if path.is_dir() { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

/// A repository to guard, closed to others, and its policy.
fn scene() -> (Scene, String) {
    let scene = Scene::unguarded(Way::LocalPath);
    let policy = scene.policy().write(&scene.world, "operator");
    for path in [&policy, &scene.world.path("operator")] {
        closes(path);
    }
    let path = scene.upstream.path();
    for path in [path.join("hooks"), path.join("config"), path] {
        closes(&path);
    }
    let policy = policy.to_str().expect("UTF-8").to_owned();
    (scene, policy)
}

#[test]
fn it_plans_installs_and_changes_nothing_the_second_time() {
    let (scene, policy) = scene();
    let path = scene.upstream.path();
    let own = path.join("hooks/pre-receive");
    let more = ["--policy", policy.as_str()];
    let ran = set_up(&scene, "plain-git", &path, SAFE, &more);
    expect(
        &ran,
        1,
        &[
            "write",
            "exec \"$binary\" --server plain-git",
            "set forgewarden.policy",
            "nothing was changed",
        ],
    );
    assert!(!own.exists(), "a plan writes nothing");
    let ran = set_up(
        &scene,
        "plain-git",
        &path,
        SAFE,
        &[&more[..], &["--apply"]].concat(),
    );
    expect(
        &ran,
        0,
        &[
            "done",
            "ok    a push would be judged",
            "sshd takes no variable",
        ],
    );
    let (text, changed) = (
        fs::read(&own).expect("the hook"),
        own.metadata().expect("its age"),
    );
    for more in [&more[..], &[], &["--apply"]] {
        let ran = set_up(&scene, "plain-git", &path, SAFE, more);
        expect(&ran, 0, &["nothing to change"]);
    }
    assert_eq!(fs::read(&own).expect("the hook"), text);
    assert_eq!(
        own.metadata().expect("its age").modified().ok(),
        changed.modified().ok()
    );
    let alice = scene.begun();
    alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit"]);
}

#[test]
fn a_hook_of_ones_own_is_left_alone() {
    let (scene, _) = scene();
    let own = scene.upstream.path().join("hooks/pre-receive");
    fs::write(&own, "#!/bin/sh\nexit 0\n").expect("write");
    let ran = set_up(
        &scene,
        "plain-git",
        &scene.upstream.path(),
        SAFE,
        &["--apply"],
    );
    expect(
        &ran,
        2,
        &["is not Forgewarden's and is left alone", "pre-receive.own"],
    );
    assert_eq!(
        fs::read_to_string(&own).expect("read"),
        "#!/bin/sh\nexit 0\n"
    );
    fs::remove_file(&own).expect("remove");
    symlink(hook::binary(), &own).expect("link");
    let ran = set_up(
        &scene,
        "plain-git",
        &scene.upstream.path(),
        SAFE,
        &["--apply"],
    );
    expect(&ran, 2, &["is left alone"]);
    assert!(own.is_symlink());
}

#[test]
fn each_hole_is_found() {
    let (scene, policy) = scene();
    let path = scene.upstream.path();
    let more = ["--policy", policy.as_str(), "--apply"];
    expect(&set_up(&scene, "plain-git", &path, SAFE, &more), 0, &[]);
    let found = |word: &str| {
        expect(
            &set_up(&scene, "plain-git", &path, SAFE, &[]),
            1,
            &["FAIL", word],
        )
    };
    let opens = |path: &Path, mode: u32| {
        let before = path.metadata().expect("there").permissions();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
        before
    };
    for (file, mode) in [
        (path.join("hooks"), 0o775),
        (path.join("config"), 0o666),
        (policy.clone().into(), 0o666),
        (scene.world.path("bin/forgewarden-pre-receive"), 0o777),
    ] {
        let before = opens(&file, mode);
        found("others than its owner can change");
        fs::set_permissions(&file, before).expect("permissions");
    }
    let own = path.join("hooks/pre-receive");
    opens(&own, 0o644);
    found("cannot be run by everybody");
    opens(&own, 0o755);
    scene.upstream.config("core.hooksPath", "/nonexistent");
    found("core.hooksPath is set");
    scene.upstream.git(&["config", "--unset", "core.hooksPath"]);
    fs::write(&policy, "version = 1\nnonsense = 2\n").expect("write");
    found("the policy cannot be used");
    found("a push could not be judged");
}

#[test]
fn a_binary_that_is_another_is_found() {
    let (scene, policy) = scene();
    let path = scene.upstream.path();
    scene
        .world
        .file("bin/forgewarden-pre-receive", "#!/bin/sh\necho hello\n");
    hook::make_executable(&scene.world.path("bin/forgewarden-pre-receive"));
    let ran = set_up(
        &scene,
        "plain-git",
        &path,
        SAFE,
        &["--policy", &policy, "--apply"],
    );
    expect(&ran, 1, &["FAIL", "is not the hook's binary"]);
}

#[test]
fn sshd_is_judged_by_what_it_says() {
    let (scene, policy) = scene();
    let path = scene.upstream.path();
    let more = ["--policy", policy.as_str(), "--apply"];
    for (settings, code, word) in [
        (
            SAFE.to_owned() + "acceptenv GIT_*\n",
            1,
            "FAIL  sshd takes variables from clients",
        ),
        (
            SAFE.replace("permituserenvironment no", "permituserenvironment yes"),
            1,
            "PermitUserEnvironment no",
        ),
        (
            SAFE.replace("exposeauthinfo yes", "exposeauthinfo no"),
            0,
            "warn  sshd",
        ),
        (
            "Usage: sshd\n".to_owned(),
            1,
            "is not the output of `sshd -T`",
        ),
    ] {
        expect(
            &set_up(&scene, "plain-git", &path, &settings, &more),
            code,
            &[word],
        );
    }
}

#[test]
fn every_other_server_gets_its_file() {
    for (server, folder, file) in [
        ("gitlab", "", "pre-receive.d/forgewarden"),
        ("ghes", "", "pre-receive.sh"),
        ("bitbucket", "", "pre-receive.sh"),
        (
            "gitolite",
            ".gitolite/hooks/common",
            ".gitolite/hooks/common/pre-receive",
        ),
    ] {
        let (scene, _) = scene();
        let root = scene.world.path(server);
        fs::create_dir_all(root.join(folder)).expect("make folders");
        let ran = set_up(&scene, server, &root, SAFE, &["--apply"]);
        assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
        let text = fs::read_to_string(root.join(file)).expect("the shim");
        assert!(text.contains(&format!("--server {server}")), "{text}");
        let mode = root
            .join(file)
            .metadata()
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o755);
        let ran = set_up(&scene, server, &root, SAFE, &[]);
        expect(
            &ran,
            ran.code.expect("an end"),
            &["nothing to change", "next"],
        );
        let ran = set_up(
            &scene,
            server,
            &root,
            SAFE,
            &["--policy", "/elsewhere.toml"],
        );
        expect(&ran, 2, &["--policy is for plain-git"]);
    }
}

#[test]
fn what_is_no_place_for_a_hook_is_refused() {
    let (scene, _) = scene();
    let empty = scene.world.path("empty");
    fs::create_dir(&empty).expect("make a folder");
    expect(
        &set_up(&scene, "plain-git", &empty, SAFE, &["--apply"]),
        2,
        &["is not a bare repository"],
    );
    expect(
        &set_up(&scene, "gitolite", &empty, SAFE, &["--apply"]),
        2,
        &["run gitolite setup first"],
    );
    expect(
        &set_up(&scene, "ghes", &empty.join("no"), SAFE, &[]),
        2,
        &["is not a folder"],
    );
    let path = scene.upstream.path();
    let strange = ["--binary", "/x'; rm -rf /", "--apply"];
    let program = scene.world.program(env!("CARGO_BIN_EXE_forgewarden"));
    let ran = program
        .args(["setup", "hook", "plain-git"])
        .arg(&path)
        .args(strange)
        .runs();
    expect(&ran, 2, &["an absolute path"]);
    fs::remove_dir_all(path.join("hooks")).expect("remove");
    symlink(&empty, path.join("hooks")).expect("link");
    expect(
        &set_up(&scene, "plain-git", &path, SAFE, &["--apply"]),
        2,
        &["is not a folder of its own"],
    );
}
