//! A comment is told from a change, and a moved version from another change.

use forgewarden::ci::{Content, Files, MemoryFiles, Readings};
use forgewarden::model::build::{BuildChange, TextDifference};

use super::scene::{CALM, CI};

const PINNED: &str = "\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    container: debian:12
    steps:
      - uses: actions/checkout@v4.1.6
      - uses: org/tool@0123456789012345678901234567890123456789 # v1.0.0
        with:
          mode: fast
";

fn change(before: &[(&str, &str)], after: &[(&str, &str)]) -> BuildChange {
    let tree = |files: &[(&str, &str)]| {
        let empty = MemoryFiles::default();
        files
            .iter()
            .fold(empty, |tree, (path, text)| tree.with(path, text))
    };
    let (mut before, mut after) = (tree(before), tree(after));
    let paths = before.0.keys().chain(after.0.keys());
    let differs = |path: &&bstr::BString| before.0.get(*path) != after.0.get(*path);
    let changed = paths.filter(differs).cloned().collect();
    let mut sides: [&mut dyn Files; 1] = [&mut before];
    let touched = Readings::new(&[]).touched(&changed, &mut sides, &mut after);
    touched
        .expect("within bounds")
        .expect("something is touched")
}

fn of(before: &str, after: &str) -> BuildChange {
    change(&[(CI, before)], &[(CI, after)])
}

#[test]
fn comments_blanks_and_layout_are_cosmetic() {
    let change = of(CALM, &CALM.replace("jobs:\n", "# What runs.\n\njobs:\n"));
    assert!(change.is_cosmetic(), "{:?}", change.text);
    assert!(!change.only_pins_moved());
    assert!(change.files.contains(bstr::BStr::new(CI)));
}

#[test]
fn what_no_model_sees_is_not_cosmetic() {
    let one = of(PINNED, &PINNED.replace("mode: fast", "mode: slow"));
    assert!(!one.is_cosmetic());
    assert!(!one.only_pins_moved());
    let unknown = of(PINNED, &PINNED.replace("on: push", "on: push\nnew-key: x"));
    assert_eq!(unknown.text, TextDifference::Other);
    assert!(!unknown.is_cosmetic());
}

#[test]
fn versions_that_move_are_only_that() {
    let moved = PINNED
        .replace("v4.1.6", "v4.1.7")
        .replace("debian:12", "debian:13")
        .replace(
            "0123456789012345678901234567890123456789 # v1.0.0",
            "1123456789012345678901234567890123456789 # v1.0.1",
        );
    let change = of(PINNED, &moved);
    assert!(change.only_pins_moved(), "{:#?}", change.text);
    assert!(!change.is_cosmetic());
    let other = of(PINNED, &moved.replace("mode: fast", "mode: v4.1.7"));
    assert!(!other.only_pins_moved());
    let another = of(PINNED, &PINNED.replace("org/tool@", "evil/tool@"));
    assert!(!another.only_pins_moved());
}

#[test]
fn a_new_file_is_neither() {
    let change = change(&[], &[(CI, CALM)]);
    assert!(!change.is_cosmetic() && !change.only_pins_moved());
}

/// A link or a missing file on the way to a file is as good as the file.
#[test]
fn what_is_read_through_a_link_is_touched() {
    let calls = CALM.replace("- run: make\n", "- run: ./ci/build.sh\n");
    let mut before = MemoryFiles::default()
        .with(CI, &calls)
        .with("real.sh", "make\n");
    let mut after = before.clone().with("other.sh", "rm -rf /\n");
    let link = |to: &str| Content::Link(format!("../{to}").as_str().into());
    before.0.insert("ci/build.sh".into(), link("real.sh"));
    after.0.insert("ci/build.sh".into(), link("other.sh"));
    let changed = ["ci/build.sh".into(), "other.sh".into()]
        .into_iter()
        .collect();
    let mut sides: [&mut dyn Files; 1] = [&mut before];
    let touched = Readings::new(&[]).touched(&changed, &mut sides, &mut after);
    let change = touched.expect("within bounds").expect("touched");
    assert_eq!(change.after[0].path.as_slice(), CI.as_bytes());
    assert!(!change.is_cosmetic());
    assert!(!change.capabilities().is_empty());
}
