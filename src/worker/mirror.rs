//! Bare mirrors, one per repository, filled by object id. The cost of a fetch
//! grows with what is new in it.
//!
//! Every fetched tip stays reachable through a ref of its own, so nothing that
//! was judged is ever pruned, and jobs do not collide on names. `HEAD` names
//! the default branch, whose tip is brought up to date with every fetch.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::error::FetchError;
use super::git::{Git, incoming_files, name_of};
use crate::config::GitConfig;
use crate::forge::Remote;
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;

/// Tips that one git process fetches.
const BATCH: usize = 200;
/// How often a held lock is tried.
const LOCK_RETRY: Duration = Duration::from_millis(50);

/// All mirrors.
#[derive(Debug, Clone)]
pub struct Mirrors {
    folder: PathBuf,
    git: Arc<GitConfig>,
}

/// What a judgement needs.
#[derive(Debug, Clone)]
pub struct FetchPlan {
    /// The instance.
    pub instance: String,
    /// The forge's number of the repository.
    pub repository_id: u64,
    /// Ids that must be there afterwards.
    pub heads: Vec<ObjectId>,
    /// Ids that may have vanished from the forge: old values of force pushes.
    /// Judging without one is an error, and the judge says so.
    pub others: Vec<ObjectId>,
    /// The default branch; the forge is asked if it is not known.
    pub default_branch: Option<RefName>,
}

/// One mirror, after a fetch.
#[derive(Debug, Clone)]
pub struct Mirror {
    path: PathBuf,
    git: Arc<GitConfig>,
}

impl Mirrors {
    /// The mirrors below a folder.
    pub fn new(folder: PathBuf, git: GitConfig) -> Self {
        Self {
            folder,
            git: Arc::new(git),
        }
    }

    /// Brings what the plan names into the repository's mirror.
    pub async fn fetch(&self, plan: &FetchPlan, remote: &Remote) -> Result<Mirror, FetchError> {
        let ids = plan.heads.iter().chain(&plan.others);
        if ids.clone().any(|id| id.as_bytes().len() != 20) {
            return Err(FetchError::Sha256);
        }
        let folder = self.folder.join(&plan.instance);
        let mirror = Mirror {
            path: folder.join(format!("{}.git", plan.repository_id)),
            git: self.git.clone(),
        };
        let io = |source| FetchError::Io {
            mirror: name_of(&mirror.path),
            source,
        };
        std::fs::create_dir_all(&folder).map_err(io)?;
        let lock = mirror.lock().await?;
        mirror.prepare(&lock).await?;
        let mut git = Git::new(&self.git, &mirror.path);
        if let Some(authorization) = &remote.authorization {
            git.authorize(&remote.url, authorization);
        }
        let fetch = Fetch {
            mirror: &mirror,
            git,
            url: &remote.url,
            lock: &lock,
        };
        fetch.run(plan).await?;
        Ok(mirror)
    }
}

