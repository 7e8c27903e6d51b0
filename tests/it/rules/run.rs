//! Asks one rule about one case.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use forgewarden::checks::{self, Objections};
use forgewarden::ci::{self, Content, MemoryFiles};
use forgewarden::model::build::{Blueprint, BuildChange};
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
        Base::AsWritten => blueprints(&case.before, &policy),
        Base::Nothing => Vec::new(),
    };
    let mut facts = push([branch("main").brings(commit(1))]).build();
    facts.sources = policy.sources.clone();
    facts.zones = policy.zones.clone();
    facts.updates[0].build = vec![BuildChange {
        revision: None,
        before: vec![before],
        after: blueprints(&case.after, &policy),
    }];
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

fn blueprints(files: &BTreeMap<String, String>, policy: &Policy) -> Vec<Arc<Blueprint>> {
    let mut tree = MemoryFiles::default();
    for (path, text) in files {
        let content = match text.strip_prefix("link -> ") {
            Some(target) => Content::Link(target.trim_end().into()),
            None => Content::File(text.as_bytes().into()),
        };
        tree.0.insert(path.as_str().into(), content);
    }
    let paths: Vec<_> = files
        .keys()
        .map(|path| Arc::new(path.as_str().into()))
        .collect();
    let models = paths
        .iter()
        .filter_map(|path| ci::blueprint(path, &policy.ci_paths, &mut tree));
    models.map(Arc::new).collect()
}
