//! How often each check spoke.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use super::shown;
use crate::model::facts::Facts;
use crate::model::finding::{Effect, Severity};
use crate::model::object::Commit;
use crate::model::verdict::Verdict;

/// Most commits of one check that are listed.
const MAX_LISTED: usize = 5;

/// Counts over the replayed pushes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Pushes judged.
    pub(super) pushes: usize,
    /// Of these, pushes that change the build environment.
    ci: usize,
    /// Of those, pushes with a finding about the build environment, one that
    /// blocks, and one of high severity.
    flagged: usize,
    blocked: usize,
    high: usize,
    unjudged: usize,
    checks: BTreeMap<&'static str, Spoken>,
}

/// What one check said.
#[derive(Debug, Default)]
struct Spoken {
    pushes: usize,
    blocking: usize,
    examples: Vec<String>,
}

impl Tally {
    /// Counts one push.
    pub(super) fn note(&mut self, commit: &Commit, facts: &Facts, verdict: &Verdict) {
        self.pushes += 1;
        let touches = facts
            .updates
            .iter()
            .any(|update| !update.ci_changes.is_empty());
        self.ci += usize::from(touches);
        self.unjudged += usize::from(!verdict.gaps.is_empty());
        let reads_files = |check: &str| {
            crate::checks::find(check).is_some_and(|check| !check.meta.systems.is_empty())
        };
        let about: Vec<_> = verdict
            .findings
            .iter()
            .filter(|it| reads_files(it.check))
            .collect();
        let blocks = |it: &&&crate::model::finding::Finding| it.effect == Effect::Block;
        self.flagged += usize::from(!about.is_empty());
        self.blocked += usize::from(about.iter().any(|it| blocks(&it)));
        self.high += usize::from(about.iter().any(|it| it.severity >= Severity::High));
        let spoken: BTreeSet<_> = verdict.findings.iter().map(|it| it.check).collect();
        for check in spoken {
            let of_check: Vec<_> = verdict
                .findings
                .iter()
                .filter(|it| it.check == check)
                .collect();
            let entry = self.checks.entry(check).or_default();
            entry.pushes += 1;
            entry.blocking += usize::from(of_check.iter().any(|it| blocks(&it)));
            if entry.examples.len() < MAX_LISTED {
                let message = of_check.first().map_or("", |it| &it.message);
                entry.examples.push(format!("{}: {message}", shown(commit)));
            }
        }
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        let check = |(id, spoken): (&&str, &Spoken)| {
            let value = json!({
                "pushes": spoken.pushes,
                "blocking": spoken.blocking,
                "examples": spoken.examples,
            });
            ((*id).to_owned(), value)
        };
        let checks: serde_json::Map<_, _> = self.checks.iter().map(check).collect();
        json!({
            "pushes": self.pushes,
            "build_environment": {
                "pushes": self.ci,
                "flagged": self.flagged,
                "blocked": self.blocked,
                "high": self.high,
            },
            "not_judged": self.unjudged,
            "checks": checks,
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: usize| match self.ci {
            0 => 0,
            all => part * 1000 / all,
        };
        let percent = |part| format!("{}.{} %", share(part) / 10, share(part) % 10);
        writeln!(
            f,
            "{} pushes, {} of which change the build environment",
            self.pushes, self.ci
        )?;
        writeln!(
            f,
            "of these, rules about what a change does speak in {} ({}), block {} ({}), of high severity {} ({})",
            self.flagged,
            percent(self.flagged),
            self.blocked,
            percent(self.blocked),
            self.high,
            percent(self.high),
        )?;
        if self.unjudged > 0 {
            writeln!(f, "{} could not be judged in full", self.unjudged)?;
        }
        for (id, spoken) in &self.checks {
            writeln!(
                f,
                "\n{id}: {} pushes, {} blocked",
                spoken.pushes, spoken.blocking
            )?;
            for example in &spoken.examples {
                writeln!(f, "  {example}")?;
            }
        }
        Ok(())
    }
}
