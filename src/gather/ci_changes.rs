//! Which changed paths belong to the build environment: what each revision
//! changes against all its parents, together with the net difference.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use super::build::Builds;
use super::{Failed, Gatherer};
use crate::checks::Mode;
use crate::ci::{self, FileMode, Recognised};
use crate::git::{Entry, EntryMode, GitError, TreeChange};
use crate::model::ci::{ChangeKind, CiChange, Oddity, Tier};
use crate::model::facts::UpdateFacts;
use crate::model::oid::ObjectId;

/// A file of unknown kind is read up to this many times `limits.blob_bytes` to
/// tell whether it is a Kubernetes manifest; a larger one counts as one.
const CONTENT_FACTOR: u64 = 16;

/// Most changed paths of one ref update that are kept for rules about paths.
const MAX_PATHS: usize = 100_000;

/// What a file counts as whose content is too large to be told.
const UNREAD: Recognised = Recognised {
    system: "kubernetes",
    tier: Tier::Executed,
    lookalike_of: None,
};

/// What one version of a file is, by path and entry.
pub(super) type FileCache = HashMap<(BString, Entry), Option<(Recognised, Vec<Oddity>)>>;

/// What all revisions together did to one path.
struct Story {
    recognised: Recognised,
    before: bool,
    after: bool,
    revisions: Vec<ObjectId>,
    oddities: Vec<Oddity>,
}

/// The changed paths of the build environment: of each revision, and between
/// `tip` and all of `bases` (`None`: the empty tree). `builds` is told what
/// could change what an entry file does: of each revision, then of the whole.
pub(super) fn collect(
    gatherer: &mut Gatherer<'_>,
    facts: &mut UpdateFacts,
    (bases, tip): (&[Option<ObjectId>], ObjectId),
    builds: &mut Builds<'_, '_>,
) -> Result<Vec<CiChange>, Failed> {
    let limit = gatherer.policy.limits.changed_paths;
    let (revisions, paths) = (&facts.revisions, &mut facts.changed_paths);
    let mut stories = BTreeMap::new();
    for revision in revisions {
        let own = gatherer.repository.own_changes(&revision.commit, limit)?;
        builds.revision(&revision.commit, &that_matter(gatherer, &own))?;
        for change in own {
            note(gatherer, paths, &change)?;
            tell(gatherer, &mut stories, change, Some(revision.commit.id))?;
        }
    }
    let net = net_changes(gatherer, bases, tip)?;
    builds.net(&that_matter(gatherer, &net))?;
    for change in net {
        note(gatherer, paths, &change)?;
        tell(gatherer, &mut stories, change, None)?;
    }
    Ok(stories
        .into_iter()
        .map(|(path, story)| conclude(path, story))
        .collect())
}

/// What stands in the build environment among these files, as if all were new.
#[cfg(feature = "server")]
pub(super) fn of_leaves(
    gatherer: &mut Gatherer<'_>,
    leaves: Vec<(BString, Entry)>,
) -> Result<Vec<CiChange>, GitError> {
    let mut stories = BTreeMap::new();
    for (path, entry) in leaves {
        let change = TreeChange {
            path,
            old: None,
            new: Some(entry),
        };
        tell(gatherer, &mut stories, change, None)?;
    }
    let told = stories
        .into_iter()
        .map(|(path, story)| conclude(path, story));
    Ok(told.collect())
}

/// The paths that could change what an entry file does: those that a reader
/// may open, and links and submodules, which may stand for such files.
fn that_matter(gatherer: &Gatherer<'_>, changes: &[TreeChange]) -> BTreeSet<BString> {
    let plain = |entry: &Entry| matches!(entry.mode, EntryMode::File | EntryMode::Executable);
    let matters = |change: &&TreeChange| {
        let mut sides = change.old.iter().chain(&change.new);
        ci::matters(change.path.as_bstr(), &gatherer.policy.ci_paths) || !sides.all(plain)
    };
    let paths = changes.iter().filter(matters);
    paths.map(|change| change.path.clone()).collect()
}

/// Keeps a changed path, if a rule asks about paths.
fn note(
    gatherer: &Gatherer<'_>,
    paths: &mut BTreeSet<BString>,
    change: &TreeChange,
) -> Result<(), GitError> {
    let checks = &gatherer.policy.checks;
    let of_zones =
        checks.change_spans_zones.mode != Mode::Off && gatherer.policy.zones.have_paths();
    let asked = of_zones || checks.credential_not_allowed.asks_about_paths();
    if !asked || paths.contains(&change.path) {
        return Ok(());
    }
    if paths.len() >= MAX_PATHS {
        return Err(GitError::OverBound {
            what: "changed paths for the zones and rules that name paths",
            limit: MAX_PATHS as u64,
        });
    }
    paths.insert(change.path.clone());
    Ok(())
}

