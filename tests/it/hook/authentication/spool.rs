//! The folder in which the hook keeps what it saw, and its failures, which
//! never refuse a push.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::behind_shim;
use crate::support::Way;

#[test]
fn a_testimony_tells_the_whole_push_to_its_owner_alone() {
    let (scene, spool) = behind_shim(Way::LocalPath);
    let alice = scene.work_of(&scene.alice);
    let id = alice.commits("README.md", "one").signed();
    alice.pushes_all(&["main", "main:side"]).expect_accepted();
    let entry = fs::read_dir(&spool.0).expect("list").next().expect("one");
    let entry = entry.expect("an entry");
    let mode = entry.metadata().expect("about it").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let name = entry.file_name().into_string().expect("UTF-8");
    let testimony = spool.takes();
    assert_eq!(name, format!("{}.json", testimony.id));
    assert_eq!(testimony.repository.as_str(), "project");
    let mut moved: Vec<_> = testimony
        .updates
        .iter()
        .map(|update| (update.name.to_string(), update.new.map(|id| id.to_string())))
        .collect();
    moved.sort();
    let both = ["refs/heads/main", "refs/heads/side"];
    assert_eq!(moved, both.map(|name| (name.to_owned(), Some(id.clone()))));
    let again = alice.commits("README.md", "two").signed();
    alice.pushes("main").expect_accepted();
    let other = spool.takes();
    assert_ne!(other.id, testimony.id);
    assert_eq!(other.updates[0].new.map(|id| id.to_string()), Some(again));
}

#[test]
fn a_spool_that_fails_refuses_nothing_and_says_so_in_one_line() {
    let (scene, spool) = behind_shim(Way::LocalPath);
    let alice = scene.work_of(&scene.alice);
    let open = scene.world.path("open");
    fs::create_dir(&open).expect("make a folder");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("open it");
    let full = scene.world.path("full");
    fs::create_dir(&full).expect("make a folder");
    for number in 0..10_000 {
        fs::write(full.join(number.to_string()), "").expect("fill it");
    }
    let file = scene.world.file("a-file", "");
    let missing = scene.world.path("missing");
    for (folder, why) in [
        ("relative/spool", "absolute"),
        (open.to_str().expect("UTF-8"), "only its users"),
        (full.to_str().expect("UTF-8"), "is full"),
        (file.to_str().expect("UTF-8"), "is not a folder"),
        (missing.to_str().expect("UTF-8"), "cannot be written"),
    ] {
        scene.upstream.config("forgewarden.spool", folder);
        alice.commits("README.md", folder).signed();
        let push = alice.pushes("main").expect_accepted();
        push.expect_said(&["the push is accepted", why]);
    }
    let kept = fs::read_dir(&spool.0).expect("list the spool").count();
    assert_eq!(kept, 0);
}
