//! Commits and annotated tags alike, as objects that carry a signature.

use std::fmt;

use bstr::BStr;

use super::quoted;
use crate::model::facts::{Revision, TagFacts, UpdateFacts};
use crate::model::finding::Place;
use crate::model::object::Defect;
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::signature::Signature;
use crate::model::text::{Escaped, excerpt};

/// Longest excerpt of a commit's subject in a message, in characters.
const MAX_SUBJECT: usize = 60;

/// A commit or annotated tag that a ref update brings.
pub(crate) struct SignedObject<'a> {
    /// The ref whose update brings it.
    pub(crate) reference: &'a RefName,
    /// Its id.
    pub(crate) id: ObjectId,
    /// Its signature.
    pub(crate) signature: &'a Signature,
    /// What a strict reader objects to.
    pub(crate) defects: &'a [Defect],
    kind: Kind<'a>,
}

enum Kind<'a> {
    Commit { subject: &'a BStr, is_root: bool },
    Tag { name: &'a BStr, target: ObjectId },
}

/// Every commit and tag of some ref updates. An object that several updates
/// bring comes once for each: a waiver for one ref must not hide it on another.
pub(crate) fn signed_objects(updates: &[UpdateFacts]) -> impl Iterator<Item = SignedObject<'_>> {
    updates.iter().flat_map(|update| {
        let tags = update.tags.iter().map(move |tag| of_tag(update, tag));
        let commits = update.revisions.iter();
        tags.chain(commits.map(move |revision| of_commit(update, revision)))
    })
}

fn of_commit<'a>(update: &'a UpdateFacts, revision: &'a Revision) -> SignedObject<'a> {
    let commit = &revision.commit;
    SignedObject {
        reference: &update.update.name,
        id: commit.id,
        signature: &revision.signature,
        defects: &commit.defects,
        kind: Kind::Commit {
            subject: BStr::new(&commit.subject),
            is_root: commit.parents.is_empty(),
        },
    }
}

fn of_tag<'a>(update: &'a UpdateFacts, facts: &'a TagFacts) -> SignedObject<'a> {
    let tag = &facts.tag;
    SignedObject {
        reference: &update.update.name,
        id: tag.id,
        signature: &facts.signature,
        defects: &tag.defects,
        kind: Kind::Tag {
            name: BStr::new(&tag.name),
            target: tag.target,
        },
    }
}

impl SignedObject<'_> {
    /// Whether this is an annotated tag and not a commit.
    pub(crate) fn is_tag(&self) -> bool {
        matches!(self.kind, Kind::Tag { .. })
    }

    /// Where an objection to it stands.
    pub(crate) fn place(&self) -> Place {
        Place::of_commit(self.reference, self.id)
    }

    /// The command that makes the object anew, signed with the reader's key.
    pub(crate) fn sign_again(&self) -> String {
        match &self.kind {
            Kind::Commit { is_root, .. } => {
                let id = self.id.short();
                let from = if *is_root {
                    "--root".to_owned()
                } else {
                    format!("{id}^")
                };
                format!(
                    "git rebase --rebase-merges --exec 'git commit --amend --no-edit -S' {from}"
                )
            }
            Kind::Tag { name, target } => {
                format!("git tag -s -f {} {}", quoted(name), target.short())
            }
        }
    }
}

impl fmt::Display for SignedObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Commit { subject, .. } => {
                let subject = excerpt(subject, MAX_SUBJECT);
                write!(f, "commit {} \"{subject}\"", self.id.short())
            }
            Kind::Tag { name, .. } => write!(f, "tag {} ({})", Escaped(name), self.id.short()),
        }
    }
}
