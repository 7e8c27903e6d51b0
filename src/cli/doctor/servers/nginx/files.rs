//! The files that `nginx -T` prints, each include put in its place. A file
//! that is not there leaves its `include` behind, which is a hole.

use std::collections::HashMap;
use std::rc::Rc;

use globset::GlobBuilder;

use super::super::place::{Place, SyntaxError};
use super::syntax::{Directive, MAX_DIRECTIVES, parse};

/// How `nginx -T` begins each file.
const HEAD: &str = "# configuration file ";

/// Deepest nesting of includes.
const MAX_INCLUDES: usize = 16;

/// What stands for an include that could not be followed.
pub(super) const HOLE: &str = "include";

/// The whole configuration.
pub(super) fn read(text: &str, name: &str) -> Result<Vec<Directive>, SyntaxError> {
    let mut files = Files::default();
    let mut parts = Vec::new();
    if text.starts_with(HEAD) {
        parts = parts_of(text);
        files.folder = parts
            .first()
            .map_or("", |(name, _)| folder_of(name))
            .to_owned();
    } else {
        parts.push((name, text.to_owned()));
    }
    let main = parts
        .first()
        .map(|(name, _)| (*name).to_owned())
        .unwrap_or_default();
    for (name, text) in parts {
        let parsed = parse(&text, &Rc::from(name))?;
        files.parsed.entry(name.to_owned()).or_insert(parsed);
    }
    let mut left = MAX_DIRECTIVES;
    let main = files.parsed.get(&main).map(Vec::as_slice);
    files.expand(main.unwrap_or_default(), MAX_INCLUDES, &mut left)
}

/// The files of a dump with their names.
fn parts_of(text: &str) -> Vec<(&str, String)> {
    let mut parts: Vec<(&str, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let head = line.trim_end().strip_prefix(HEAD);
        match head.and_then(|rest| rest.strip_suffix(':')) {
            Some(name) => parts.push((name, String::new())),
            None => parts
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|(_, part)| part.push_str(line)),
        }
    }
    parts
}

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[derive(Default)]
struct Files {
    parsed: HashMap<String, Vec<Directive>>,
    /// What relative names are relative to: the main file's folder.
    folder: String,
}

impl Files {
    fn expand(
        &self,
        all: &[Directive],
        depth: usize,
        left: &mut usize,
    ) -> Result<Vec<Directive>, SyntaxError> {
        let mut expanded = Vec::new();
        for one in all {
            *left = left.checked_sub(1).ok_or_else(|| too_many(&one.place))?;
            match self.included(one) {
                Some(files) => {
                    // A pattern is compared with every file.
                    let compared = match is_pattern(one.argument(0)) {
                        true => self.parsed.len(),
                        false => 0,
                    };
                    *left = left
                        .checked_sub(compared)
                        .ok_or_else(|| too_many(&one.place))?;
                    let depth = depth.checked_sub(1).ok_or_else(|| too_many(&one.place))?;
                    for file in files {
                        expanded.extend(self.expand(file, depth, left)?);
                    }
                }
                None => {
                    let inside = one.block.as_ref();
                    let block = inside.map(|block| self.expand(block, depth, left));
                    expanded.push(Directive {
                        name: one.name.clone(),
                        arguments: one.arguments.clone(),
                        block: block.transpose()?,
                        place: one.place.clone(),
                    });
                }
            }
        }
        Ok(expanded)
    }

    /// What an include brings, in the order of names; nothing if it is no
    /// include or none that can be followed.
    fn included(&self, directive: &Directive) -> Option<Vec<&[Directive]>> {
        if directive.name != HOLE || directive.block.is_some() {
            return None;
        }
        let wanted = directive.argument(0);
        let wanted = match wanted.starts_with('/') {
            true => wanted.to_owned(),
            false => format!("{}/{wanted}", self.folder),
        };
        if let Some(file) = self.parsed.get(&wanted) {
            return Some(vec![file]);
        }
        // Only a dump says that a pattern fits no other file.
        if self.folder.is_empty() || !is_pattern(&wanted) {
            return None;
        }
        let glob = GlobBuilder::new(&wanted)
            .literal_separator(true)
            .build()
            .ok()?;
        let matcher = glob.compile_matcher();
        let mut found: Vec<_> = self
            .parsed
            .iter()
            .filter(|(name, _)| matcher.is_match(name))
            .collect();
        found.sort_by_key(|(name, _)| *name);
        Some(found.into_iter().map(|(_, file)| file.as_slice()).collect())
    }
}

fn too_many(place: &Place) -> SyntaxError {
    SyntaxError::at(
        place,
        "includes are nested deeper than 16 or bring more than 200000 directives, the bounds",
    )
}

#[cfg(test)]
mod tests {
    use super::{HOLE, read};

    fn names(text: &str) -> Vec<String> {
        let all = read(text, "given").expect("nginx's syntax");
        all.into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn includes_are_followed_inside_of_a_dump_alone() {
        let dump = "# configuration file /n/a.conf:\ninclude b.conf; include d/*.conf; include /x;\n\
                    # configuration file /n/b.conf:\nb;\n# configuration file /n/d/2.conf:\nd2;\n\
                    # configuration file /n/d/1.conf:\nd1;\n# configuration file /n/d/e/3.conf:\ne;\n";
        assert_eq!(names(dump), ["b", "d1", "d2", HOLE]);
        assert_eq!(names("a; include *.conf;"), ["a", HOLE]);
    }

    #[test]
    fn includes_that_grow_without_end_are_an_error() {
        let own = "# configuration file /n/a:\ninclude a;\n";
        assert!(read(own, "given").is_err());
        let mut dump = String::new();
        for number in 0..16 {
            let include = format!("include f{};\n", number + 1).repeat(50);
            dump += &format!("# configuration file /n/f{number}:\n{include}");
        }
        dump += "# configuration file /n/f16:\nx;\n";
        assert!(read(&dump, "given").is_err());
    }
}
