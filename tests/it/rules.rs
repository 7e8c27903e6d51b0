//! The rules about what a change does to the build environment, by cases: two
//! versions of some files, and what one rule says of the change.
//!
//! Each rule has a file in `rules/cases`. A case is:
//!
//! ```text
//! == fails github-actions: a job's own container
//! -- before/.github/workflows/ci.yml --
//! …
//! -- after/.github/workflows/ci.yml --
//! …
//! -- says --
//! .github/workflows/ci.yml:7: critical: job build gets the engine's socket …
//! ```
//!
//! `fails`: the rule objects, and says just that. `passes`: it does not.
//! `moves`: what it objects to was there before, in another place: it says
//! nothing, and would if nothing had been there. `refactors`: what a rule that
//! compares two versions must not take for a weakening. A file that only
//! stands under `both/` is the same before and after; `-- policy.toml --` holds
//! the policy without its version. `FORGEWARDEN_WRITE_CASES=1` writes what is
//! said into the files; read it before you commit it.

mod case;
mod run;

use std::collections::BTreeSet;

use forgewarden::checks::{ALL, find};

use case::{Case, Kind, all};

fn of(check: &str) -> Vec<Case> {
    all()
        .into_iter()
        .filter(|case| case.check == check)
        .collect()
}

#[test]
fn every_case_says_what_it_should() {
    let writing = std::env::var_os("FORGEWARDEN_WRITE_CASES").is_some();
    let mut wrong = Vec::new();
    for mut case in all() {
        let said = run::said(&case, run::Base::AsWritten);
        let empty = said.is_empty();
        let right = match case.kind {
            Kind::Fails => !empty && (writing || said == case.says),
            Kind::Passes | Kind::Refactors => empty,
            Kind::Moves => empty && !run::said(&case, run::Base::Nothing).is_empty(),
        };
        if !right {
            wrong.push(format!(
                "{}: {}\n  says: {said:#?}\n  should: {:#?}",
                case.check, case.title, case.says
            ));
        }
        if writing && case.kind == Kind::Fails && case.says != said {
            case.says = said;
            case.write();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_case_of_each_kind_for_each_system() {
    let mut missing = Vec::new();
    for check in ALL.iter().filter(|check| !check.meta.systems.is_empty()) {
        let cases = of(check.meta.id);
        let id = check.meta.id;
        for system in check.meta.systems {
            for kind in [Kind::Fails, Kind::Passes] {
                if !cases
                    .iter()
                    .any(|case| case.kind == kind && case.system == *system)
                {
                    missing.push(format!("{id}: no case that {} for {system}", kind.word()));
                }
            }
        }
        if !cases
            .iter()
            .any(|case| matches!(case.kind, Kind::Moves | Kind::Refactors))
        {
            missing.push(format!("{id}: no case that moves or refactors"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_case_belongs_to_a_rule_and_one_of_its_systems() {
    for case in all() {
        let check = find(&case.check).unwrap_or_else(|| panic!("there is no rule {}", case.check));
        assert!(
            check.meta.systems.contains(&case.system.as_str()),
            "{}: {} is not among its systems",
            case.check,
            case.system
        );
    }
}

#[test]
fn systems_of_rules_are_systems() {
    let known: BTreeSet<_> = forgewarden::ci::SYSTEMS
        .iter()
        .map(|system| system.key())
        .collect();
    for check in ALL {
        for system in check.meta.systems {
            assert!(
                known.contains(system),
                "{}: there is no system {system}",
                check.meta.id
            );
        }
    }
}

/// A model never depends on what order files are asked for, nor a rule's words
/// on control characters in a file.
#[test]
fn what_is_said_holds_no_control_characters() {
    for case in all() {
        for line in run::said(&case, run::Base::Nothing) {
            assert!(
                !line.chars().any(forgewarden::model::text::is_misleading),
                "{line:?}"
            );
        }
    }
}
