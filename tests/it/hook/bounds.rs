//! Over a bound is "could not judge", and the bound is named.

use std::fmt::Write as _;

use super::both_ways;
use super::scene::Scene;
use crate::support::{Way, WorkingCopy};

both_ways!(
    more_commits_than_the_bound,
    more_refs_than_the_bound,
    a_deadline_that_passes,
);

fn more_commits_than_the_bound(way: Way) {
    let scene = Scene::unguarded(way);
    scene.guard(&scene.policy().with_limit("commits = 3"));
    let alice = scene.begun();
    for number in 0..3 {
        alice.commits("app.txt", &number.to_string()).signed();
    }
    alice.pushes("main").expect_accepted();
    for number in 3..7 {
        alice.commits("app.txt", &number.to_string()).signed();
    }
    alice
        .pushes("main")
        .expect_could_not_judge(&["commits", "3"]);
    alice.pushes("main~1:main").expect_accepted();
}

fn more_refs_than_the_bound(way: Way) {
    let scene = Scene::unguarded(way);
    scene.guard(&scene.policy().with_limit("refs = 2"));
    let alice = scene.begun();
    let three = ["main:a", "main:b", "main:c"];
    alice
        .pushes_all(&three)
        .expect_could_not_judge(&["refs", "2"]);
    alice.pushes_all(&three[..2]).expect_accepted();
}

fn a_deadline_that_passes(way: Way) {
    let scene = Scene::unguarded(way);
    scene.guard(&scene.policy().with_limit("hook_deadline = \"1ms\""));
    let alice = scene.work_of(&scene.alice);
    imports_commits(&alice, 2000);
    alice.pushes("main").expect_could_not_judge(&["deadline"]);
}

/// Many commits in little time; nobody signed them.
fn imports_commits(work: &WorkingCopy, count: usize) {
    let mut stream = String::new();
    for number in 1..=count {
        let _ = write!(
            stream,
            "commit refs/heads/main\ncommitter alice <alice@example.org> {number} +0000\n\
             data 4\nBulk\nM 100644 inline f\ndata {}\n{number}\n",
            number.to_string().len()
        );
    }
    work.program()
        .args(["fast-import", "--quiet"])
        .with_stdin(stream)
        .succeeds();
}