/// What differs from every base.
fn net_changes(
    gatherer: &Gatherer<'_>,
    bases: &[Option<ObjectId>],
    tip: ObjectId,
) -> Result<Vec<TreeChange>, GitError> {
    let limit = gatherer.policy.limits.changed_paths;
    let mut net: Option<Vec<TreeChange>> = None;
    for base in bases {
        let changes = gatherer.repository.net_changes(*base, tip, limit)?;
        net = Some(match net {
            None => changes,
            Some(mut before) => {
                let paths: HashSet<_> = changes.into_iter().map(|change| change.path).collect();
                before.retain(|change| paths.contains(&change.path));
                before
            }
        });
    }
    Ok(net.unwrap_or_default())
}

fn conclude(path: BString, story: Story) -> CiChange {
    let kind = match (story.before, story.after) {
        (false, true) => ChangeKind::Added,
        (true, false) => ChangeKind::Removed,
        (true, true) => ChangeKind::Modified,
        // Added and removed again on the way: it ran in between.
        (false, false) => ChangeKind::Added,
    };
    CiChange {
        path,
        system: story.recognised.system,
        tier: story.recognised.tier,
        kind,
        revisions: story.revisions,
        oddities: story.oddities,
    }
}

/// Adds one change to its path's story. Revisions come newest first, the net
/// difference (`revision` is `None`) last, which has the last word on what was
/// there before and is there after.
fn tell(
    gatherer: &mut Gatherer<'_>,
    stories: &mut BTreeMap<BString, Story>,
    change: TreeChange,
    revision: Option<ObjectId>,
) -> Result<(), GitError> {
    let new = version(gatherer, change.path.as_bstr(), change.new)?;
    let old = version(gatherer, change.path.as_bstr(), change.old)?;
    let Some((recognised, _)) = new.as_ref().or(old.as_ref()) else {
        return Ok(());
    };
    let story = stories.entry(change.path).or_insert_with(|| Story {
        recognised: recognised.clone(),
        before: change.old.is_some(),
        after: change.new.is_some(),
        revisions: Vec::new(),
        oddities: Vec::new(),
    });
    story.before = change.old.is_some();
    if revision.is_none() {
        story.after = change.new.is_some();
    }
    story.revisions.extend(revision);
    for oddity in new.into_iter().flat_map(|(_, oddities)| oddities) {
        if !story.oddities.contains(&oddity) {
            story.oddities.push(oddity);
        }
    }
    Ok(())
}

/// What one version of a file is; `None` if it is not there or no part of the
/// build environment.
fn version(
    gatherer: &mut Gatherer<'_>,
    path: &BStr,
    entry: Option<Entry>,
) -> Result<Option<(Recognised, Vec<Oddity>)>, GitError> {
    let Some(entry) = entry else { return Ok(None) };
    let key = (BString::from(path), entry);
    if let Some(known) = gatherer.files.get(&key) {
        return Ok(known.clone());
    }
    let found = examine(gatherer, path, entry)?;
    gatherer.files.insert(key, found.clone());
    Ok(found)
}

fn examine(
    gatherer: &Gatherer<'_>,
    path: &BStr,
    entry: Entry,
) -> Result<Option<(Recognised, Vec<Oddity>)>, GitError> {
    let by_path = ci::recognise(path, &gatherer.policy.ci_paths);
    let mode = match entry.mode {
        EntryMode::File | EntryMode::Executable => FileMode::Plain,
        EntryMode::Symlink => FileMode::Symlink,
        EntryMode::Gitlink => FileMode::Gitlink,
    };
    if mode != FileMode::Plain {
        // At a directory of the map a link or a submodule stands for all its files.
        let by_path = by_path.or_else(|| ci::recognise_directory(path));
        return Ok(by_path.map(|recognised| {
            let oddities = ci::oddities(&recognised, path, mode, None);
            (recognised, oddities)
        }));
    }
    if by_path.is_none() && !ci::may_be_recognised_by_content(path) {
        return Ok(None);
    }
    let bound = match by_path {
        Some(_) => gatherer.policy.limits.blob_bytes,
        None => gatherer
            .policy
            .limits
            .blob_bytes
            .saturating_mul(CONTENT_FACTOR),
    };
    match gatherer.repository.blob(entry.id, bound) {
        Ok(content) => {
            let recognised = by_path.or_else(|| ci::recognise_content(path, &content));
            Ok(recognised.map(|recognised| {
                let oddities = ci::oddities(&recognised, path, mode, Some(&content));
                (recognised, oddities)
            }))
        }
        Err(GitError::OverBound { limit, .. }) => {
            let recognised = by_path.unwrap_or(UNREAD);
            let reason = format!("it is larger than {limit} bytes (limits.blob_bytes)");
            Ok(Some((
                recognised,
                vec![Oddity::Unparsable {
                    reason,
                    line: None,
                    column: None,
                }],
            )))
        }
        Err(error) => Err(error),
    }
}
