//! GitHub Enterprise Server runs the hook in a chroot: the environment that the
//! script builds, and the variables that the appliance documents.

use std::fs;
use std::path::{Path, PathBuf};

use super::scene::Scene;
use crate::support::hook::{self, Surroundings};
use crate::support::{Way, short};

const SHIM: &str = "ghes/pre-receive.sh";

/// What the appliance gives.
fn ghes() -> Surroundings {
    let variables = [
        ("PATH", "/usr/bin:/bin"),
        ("GIT_USER_AGENT", "git/2.47 \u{1b}[31m"),
        ("GIT_PUSH_OPTION_COUNT", "0"),
        ("GITHUB_REPO_NAME", "acme/app"),
        ("GITHUB_REPO_PUBLIC", "false"),
        ("GITHUB_USER_IP", "192.0.2.7"),
        ("GITHUB_USER_LOGIN", "alice"),
        ("GITHUB_VIA", "pull request merge button"),
    ];
    let kept = [
        "GIT_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
    ];
    Surroundings::new(&variables, &kept)
}

#[test]
fn a_push_is_judged_under_the_appliances_name() {
    let scene = Scene::guarded(Way::LocalPath);
    scene.upstream.runs_shim_in(SHIM, &ghes());
    scene.upstream.config("forgewarden.format", "json");
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    let words = ["\"repository\": \"acme/app\"", &id];
    alice.pushes("main").expect_refused_with(&words);
    alice
        .pushes_all(&["HEAD^:refs/heads/side"])
        .expect_accepted();
    alice.deletes("side").expect_accepted();
}

#[test]
fn hostile_names_are_refused() {
    for name in ["GITHUB_REPO_NAME", "GITHUB_USER_LOGIN"] {
        for value in [&b"a\nb"[..], b"\xff\xfe", b"\x1b]0;title\x07"] {
            let scene = Scene::guarded(Way::LocalPath);
            scene
                .upstream
                .runs_shim_in(SHIM, &ghes().with(name, Some(value)));
            let alice = scene.work_of(&scene.alice);
            alice.commits("app.txt", "one").signed();
            let push = alice.pushes("main").expect_could_not_judge(&[name]);
            push.expect_harmless();
        }
    }
}

/// Builds the environment with the scene's policy and unpacks it.
fn environment(scene: &Scene) -> (PathBuf, String) {
    let policy = scene.policy().write(&scene.world, "baked");
    let archive = scene.world.path("environment.tar.gz");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/install/ghes/build-environment");
    let build = |output: &Path| {
        let build = scene.world.program(script.to_str().expect("UTF-8"));
        let build = build
            .arg("--policy")
            .arg(policy.parent().expect("its folder"));
        build
            .arg("--binary")
            .arg(hook::binary())
            .arg("--output")
            .arg(output)
            .succeeds()
    };
    let said = build(&archive);
    assert!(said.contains("ghe-hook-env-create forgewarden"), "{said}");
    let again = scene.world.path("again.tar.gz");
    build(&again);
    assert!(
        fs::read(&archive).ok() == fs::read(&again).ok(),
        "the same content, other bytes"
    );
    let root = scene.world.path("chroot");
    fs::create_dir(&root).expect("make the root");
    let unpack = scene
        .world
        .program("tar")
        .arg("-xzf")
        .arg(&archive)
        .arg("-C")
        .arg(&root);
    unpack.succeeds();
    let listed = scene
        .world
        .program("tar")
        .arg("-tzvf")
        .arg(&archive)
        .succeeds();
    (root, listed)
}

#[test]
fn the_environment_holds_what_the_appliance_and_the_hook_need() {
    let scene = Scene::unguarded(Way::LocalPath);
    let (root, listed) = environment(&scene);
    for file in [
        "bin/sh",
        "usr/bin/git",
        "usr/local/bin/forgewarden-pre-receive",
        "etc/forgewarden/policy.toml",
        "etc/passwd",
    ] {
        assert!(root.join(file).is_file(), "{file} is missing: {listed}");
    }
    for line in listed.lines().filter(|line| !line.ends_with("./tmp/")) {
        let mode = line.split(' ').next().expect("a mode");
        assert!(
            line.contains("0/0") || line.contains("root/root"),
            "not root's: {line}"
        );
        assert!(
            !mode.contains("rwxrwx") && !mode.ends_with('w'),
            "others can write: {line}"
        );
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/install/ghes/build-environment");
    for arguments in [
        &[][..],
        &["--policy"],
        &["--policy", "/nonexistent"],
        &["--what"],
    ] {
        let ran = scene
            .world
            .program(script.to_str().expect("UTF-8"))
            .args(arguments)
            .runs();
        assert_eq!(ran.code, Some(2), "{ran}");
    }
}

#[test]
fn the_hook_judges_inside_the_environment() {
    let mut scene = Scene::unguarded(Way::LocalPath);
    let (root, _) = environment(&scene);
    let parent = "chroot/data/user/repositories";
    fs::create_dir_all(scene.world.path(parent)).expect("make folders");
    scene.upstream = scene.world.upstream(&format!("{parent}/1234"));
    fs::write(
        root.join("hook"),
        hook::shim(SHIM, Path::new("/usr/local/bin/forgewarden-pre-receive")),
    )
    .expect("write the shim");
    hook::make_executable(&root.join("hook"));
    let enters = if scene.world.program("id").arg("-u").succeeds() == "0" {
        "chroot"
    } else {
        "unshare --user --map-root-user chroot"
    };
    // Paths as they are inside.
    let inside = format!(
        "#!/bin/sh\nroot='{}'\n\
         [ -z \"${{GIT_OBJECT_DIRECTORY:-}}\" ] || set -- GIT_OBJECT_DIRECTORY=\"${{GIT_OBJECT_DIRECTORY#\"$root\"}}\" \
         GIT_QUARANTINE_PATH=\"${{GIT_OBJECT_DIRECTORY#\"$root\"}}\" \
         GIT_ALTERNATE_OBJECT_DIRECTORIES=/data/user/repositories/1234.git/objects\n\
         exec env -i PATH=/usr/sbin:/usr/bin:/bin GIT_DIR=/data/user/repositories/1234.git \
         GITHUB_REPO_NAME=acme/app GITHUB_USER_LOGIN=alice \"$@\" {enters} \"$root\" /hook\n",
        root.display()
    );
    let own = scene.upstream.path().join("hooks/pre-receive");
    fs::create_dir_all(own.parent().expect("hooks")).expect("make the folder");
    fs::write(&own, inside).expect("write the hook");
    hook::make_executable(&own);
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    fs::remove_file(root.join("etc/forgewarden/policy.toml")).expect("remove the policy");
    fs::remove_file(root.join("usr/local/bin/forgewarden-pre-receive")).expect("remove the binary");
    alice
        .goes_back_to("HEAD^")
        .commits("app.txt", "two")
        .signed();
    alice.pushes("main").expect_could_not_judge(&["is missing"]);
}
