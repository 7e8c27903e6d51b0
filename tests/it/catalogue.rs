//! What every check must have: an id that is its file's name, a page of the
//! manual in a fixed form, a case that fails and one that passes.
//!
//! The pages in `docs/checks` are generated. To write them anew:
//! `FORGEWARDEN_WRITE_DOCS=1 cargo test --test it catalogue::`

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use forgewarden::checks::{ALL, ChecksConfig, Mode, find};

use crate::checks::{Expected, cases};

/// Every page has these parts, in this order.
const HEADINGS: [&str; 5] = [
    "Why it matters",
    "Example",
    "What mends it",
    "Configuration",
    "References",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a generated page with the one in the repository, or writes it.
#[track_caller]
fn page(name: &str, generated: &str) {
    let path = root().join("docs/checks").join(name);
    if std::env::var_os("FORGEWARDEN_WRITE_DOCS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("docs/checks");
        fs::write(&path, generated).expect("a page that can be written");
    }
    let standing = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        standing == generated,
        "docs/checks/{name} is not what the check's file says; run \
         FORGEWARDEN_WRITE_DOCS=1 cargo test --test it catalogue::"
    );
}

fn index() -> String {
    let mut text = String::from(
        "# Checks\n\n\
         One page per check, generated from the comments of `src/checks`. A check is `off`, in\n\
         `audit` (reported, never blocks) or in `enforce`; the mode below is the default.\n\n\
         | check | objects to | severity | mode |\n|---|---|---|---|\n",
    );
    for check in ALL {
        let meta = check.meta;
        let severity = format!("{:?}", meta.severity).to_lowercase();
        let mode = mode_word((check.mode)(&ChecksConfig::default()));
        writeln!(
            text,
            "| [`{id}`]({id}.md) | {} | {severity} | {mode} |",
            meta.title,
            id = meta.id
        )
        .expect("a string takes text");
    }
    text
}

fn mode_word(mode: Mode) -> String {
    let json = serde_json::to_value(mode).expect("a word");
    json.as_str().expect("a word").to_owned()
}

#[test]
fn ids_are_unique_kebab_case_and_the_names_of_their_files() {
    let mut ids = BTreeSet::new();
    for check in ALL {
        let id = check.meta.id;
        let is_kebab = id
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(is_kebab, "{id} is not kebab-case");
        assert!(ids.insert(id), "{id} stands twice");
        let file = format!("src/checks/{}.rs", check.file);
        assert!(
            check.file.ends_with(&id.replace('-', "_")),
            "{id} stands in {file}"
        );
        assert!(
            root().join(&file).is_file(),
            "{id} does not stand in {file}"
        );
        assert!(find(id).is_some(), "{id} is not found");
        assert!(
            !check.meta.title.ends_with('.'),
            "{id}: a title is no sentence"
        );
    }
}

#[test]
fn every_file_of_a_check_is_registered() {
    let folder = |name: &str| fs::read_dir(root().join(name)).expect("a folder of checks");
    for file in folder("src/checks").chain(folder("src/checks/build")) {
        let path: PathBuf = file.expect("an entry").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .replace('_', "-");
        let is_check = path.extension().is_some() && name != "mod";
        assert!(
            !is_check || find(&name).is_some(),
            "{} is not in `checks!`",
            path.display()
        );
    }
}

#[test]
fn the_policy_names_the_checks_by_their_ids() {
    let config = serde_json::to_value(ChecksConfig::default()).expect("a table");
    let keys: Vec<_> = config
        .as_object()
        .expect("a table")
        .keys()
        .cloned()
        .collect();
    let ids: Vec<_> = ALL.iter().map(|check| check.meta.id).collect();
    assert_eq!(keys, ids);
}

#[test]
fn every_mode_round_trips() {
    for check in ALL {
        for mode in [Mode::Off, Mode::Audit, Mode::Enforce] {
            let mut config = ChecksConfig::default();
            (check.set_mode)(&mut config, mode);
            let text = toml::to_string(&config).expect("TOML");
            let read: ChecksConfig = toml::from_str(&text).expect("the same again");
            assert_eq!(read, config, "{}", check.meta.id);
            assert_eq!((check.mode)(&read), mode, "{}", check.meta.id);
            let line = format!("[{}]\nmode = \"{}\"", check.meta.id, mode_word(mode));
            let alone: ChecksConfig = toml::from_str(&line).expect("one table");
            assert_eq!(alone, config, "{}", check.meta.id);
        }
    }
}

#[test]
fn every_check_has_a_case_that_fails_and_one_that_passes() {
    let cases = cases();
    // Rules about the build environment have cases of their own: `rules`.
    for check in ALL.iter().filter(|check| check.meta.systems.is_empty()) {
        let of_check: Vec<_> = cases
            .iter()
            .filter(|case| case.check == check.meta.id)
            .collect();
        let fails = of_check
            .iter()
            .any(|case| matches!(case.expected, Expected::Objections(1..)));
        let passes = of_check
            .iter()
            .any(|case| case.expected == Expected::Accepted);
        assert!(fails, "{} has no case that it objects to", check.meta.id);
        assert!(passes, "{} has no case that it accepts", check.meta.id);
    }
}

#[test]
fn every_check_has_its_page() {
    for check in ALL {
        let id = check.meta.id;
        let text = check.documentation();
        assert!(
            text.starts_with(&format!("# {id}\n\n")),
            "{id}: the page has another title"
        );
        let headings: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(headings, HEADINGS, "{id}");
        assert!(
            text.contains(&format!("[checks.{id}]")),
            "{id}: no example of its table"
        );
        page(&format!("{id}.md"), &text);
    }
}

/// The example of a page states every key with its default.
#[test]
fn every_page_shows_the_defaults() {
    for check in ALL {
        let text = check.documentation();
        let after = text.split("```toml\n").nth(1).expect("an example in TOML");
        let example = after.split("```").next().expect("its end");
        let table: toml::Table = toml::from_str(example).expect("TOML");
        let shown = &table["checks"][check.meta.id];
        let defaults = toml::Value::try_from(ChecksConfig::default()).expect("TOML");
        let defaults = &defaults[check.meta.id];
        assert_eq!(shown, defaults, "{}", check.meta.id);
    }
}

#[test]
fn the_index_lists_every_check() {
    page("README.md", &index());
}

#[test]
fn no_page_is_left_over() {
    let pages = fs::read_dir(root().join("docs/checks")).expect("docs/checks");
    for entry in pages {
        let name = entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned();
        let id = name.strip_suffix(".md").expect("a page in Markdown");
        assert!(
            id == "README" || find(id).is_some(),
            "docs/checks/{name} belongs to no check"
        );
    }
}
