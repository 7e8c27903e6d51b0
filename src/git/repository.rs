//! A repository as it is opened: refs, settings, and the door to its objects.

use std::fmt;
use std::path::Path;

use bstr::BStr;
use git2::{ConfigLevel, ErrorCode};

use crate::model::object::{Commit, SignatureBlock, Tag};
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::text::escape;

use super::changes::{self, TreeChange};
use super::error::GitError;
use super::objects::{ObjectKind, Objects, from_oid};
use super::tree::Entry;
use super::trees::Trees;
use super::{MAX_OBJECT_BYTES, commit, graph, tag};

/// A repository, open for reading.
pub struct Repository {
    inner: git2::Repository,
}

impl Repository {
    /// Opens the repository at `path`: its folder, or its `.git`. Nothing of the
    /// environment counts, so a push's quarantine is not seen.
    ///
    /// Refused: SHA-256 repositories, and shallow ones, because a commit whose
    /// parents are hidden looks like the first of its history. In a partial
    /// clone, what was not fetched is [`GitError::Missing`].
    pub fn open(path: &Path) -> Result<Self, GitError> {
        let shown = escape(path.as_os_str().as_encoded_bytes());
        Self::checked(git2::Repository::open(path), &shown)
    }

    /// Opens the repository at `path` or around it, as a person at a prompt expects.
    /// Not for mirrors: a lost one must not turn into the repository above it.
    pub fn discover(path: &Path) -> Result<Self, GitError> {
        let shown = escape(path.as_os_str().as_encoded_bytes());
        Self::checked(git2::Repository::discover(path), &shown)
    }

