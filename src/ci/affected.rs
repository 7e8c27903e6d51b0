//! Which entry files a set of changed paths touches: those that changed
//! themselves, and those that read a changed path.
//!
//! Pure, over [`Files`]. The work grows with the change: entry files that did
//! not change are looked for only in the places where such files lie, and only
//! if they could pull in what did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bstr::BString;

use super::difference::{Moves, difference};
use super::entries::{entries, may_be_entry, may_be_pulled_in};
use super::files::{Content, Files};
use super::reading::{Readings, stand_in};
use crate::model::build::{Blueprint, BuildChange, TextDifference, moved_pins};

impl Readings<'_> {
    /// The entry files that `changed` touches, in `after` and in each of
    /// `before`; `None` if there is a model of none.
    ///
    /// # Errors
    /// Why not all of them can be told: a bound or a folder that cannot be
    /// listed, as a clause.
    pub fn touched(
        &mut self,
        changed: &BTreeSet<BString>,
        before: &mut [&mut dyn Files],
        after: &mut dyn Files,
    ) -> Result<Option<BuildChange>, String> {
        let mut paths: BTreeSet<BString> = changed
            .iter()
            .filter(|path| may_be_entry(path.as_ref(), self.extra))
            .cloned()
            .collect();
        if changed.iter().any(|path| may_be_pulled_in(path.as_ref())) {
            for files in before.iter_mut() {
                self.reaching(changed, *files, &mut paths)?;
            }
            self.reaching(changed, after, &mut paths)?;
        }
        let mut files_read = BTreeSet::new();
        let mut sides = Vec::with_capacity(before.len() + 1);
        for files in before.iter_mut() {
            sides.push(self.models(&paths, *files)?);
        }
        sides.push(self.models(&paths, after)?);
        self.in_step(changed, &mut sides, before, after);
        let left: BTreeSet<_> = sides.iter().flat_map(BTreeMap::keys).cloned().collect();
        if left.is_empty() {
            return Ok(None);
        }
        for path in &left {
            for files in before.iter_mut() {
                self.read(path.as_ref(), *files)?
                    .touched_by(changed, &mut files_read);
            }
            self.read(path.as_ref(), after)?
                .touched_by(changed, &mut files_read);
        }
        let text = text_difference(&files_read, &sides, before, after);
        let mut sides = sides.into_iter().map(|side| side.into_values().collect());
        let bases = before.len();
        Ok(Some(BuildChange {
            revision: None,
            before: sides.by_ref().take(bases).collect(),
            after: sides.next().unwrap_or_default(),
            files: files_read,
            text,
        }))
    }

    /// Adds the unchanged entry files for which a changed path was read.
    fn reaching(
        &mut self,
        changed: &BTreeSet<BString>,
        files: &mut dyn Files,
        paths: &mut BTreeSet<BString>,
    ) -> Result<(), String> {
        for entry in entries(files, self.extra)? {
            if !paths.contains(&entry) && self.read(entry.as_ref(), files)?.touches(changed) {
                paths.insert(entry);
            }
        }
        Ok(())
    }

    fn models(
        &mut self,
        paths: &BTreeSet<BString>,
        files: &mut dyn Files,
    ) -> Result<Models, String> {
        let mut models = Models::new();
        for path in paths {
            if let Some(model) = &self.read(path.as_ref(), files)?.model {
                models.insert(path.clone(), model.clone());
            }
        }
        Ok(models)
    }

    /// Puts a stand-in where only one version cannot be read, and leaves out
    /// the unchanged files that do the same in every version.
    fn in_step(
        &self,
        changed: &BTreeSet<BString>,
        sides: &mut [Models],
        before: &mut [&mut dyn Files],
        after: &mut dyn Files,
    ) {
        let known: BTreeMap<_, _> = sides
            .iter()
            .flatten()
            .map(|(path, model)| (path.clone(), model.clone()))
            .collect();
        let last = before.len();
        for (path, model) in &known {
            for (at, side) in sides.iter_mut().enumerate() {
                if side.contains_key(path) {
                    continue;
                }
                let files: &mut dyn Files = match before.get_mut(at) {
                    Some(files) if at < last => *files,
                    _ => after,
                };
                let unknown = stand_in(path.as_ref(), model, files).map(Arc::new);
                side.extend(unknown.map(|unknown| (path.clone(), unknown)));
            }
            let same = |side: &Models| side.get(path).is_some_and(|one| one == model);
            if !changed.contains(path) && sides.iter().all(same) {
                for side in sides.iter_mut() {
                    side.remove(path);
                }
            }
        }
    }
}

/// How the text of the files differs from that of every base, at its most.
fn text_difference(
    paths: &BTreeSet<BString>,
    sides: &[Models],
    before: &mut [&mut dyn Files],
    after: &mut dyn Files,
) -> TextDifference {
    let Some((new, olds)) = sides.split_last() else {
        return TextDifference::Other;
    };
    let mut most = TextDifference::Layout;
    for (old, files) in olds.iter().zip(before) {
        let both = old
            .iter()
            .filter_map(|(path, one)| Some((one, new.get(path)?)));
        let moves: Moves = both
            .flat_map(|(one, other)| moved_pins(one, other))
            .collect();
        for path in paths {
            let path = path.as_ref();
            most = most.max(match (files.read(path), after.read(path)) {
                (Content::File(one), Content::File(other)) => {
                    difference(path, &one, &other, &moves)
                }
                _ => TextDifference::Other,
            });
            if most == TextDifference::Other {
                return most;
            }
        }
    }
    most
}

/// The models of one tree, by path.
type Models = BTreeMap<BString, Arc<Blueprint>>;
