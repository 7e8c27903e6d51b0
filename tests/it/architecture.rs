//! The rules of `ARCHITECTURE.md` that a compiler does not hold: which way
//! imports point, who may use what, what the hook is built from, how long a
//! file may be, and that documents name files which exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The modules of the library, lowest first. Modules of one row do not import
/// one another, except as [`WITHIN_ROW`] says.
const LAYERS: &[&[&str]] = &[
    &["model"],
    &["clock", "config"],
    &["git", "sign", "ci"],
    &["auth", "checks"],
    &["policy"],
    &["gather", "engine", "judge"],
    &["report"],
    &["forge", "store"],
    &["worker"],
    &["server"],
    &["cli"],
    &["main"],
];

/// Imports inside a row: `judge` is the two others in one call.
const WITHIN_ROW: &[(&str, &str)] = &[("judge", "gather"), ("judge", "engine")];

/// Words that only some files may use: (word, the files or folders, why).
const RESERVED: &[(&str, &[&str], &str)] = &[
    ("sqlx", &["src/store/"], "only `store` has SQL"),
    (
        "git2",
        &["src/git/", "src/git.rs"],
        "only `git` opens repositories",
    ),
    (
        "VerifiedDelivery::attest",
        &["src/forge/*/webhook.rs", "src/store/deliveries.rs"],
        "only an intake, or the store that kept its word, says that bytes are authentic",
    ),
    (
        "Command::new",
        &["src/worker/git.rs", "src/cli/setup/hook/programs.rs"],
        "only `worker::git` starts a process, and set-up of a hook asks git, sshd and the hook",
    ),
    (
        "octocrab",
        &["src/forge/github/"],
        "a forge's client stays in its folder",
    ),
    (
        "gitlab::api",
        &["src/forge/gitlab/"],
        "a forge's client stays in its folder",
    ),
];

/// Crates that the hook is built without.
const NOT_IN_THE_HOOK: &[&str] = &["tokio", "hyper", "axum", "reqwest", "sqlx", "octocrab"];

/// What stands in the folder of every forge, each as a file or as a folder.
const FORGE_ROOMS: &[&str] = &[
    "administration",
    "api",
    "audit",
    "evidence",
    "guarantees",
    "inventory",
    "meaning",
    "mod",
    "objects",
    "payload",
    "slug",
    "status",
    "webhook",
];

/// Rooms that one forge alone needs: (forge, room, why).
const OWN_ROOMS: &[(&str, &str, &str)] = &[
    (
        "github",
        "token",
        "an App mints a token for each purpose; the others have one robot account",
    ),
    (
        "github",
        "manifest",
        "an App is made from a description; the others' robot accounts are made by hand",
    ),
];

/// Longest file of product code, in lines without its unit tests.
const MAX_LINES: usize = 400;

/// Files that may be longer: (file, why).
const LONGER: &[(&str, &str)] = &[];

/// Documents whose paths are checked, besides everything in `docs`.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
];

/// What the root of the repository holds, so that `git/ci` in a sentence is
/// not taken for a path.
const TOP: &[&str] = &[
    "src",
    "tests",
    "docs",
    "hooks",
    "templates",
    "migrations",
    "examples",
    "benches",
    ".ci",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
struct Source {
    /// Its path from the root, with forward slashes.
    path: String,
    text: String,
}

impl Source {
    /// The code: without unit tests, comments and text in quotes.
    fn code(&self) -> String {
        let product = self.product();
        let lines = product
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        lines.map(without_strings).collect::<Vec<_>>().join("\n")
    }

    /// The text before the unit tests, which stand last in a file.
    fn product(&self) -> &str {
        let end = self.text.find("#[cfg(test)]\nmod tests {");
        &self.text[..end.unwrap_or(self.text.len())]
    }

    fn is_unit_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

/// A line without what stands in quotes, well enough for rustfmt's output.
fn without_strings(line: &str) -> String {
    let outside = line.split('"').step_by(2);
    outside.collect::<Vec<_>>().join("\"\"")
}

fn files_below(folder: &str, extension: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == extension) {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let path = path.strip_prefix(root()).expect("below the root");
                let path = path.to_string_lossy().replace('\\', "/");
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn product_files() -> Vec<Source> {
    let mut files = files_below("src", "rs");
    assert!(files.len() > 20, "src was not found");
    files.retain(|file| !file.is_unit_test());
    files
}

/// The module of the library that a file belongs to.
fn module_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let first = inside.split('/').next().unwrap_or(inside);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The modules that some code imports from the library or names by a path.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for prefix in ["crate::", "forgewarden::"] {
        for (at, _) in code.match_indices(prefix) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
                continue;
            }
            let rest = &code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(first_names(group)),
                None => found.extend(name_at(rest)),
            }
        }
    }
    found
}