impl Mirror {
    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The commit that an id names, through annotated tags; `None` if it names
    /// something else.
    pub async fn commit_of(&self, id: ObjectId) -> Result<Option<ObjectId>, FetchError> {
        let lock = self.lock().await?;
        let arguments = ["--verify", "--quiet", "--end-of-options"]
            .map(OsString::from)
            .into_iter()
            .chain([format!("{id}^{{commit}}").into()])
            .collect::<Vec<_>>();
        match Git::new(&self.git, &self.path)
            .run("rev-parse", &arguments, &lock)
            .await
        {
            Ok(output) => Ok(ObjectId::parse(output.trim_ascii()).ok()),
            Err(FetchError::Git { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes the mirror for this process. A crash lets go of it.
    async fn lock(&self) -> Result<File, FetchError> {
        let io = |source| FetchError::Io {
            mirror: name_of(&self.path),
            source,
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .read(true)
            .open(self.path.with_extension("lock"))
            .map_err(io)?;
        let deadline = tokio::time::Instant::now() + self.git.timeout;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::Error(source)) => return Err(io(source)),
                Err(std::fs::TryLockError::WouldBlock) => {}
            }
            if tokio::time::Instant::now() >= deadline {
                let seconds = self.git.timeout.as_secs();
                return Err(FetchError::Busy { seconds });
            }
            tokio::time::sleep(LOCK_RETRY).await;
        }
    }

    /// Makes the mirror if it is missing, and removes what a crash left. We
    /// hold the lock, so no git that we started is at work.
    async fn prepare(&self, lock: &File) -> Result<(), FetchError> {
        let io = |source| FetchError::Io {
            mirror: name_of(&self.path),
            source,
        };
        if !self.path.join("refs").is_dir() || !self.path.join("config").is_file() {
            std::fs::create_dir_all(&self.path).map_err(io)?;
            remove_all(stale_locks(&self.path)).map_err(io)?;
            let arguments = ["--bare", "--quiet", "--template=", "--object-format=sha1"];
            Git::new(&self.git, &self.path)
                .run("init", &arguments.map(OsString::from), lock)
                .await?;
        }
        remove_all(stale_locks(&self.path)).map_err(io)?;
        remove_all(incoming_files(&self.path)).map_err(io)
    }

    fn has(&self, id: ObjectId) -> bool {
        self.path.join(own_ref(id)).is_file()
    }
}

/// One fetch into a locked mirror.
struct Fetch<'a> {
    mirror: &'a Mirror,
    git: Git<'a>,
    url: &'a str,
    lock: &'a File,
}

impl Fetch<'_> {
    async fn run(&self, plan: &FetchPlan) -> Result<(), FetchError> {
        let default = match &plan.default_branch {
            Some(name) => Some(name.clone()),
            None => self.default_branch().await?,
        };
        let default = default.as_ref();
        let missing = |ids: &[ObjectId]| -> Vec<OsString> {
            let ids = ids.iter().filter(|id| !self.mirror.has(**id));
            ids.map(|id| format!("+{id}:{}", own_ref(*id)).into())
                .collect()
        };
        let heads = missing(&plan.heads);
        let mut optional = missing(&plan.others);
        optional.extend(default.map(branch_refspec));
        let everything: Vec<OsString> = heads.iter().chain(&optional).cloned().collect();
        if let Err(error) = self.batches(&everything).await {
            // One of the optional ones may be gone; what must be there must.
            tracing::info!(%error, "fetching one by one");
            self.batches(&heads).await?;
            for one in &optional {
                if let Err(error) = self.batches(std::slice::from_ref(one)).await {
                    tracing::warn!(%error, "an old revision or the default branch is not there");
                }
            }
        }
        self.set_head(default).await
    }

    async fn batches(&self, refspecs: &[OsString]) -> Result<(), FetchError> {
        for batch in refspecs.chunks(BATCH) {
            let options = [
                "--quiet",
                "--no-tags",
                "--no-write-fetch-head",
                "--no-recurse-submodules",
                "--no-auto-maintenance",
                "--no-show-forced-updates",
                "--end-of-options",
                self.url,
            ];
            let mut arguments: Vec<OsString> = options.map(OsString::from).to_vec();
            arguments.extend_from_slice(batch);
            self.git.run("fetch", &arguments, self.lock).await?;
        }
        Ok(())
    }

    async fn default_branch(&self) -> Result<Option<RefName>, FetchError> {
        let arguments = ["--symref", "--end-of-options", self.url, "HEAD"];
        let arguments = arguments.map(OsString::from);
        let output = self.git.run("ls-remote", &arguments, self.lock).await?;
        let line = output.split(|byte| *byte == b'\n').next();
        let name = line
            .and_then(|line| line.strip_prefix(b"ref: "))
            .and_then(|rest| rest.strip_suffix(b"\tHEAD"));
        Ok(name.and_then(|name| RefName::new(name).ok()))
    }

    async fn set_head(&self, default: Option<&RefName>) -> Result<(), FetchError> {
        let Some(default) = default else {
            return Ok(());
        };
        let wanted = [&b"ref: "[..], default.as_bstr(), b"\n"].concat();
        if std::fs::read(self.mirror.path.join("HEAD")).is_ok_and(|head| head == wanted) {
            return Ok(());
        }
        let arguments = ["HEAD".into(), os_string(default)];
        self.git
            .run("symbolic-ref", &arguments, self.lock)
            .await
            .map(|_| ())
    }
}

fn own_ref(id: ObjectId) -> String {
    format!("refs/forgewarden/{id}")
}

fn os_string(name: &RefName) -> OsString {
    OsString::from_vec(name.as_bstr().to_vec())
}

fn branch_refspec(name: &RefName) -> OsString {
    let name = name.as_bstr();
    OsString::from_vec([b"+".as_slice(), name, b":", name].concat())
}

/// Lock files of git that nobody holds any more.
fn stale_locks(mirror: &Path) -> Vec<PathBuf> {
    let mut locks = Vec::new();
    let mut folders = vec![mirror.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_refs = folder != mirror || entry.file_name() == "refs";
            if is_refs && path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "lock")
            {
                locks.push(path);
            }
        }
    }
    locks
}

fn remove_all(files: Vec<PathBuf>) -> std::io::Result<()> {
    files.into_iter().try_for_each(std::fs::remove_file)
}
