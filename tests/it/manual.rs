//! The documents agree with the tree: every link and every path that they name
//! leads somewhere, and the example of the configuration names every key.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The servers whose hook has a page.
const KINDS: [&str; 5] = ["plain-git", "gitolite", "gitlab", "ghes", "bitbucket"];

/// Every page that people read, with its folder.
fn pages() -> Vec<PathBuf> {
    let mut folders = vec!["".to_owned(), "docs".to_owned(), "docs/checks".to_owned()];
    folders.extend(KINDS.map(|kind| format!("hooks/install/{kind}")));
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).expect("a folder"));
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect()
}

/// What stands between each `start` and the next `end`.
fn between<'a>(text: &'a str, start: &str, end: char) -> Vec<&'a str> {
    let parts = text.split(start).skip(1);
    parts.filter_map(|part| part.split(end).next()).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let folder = page.parent().expect("a folder");
        for link in between(&text, "](", ')') {
            let file = link.split('#').next().unwrap_or_default();
            let elsewhere = link.starts_with("http") || file.is_empty();
            links += 1;
            assert!(
                elsewhere || folder.join(file).exists(),
                "{}: {link} leads nowhere",
                page.display()
            );
        }
    }
    assert!(links > 20, "only {links} links were found");
}

#[test]
fn every_path_that_is_named_exists() {
    let mut paths = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for part in ["src/", "tests/", "hooks/install/", "docs/", "examples/"] {
            for rest in between(&text, &format!("`{part}"), '`') {
                let plain =
                    |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
                if !rest.chars().all(plain) {
                    continue;
                }
                paths += 1;
                assert!(
                    root().join(part).join(rest).exists(),
                    "{}: there is no {part}{rest}",
                    page.display()
                );
            }
        }
    }
    assert!(paths > 20, "only {paths} paths were found");
}

/// The keys of the file's types, which refuse any other.
#[test]
fn the_example_of_the_configuration_names_every_key() {
    let example = fs::read_to_string(root().join("forgewarden.example.toml")).expect("it");
    let types = fs::read_to_string(root().join("src/config/raw.rs")).expect("the types");
    let fields = types.lines().filter_map(|line| {
        let line = line.strip_prefix("    ")?;
        let (name, kind) = line.split_once(": ")?;
        let name = name.trim_start_matches("pub(super) ");
        let is_field = kind.ends_with(',') && !name.contains([' ', '.', '`']);
        is_field.then_some((name, kind))
    });
    let mut keys = 0;
    for (key, _) in fields {
        keys += 1;
        let alone = [
            format!("{key} = "),
            format!("{key}_file = "),
            format!("[{key}]"),
        ];
        assert!(
            alone.iter().any(|form| example.contains(form))
                || example.contains(&format!("[[{key}]]")),
            "forgewarden.example.toml does not name {key}"
        );
    }
    assert!(keys > 20, "only {keys} keys were found");
}
