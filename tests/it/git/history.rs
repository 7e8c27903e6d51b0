//! Which commits are new, and who descends from whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use forgewarden::git::GitError;
use forgewarden::model::oid::ObjectId;

use super::sandbox::{EMPTY_TREE, Sandbox, oid, oids};

/// Ancestors of each commit, itself included, by git's own list of parents.
fn closures(sandbox: &Sandbox) -> BTreeMap<ObjectId, BTreeSet<ObjectId>> {
    let listed = sandbox.git(&[
        "rev-list",
        "--all",
        "--parents",
        "--topo-order",
        "--reverse",
    ]);
    let mut closures: BTreeMap<ObjectId, BTreeSet<ObjectId>> = BTreeMap::new();
    for line in listed.lines() {
        let ids: Vec<_> = line.split(' ').map(oid).collect();
        let mut closure = BTreeSet::from([ids[0]]);
        for parent in &ids[1..] {
            closure.extend(&closures[parent]);
        }
        closures.insert(ids[0], closure);
    }
    closures
}

/// What the dates of a made-up history say.
#[derive(Clone, Copy, PartialEq)]
enum Dates {
    Order,
    Nothing,
    Lies,
}

/// Commits `c1`, `c2`, … of these dates and parents (by number, from 1).
fn drawn(commits: &[(usize, &[usize])]) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut stream = String::new();
    for (at, (date, parents)) in commits.iter().enumerate() {
        let mark = at + 1;
        let head = format!("commit refs/heads/c{mark}\nmark :{mark}");
        let text = format!("{mark:03}");
        writeln!(
            stream,
            "{head}\ncommitter bob <b@c> {date} +0000\ndata 3\n{text}"
        )
        .expect("text");
        for (place, parent) in parents.iter().enumerate() {
            let word = if place == 0 { "from" } else { "merge" };
            writeln!(stream, "{word} :{parent}").expect("text");
        }
        writeln!(stream).expect("text");
    }
    sandbox.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    sandbox
}

/// Forty commits with merges, made from a fixed sequence of numbers.
fn woven(seed: u64, dates: Dates) -> Sandbox {
    let mut state = seed;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let mut commits = Vec::new();
    for mark in 1..=40 {
        let date = match dates {
            Dates::Order => 1_000_000 + mark * 60,
            Dates::Nothing => 1_000_000,
            Dates::Lies => random(1_000_000),
        };
        let parents: BTreeSet<_> = (0..[0, 1, 1, 1, 2, 3][random(6)])
            .map(|_| mark - 1 - random(mark.min(9)))
            .filter(|parent| *parent > 0)
            .collect();
        commits.push((date, Vec::from_iter(parents)));
    }
    let commits: Vec<_> = commits
        .iter()
        .map(|(date, parents)| (*date, &parents[..]))
        .collect();
    drawn(&commits)
}

/// Compares every pair. Where dates lie, more may count as new.
fn compare_all(seed: u64, dates: Dates) {
    let sandbox = woven(seed, dates);
    let repository = sandbox.open();
    let closures = closures(&sandbox);
    let tips: Vec<_> = closures.keys().copied().collect();
    for (at, tip) in tips.iter().enumerate() {
        for hidden in &tips {
            let third = tips[(at * 7 + 3) % tips.len()];
            let old = &closures[hidden] | &closures[&third];
            let new = repository
                .new_revisions(*tip, &[*hidden, third], 1000)
                .expect("walked");
            let found: BTreeSet<_> = new.iter().copied().collect();
            assert_eq!(found.len(), new.len(), "each once");
            let exact = &closures[tip] - &old;
            assert!(found.is_superset(&exact), "{hidden} {third}..{tip}");
            assert!(
                dates == Dates::Lies || found == exact,
                "{hidden} {third}..{tip}"
            );
            let ancestor = repository.is_ancestor(*hidden, *tip).expect("walked");
            assert_eq!(ancestor, closures[tip].contains(hidden), "{hidden} {tip}");
            let common = &closures[tip] & &closures[hidden];
            let best: BTreeSet<_> = common
                .iter()
                .filter(|id| {
                    !common
                        .iter()
                        .any(|other| other != *id && closures[other].contains(id))
                })
                .copied()
                .collect();
            let base = repository.merge_base(*tip, *hidden).expect("walked");
            assert_eq!(base.is_none(), best.is_empty());
            assert!(
                base.is_none_or(|base| best.contains(&base)),
                "{tip} {hidden}"
            );
        }
    }
}

#[test]
fn every_pair_of_commits_is_answered_exactly() {
    for seed in 1..=3 {
        compare_all(seed, Dates::Order);
        compare_all(seed, Dates::Nothing);
    }
}

#[test]
fn lies_about_dates_hide_no_new_commit_and_no_ancestor() {
    for seed in 1..=6 {
        compare_all(seed, Dates::Lies);
    }
}

#[test]
fn clocks_that_run_behind_make_nothing_new() {
    // c6 is hidden and seems older than its ancestors; c7 stands beside it.
    let line: [(usize, &[usize]); 7] = [
        (10, &[]),
        (20, &[1]),
        (30, &[2]),
        (40, &[3]),
        (50, &[4]),
        (25, &[5]),
        (60, &[5]),
    ];
    let sandbox = drawn(&line);
    let new = sandbox
        .open()
        .new_revisions(sandbox.id("c7"), &[sandbox.id("c6")], 9);
    assert_eq!(new, Ok(vec![sandbox.id("c7")]));
    // All of one second, and the way from what is hidden is the longer one.
    let tie: [(usize, &[usize]); 4] = [(50, &[]), (50, &[1]), (60, &[2]), (100, &[1])];
    let sandbox = drawn(&tie);
    let new = sandbox
        .open()
        .new_revisions(sandbox.id("c4"), &[sandbox.id("c3")], 9);
    assert_eq!(new, Ok(vec![sandbox.id("c4")]));
}

