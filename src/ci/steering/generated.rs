//! Pipelines that a program writes during the run, in systems that have no
//! model of their own.
//!
//! <https://buildkite.com/docs/pipelines/configure/dynamic-pipelines>,
//! <https://circleci.com/docs/dynamic-config/>.

use super::leaves::{Leaf, Leaves};
use super::sheet::Sheet;
use crate::model::build::{Unresolved, UnresolvedKind, What};

/// Reads whether a pipeline is written during the run.
pub(super) fn read(sheet: &mut Sheet<'_>) {
    let is_generated: fn(&Leaf) -> Option<&'static str> = match sheet.system() {
        "buildkite" => uploads,
        "circleci" => continues,
        _ => return,
    };
    if !(sheet.name.ends_with(".yml")
        || sheet.name.ends_with(".yaml")
        || sheet.name.ends_with(".json"))
    {
        return;
    }
    // Whether the file can be read at all is told elsewhere.
    let Ok(leaves) = Leaves::of_yaml(sheet.content) else {
        return;
    };
    for leaf in &leaves.0 {
        if let Some(why) = is_generated(leaf) {
            let words: Vec<_> = leaf.value.split_whitespace().collect();
            let text = match leaf.key() {
                "setup" => "setup: true".to_owned(),
                _ => words.join(" "),
            };
            let what = What::Unresolved(Unresolved {
                kind: UnresolvedKind::Generated,
                text,
                why: why.to_owned(),
            });
            sheet.add("generated", leaf.at_place(), what);
        }
    }
}

/// `pipeline upload` without a file that stands in the command.
fn uploads(leaf: &Leaf) -> Option<&'static str> {
    let (before, rest) = leaf.value.split_once("pipeline upload")?;
    let file = rest.split_whitespace().find(|word| !word.starts_with('-'));
    let plain = file.is_some_and(|file| !file.contains('$') && file.contains('.'));
    let piped = before.trim_end().ends_with("buildkite-agent") && before.contains('|');
    (piped || !plain).then_some("what a command prints is uploaded as steps")
}

/// A setup workflow goes on with a configuration that it chooses itself.
fn continues(leaf: &Leaf) -> Option<&'static str> {
    let setup = leaf.is_at(&["setup"]) && leaf.value.eq_ignore_ascii_case("true");
    setup.then_some("it goes on with a configuration that it writes or chooses")
}