fn name_at(text: &str) -> Option<String> {
    let name: String = text
        .chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}

/// The first names of `a::b, c::{d, e}, f}`.
fn first_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut expects_name) = (0, true);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects_name = true,
            _ if expects_name && !letter.is_whitespace() => {
                names.extend(name_at(&group[at..]));
                expects_name = false;
            }
            _ => {}
        }
    }
    names
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

fn may_import(from: &str, to: &str) -> bool {
    let (Some(own), Some(other)) = (layer(from), layer(to)) else {
        return false;
    };
    from == to || other < own || WITHIN_ROW.contains(&(from, to))
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for file in product_files()
        .iter()
        .filter(|file| file.path != "src/lib.rs")
    {
        let from = module_of(&file.path);
        assert!(
            layer(from).is_some(),
            "{} belongs to no layer: add it to LAYERS",
            file.path
        );
        // Names that are no module are macros and items of the root.
        for to in imports(&file.code()).iter().filter(|to| is_module(to)) {
            if !may_import(from, to) {
                wrong.push(format!(
                    "{} imports `{to}`, which stands above or beside it",
                    file.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn forges_have_the_same_rooms() {
    for forge in forgewarden::forge::NAMES {
        let folder = fs::read_dir(root().join("src/forge").join(forge)).expect("its folder");
        let entries = folder.map(|entry| entry.expect("an entry").path());
        let rooms: BTreeSet<String> = entries
            .map(|path| {
                path.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        let own = OWN_ROOMS.iter().filter(|(of, ..)| of == forge);
        let own = own.map(|(_, room, _)| *room);
        let expected: BTreeSet<String> = FORGE_ROOMS
            .iter()
            .copied()
            .chain(own)
            .map(str::to_owned)
            .collect();
        assert_eq!(rooms, expected, "src/forge/{forge}");
    }
}

fn is_module(name: &str) -> bool {
    layer(name).is_some()
        || root().join(format!("src/{name}.rs")).exists()
        || root().join(format!("src/{name}/mod.rs")).exists()
}

#[test]
fn the_library_lists_every_module_in_layer_order() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let listed = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let layers: Vec<_> = listed.map(|name| (layer(name), name)).collect();
    for pair in layers.windows(2) {
        assert!(pair[0].0.is_some(), "`{}` belongs to no layer", pair[0].1);
        assert!(
            pair[0].0 <= pair[1].0,
            "`{}` stands before `{}`",
            pair[0].1,
            pair[1].1
        );
    }
}

#[test]
fn the_import_reader_sees_every_form() {
    let code = "use crate::{checks::Mode, forge::{self, Intake}, model};\n\
                fn f() { crate::store::open(); forgewarden::cli::run(); mycrate::sign::x(); }";
    let found: Vec<_> = imports(code).into_iter().collect();
    assert_eq!(found, ["checks", "cli", "forge", "model", "store"]);
    assert!(may_import("engine", "policy") && may_import("judge", "gather"));
    assert!(!may_import("policy", "engine") && !may_import("git", "sign"));
    assert!(!may_import("forge", "store") && !may_import("engine", "gather"));
}

#[test]
fn reserved_words_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for file in files_below("src", "rs")
        .into_iter()
        .chain(files_below("hooks", "rs"))
    {
        let code = file.code();
        for (word, places, why) in RESERVED {
            let allowed =
                file.is_unit_test() || places.iter().any(|place| stands_in(&file.path, place));
            if !allowed && has_word(&code, word) {
                wrong.push(format!("{} uses `{word}`: {why}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a path is a file, stands below a folder (`src/git/`), or fits a
/// pattern with one `*` for one name.
fn stands_in(path: &str, place: &str) -> bool {
    match place.split_once('*') {
        None if place.ends_with('/') => path.starts_with(place),
        None => path == place,
        Some((before, after)) => path
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|name| !name.is_empty() && !name.contains('/')),
    }
}

fn has_word(code: &str, word: &str) -> bool {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

#[test]
fn places_and_words_are_matched_whole() {
    assert!(stands_in(
        "src/forge/github/webhook.rs",
        "src/forge/*/webhook.rs"
    ));
    assert!(!stands_in(
        "src/forge/a/b/webhook.rs",
        "src/forge/*/webhook.rs"
    ));
    assert!(!stands_in("src/gather.rs", "src/git/"));
    assert!(has_word("use git2::Oid;", "git2") && !has_word("let git20 = 1;", "git2"));
}

#[test]
fn the_hook_is_built_without_a_server() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "-e",
            "normal",
            "--no-default-features",
        ])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo tree");
    let tree = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && tree.contains("git2 v"),
        "cargo tree: {errors}{tree}"
    );
    let crates: BTreeSet<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    for name in NOT_IN_THE_HOOK {
        let found: Vec<_> = crates
            .iter()
            .filter(|one| *one == name || one.starts_with(&format!("{name}-")))
            .collect();
        assert!(found.is_empty(), "the hook is built with {found:?}");
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for file in product_files() {
        let lines = file.product().lines().count();
        let is_listed = LONGER.iter().any(|(path, _)| *path == file.path);
        assert!(
            (lines > MAX_LINES) == is_listed,
            "{} has {lines} lines and {} in LONGER; split it, or list it with a reason",
            file.path,
            if is_listed {
                "stands"
            } else {
                "does not stand"
            }
        );
        let first = file.text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("//! ") && first.len() > 5,
            "{} does not begin with `//!` and what it is for",
            file.path
        );
    }
}

#[test]
fn documents_name_files_that_exist() {
    let mut documents = files_below("docs", "md");
    for name in DOCUMENTS {
        if let Ok(text) = fs::read_to_string(root().join(name)) {
            let path = (*name).to_owned();
            documents.push(Source { path, text });
        }
    }
    let mut missing = Vec::new();
    for document in &documents {
        let paths = named_paths(&document.text);
        let gone = paths.iter().filter(|path| !exists(path));
        missing.extend(gone.map(|path| format!("{} names `{path}`", document.path)));
    }
    assert!(
        missing.is_empty(),
        "files that do not exist:\n{}",
        missing.join("\n")
    );
}

/// The texts in backticks, outside of code blocks, that look like paths of
/// this repository.
fn named_paths(markdown: &str) -> BTreeSet<String> {
    let prose = markdown.split("```").step_by(2);
    let spans = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    let paths = spans.filter(|span| is_path(span)).map(|span| {
        let path = span.split("::").next().unwrap_or(span);
        path.trim_end_matches('/').to_owned()
    });
    paths.collect()
}

fn is_path(span: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/*:".contains(letter);
    let first = span.split('/').next().unwrap_or(span);
    span.contains('/') && span.chars().all(is_plain) && TOP.contains(&first)
}

/// Whether a path exists; `*` stands for any one name.
fn exists(path: &str) -> bool {
    let mut found = vec![root().to_path_buf()];
    for part in path.split('/') {
        let below = found.into_iter().flat_map(|folder| {
            let entries = if part.contains('*') {
                fs::read_dir(&folder)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|entry| entry.path())
                    .collect()
            } else {
                vec![folder.join(part)]
            };
            entries.into_iter().filter(move |path| fits(path, part))
        });
        found = below.filter(|path| path.exists()).collect();
    }
    !found.is_empty()
}

fn fits(path: &Path, part: &str) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match part.split_once('*') {
        None => name == part,
        Some((before, after)) => name.starts_with(before) && name.ends_with(after),
    }
}

#[test]
fn paths_in_documents_are_recognised() {
    let text = "See `src/checks/mod.rs`, `docs/`, `refs/heads/main` and `git push`.\n\
                ```sh\n`src/no.rs`\n```\nand `src/nowhere.rs`, `src/forge/*/mod.rs`.";
    let found: Vec<_> = named_paths(text).into_iter().collect();
    assert_eq!(
        found,
        [
            "docs",
            "src/checks/mod.rs",
            "src/forge/*/mod.rs",
            "src/nowhere.rs"
        ]
    );
    assert!(exists("src/checks/mod.rs") && exists("src/forge/*/mod.rs") && exists("docs"));
    assert!(!exists("src/nowhere.rs") && !exists("src/*/nowhere.rs"));
}
