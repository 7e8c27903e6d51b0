//! # plan-permission-widened
//!
//! More people or projects may use or change a plan, a deployment or a controller.
//!
//! ## Why it matters
//!
//! Who may edit a plan may run anything with its credentials; who may clone or
//! start it may often read them. Grants to whoever has logged in, or to nobody
//! in particular, open the build environment to people whom nobody has chosen.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//!  plan-permissions:
//!    - groups: [release-managers]
//!      permissions: [view, build]
//! +  - roles: [logged-in]
//! +    permissions: [view, edit, admin]
//! ```
//!
//! Accepted: the same grants in another order or file; fewer of them.
//!
//! ## What mends it
//!
//! Grant what is needed to the group that needs it.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.plan-permission-widened]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-269: improper privilege management
//! - OWASP CICD-SEC-2: inadequate identity and access management
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls
//! - CIS Software Supply Chain Security 2.1.4: access to the build environment is limited

use std::collections::BTreeSet;

use crate::checks::support::build::{Detection, Seen, Side, compared_or_alone};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{AccessGrant, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "plan-permission-widened",
    title: "More people may use or change a plan, a deployment or a controller",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["bamboo", "gitlab-ci", "jenkins"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every grant that was not there.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared_or_alone(&config.terms(), facts, objections, compare);
}

/// Where an agent of GitLab lets every branch in.
const ANY_BRANCH: &str = "any branch";

/// What is granted: to do one thing with one thing.
type Right = (String, String);

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let old: Vec<_> = grants(before).map(|(_, grant)| grant).collect();
    let now: BTreeSet<_> = grants(after).map(|(_, grant)| &grant.within).collect();
    let mut all = Vec::new();
    for (seen, grant) in grants(after) {
        // A plan that has another name now is the one whose name is gone;
        // what was for protected branches only is another thing.
        let same = |other: &&&AccessGrant| {
            other.subject == grant.subject
                && (other.within == grant.within
                    || (grant.within != ANY_BRANCH && !now.contains(&other.within)))
        };
        let had: BTreeSet<_> = old
            .iter()
            .filter(same)
            .flat_map(|grant| rights(grant))
            .collect();
        let new: Vec<_> = rights(grant)
            .into_iter()
            .filter(|right| !covers(&had, right))
            .collect();
        if !new.is_empty() {
            all.push(objection(after, seen, grant, &new));
        }
    }
    all
}

fn grants(side: Side<'_>) -> impl Iterator<Item = (Seen<'_>, &AccessGrant)> {
    let all = side.all(|what| match what {
        What::Access(grant) => Some(grant),
        _ => None,
    });
    all.filter(|(seen, _)| META.systems.contains(&seen.blueprint.system))
}

fn rights(grant: &AccessGrant) -> Vec<Right> {
    let pairs = grant.verbs.iter().flat_map(|verb| {
        let of = |resource: &String| (verb.clone(), resource.clone());
        grant.resources.iter().map(of)
    });
    pairs.collect()
}

fn covers(had: &BTreeSet<Right>, right: &Right) -> bool {
    had.iter().any(|(verb, resource)| {
        (verb == &right.0 || verb == "*") && (resource == &right.1 || resource == "*")
    })
}

fn objection(after: Side<'_>, seen: Seen<'_>, grant: &AccessGrant, new: &[Right]) -> Detection {
    let verbs: BTreeSet<_> = new.iter().map(|(verb, _)| verb.as_str()).collect();
    let resources: BTreeSet<_> = new.iter().map(|(_, resource)| resource.as_str()).collect();
    let list =
        |all: &BTreeSet<&str>| excerpt(all.iter().copied().collect::<Vec<_>>().join(", "), 120);
    let severity = match (
        is_everyone(&grant.subject),
        verbs.iter().any(|verb| is_strong(verb)),
    ) {
        (true, true) => Severity::Critical,
        (false, false) if verbs.iter().all(|verb| is_reading(verb)) => Severity::Medium,
        _ => Severity::High,
    };
    let place = match grant.within.is_empty() {
        true => String::new(),
        false => format!(" ({})", excerpt(&grant.within, 60)),
    };
    let feature = format!("{} {}", grant.subject, list(&verbs));
    Detection::at(after, seen, feature)
        .severity(severity)
        .says(format!(
            "{} is granted {} on {}{place}",
            excerpt(&grant.subject, 60),
            list(&verbs),
            list(&resources).replace('*', "everything")
        ))
        .mend("remove the grant, or give it to the group that needs it, with no more than it needs")
}

/// Whether a subject is whoever comes.
fn is_everyone(subject: &str) -> bool {
    let subject = subject.to_ascii_lowercase();
    let last = subject.rsplit(' ').next().unwrap_or_default();
    matches!(
        last,
        "anonymous" | "authenticated" | "logged-in" | "logged_in" | "everyone"
    ) || subject.starts_with("every project")
}

/// Whether a permission lets its holder change what runs.
fn is_strong(verb: &str) -> bool {
    let verb = verb.to_ascii_lowercase();
    let parts = [
        "admin",
        "edit",
        "clone",
        "configure",
        "*",
        "runscripts",
        "create",
        "delete",
        "ci_access",
        "all",
    ];
    parts.iter().any(|part| verb.contains(part))
}

fn is_reading(verb: &str) -> bool {
    let verb = verb.to_ascii_lowercase();
    matches!(verb.as_str(), "view" | "read")
        || verb.ends_with("/read")
        || verb.ends_with(".read")
        || verb.ends_with("/view")
}
