//! The build environment: which files belong to it, and what is odd about one.
//!
//! One module per system, one word in `ci_systems!`; the systems that are no
//! more than a list of paths are tables in [`common`]. Nothing here opens a
//! repository, decides who may change a file, or knows a forge's API: paths and
//! bytes go in, [`Recognised`] and [`Oddity`](crate::model::ci::Oddity) come out.

pub mod bamboo;
pub mod common;
pub mod compose;
pub mod docker;
pub mod github_actions;
pub mod gitlab_ci;
pub mod jenkins;
pub mod kubernetes;
pub mod sarif;
pub mod steering;

mod affected;
mod closure;
mod difference;
mod draft;
mod entries;
mod expand;
mod files;
mod fold;
mod host;
mod image;
mod json;
mod map;
mod notes;
mod oddity;
mod pattern;
mod reading;
mod recognise;
mod secret;
mod secret_words;
mod shell;
mod text;
#[cfg(test)]
mod told;
mod values;
mod words;
mod yaml;

use std::sync::Arc;

use bstr::{BStr, BString};

use crate::model::build::Blueprint;
use crate::model::ci::Tier;

pub use entries::{matters, may_be_pulled_in};
pub use files::{Content, Files, MAX_CLOSURE_DEPTH, MAX_CLOSURE_FILES, MemoryFiles};
pub use map::{FileMap, Row};
pub use oddity::{FileMode, LFS_POINTER_MAX, oddities};
pub use reading::{MAX_READINGS, Readings};
pub use recognise::{
    ExtraPath, Recognised, covers_directory, find, may_be_recognised_by_content, recognise,
    recognise_content, recognise_directory,
};
pub use text::{MAX_FILE_BYTES, Unparsable};
pub use yaml::{MAX_YAML_DEPTH, MAX_YAML_DOCUMENTS, MAX_YAML_KEY, MAX_YAML_NODES};

/// Whether a variable that nobody has bound to a secret is named like one.
/// Stricter than the readers of files, whose names are also keys.
pub(crate) fn is_named_like_secret(name: &str) -> bool {
    let own = name.strip_prefix("bamboo.").unwrap_or(name);
    secret::is_secret_name(own) && secret_words::is_secret(&own.replace('.', "_"))
}

/// A system that builds, tests, deploys or steers builds, and its files.
pub trait CiSystem: Sync {
    /// Its key in policy and reports: `github-actions`.
    fn key(&self) -> &'static str;

    /// Its name for people.
    fn title(&self) -> &'static str;

    /// The paths that it reads.
    fn maps(&self) -> &'static [FileMap];

    /// What the file at this path can do.
    fn recognise(&self, path: &BStr) -> Option<Tier> {
        self.maps().iter().find_map(|map| map.tier(path))
    }

    /// What the file can do, by what stands in it: for files that may lie anywhere.
    fn by_content(&self, _path: &BStr, _content: &[u8]) -> Option<Tier> {
        None
    }

    /// Whether the file has the form that the system reads, within our bounds.
    /// A file whose form we do not know is fine.
    fn inspect(&self, path: &BStr, content: &[u8]) -> Result<(), Unparsable> {
        text::inspect_by_name(path, content)
    }

    /// What the file does, with all that it pulls in from the same tree.
    /// `None` for a file that this system has no model of. Only called with a
    /// file that [`CiSystem::inspect`] accepts.
    ///
    /// What cannot be told is in the answer as
    /// [`Unresolved`](crate::model::build::Unresolved), never left out.
    fn understand(
        &self,
        _path: &Arc<BString>,
        _content: &[u8],
        _files: &mut dyn Files,
    ) -> Option<Blueprint> {
        None
    }

    /// Folders (or single files) of the tree in which entry files lie that can
    /// pull in others; searched when a file changes that only others execute.
    fn entry_places(&self) -> &'static [&'static str] {
        &[]
    }
}

/// What the entry file at this path does, if it is one that some system
/// knows. A file that cannot be read has none; its [`oddities`] say so. One
/// that its system has no model of says what can be said of any file.
pub fn blueprint(
    path: &Arc<BString>,
    extra: &[ExtraPath],
    files: &mut dyn Files,
) -> Option<Blueprint> {
    let Content::File(content) = files.read(path.as_ref().as_ref()) else {
        return None;
    };
    let path_bytes: &BStr = path.as_ref().as_ref();
    let by_path = recognise(path_bytes, extra);
    let recognised = by_path.or_else(|| recognise_content(path_bytes, &content))?;
    let system = find(recognised.system)?;
    let mut blueprint = match system.inspect(path_bytes, &content) {
        Ok(()) => system
            .understand(path, &content, files)
            // A folder of a system can hold what steers any: `ci/.gitattributes`.
            .or_else(|| steering::understand(system.key(), path, &content, files)),
        // Its oddities say so.
        Err(_) if recognised.tier <= Tier::Executed => return None,
        Err(error) => Some(steering::unreadable(path, system.key(), (&content, error))),
    }
    .unwrap_or_else(|| Blueprint::new(path, system.key()));
    steering::annotate(&mut blueprint, &content, files);
    Some(blueprint)
}

/// Registers systems, in the order in which they are asked.
macro_rules! ci_systems {
    ($($module:ident),+ $(,)?; tables: $($table:ident),+ $(,)?) => {
        /// Every system, in the order in which they are asked.
        pub const SYSTEMS: &[&dyn CiSystem] = &[
            $(&$module::System,)+
            $(&common::$table,)+
        ];
    };
}

ci_systems! {
    github_actions, gitlab_ci, jenkins, bamboo, docker, compose, kubernetes;
    tables: OWNERSHIP, POLICY, BITBUCKET, CIRCLECI, AZURE, BUILDKITE, DRONE, WOODPECKER, TEKTON, ARGO, FLUX,
        TEAMCITY, TRAVIS, APPVEYOR, CIRRUS, OTHER_CI, DEV_LOOPS, GIT, BUILD_TOOLS, BUILD_WORDS, WRAPPERS, REGISTRIES,
        TOOLCHAINS, SCANNERS, BOTS, AGENTS
}
