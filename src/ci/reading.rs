//! One entry file read, with all that was asked of the tree for it: so that
//! it is read again only where something of that differs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::blueprint;
use super::files::{Content, Files};
use super::recognise::{ExtraPath, find, recognise};
use crate::model::build::{Blueprint, Item, Spot, Unresolved, UnresolvedKind, What};
use crate::model::text::escape;

/// Most versions of entry files that are read for one request.
pub const MAX_READINGS: usize = 20_000;

/// One version of one entry file.
#[derive(Debug)]
pub(super) struct Reading {
    /// What it does; `None` if there is no model of it.
    pub(super) model: Option<Arc<Blueprint>>,
    asked: BTreeMap<BString, BString>,
    listed: BTreeMap<BString, BString>,
}

impl Reading {
    /// Whether one of these paths was read for it, or could have been.
    pub(super) fn touches(&self, changed: &BTreeSet<BString>) -> bool {
        let mut found = BTreeSet::new();
        self.touched_by(changed, &mut found);
        !found.is_empty()
    }

    /// Adds those of the changed paths that were read for it, or could have
    /// been: what was missing, a link on the way, a file in a folder that was listed.
    pub(super) fn touched_by(&self, changed: &BTreeSet<BString>, found: &mut BTreeSet<BString>) {
        for path in self.asked.keys().chain(self.listed.keys()) {
            let ends = path.find_iter(b"/").chain([path.len()]);
            let above = ends.filter_map(|end| changed.get(path[..end].as_bstr()));
            found.extend(above.cloned());
        }
        for folder in self.listed.keys() {
            let mut start = folder.to_vec();
            if !start.is_empty() {
                start.push(b'/');
            }
            let from = (Bound::Included(start.as_bstr()), Bound::Unbounded);
            let inside = changed.range::<BStr, _>(from);
            let inside = inside.take_while(|path| path.starts_with(&start));
            found.extend(inside.cloned());
        }
    }

    fn holds_in(&self, files: &mut dyn Files) -> bool {
        let mut all = self.asked.iter().chain(&self.listed);
        all.all(|(path, stamp)| files.stamp(path.as_ref()) == *stamp)
    }
}

/// What has been read so far, in whatever tree.
#[derive(Debug)]
pub struct Readings<'a> {
    pub(super) extra: &'a [ExtraPath],
    /// By path and by what stands there.
    known: HashMap<(BString, BString), Vec<Arc<Reading>>>,
    count: usize,
}

impl<'a> Readings<'a> {
    /// Nothing read yet. `extra` are the policy's own paths.
    pub fn new(extra: &'a [ExtraPath]) -> Self {
        Self {
            extra,
            known: HashMap::new(),
            count: 0,
        }
    }

    /// What the file at a path of this tree does.
    ///
    /// # Errors
    /// The bound, as a clause.
    pub(super) fn read(
        &mut self,
        path: &BStr,
        files: &mut dyn Files,
    ) -> Result<Arc<Reading>, String> {
        let key = (path.to_owned(), files.stamp(path));
        let known = self.known.get(&key).into_iter().flatten();
        for reading in known {
            if reading.holds_in(files) {
                return Ok(reading.clone());
            }
        }
        if self.count >= MAX_READINGS {
            return Err(format!(
                "more than {MAX_READINGS} versions of files of the build environment would be read"
            ));
        }
        self.count += 1;
        let mut recorder = Recorder {
            files,
            asked: BTreeMap::new(),
            listed: BTreeMap::new(),
        };
        let shared = Arc::new(path.to_owned());
        let model = blueprint(&shared, self.extra, &mut recorder).map(Arc::new);
        let Recorder { asked, listed, .. } = recorder;
        let reading = Arc::new(Reading {
            model,
            asked,
            listed,
        });
        self.known.entry(key).or_default().push(reading.clone());
        Ok(reading)
    }
}

/// Writes down what is asked.
struct Recorder<'a> {
    files: &'a mut dyn Files,
    asked: BTreeMap<BString, BString>,
    listed: BTreeMap<BString, BString>,
}

impl Files for Recorder<'_> {
    fn read(&mut self, path: &BStr) -> Content {
        if !self.asked.contains_key(path) {
            let stamp = self.files.stamp(path);
            self.asked.insert(path.to_owned(), stamp);
        }
        self.files.read(path)
    }

    fn list(&mut self, folder: &BStr) -> Result<Vec<BString>, String> {
        if !self.listed.contains_key(folder) {
            let stamp = self.files.stamp(folder);
            self.listed.insert(folder.to_owned(), stamp);
        }
        self.files.list(folder)
    }
}

/// Why a file has no model that still is what its system reads.
fn no_model(path: &BStr, like: &Blueprint, content: &[u8]) -> Option<String> {
    if let Err(error) = find(like.system)?.inspect(path, content) {
        return Some(error.reason);
    }
    let still = recognise(path, &[]).is_some_and(|it| it.system == like.system);
    let blank = content.trim_ascii().is_empty();
    (still && !blank).then(|| "it has no form that is known".to_owned())
}

/// What stands for an entry file of which another version has a model and this
/// one has none although it is there: nothing is known of it, which is not
/// the same as nothing being in it. `None` if it is gone, or is now a file
/// that the system does not read.
pub(super) fn stand_in(path: &BStr, like: &Blueprint, files: &mut dyn Files) -> Option<Blueprint> {
    let why = match files.read(path) {
        Content::Nothing => return None,
        Content::Link(_) => "a symbolic link stands there".to_owned(),
        Content::Submodule => "a submodule stands there".to_owned(),
        Content::Unreadable(why) => why,
        Content::File(content) => no_model(path, like, &content)?,
    };
    let path = Arc::new(path.to_owned());
    let mut unknown = Blueprint::new(&path, like.system);
    unknown.items.push(Item {
        slot: "file".to_owned(),
        order: 0,
        spot: Spot {
            path: path.clone(),
            line: 1,
            column: 1,
        },
        what: What::Unresolved(Unresolved {
            kind: UnresolvedKind::Form,
            text: escape(path.as_slice()),
            why,
        }),
    });
    Some(unknown)
}
