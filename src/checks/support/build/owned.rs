//! Who owns the build environment's paths before and after, by the files of
//! code owners that a forge would read.

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;

use super::{Seen, Side};
use crate::ci::steering::known::{WELL_KNOWN, is_main};
use crate::ci::steering::owners::{Book, Dialect, Owned, is_section, places};
use crate::model::build::{Spot, What};

/// The name of the settings that hold the lines.
const LINE: &str = "owners.line";

/// The lines of the files of code owners of one version, by path and line.
pub(crate) type Books<'a> = BTreeMap<BString, Lines<'a>>;

/// The lines of one file, with their places.
type Lines<'a> = BTreeMap<u32, (&'a str, &'a Spot)>;

/// How a path is owned before and after, in one section.
pub(crate) struct Ownership<'a> {
    /// The path.
    pub(crate) path: BString,
    /// The section's name; empty on GitHub.
    pub(crate) section: String,
    /// Before: only where somebody owned it.
    pub(crate) before: Owned,
    /// After; `None` if no line speaks of it any more.
    pub(crate) after: Option<Owned>,
    /// The owners after, of all sections that ask for anybody.
    pub(crate) elsewhere: BTreeSet<String>,
    /// The line that decides now, or where the file that counts begins; of a
    /// file that is gone, where it began.
    pub(crate) spot: &'a Spot,
    /// The file that counted, and the one that counts.
    pub(crate) files: (BString, Option<BString>),
}

/// The lines of both versions. A file that only another one told of has not changed.
pub(crate) fn books<'a>(before: Side<'a>, after: Side<'a>) -> (Books<'a>, Books<'a>) {
    let (mut old, mut new) = (lines(before), lines(after));
    let entries = |side: Side<'a>| -> BTreeSet<BString> {
        let all = side.blueprints.iter().map(|one| one.path.as_ref().clone());
        all.collect()
    };
    let all = entries(before)
        .union(&entries(after))
        .cloned()
        .collect::<BTreeSet<_>>();
    let unchanged = |from: &Books<'a>, to: &mut Books<'a>| {
        for (path, book) in from {
            if !all.contains(path) && !to.contains_key(path) {
                to.insert(path.clone(), book.clone());
            }
        }
    };
    unchanged(&new, &mut old);
    unchanged(&old, &mut new);
    (old, new)
}