    /// Opens the repository that git runs a hook for, by the variables that git
    /// sets: `GIT_DIR`, and for a push's quarantine `GIT_OBJECT_DIRECTORY` and
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`. A push that only deletes has no
    /// quarantine and none of the latter; GitLab's Gitaly gives no
    /// `GIT_QUARANTINE_PATH`. Neither is needed here.
    ///
    /// Source: git-receive-pack(1), "Quarantine environment".
    pub fn open_in_hook() -> Result<Self, GitError> {
        Self::checked(
            git2::Repository::open_from_env(),
            "the repository of this hook (GIT_DIR)",
        )
    }

    fn checked(
        opened: Result<git2::Repository, git2::Error>,
        shown: &str,
    ) -> Result<Self, GitError> {
        let path = shown.to_owned();
        let inner = opened.map_err(|error| refused(path.clone(), &error))?;
        if inner.object_format() != git2::ObjectFormat::Sha1 {
            return Err(GitError::UnsupportedHash { path });
        }
        if inner.is_shallow() {
            return Err(GitError::Shallow { path });
        }
        Ok(Self { inner })
    }

    /// The folder that holds `HEAD`, refs and objects.
    pub fn path(&self) -> &Path {
        self.inner.path()
    }

    /// The name of the repository's folder, without `.git`: what a repository
    /// is called that nobody named.
    pub fn folder_name(&self) -> String {
        let folder = self.inner.workdir().unwrap_or_else(|| self.inner.path());
        // The hook's repository is `.`, whose name only its whole path tells.
        let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = escape(whole.file_name().unwrap_or_default().as_encoded_bytes());
        name.strip_suffix(".git").unwrap_or(&name).to_owned()
    }

    /// A setting such as `forgewarden.policy` from the repository's own
    /// configuration. The user's and the system's are not asked: whoever runs
    /// the hook must not steer it.
    pub fn setting(&self, key: &str) -> Result<Option<String>, GitError> {
        let bad = |error: git2::Error| GitError::BadSetting {
            key: escape(key),
            reason: escape(error.message()),
        };
        let config = self.inner.config()?;
        let found = config
            .open_level(ConfigLevel::Local)
            .and_then(|local| local.get_string(key));
        match found {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(bad(error)),
        }
    }

    /// The branch that `HEAD` names, even if it has no commit yet; `None` if
    /// `HEAD` is detached.
    pub fn default_branch(&self) -> Result<Option<RefName>, GitError> {
        let head = self.inner.find_reference("HEAD")?;
        let Some(target) = head.symbolic_target_bytes() else {
            return Ok(None);
        };
        match RefName::new(target) {
            Ok(name) => Ok(Some(name)),
            Err(error) => Err(GitError::BadReference {
                name: "HEAD".to_owned(),
                reason: error.to_string(),
            }),
        }
    }

    /// What a ref points to now; `None` if it does not exist. Not peeled. Names
    /// that are not UTF-8 are an error: the library cannot look them up.
    pub fn reference(&self, name: &RefName) -> Result<Option<ObjectId>, GitError> {
        let bad = |reason: String| GitError::BadReference {
            name: name.to_string(),
            reason,
        };
        let text = std::str::from_utf8(name.as_bstr())
            .map_err(|_| bad("its name is not UTF-8".to_owned()))?;
        let found = self
            .inner
            .find_reference(text)
            .and_then(|reference| reference.resolve());
        match found {
            Ok(reference) => match reference.target() {
                Some(oid) => from_oid(oid).map(Some),
                None => Err(bad("it names no object".to_owned())),
            },
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(bad(escape(error.message()))),
        }
    }

    /// Every branch with its tip: local ones, and those that were fetched from
    /// elsewhere, sorted by name. Refs that only name other refs are left out.
    pub fn branches(&self) -> Result<Vec<(RefName, ObjectId)>, GitError> {
        let mut found = Vec::new();
        for reference in self.inner.references()? {
            let reference = reference?;
            let name = reference.name_bytes();
            let is_branch = name.starts_with(b"refs/heads/") || name.starts_with(b"refs/remotes/");
            let Some(target) = reference.target().filter(|_| is_branch) else {
                continue;
            };
            let name = RefName::new(name).map_err(|error| GitError::BadReference {
                name: escape(name),
                reason: error.to_string(),
            })?;
            found.push((name, from_oid(target)?));
        }
        found.sort();
        Ok(found)
    }

    /// The commit that a person means by `spec`: an id, a branch, `HEAD~3`, …
    /// Tags are peeled. Only here are parents (`~`, `^`) followed by libgit2.
    pub fn resolve(&self, spec: &str) -> Result<ObjectId, GitError> {
        let found = self
            .inner
            .revparse_single(spec)
            .and_then(|object| object.peel_to_commit());
        match found {
            Ok(commit) => from_oid(commit.id()),
            Err(_) => Err(GitError::no_such(spec)),
        }
    }

    fn objects(&self) -> Result<Objects<'_>, GitError> {
        Objects::of(&self.inner)
    }

    /// The commit and its signature, parsed strictly. A commit of which tree,
    /// author or committer cannot be read is [`GitError::Unreadable`]; lesser
    /// faults are its `defects`.
    pub fn commit(&self, id: ObjectId) -> Result<(Commit, Option<SignatureBlock>), GitError> {
        let raw = self
            .objects()?
            .read(id, ObjectKind::Commit, MAX_OBJECT_BYTES)?;
        commit::parse(id, &raw).map_err(|reason| GitError::unreadable(id, reason))
    }

    /// The annotated tag and its signature, parsed strictly.
    pub fn tag(&self, id: ObjectId) -> Result<(Tag, Option<SignatureBlock>), GitError> {
        let raw = self
            .objects()?
            .read(id, ObjectKind::Tag, MAX_OBJECT_BYTES)?;
        tag::parse(id, &raw).map_err(|reason| GitError::unreadable(id, reason))
    }

    /// The kind of an object; [`GitError::Missing`] if there is none.
    pub fn kind(&self, id: ObjectId) -> Result<ObjectKind, GitError> {
        self.objects()?.header(id).map(|(kind, _)| kind)
    }

    /// Whether `ancestor` is `descendant` itself or among its ancestors.
    pub fn is_ancestor(&self, ancestor: ObjectId, descendant: ObjectId) -> Result<bool, GitError> {
        graph::is_ancestor(&self.objects()?, ancestor, descendant)
    }

    /// A best common ancestor of two commits: of several, the newest. `None`
    /// if their histories share nothing.
    pub fn merge_base(&self, a: ObjectId, b: ObjectId) -> Result<Option<ObjectId>, GitError> {
        graph::merge_base(&self.objects()?, a, b)
    }

    /// Whether a commit is on a branch or tag. One that is not here is on none.
    pub fn is_on_a_ref(&self, commit: ObjectId) -> Result<bool, GitError> {
        if !matches!(self.kind(commit), Ok(ObjectKind::Commit)) {
            return Ok(false);
        }
        let mut tips = Vec::new();
        for glob in ["refs/heads/*", "refs/tags/*"] {
            for reference in self.inner.references_glob(glob)? {
                // A tag of a tree or a blob leads to no commit.
                if let Ok(tip) = reference?.peel_to_commit() {
                    tips.push(from_oid(tip.id())?);
                }
            }
        }
        graph::is_ancestor_of_any(&self.objects()?, commit, &tips)
    }

    /// The commits reachable from `tip` and from none of `hidden`, newest
    /// first. More than `limit` is [`GitError::OverBound`]; all ids must be
    /// commits that exist.
    pub fn new_revisions(
        &self,
        tip: ObjectId,
        hidden: &[ObjectId],
        limit: usize,
    ) -> Result<Vec<ObjectId>, GitError> {
        graph::new_revisions(&self.objects()?, tip, hidden, limit)
    }

    /// The commits reachable from `tip`, newest first, cut at `limit`.
    pub fn history(&self, tip: ObjectId, limit: usize) -> Result<Vec<ObjectId>, GitError> {
        graph::history(&self.objects()?, tip, limit)
    }

    /// The paths that differ between two commits; `old` as `None` is the empty
    /// tree. More than `limit` is [`GitError::OverBound`].
    pub fn net_changes(
        &self,
        old: Option<ObjectId>,
        new: ObjectId,
        limit: usize,
    ) -> Result<Vec<TreeChange>, GitError> {
        let objects = self.objects()?;
        let tree = |id| graph::links(&objects, id).map(|links| links.tree);
        let old = old.map(tree).transpose()?;
        changes::compare(&objects, tree(new)?, &[old], limit)
    }

    /// The paths at which a commit differs from all its parents: what a merge
    /// adds by itself. A root is compared with the empty tree.
    pub fn own_changes(&self, commit: &Commit, limit: usize) -> Result<Vec<TreeChange>, GitError> {
        let objects = self.objects()?;
        let mut olds = Vec::with_capacity(commit.parents.len());
        for parent in &commit.parents {
            olds.push(Some(graph::links(&objects, *parent)?.tree));
        }
        if olds.is_empty() {
            olds.push(None);
        }
        changes::compare(&objects, commit.tree, &olds, limit)
    }

    /// What stands at a path (exact bytes) in a commit; `None` if nothing, or a folder.
    pub fn entry_at(&self, commit: ObjectId, path: &BStr) -> Result<Option<Entry>, GitError> {
        let objects = self.objects()?;
        let tree = graph::links(&objects, commit)?.tree;
        changes::find(&objects, tree, path)
    }

    /// The trees of this repository, for a reader of many paths.
    pub fn trees(&self) -> Result<Trees<'_>, GitError> {
        self.objects().map(Trees::new)
    }

    /// The content of a blob of at most `limit` bytes; the size is known before
    /// anything is unpacked.
    pub fn blob(&self, id: ObjectId, limit: u64) -> Result<Vec<u8>, GitError> {
        self.objects()?.read(id, ObjectKind::Blob, limit)
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Repository").field(&self.path()).finish()
    }
}

fn refused(path: String, error: &git2::Error) -> GitError {
    let reason = escape(error.message());
    match error.code() {
        ErrorCode::NotFound => GitError::NotARepository { path },
        ErrorCode::Owner => GitError::ForeignOwner { path },
        _ if reason.contains("objectformat") || reason.contains("object format") => {
            GitError::UnsupportedHash { path }
        }
        _ => GitError::Unsupported { path, reason },
    }
}
