//! Which paths a commit, a merge or a range changes.

use bstr::BStr;
use forgewarden::git::{Entry, EntryMode, GitError, TreeChange};
use forgewarden::model::oid::ObjectId;

use super::sandbox::{EMPTY_TREE, Sandbox, oid};

/// A change in the words of `git diff-tree --raw`.
fn raw(change: &TreeChange) -> String {
    let mode = |entry: &Option<Entry>| match entry.map(|entry| entry.mode) {
        None => "000000",
        Some(EntryMode::File) => "100644",
        Some(EntryMode::Executable) => "100755",
        Some(EntryMode::Symlink) => "120000",
        Some(EntryMode::Gitlink) => "160000",
    };
    let id = |entry: &Option<Entry>| entry.map_or("0".repeat(40), |entry| entry.id.to_string());
    let (old, new) = (&change.old, &change.new);
    format!(
        ":{} {} {} {} {}",
        mode(old),
        mode(new),
        id(old),
        id(new),
        change.path
    )
}

fn net(sandbox: &Sandbox, old: ObjectId, new: ObjectId) -> Vec<String> {
    let changes = sandbox
        .open()
        .net_changes(Some(old), new, 1000)
        .expect("compared");
    changes.iter().map(raw).collect()
}

fn own(sandbox: &Sandbox, id: ObjectId) -> Vec<String> {
    let repository = sandbox.open();
    let (commit, _) = repository.commit(id).expect("read");
    let changes = repository.own_changes(&commit, 1000).expect("compared");
    changes
        .iter()
        .map(|change| change.path.to_string())
        .collect()
}

/// The same by git: raw lines without the letter of the kind.
fn git_net(sandbox: &Sandbox, old: ObjectId, new: ObjectId) -> Vec<String> {
    let (old, new) = (old.to_string(), new.to_string());
    let args = [
        "-c",
        "core.quotePath=false",
        "diff-tree",
        "-r",
        "--raw",
        "--no-renames",
        &old,
        &new,
    ];
    let listed = sandbox.git(&args);
    let line = |line: &str| {
        let (head, path) = line.split_once('\t').expect("a path");
        format!("{} {path}", &head[..head.len() - 2])
    };
    listed.lines().map(line).collect()
}

fn git_own(sandbox: &Sandbox, id: ObjectId) -> Vec<String> {
    let id = id.to_string();
    let args = [
        "diff-tree",
        "-r",
        "-c",
        "--root",
        "--no-renames",
        "--no-commit-id",
        "--name-only",
        &id,
    ];
    sandbox.git(&args).lines().map(str::to_owned).collect()
}

/// Every sort of commit that people make.
fn every_sort() -> (Sandbox, Vec<ObjectId>) {
    let sandbox = Sandbox::new();
    let mut commits = Vec::new();
    for path in [
        "a",
        "a.b/c",
        "a0",
        "dir/sub/x",
        "dir/sub/y",
        "dir/z",
        "keep/deep/er/file",
    ] {
        sandbox.write(path, path);
    }
    commits.push(sandbox.commit("root"));
    sandbox.write("dir/sub/x", "changed");
    sandbox.git(&["mv", "dir/z", "renamed"]);
    commits.push(sandbox.commit("change and rename"));
    sandbox.git(&["branch", "side"]);
    sandbox.git(&["branch", "third"]);
    sandbox.git(&["update-index", "--chmod=+x", "a"]);
    sandbox.git(&["commit", "-q", "-m", "mode"]);
    commits.push(sandbox.head());
    sandbox.git(&["reset", "-q", "--hard"]);
    std::fs::remove_file(sandbox.path().join("a")).expect("there");
    sandbox.write("a/now/a/folder", "x");
    commits.push(sandbox.commit("file to folder"));
    std::fs::remove_dir_all(sandbox.path().join("dir")).expect("there");
    std::os::unix::fs::symlink("keep", sandbox.path().join("dir")).expect("a link");
    commits.push(sandbox.commit("folder to symlink"));
    let link = format!("160000,{},module", commits[0]);
    sandbox.git(&["update-index", "--add", "--cacheinfo", &link]);
    sandbox.git(&["commit", "-q", "-m", "submodule"]);
    commits.push(sandbox.head());
    sandbox.git(&["checkout", "-q", "-f", "side"]);
    sandbox.write("side-file", "x");
    sandbox.write("keep/deep/er/file", "side");
    commits.push(sandbox.commit("side"));
    sandbox.git(&["checkout", "-q", "third"]);
    sandbox.write("third-file", "x");
    commits.push(sandbox.commit("third"));
    sandbox.git(&["merge", "-q", "--no-edit", "side"]);
    commits.push(sandbox.head());
    sandbox.git(&["checkout", "-q", "-f", "main"]);
    sandbox.git(&["merge", "-q", "--no-commit", "side"]);
    sandbox.write("evil", "only in the merge");
    sandbox.write("keep/deep/er/file", "neither side");
    commits.push(sandbox.commit("evil merge"));
    let tree = sandbox.id("third^{tree}");
    commits.push(sandbox.commit_tree(tree, &[commits[3], commits[6], commits[7]]));
    let dropped = sandbox.id(&format!("{}^{{tree}}", commits[0]));
    commits.push(sandbox.commit_tree(dropped, &[commits[8], commits[9]]));
    (sandbox, commits)
}

