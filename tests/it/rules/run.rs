//! Asks one rule about one case.

use std::collections::BTreeMap;
use std::path::Path;

use forgewarden::checks::{self, Objections};
use forgewarden::ci::{Content, Files, MemoryFiles, Readings};
use forgewarden::model::build::{BuildChange, PinStanding};
use forgewarden::policy::Policy;

use super::case::Case;
use crate::support::facts::{branch, commit, push};

/// With which version a case is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The one that it states.
    AsWritten,
    /// An empty tree.
    Nothing,
}

/// What the case's rule says, one line per objection.
pub fn said(case: &Case, base: Base) -> Vec<String> {
    let text = format!("version = 1\n{}", case.policy);
    let policy = Policy::parse("policy.toml", &text, Path::new("")).unwrap_or_else(|problems| {
        panic!("{}: {}: {problems}", case.check, case.title);
    });
    let before = match base {
        Base::AsWritten => tree(&case.before),
        Base::Nothing => MemoryFiles::default(),
    };
    let touched = touched(before, tree(&case.after), &policy);
    let mut facts = push([branch("main").brings(commit(1))]).build();
    facts.sources = policy.sources.clone();
    facts.zones = policy.zones.clone();
    facts.pins = case.pins.iter().map(|line| pin(line)).collect();
    facts.updates[0].build = touched.into_iter().collect();
    let check =
        checks::find(&case.check).unwrap_or_else(|| panic!("there is no rule {}", case.check));
    let mut objections = Objections::default();
    (check.run)(&policy.checks, &facts, &mut objections);
    let lines = objections.list.iter().map(|one| {
        let place = &one.place;
        let path = place.path.as_ref().expect("a path");
        let severity = one.severity.expect("a severity");
        assert!(!one.remedy.is_empty(), "{}: no remedy", case.check);
        format!(
            "{path}:{}: {}: {}",
            place.line.unwrap_or_default(),
            format!("{severity:?}").to_lowercase(),
            one.message
        )
    });
    lines.collect()
}

fn tree(files: &BTreeMap<String, String>) -> MemoryFiles {
    let mut tree = MemoryFiles::default();
    for (path, text) in files {
        let content = match text.strip_prefix("link -> ") {
            Some(target) => Content::Link(target.trim_end().into()),
            None => Content::File(text.as_bytes().into()),
        };
        tree.0.insert(path.as_str().into(), content);
    }
    tree
}

/// What the service, the hook and the command line would compare.
fn touched(
    mut before: MemoryFiles,
    mut after: MemoryFiles,
    policy: &Policy,
) -> Option<BuildChange> {
    let paths = before.0.keys().chain(after.0.keys());
    let changed = paths
        .filter(|path| before.0.get(*path) != after.0.get(*path))
        .cloned()
        .collect();
    let mut readings = Readings::new(&policy.ci_paths);
    let mut sides: [&mut dyn Files; 1] = [&mut before];
    readings
        .touched(&changed, &mut sides, &mut after)
        .expect("a small tree")
}

fn pin(line: &str) -> PinStanding {
    let words: Vec<_> = line.split(' ').collect();
    let [repository, commit, standing] = words[..] else {
        panic!("`{line}` is not `repository commit on|off`");
    };
    PinStanding {
        repository: repository.to_owned(),
        commit: commit.to_owned(),
        on_a_ref: Ok(standing == "on"),
    }
}
