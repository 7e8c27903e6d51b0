//! # secret-scope-widened
//!
//! A job reaches secrets that it did not reach before.
//!
//! ## Why it matters
//!
//! Whatever runs in a job can read what the job is given. Each further secret,
//! and each step that sees it, is one more way out: `secrets: inherit` and
//! `toJSON(secrets)` hand over everything there is, now and later.
//!
//! What counts is what jobs reach, after templates, defaults and environments
//! are filled in. A secret that moves from one job to another, or to another
//! file, is none more. How bad it is depends on who can start the job and on
//! the secret's zone.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//!  deploy:
//!    uses: ./.github/workflows/deploy.yml
//! -  secrets: {TOKEN: '${{ secrets.TOKEN }}'}
//! +  secrets: inherit
//! ```
//!
//! Accepted: the step that needs `TOKEN` moves to a job of its own.
//!
//! ## What mends it
//!
//! Give the secret to the one step that needs it, by name. If the job needs it,
//! have those agree who answer for it: the policy's `approvers`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.secret-scope-widened]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-6: insufficient credential hygiene
//! - CIS Software Supply Chain Security 2.3: pipelines get what they need
//! - CWE-250: execution with unnecessary privileges
//! - NIST SP 800-204D: secrets are scoped to the step that needs them

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::support::build::{Detection, Exposure, Side, compared, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Item, Job, Lifetime, SecretName, TransferKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;
use crate::model::zones::ZoneLevel;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "secret-scope-widened",
    title: "A job reaches secrets that it did not reach before",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every secret that more jobs or steps reach than before.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let (had, has) = (holders(before), holders(after));
    let mut all = Vec::new();
    for pair in pairs(before, after) {
        let Some(new) = pair.after else { continue };
        let old = pair.before.map(|(_, job)| job);
        let known = old.map(secrets).unwrap_or_default();
        for (name, item) in secrets(new.1) {
            let count = |of: &BTreeMap<&SecretName, usize>| of.get(name).copied().unwrap_or(0);
            let gone = count(&had) >= count(&has);
            if !known.contains_key(name) && !gone {
                all.push(gained(after, new, (name, item)));
            } else if old.is_some_and(|old| is_lifted(old, new.1, name)) {
                all.push(lifted(after, new, (name, item)));
            }
        }
        all.extend(forwarded(after, old, new));
    }
    all
}

/// The lasting secrets of a job, each at its first place.
fn secrets(job: &Job) -> BTreeMap<&SecretName, &Item> {
    let mut all = BTreeMap::new();
    for item in &job.items {
        if let What::Secret(secret) = &item.what
            && secret.lifetime == Lifetime::Lasting
        {
            all.entry(&secret.name).or_insert(item);
        }
    }
    all
}

/// How many jobs hold a secret.
fn holders<'a>(side: Side<'a>) -> BTreeMap<&'a SecretName, usize> {
    let mut all = BTreeMap::new();
    for (_, job) in side.jobs() {
        for name in secrets(job).into_keys() {
            *all.entry(name).or_default() += 1;
        }
    }
    all
}

fn gained(
    side: Side<'_>,
    (file, job): (&Blueprint, &Job),
    (name, item): (&SecretName, &Item),
) -> Detection {
    let exposure = Exposure::of(side, Some(job));
    let production = match name {
        SecretName::Named(name) => {
            let zone = side.zones().of_secret(name);
            zone.is_some_and(|zone| zone.level == ZoneLevel::Production)
        }
        _ => true,
    };
    let severity = match (exposure.open_to_outsiders(), production) {
        (true, _) => Severity::Critical,
        (false, true) => Severity::High,
        (false, false) => Severity::Medium,
    };
    let outsiders = match exposure.open_to_outsiders() {
        true => ", and whoever has an account can start it",
        false => "",
    };
    Detection::of_job(side, (&file.path, job), shown(name))
        .standing_at(&item.spot)
        .severity(severity)
        .says(format!(
            "{} now reaches {}{outsiders}",
            job.title,
            shown(name)
        ))
        .mend(remedy(name))
}

fn shown(name: &SecretName) -> String {
    match name {
        SecretName::Named(name) => format!("the secret {}", excerpt(name, 60)),
        SecretName::Dynamic(text) => format!(
            "a secret whose name only the run knows ({})",
            excerpt(text, 60)
        ),
        SecretName::Inherited => "every secret of its caller".to_owned(),
        SecretName::All => "every secret".to_owned(),
    }
}

fn remedy(name: &SecretName) -> &'static str {
    match name {
        SecretName::Named(_) => {
            "give it to the one step that needs it, and have those agree who answer for it"
        }
        _ => "name the secrets that it needs, one by one",
    }
}

/// Whether one step had it before, and the whole job has it now.
fn is_lifted(old: &Job, new: &Job, name: &SecretName) -> bool {
    let slots = |job: &Job| -> BTreeSet<String> {
        let own = job.items.iter().filter(|item| match &item.what {
            What::Secret(secret) => secret.name == *name,
            _ => false,
        });
        own.map(|item| item.slot.clone()).collect()
    };
    let of_step = |slot: &String| slot.contains("steps/");
    let (old, new) = (slots(old), slots(new));
    let of_job = |slot: &String| !of_step(slot) && slot.starts_with("env");
    old.iter().all(of_step) && new.iter().any(of_job)
}

fn lifted(
    side: Side<'_>,
    (file, job): (&Blueprint, &Job),
    (name, item): (&SecretName, &Item),
) -> Detection {
    Detection::of_job(
        side,
        (&file.path, job),
        format!("every step: {}", shown(name)),
    )
    .standing_at(&item.spot)
    .severity(Severity::Low)
    .says(format!(
        "every step of {} now reaches {}, not only the one that needs it",
        job.title,
        shown(name)
    ))
    .mend("set it in the `env` of the step that needs it")
}

/// Variables that newly go on to other pipelines.
fn forwarded(side: Side<'_>, old: Option<&Job>, (file, job): (&Blueprint, &Job)) -> Vec<Detection> {
    let passes = |job: &Job| {
        let mut own = job.items.iter();
        own.any(|item| is_forward(&item.what))
    };
    let item = job.items.iter().find(|item| is_forward(&item.what));
    let (Some(item), false) = (item, old.is_some_and(passes)) else {
        return Vec::new();
    };
    let detection = Detection::of_job(side, (&file.path, job), "forward")
        .standing_at(&item.spot)
        .severity(Severity::Medium)
        .says(format!(
            "{} hands the variables of its pipeline on to another one",
            job.title
        ))
        .mend("state the variables that the other pipeline needs under `variables`");
    vec![detection]
}

fn is_forward(what: &What) -> bool {
    matches!(what, What::Transfer(it) if it.kind == TransferKind::Variables && it.name.starts_with("forward"))
}