#[test]
fn of_two_common_ancestors_the_nearer_is_the_base_whatever_its_date() {
    let cross: [(usize, &[usize]); 5] = [
        (100, &[]),
        (10, &[1]),
        (50, &[2]),
        (200, &[1, 3]),
        (201, &[1, 3]),
    ];
    let sandbox = drawn(&cross);
    let base = sandbox
        .open()
        .merge_base(sandbox.id("c4"), sandbox.id("c5"));
    assert_eq!(base, Ok(Some(sandbox.id("c3"))));
}

#[test]
fn the_order_is_git_s() {
    let sandbox = woven(7, Dates::Order);
    let repository = sandbox.open();
    for (tip, hidden) in [("c40", "c20"), ("c39", "c33"), ("c36", "c2")] {
        let theirs = oids(&sandbox.git(&["rev-list", tip, &format!("^{hidden}")]));
        let ours = repository.new_revisions(sandbox.id(tip), &[sandbox.id(hidden)], 1000);
        assert_eq!(ours, Ok(theirs));
        let all = oids(&sandbox.git(&["rev-list", "--max-count=5", tip]));
        assert_eq!(repository.history(sandbox.id(tip), 5), Ok(all));
    }
}

#[test]
fn more_than_the_limit_is_an_error_that_names_it() {
    let sandbox = Sandbox::new();
    sandbox.commit("one");
    sandbox.commit("two");
    let tip = sandbox.commit("three");
    let repository = sandbox.open();
    assert_eq!(
        repository.new_revisions(tip, &[], 3).map(|all| all.len()),
        Ok(3)
    );
    let over = repository.new_revisions(tip, &[], 2).expect_err("three");
    assert_eq!(over.to_string(), "over the bound of 2 new commits");
    assert_eq!(repository.history(tip, 2).map(|cut| cut.len()), Ok(2));
    assert_eq!(repository.new_revisions(tip, &[tip], 0), Ok(vec![]));
}

#[test]
fn a_missing_parent_is_an_error_never_the_end_of_history() {
    let sandbox = Sandbox::new();
    let first = sandbox.commit("first");
    let second = sandbox.commit("second");
    sandbox.lose(first);
    let repository = sandbox.open();
    let missing = GitError::Missing { id: first };
    assert_eq!(
        repository.new_revisions(second, &[], 9),
        Err(missing.clone())
    );
    assert_eq!(repository.history(second, 9), Err(missing.clone()));
    assert_eq!(repository.kind(first), Err(missing.clone()));
    assert_eq!(repository.commit(first), Err(missing.clone()));
    let (commit, _) = repository.commit(second).expect("there");
    assert_eq!(repository.own_changes(&commit, 9), Err(missing.clone()));
    assert_eq!(repository.new_revisions(second, &[first], 9), Err(missing));
}

#[test]
fn the_work_ends_where_the_new_commits_do() {
    let sandbox = Sandbox::new();
    let ids: Vec<_> = (0..9).map(|at| sandbox.commit(&at.to_string())).collect();
    sandbox.lose(ids[4]);
    let repository = sandbox.open();
    let new = repository.new_revisions(ids[8], &[ids[7], ids[0]], 9);
    assert_eq!(new, Ok(vec![ids[8]]), "an old baseline is not walked to");
    assert_eq!(repository.is_ancestor(ids[7], ids[8]), Ok(true));
    assert_eq!(repository.merge_base(ids[7], ids[8]), Ok(Some(ids[7])));
}

#[test]
fn neither_replace_refs_nor_grafts_change_history() {
    let sandbox = Sandbox::new();
    let first = sandbox.commit("first");
    let second = sandbox.commit("second");
    let third = sandbox.commit("third");
    let innocent = sandbox.commit_tree(oid(EMPTY_TREE), &[]);
    sandbox.git(&["replace", &second.to_string(), &innocent.to_string()]);
    sandbox.write(".git/info/grafts", &format!("{third}\n"));
    let theirs = oids(&sandbox.git(&["rev-list", "HEAD"]));
    assert_eq!(theirs, [third], "git itself is misled");
    let repository = sandbox.open();
    assert_eq!(
        repository.new_revisions(third, &[], 9),
        Ok(vec![third, second, first])
    );
    assert_eq!(repository.commit(third).expect("read").0.parents, [second]);
    assert_eq!(repository.commit(second).expect("read").0.subject, "second");
    assert_eq!(repository.is_ancestor(first, third), Ok(true));
}

#[test]
fn what_is_not_a_commit_has_no_history() {
    let sandbox = Sandbox::new();
    let commit = sandbox.commit("first");
    sandbox.git(&["tag", "-a", "v1", "-m", "v1"]);
    let tag = sandbox.id("v1");
    let repository = sandbox.open();
    let refused = repository.new_revisions(tag, &[], 9).expect_err("a tag");
    assert_eq!(
        refused.to_string(),
        format!("object {tag} is a tag where a commit is needed")
    );
    assert!(repository.is_ancestor(tag, commit).is_err());
    assert_eq!(repository.resolve("v1"), Ok(commit));
    assert_eq!(repository.tag(tag).expect("read").0.target, commit);
    let sha256 = oid(&"ab".repeat(32));
    assert_eq!(
        repository.kind(sha256),
        Err(GitError::Missing { id: sha256 })
    );
}