fn lines(side: Side<'_>) -> Books<'_> {
    let mut books = Books::new();
    for blueprint in side.blueprints {
        if blueprint.system == "ownership" && blueprint.path.ends_with(b"CODEOWNERS") {
            books.entry(blueprint.path.as_ref().clone()).or_default();
        }
    }
    for (seen, line) in side.all(|what| match what {
        What::Setting(it) if it.name == LINE => Some(it.value.as_str()),
        _ => None,
    }) {
        let Seen { item, .. } = seen;
        let book = books.entry(item.spot.path.as_ref().clone()).or_default();
        book.insert(item.spot.line, (line, &item.spot));
    }
    books
}

/// Every owned path of the build environment, as each forge that could read
/// the files would see it.
pub(crate) fn ownerships<'a>(
    (before, after): (Side<'a>, Side<'a>),
    (old, new): (&Books<'a>, &Books<'a>),
) -> Vec<(Dialect, Ownership<'a>)> {
    let mut all = Vec::new();
    let old_has_sections = has_sections(old);
    for dialect in dialects(old) {
        let Some((from, old)) = counting(dialect, old) else {
            continue;
        };
        let now = counting(dialect, new);
        let book = Book::new(dialect, old.values().map(|(line, _)| *line));
        let next = now.map(|(path, lines)| {
            let texts = lines.values().map(|(line, _)| *line);
            (path, lines, Book::new(dialect, texts))
        });
        let moved = dialect == Dialect::GitLab && !old_has_sections && now.is_none();
        if moved && counting(Dialect::GitHub, new).is_some() {
            // It never was GitLab's file: it moves to where only GitHub looks.
            continue;
        }
        let Some((_, first)) = old.values().next() else {
            continue;
        };
        let spot = |owned: Option<&Owned>| {
            let (_, lines, _) = next.as_ref()?;
            let line = owned.and_then(|owned| lines.values().nth(owned.line));
            line.or_else(|| lines.values().next())
                .map(|(_, spot)| *spot)
        };
        let files = (
            from.clone(),
            next.as_ref().map(|(path, ..)| (*path).clone()),
        );
        let compare =
            |path: BString, section: String, before: Owned, after: Option<Owned>| Ownership {
                path,
                section,
                before,
                spot: spot(after.as_ref()).unwrap_or(first),
                after,
                elsewhere: BTreeSet::new(),
                files: files.clone(),
            };
        if dialect == Dialect::Gitea {
            for pattern in book.patterns() {
                if let Some(owned) = book.of_pattern(pattern) {
                    let after = next
                        .as_ref()
                        .and_then(|(_, _, next)| next.of_pattern(pattern));
                    all.push((
                        dialect,
                        compare(pattern.into(), String::new(), owned, after),
                    ));
                }
            }
            continue;
        }
        let mut asked = paths(before, after, &book);
        asked.extend(files.1.clone());
        for path in asked {
            let mut then = match &next {
                Some((_, _, next)) => next.of(&path),
                None => BTreeMap::new(),
            };
            let asked = then.values().filter(|owned| !owned.optional);
            let elsewhere: BTreeSet<_> = asked.flat_map(|owned| owned.owners.clone()).collect();
            for (section, owned) in book.of(&path) {
                let after = then.remove(&section);
                let mut one = compare(path.clone(), section, owned, after);
                one.elsewhere.clone_from(&elsewhere);
                all.push((dialect, one));
            }
        }
    }
    all
}

/// The file that counts.
fn counting<'b, 'a>(
    dialect: Dialect,
    books: &'b Books<'a>,
) -> Option<(&'b BString, &'b Lines<'a>)> {
    let mut order = places(dialect).iter();
    order.find_map(|place| books.get_key_value(place.as_bytes()))
}

fn has_sections(books: &Books<'_>) -> bool {
    let mut lines = books.values().flat_map(BTreeMap::values);
    lines.any(|(line, _)| is_section(line))
}

/// Who could be reading: by the place, and by whether there were sections.
fn dialects(books: &Books<'_>) -> Vec<Dialect> {
    let has = |place: &str| books.contains_key(place.as_bytes());
    let shared = has("CODEOWNERS") || has("docs/CODEOWNERS");
    let sections = has_sections(books);
    let mut all = Vec::new();
    if has(".github/CODEOWNERS") || has(".bitbucket/CODEOWNERS") || (shared && !sections) {
        all.push(Dialect::GitHub);
    }
    if has(".gitlab/CODEOWNERS") || shared {
        all.push(Dialect::GitLab);
    }
    if has(".gitea/CODEOWNERS") || has(".forgejo/CODEOWNERS") {
        all.push(Dialect::Gitea);
    }
    all
}

/// The paths that are asked for: those of both versions, those that the lines
/// name, and those at which systems usually look.
fn paths(before: Side<'_>, after: Side<'_>, book: &Book) -> BTreeSet<BString> {
    let mut all: BTreeSet<BString> = WELL_KNOWN.iter().map(|path| BString::from(*path)).collect();
    for blueprint in before.blueprints.iter().chain(after.blueprints) {
        if is_main(&blueprint.path) {
            all.insert(blueprint.path.as_ref().clone());
        }
    }
    for pattern in book.patterns() {
        let path = pattern.trim_start_matches('/');
        if !path.contains(['*', '?', '[', '\\']) && is_main(path.as_bytes()) {
            all.insert(path.into());
        }
    }
    all
}