#[test]
fn the_difference_of_every_pair_is_git_s() {
    let (sandbox, commits) = every_sort();
    for (at, old) in commits.iter().enumerate() {
        for new in &commits[at..] {
            assert_eq!(
                net(&sandbox, *old, *new),
                git_net(&sandbox, *old, *new),
                "{old}..{new}"
            );
        }
        let back = (commits[commits.len() - 1], *old);
        assert_eq!(
            net(&sandbox, back.0, back.1),
            git_net(&sandbox, back.0, back.1)
        );
    }
}

#[test]
fn what_a_commit_changes_by_itself_is_git_s_combined_difference() {
    let (sandbox, commits) = every_sort();
    for id in &commits {
        assert_eq!(own(&sandbox, *id), git_own(&sandbox, *id), "{id}");
    }
    assert_eq!(
        own(&sandbox, commits[9]),
        ["evil", "keep/deep/er/file"],
        "the evil merge"
    );
    assert_eq!(own(&sandbox, commits[8]), [""; 0], "the clean merge");
    assert!(
        own(&sandbox, commits[0]).contains(&"dir/sub/x".to_owned()),
        "the root"
    );
}

#[test]
fn a_path_is_looked_up_by_its_exact_bytes() {
    let (sandbox, commits) = every_sort();
    let repository = sandbox.open();
    let at = |commit: ObjectId, path: &str| {
        let entry = repository.entry_at(commit, BStr::new(path)).expect("read");
        entry.map(|entry| (entry.mode, entry.id))
    };
    let blob = |commit: ObjectId, path: &str| sandbox.id(&format!("{commit}:{path}"));
    assert_eq!(
        at(commits[0], "dir/sub/x"),
        Some((EntryMode::File, blob(commits[0], "dir/sub/x")))
    );
    assert_eq!(
        at(commits[2], "a"),
        Some((EntryMode::Executable, blob(commits[2], "a")))
    );
    assert_eq!(
        at(commits[4], "dir"),
        Some((EntryMode::Symlink, blob(commits[4], "dir")))
    );
    assert_eq!(
        at(commits[5], "module"),
        Some((EntryMode::Gitlink, commits[0]))
    );
    for nothing in [
        "",
        "/",
        "dir",
        "dir/",
        "/a",
        "a/",
        "A",
        "dir//sub/x",
        "a/x",
        "dir/./sub/x",
        "none",
    ] {
        assert_eq!(at(commits[0], nothing), None, "{nothing}");
    }
    let id = blob(commits[0], "dir/sub/x");
    assert_eq!(repository.blob(id, 9), Ok(b"dir/sub/x".to_vec()));
    let over = repository.blob(id, 8).expect_err("nine bytes");
    assert_eq!(over.to_string(), "over the bound of 8 bytes of a file");
    assert!(matches!(
        repository.blob(commits[0], 9999),
        Err(GitError::WrongKind { .. })
    ));
}

#[test]
fn names_that_are_not_text_or_imitate_git_s_folder_are_shown() {
    let sandbox = Sandbox::new();
    let blob = sandbox.object("blob", b"x");
    let inner = sandbox.tree(&[("100644 config", blob)]);
    let name = "\u{200d}.git";
    let tree = sandbox.tree(&[
        ("40000 .GIT", inner),
        ("40000 .git", inner),
        (&format!("100664 {name}"), blob),
    ]);
    let commit = sandbox.commit_tree(tree, &[]);
    let paths = own(&sandbox, commit);
    assert_eq!(paths, [".GIT/config", ".git/config", name]);
    let content = [&b"100644 \xff\xfe\0"[..], blob.as_bytes()].concat();
    let odd = sandbox.commit_tree(sandbox.object("tree", &content), &[]);
    let repository = sandbox.open();
    let changes = repository.net_changes(None, odd, 9).expect("compared");
    assert_eq!(changes[0].path, b"\xff\xfe".as_slice());
    assert!(
        repository
            .entry_at(odd, BStr::new(b"\xff\xfe"))
            .expect("read")
            .is_some()
    );
}

