//! The checks, each by cases of facts that it objects to or accepts.
//! `catalogue` demands at least one of each for every check.

mod approval;
mod authentication;
mod capability;
mod ci;
mod policy_file;
mod refs;
mod signatures;
mod zones;

use forgewarden::checks::{self, ChecksConfig, Mode, Objections};
use forgewarden::model::facts::Facts;

use crate::support::facts::FactsBuilder;

/// What a check is expected to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// This many objections.
    Objections(usize),
    /// Nothing.
    Accepted,
    /// That it cannot judge.
    Unjudged,
}

/// One case: facts, configuration and what one check says to them.
pub struct Case {
    pub check: &'static str,
    pub name: &'static str,
    pub facts: Facts,
    pub config: ChecksConfig,
    pub expected: Expected,
}

impl Case {
    /// The same case under another configuration.
    fn with(mut self, configure: impl FnOnce(&mut ChecksConfig)) -> Self {
        configure(&mut self.config);
        self
    }

    pub fn run(&self) -> Objections {
        let check = checks::find(self.check).expect("a registered check");
        let mut said = Objections::default();
        (check.run)(&self.config, &self.facts, &mut said);
        said
    }
}

fn case(check: &'static str, name: &'static str, facts: FactsBuilder, expected: Expected) -> Case {
    let (facts, config) = (facts.build(), ChecksConfig::default());
    Case {
        check,
        name,
        facts,
        config,
        expected,
    }
}

/// A case with one objection.
fn objects(check: &'static str, name: &'static str, facts: FactsBuilder) -> Case {
    case(check, name, facts, Expected::Objections(1))
}

/// A case without objection.
fn accepts(check: &'static str, name: &'static str, facts: FactsBuilder) -> Case {
    case(check, name, facts, Expected::Accepted)
}

/// All cases of all checks.
pub fn cases() -> Vec<Case> {
    [
        signatures::cases(),
        refs::cases(),
        approval::cases(),
        ci::cases(),
        policy_file::cases(),
        authentication::cases(),
        capability::cases(),
        zones::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The checks that object to the facts, one entry per
/// objection, with every check enforced.
fn objecting(facts: &Facts) -> Vec<&'static str> {
    let mut config = ChecksConfig::default();
    let mut ids = Vec::new();
    for check in checks::ALL {
        (check.set_mode)(&mut config, Mode::Enforce);
        let mut said = Objections::default();
        (check.run)(&config, facts, &mut said);
        ids.extend(said.list.iter().map(|_| check.meta.id));
    }
    ids
}

#[test]
fn every_case_ends_as_expected() {
    for case in cases() {
        let said = case.run();
        let found = match (said.list.len(), said.unjudged.len()) {
            (0, 0) => Expected::Accepted,
            (0, _) => Expected::Unjudged,
            (many, _) => Expected::Objections(many),
        };
        assert_eq!(
            found, case.expected,
            "{}: {}: {said:#?}",
            case.check, case.name
        );
    }
}

/// What people read. A message says what is wrong and where, a remedy what
/// mends it.
#[test]
fn messages_and_remedies() {
    let mut lines = Vec::new();
    for case in cases() {
        let said = case.run();
        let heading = format!("{}: {}", case.check, case.name);
        let objections = said.list.iter();
        lines.extend(
            objections.map(|one| format!("{heading}\n  {}\n  → {}\n", one.message, one.remedy)),
        );
        let unjudged = said.unjudged.iter();
        lines.extend(unjudged.map(|one| format!("{heading}\n  ? {}\n", one.why)));
    }
    lines.dedup();
    let text = lines.join("\n");
    insta::assert_snapshot!(text);
}

#[test]
fn messages_hold_no_control_characters() {
    for case in cases() {
        for objection in case.run().list {
            // A remedy has a line for each command.
            for text in std::iter::once(objection.message.as_str()).chain(objection.remedy.lines())
            {
                let mut letters = text.chars();
                assert!(
                    !letters.any(forgewarden::model::text::is_misleading),
                    "{}: {}: {text:?}",
                    case.check,
                    case.name
                );
            }
        }
    }
}
