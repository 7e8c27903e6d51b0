//! Which system a path belongs to, and which path an imitation imitates.

use bstr::{BStr, BString, ByteSlice};
use globset::{GlobBuilder, GlobMatcher};

use super::fold::fold;
use super::pattern::Letters;
use super::{CiSystem, FileMap, SYSTEMS};
use crate::model::approval::ConfiguredFile;
use crate::model::ci::Tier;

/// Paths that the policy adds to the map, for what only a forge or a controller
/// knows: GitLab's configured path, a Jenkins script path.
#[derive(Debug, Clone)]
pub struct ExtraPath {
    /// The paths.
    pub glob: GlobMatcher,
    /// The system's key, one of [`SYSTEMS`].
    pub system: &'static str,
    /// What such a file can do.
    pub tier: Tier,
}

impl ExtraPath {
    /// A file that a forge is configured to execute.
    pub fn of(file: &ConfiguredFile) -> Option<Self> {
        let glob = GlobBuilder::new(&globset::escape(&file.path))
            .literal_separator(true)
            .build();
        Some(Self {
            glob: glob.ok()?.compile_matcher(),
            system: file.system,
            tier: Tier::Executed,
        })
    }
}

/// A path of the build environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// The key of the system.
    pub system: &'static str,
    /// What the file can do.
    pub tier: Tier,
    /// The path that this one imitates, if only its folded form is on the map.
    pub lookalike_of: Option<BString>,
}

/// The system with this key.
pub fn find(key: &str) -> Option<&'static dyn CiSystem> {
    SYSTEMS.iter().copied().find(|system| system.key() == key)
}

/// Recognises a path: by its exact bytes first, else by its folded form. Where
/// several systems know it, the most powerful tier counts; at equal tiers the
/// policy's paths, then the order of [`SYSTEMS`].
pub fn recognise(path: &BStr, extra: &[ExtraPath]) -> Option<Recognised> {
    let exact = exact(path, extra);
    let imitation = imitation(path, extra);
    // `.github/workflows/ci.YML` is a file beside the workflows by its bytes,
    // and imitates one.
    match (exact, imitation) {
        (Some(exact), Some(imitation)) if imitation.tier < exact.tier => Some(imitation),
        (exact, imitation) => exact.or(imitation),
    }
}

fn exact(path: &BStr, extra: &[ExtraPath]) -> Option<Recognised> {
    let from_policy = extra
        .iter()
        .filter(|one| is_match(&one.glob, path))
        .map(|one| (one.tier, one.system));
    let from_map = SYSTEMS
        .iter()
        .filter_map(|system| Some((system.recognise(path)?, system.key())));
    let (tier, system) = from_policy.chain(from_map).min_by_key(|(tier, _)| *tier)?;
    Some(Recognised {
        system,
        tier,
        lookalike_of: None,
    })
}

fn imitation(path: &BStr, extra: &[ExtraPath]) -> Option<Recognised> {
    let folded = fold(path);
    let from_policy = extra
        .iter()
        .filter(|one| imitates(&one.glob, folded.as_bstr(), path))
        .map(|one| (one.tier, one.system, folded.clone()));
    let from_map = maps().filter_map(|(system, map)| {
        let (tier, of) = map.imitated(folded.as_bstr())?;
        Some((tier, system.key(), of))
    });
    let (tier, system, of) = from_policy.chain(from_map).min_by_key(|(tier, ..)| *tier)?;
    Some(Recognised {
        system,
        tier,
        lookalike_of: Some(of),
    })
}

fn maps() -> impl Iterator<Item = (&'static dyn CiSystem, &'static FileMap)> {
    SYSTEMS.iter().flat_map(|system| {
        let maps = system.maps().iter();
        maps.map(|map| (*system, map))
    })
}

/// A pattern with upper-case letters is compared whole, if it is a plain path.
fn imitates(glob: &GlobMatcher, folded: &BStr, path: &BStr) -> bool {
    let plain = glob.glob().glob().as_bytes();
    plain.eq_ignore_ascii_case(folded) || (folded != path && is_match(glob, folded))
}

fn is_match(glob: &GlobMatcher, path: &BStr) -> bool {
    // A name that is no path on this system can still be one on the runner.
    match path.to_path() {
        Ok(path) => glob.is_match(path),
        Err(_) => glob.is_match(path.to_str_lossy().as_ref()),
    }
}

/// Whether [`recognise_content`] can say anything of a file with this name, so
/// that its content is worth reading.
pub fn may_be_recognised_by_content(path: &BStr) -> bool {
    let name = fold(path);
    [&b".yaml"[..], b".yml", b".json", b".groovy"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Recognises a file by what stands in it: Kubernetes manifests lie anywhere.
/// At equal tiers the last system counts: Argo's manifests are Kubernetes's too.
pub fn recognise_content(path: &BStr, content: &[u8]) -> Option<Recognised> {
    let known = SYSTEMS
        .iter()
        .rev()
        .filter_map(|system| Some((system.by_content(path, content)?, system.key())));
    let (tier, system) = known.min_by_key(|(tier, _)| *tier)?;
    Some(Recognised {
        system,
        tier,
        lookalike_of: None,
    })
}

/// Recognises a directory that holds files of the map: a symbolic link, a
/// submodule or a file there hides or replaces them all.
pub fn recognise_directory(path: &BStr) -> Option<Recognised> {
    let below = |letters, path: &BStr| {
        let through =
            maps().filter_map(|(system, map)| Some((map.below(path, letters)?, system.key())));
        through.min_by_key(|(tier, _)| *tier)
    };
    let (found, lookalike_of) = match below(Letters::Exact, path) {
        Some(found) => (found, None),
        None => {
            let folded = fold(path);
            (below(Letters::Folded, folded.as_bstr())?, Some(folded))
        }
    };
    Some(Recognised {
        system: found.1,
        tier: found.0,
        lookalike_of,
    })
}

/// Whether files of the map lie below this path: [`recognise_directory`].
pub fn covers_directory(path: &BStr) -> bool {
    recognise_directory(path).is_some()
}