#[test]
fn a_tree_that_hides_something_is_an_error() {
    let sandbox = Sandbox::new();
    let blob = sandbox.object("blob", b"x");
    let other = sandbox.object("blob", b"y");
    let absent = oid(&"12".repeat(20));
    for (name, inner) in [
        (
            "twice",
            sandbox.tree(&[("100644 ci.yml", blob), ("100644 ci.yml", other)]),
        ),
        (
            "unordered",
            sandbox.tree(&[("100644 z", blob), ("100644 a", blob)]),
        ),
        ("slash", sandbox.tree(&[("100644 a/b", blob)])),
        ("mode", sandbox.tree(&[("60000 a", blob)])),
        ("absent", absent),
        ("a blob", blob),
    ] {
        let commit = sandbox.commit_tree(sandbox.tree(&[("40000 dir", inner)]), &[]);
        let repository = sandbox.open();
        assert!(repository.net_changes(None, commit, 9).is_err(), "{name}");
        let (parsed, _) = repository.commit(commit).expect("read");
        assert!(repository.own_changes(&parsed, 9).is_err(), "{name}");
        assert!(
            repository
                .entry_at(commit, BStr::new("dir/ci.yml"))
                .is_err(),
            "{name}"
        );
        assert_eq!(
            repository.net_changes(Some(commit), commit, 9),
            Ok(vec![]),
            "unchanged"
        );
    }
}

#[test]
fn work_and_depth_are_bounded() {
    let sandbox = Sandbox::new();
    let mut bomb = oid(EMPTY_TREE);
    sandbox.object("tree", b"");
    for _ in 0..9 {
        let entries: Vec<String> = (10..40).map(|number| format!("40000 {number}")).collect();
        let entries: Vec<_> = entries.iter().map(|entry| (entry.as_str(), bomb)).collect();
        bomb = sandbox.tree(&entries);
    }
    let nothing = sandbox.commit_tree(bomb, &[]);
    let repository = sandbox.open();
    let over = repository
        .net_changes(None, nothing, 9)
        .expect_err("30^9 empty folders");
    assert_eq!(
        over.to_string(),
        "over the bound of 268435456 bytes of folders compared"
    );

    let mut deep = sandbox.tree(&[("100644 x", sandbox.object("blob", b"x"))]);
    for _ in 0..256 {
        deep = sandbox.tree(&[("40000 d", deep)]);
    }
    let commit = sandbox.commit_tree(deep, &[]);
    let over = repository
        .net_changes(None, commit, 9)
        .expect_err("too deep");
    assert_eq!(over.to_string(), "over the bound of 256 nested folders");
    let path = "d/".repeat(256) + "x";
    assert!(repository.entry_at(commit, BStr::new(&path)).is_err());

    let mut long = sandbox.tree(&[("100644 x", sandbox.object("blob", b"x"))]);
    let name = "n".repeat(250);
    for _ in 0..17 {
        long = sandbox.tree(&[(&format!("40000 {name}"), long)]);
    }
    let commit = sandbox.commit_tree(long, &[]);
    let over = repository.net_changes(None, commit, 9);
    let over = over.expect_err("too long");
    assert_eq!(over.to_string(), "over the bound of 4096 bytes of a path");

    let many = format!(
        "tree {EMPTY_TREE}\n{}author a <> 1 +0000\ncommitter a <> 1 +0000\n\n",
        format!("parent {commit}\n").repeat(257)
    );
    let id = sandbox.object("commit", many.as_bytes());
    let (merge, _) = repository.commit(id).expect("read");
    let over = repository.own_changes(&merge, 9).expect_err("257 parents");
    assert_eq!(over.to_string(), "over the bound of 256 parents of a merge");
    let id = sandbox.object("commit", (many + &"x".repeat(1 << 20)).as_bytes());
    let over = repository.commit(id).expect_err("a large commit");
    assert_eq!(
        over.to_string(),
        "over the bound of 1048576 bytes of a commit"
    );

    let (sandbox, commits) = every_sort();
    let over = sandbox
        .open()
        .net_changes(None, commits[0], 6)
        .expect_err("seven files");
    assert_eq!(over.to_string(), "over the bound of 6 changed paths");
}
