//! Who signed what in the newest commits of the default branch, as the
//! commits claim it.

use std::collections::BTreeMap;

use crate::git::{GitError, Repository};
use crate::model::object::{Commit, SignatureBlock};
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::signature::{KeyName, SignatureKind};
use crate::sign;

/// Branches that people usually protect, looked for by name.
const USUAL_BRANCHES: &[&str] = &["main", "master", "trunk", "develop", "production", "stable"];

/// What the newest commits say.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The default branch, if it exists.
    pub(super) default_branch: Option<RefName>,
    /// The default branch and others that people usually protect.
    pub(super) branches: Vec<RefName>,
    /// The newest commit.
    pub(super) tip: Option<ObjectId>,
    /// How many commits were read.
    pub(super) commits: usize,
    /// How many carry no signature.
    pub(super) unsigned: usize,
    /// How many carry a signature that names no key or cannot be read.
    pub(super) unreadable: usize,
    /// The keys that signed, by their names.
    pub(super) signers: BTreeMap<KeyName, Signer>,
}

/// A key that signed commits.
#[derive(Debug)]
pub(super) struct Signer {
    /// The format of its signatures.
    pub(super) kind: SignatureKind,
    /// The public key as one line, which SSH signatures contain.
    pub(super) public_key: Option<String>,
    /// How many commits it signed.
    pub(super) commits: usize,
    /// The committer addresses of those commits, with their numbers. Claims.
    pub(super) addresses: BTreeMap<Vec<u8>, usize>,
}

impl Signer {
    /// The address that most of its commits claim.
    pub(super) fn usual_address(&self) -> Option<&[u8]> {
        let most = self.addresses.iter().max_by_key(|(_, count)| **count);
        most.map(|(address, _)| address.as_slice())
    }
}

/// Reads at most `limit` commits of the default branch, newest first.
pub(super) fn read(repository: &Repository, limit: usize) -> Result<History, GitError> {
    let mut history = History {
        default_branch: repository.default_branch()?,
        ..History::default()
    };
    history.tip = match &history.default_branch {
        Some(branch) => repository.reference(branch)?,
        None => None,
    };
    history.branches = branches(repository, history.default_branch.as_ref())?;
    let Some(tip) = history.tip else {
        return Ok(history);
    };
    for id in repository.history(tip, limit)? {
        let (commit, signature) = repository.commit(id)?;
        history.add(&commit, signature.as_ref());
    }
    Ok(history)
}

fn branches(repository: &Repository, default: Option<&RefName>) -> Result<Vec<RefName>, GitError> {
    let mut found: Vec<RefName> = default.into_iter().cloned().collect();
    for name in USUAL_BRANCHES
        .iter()
        .filter_map(|name| RefName::branch(name).ok())
    {
        if !found.contains(&name) && repository.reference(&name)?.is_some() {
            found.push(name);
        }
    }
    Ok(found)
}

impl History {
    fn add(&mut self, commit: &Commit, signature: Option<&SignatureBlock>) {
        self.commits += 1;
        let Some(block) = signature else {
            self.unsigned += 1;
            return;
        };
        let Some((kind, key, public_key)) = sign::claimed_key(block) else {
            self.unreadable += 1;
            return;
        };
        let signer = self.signers.entry(key).or_insert_with(|| Signer {
            kind,
            public_key,
            commits: 0,
            addresses: BTreeMap::new(),
        });
        signer.commits += 1;
        *signer
            .addresses
            .entry(commit.committer.email.to_vec())
            .or_default() += 1;
    }
}
