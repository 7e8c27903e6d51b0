//! Which repositories are opened, and what is known of them without objects.

use forgewarden::git::{GitError, Repository};
use forgewarden::model::refs::RefName;

use super::sandbox::Sandbox;

fn name(full: &str) -> RefName {
    RefName::new(full).expect("lawful")
}

fn refusal(sandbox: &Sandbox, folder: &str) -> GitError {
    let opened = Repository::open(&sandbox.path().join(folder));
    opened.expect_err("refused")
}

#[test]
fn repositories_that_would_mislead_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.commit("one");
    sandbox.commit("two");
    let url = format!("file://{}", sandbox.path().display());
    sandbox.git(&["clone", "-q", "--bare", "--depth=1", &url, "shallow"]);
    assert!(matches!(
        refusal(&sandbox, "shallow"),
        GitError::Shallow { .. }
    ));
    sandbox.git(&["init", "-q", "--bare", "--object-format=sha256", "sha256"]);
    assert!(matches!(
        refusal(&sandbox, "sha256"),
        GitError::UnsupportedHash { .. }
    ));
    sandbox.git(&["init", "-q", "--bare", "--ref-format=reftable", "reftable"]);
    assert!(matches!(
        refusal(&sandbox, "reftable"),
        GitError::Unsupported { .. }
    ));
    assert!(matches!(
        refusal(&sandbox, "nowhere"),
        GitError::NotARepository { .. }
    ));
    sandbox.write("inner/file", "");
    assert!(matches!(
        refusal(&sandbox, "inner"),
        GitError::NotARepository { .. }
    ));
    assert!(Repository::discover(&sandbox.path().join("inner")).is_ok());
}

#[test]
fn a_partial_clone_misses_content_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "x");
    let commit = sandbox.commit("one");
    let url = format!("file://{}", sandbox.path().display());
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]);
    sandbox.git(&[
        "clone",
        "-q",
        "--bare",
        "--filter=blob:none",
        &url,
        "partial",
    ]);
    let partial = Repository::open(&sandbox.path().join("partial")).expect("a repository");
    let changes = partial.net_changes(None, commit, 9).expect("compared");
    let id = changes[0].new.expect("added").id;
    assert_eq!(partial.blob(id, 9), Err(GitError::Missing { id }));
}

#[test]
fn refs_and_the_default_branch_are_read_without_guessing() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    assert_eq!(
        repository.default_branch(),
        Ok(Some(name("refs/heads/main"))),
        "unborn"
    );
    assert_eq!(repository.reference(&name("refs/heads/main")), Ok(None));
    let commit = sandbox.commit("one");
    sandbox.git(&["tag", "-a", "v1", "-m", "v1"]);
    sandbox.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    sandbox.git(&["pack-refs", "--all"]);
    assert_eq!(
        repository.reference(&name("refs/heads/main")),
        Ok(Some(commit))
    );
    assert_eq!(
        repository.reference(&name("refs/heads/alias")),
        Ok(Some(commit))
    );
    assert_eq!(
        repository.reference(&name("refs/tags/v1")),
        Ok(Some(sandbox.id("v1")))
    );
    assert_eq!(repository.reference(&name("refs/heads/other")), Ok(None));
    for spec in [
        "HEAD",
        "main",
        "v1",
        "v1^{}",
        &commit.to_string(),
        &commit.short(),
    ] {
        assert_eq!(repository.resolve(spec), Ok(commit), "{spec}");
    }
    for spec in [
        "none",
        "HEAD~1",
        "",
        "HEAD:",
        "HEAD^{tree}",
        &"1".repeat(40),
    ] {
        let spec = repository.resolve(spec);
        assert!(
            matches!(spec, Err(GitError::NoSuchRevision { .. })),
            "{spec:?}"
        );
    }
    sandbox.git(&["checkout", "-q", "--detach"]);
    assert_eq!(repository.default_branch(), Ok(None));
}

#[test]
fn settings_are_read_by_their_keys() {
    let sandbox = Sandbox::new();
    let key = "forgewarden.policy";
    assert_eq!(sandbox.open().setting(key), Ok(None));
    sandbox.git(&["config", key, "/of/the/repository"]);
    let policy = Some("/of/the/repository".to_owned());
    assert_eq!(sandbox.open().setting(key), Ok(policy));
    let broken = sandbox.open().setting("no key");
    assert!(
        matches!(broken, Err(GitError::BadSetting { .. })),
        "{broken:?}"
    );
}

#[test]
fn a_changed_byte_in_the_store_is_noticed() {
    let sandbox = Sandbox::new();
    sandbox.commit("one");
    let first = sandbox.object("blob", b"first");
    let second = sandbox.object("blob", b"other");
    let target = sandbox.loose(first);
    std::fs::remove_file(&target).expect("loose");
    std::fs::copy(sandbox.loose(second), target).expect("copied");
    let read = sandbox
        .open()
        .blob(first, 100)
        .expect_err("another content");
    assert!(
        matches!(read, GitError::Unreadable { id, .. } if id == first),
        "{read}"
    );
}
