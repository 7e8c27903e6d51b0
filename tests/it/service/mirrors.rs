//! Mirrors: objects by id, from a real repository, whatever happened before.

use std::time::Duration;

use forgewarden::forge::Remote;
use forgewarden::model::oid::ObjectId;
use forgewarden::model::refs::RefName;
use forgewarden::worker::{FetchError, FetchPlan, Mirror, Mirrors};

use crate::support::gate::git_config;
use crate::support::origin::{Origin, run};

struct Place {
    folder: tempfile::TempDir,
    origin: Origin,
    mirrors: Mirrors,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        Self {
            mirrors: Mirrors::new(folder.path().join("m"), git_config()),
            folder,
            origin: Origin::new(),
        }
    }

    fn remote(&self) -> Remote {
        Remote {
            url: self.origin.url(),
            authorization: None,
        }
    }

    async fn fetch(&self, heads: &[ObjectId], others: &[ObjectId]) -> Result<Mirror, FetchError> {
        let plan = FetchPlan {
            instance: "fake".into(),
            repository_id: 7,
            heads: heads.to_vec(),
            others: others.to_vec(),
            default_branch: Some(RefName::branch("main").unwrap()),
        };
        self.mirrors.fetch(&plan, &self.remote()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_come_by_id_even_if_no_ref_names_them() {
    let place = Place::new();
    let main = place.origin.tip("refs/heads/main");
    let hidden = place.origin.commit("hidden", Some(main));
    let mirror = place.fetch(&[hidden], &[main]).await.expect("fetched");
    let log = run(mirror.path(), &["rev-list", "--count", &hidden.to_string()]);
    assert_eq!(log, "2", "never shallow");
    assert_eq!(
        run(mirror.path(), &["symbolic-ref", "HEAD"]),
        "refs/heads/main"
    );
    assert_eq!(run(mirror.path(), &["rev-parse", "HEAD"]), main.to_string());
    run(mirror.path(), &["gc", "--prune=now", "--quiet"]);
    run(mirror.path(), &["cat-file", "-e", &hidden.to_string()]);
    assert_eq!(mirror.commit_of(hidden).await.unwrap(), Some(hidden));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_peeled_and_a_blob_is_no_commit() {
    let place = Place::new();
    place.origin.git(&["tag", "-a", "-m", "v1", "v1", "main"]);
    let tag = place.origin.tip("refs/tags/v1");
    let main = place.origin.tip("refs/heads/main");
    assert_ne!(tag, main);
    let mirror = place.fetch(&[tag], &[]).await.expect("fetched");
    assert_eq!(mirror.commit_of(tag).await.unwrap(), Some(main));
    let tree = ObjectId::parse(place.origin.git(&["rev-parse", "main^{tree}"])).unwrap();
    assert_eq!(mirror.commit_of(tree).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_value_that_is_gone_does_not_hold_up_the_rest() {
    let place = Place::new();
    let main = place.origin.tip("refs/heads/main");
    let gone = ObjectId::parse("ab".repeat(20)).unwrap();
    let mirror = place.fetch(&[main], &[gone]).await.expect("fetched");
    run(mirror.path(), &["cat-file", "-e", &main.to_string()]);
    let failed = place.fetch(&[gone], &[]).await;
    assert!(matches!(failed, Err(FetchError::Git { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_branch_follows() {
    let place = Place::new();
    let main = place.origin.tip("refs/heads/main");
    place.fetch(&[main], &[]).await.expect("fetched");
    let unrelated = place.origin.commit("rewritten", None);
    place.origin.point("refs/heads/main", unrelated);
    let mirror = place.fetch(&[main], &[]).await.expect("fetched");
    assert_eq!(
        run(mirror.path(), &["rev-parse", "HEAD"]),
        unrelated.to_string()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_is_cleared_away() {
    let place = Place::new();
    let main = place.origin.tip("refs/heads/main");
    let mirror = place.fetch(&[main], &[]).await.expect("fetched");
    for left in [
        "HEAD.lock",
        "config.lock",
        "packed-refs.lock",
        "refs/heads/main.lock",
    ] {
        std::fs::write(mirror.path().join(left), "").unwrap();
    }
    std::fs::create_dir_all(mirror.path().join("objects/pack")).unwrap();
    let pack = mirror.path().join("objects/pack/tmp_pack_abc");
    std::fs::write(&pack, "half").unwrap();
    let next = place.origin.commit("next", Some(main));
    place.origin.point("refs/heads/main", next);
    place.fetch(&[next], &[]).await.expect("fetched again");
    assert!(!pack.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_fetches_at_once_do_not_collide() {
    let place = std::sync::Arc::new(Place::new());
    let main = place.origin.tip("refs/heads/main");
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let place = place.clone();
        tasks.spawn(async move {
            let commit = place.origin.commit(&format!("c{number}"), Some(main));
            place.fetch(&[commit], &[main]).await.map(|_| ())
        });
    }
    for result in tasks.join_all().await {
        result.expect("fetched");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_configured_protocols_are_used() {
    let place = Place::new();
    let main = place.origin.tip("refs/heads/main");
    let mut config = git_config();
    config.protocols = vec!["https".into()];
    let mirrors = Mirrors::new(place.folder.path().join("strict"), config);
    let plan = FetchPlan {
        instance: "fake".into(),
        repository_id: 7,
        heads: vec![main],
        others: Vec::new(),
        default_branch: Some(RefName::branch("main").unwrap()),
    };
    let failed = mirrors.fetch(&plan, &place.remote()).await;
    let error = failed.expect_err("refused").to_string();
    assert!(error.contains("transport 'file' not allowed"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_that_hangs_is_stopped() {
    let place = Place::new();
    let main = place.origin.tip("refs/heads/main");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = git_config();
    config.timeout = Duration::from_secs(1);
    let mirrors = Mirrors::new(place.folder.path().join("slow"), config);
    let plan = FetchPlan {
        instance: "fake".into(),
        repository_id: 7,
        heads: vec![main],
        others: Vec::new(),
        default_branch: None,
    };
    let remote = Remote {
        url: format!("http://{}/acme/app.git", silent.local_addr().unwrap()),
        authorization: None,
    };
    let failed = mirrors.fetch(&plan, &remote).await;
    let error = failed.expect_err("stopped").to_string();
    assert!(error.contains("git.timeout_seconds"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sha256_repository_is_refused_clearly() {
    let place = Place::new();
    let long = ObjectId::parse("ab".repeat(32)).unwrap();
    let failed = place.fetch(&[long], &[]).await;
    assert!(matches!(failed, Err(FetchError::Sha256)));
}
