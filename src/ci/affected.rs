//! Which entry files a set of changed paths touches: those that changed
//! themselves, and those that read a changed path.
//!
//! Pure, over [`Files`]. The work grows with the change: entry files that did
//! not change are looked for only in the places where such files lie, and only
//! if they could pull in what did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bstr::BString;

use super::entries::{entries, may_be_entry, may_be_pulled_in};
use super::files::Files;
use super::reading::{Reading, Readings, stand_in};
use crate::model::build::Blueprint;

/// The entry files that a change touches, in each of its versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// How they were, once for each base, sorted by path.
    pub before: Vec<Vec<Arc<Blueprint>>>,
    /// How they are, sorted by path.
    pub after: Vec<Arc<Blueprint>>,
}

impl Touched {
    /// Whether nothing of which there is a model is touched.
    pub fn is_empty(&self) -> bool {
        self.after.is_empty() && self.before.iter().all(Vec::is_empty)
    }
}

impl Readings<'_> {
    /// The entry files that `changed` touches, in `after` and in each of `before`.
    ///
    /// # Errors
    /// Why not all of them can be told: a bound or a folder that cannot be
    /// listed, as a clause.
    pub fn touched(
        &mut self,
        changed: &BTreeSet<BString>,
        before: &mut [&mut dyn Files],
        after: &mut dyn Files,
    ) -> Result<Touched, String> {
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
        let mut sides = Vec::with_capacity(before.len() + 1);
        for files in before.iter_mut() {
            sides.push(self.models(&paths, *files)?);
        }
        sides.push(self.models(&paths, after)?);
        sides = self.in_step(changed, sides, before, after);
        let after = sides.pop().unwrap_or_default();
        let list = |side: Models| side.into_values().collect();
        Ok(Touched {
            before: sides.into_iter().map(list).collect(),
            after: list(after),
        })
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
            let reading: Arc<Reading> = self.read(path.as_ref(), files)?;
            if let Some(model) = &reading.model {
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
        mut sides: Vec<Models>,
        before: &mut [&mut dyn Files],
        after: &mut dyn Files,
    ) -> Vec<Models> {
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
                for side in &mut sides {
                    side.remove(path);
                }
            }
        }
        sides
    }
}

/// The models of one tree, by path.
type Models = BTreeMap<BString, Arc<Blueprint>>;
