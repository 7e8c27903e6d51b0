//! # oidc-trust-widened
//!
//! A short-lived identity can be had by more jobs, or for more.
//!
//! ## Why it matters
//!
//! Clouds and registries trust the identity that a forge vouches for. A job that
//! gains the right to ask for one, an audience that changes, or a subject that
//! loses its branch or environment lets more people be whom the cloud trusts.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//!  deploy:
//!    id_tokens:
//!      AWS_TOKEN:
//! -      aud: https://aws.acme.example
//! +      aud: https://gitlab.com
//! ```
//!
//! Accepted: the same token in a job of another name; a narrower subject.
//!
//! ## What mends it
//!
//! Give the right only to the job that needs it, with the audience of one
//! service and a subject that names the branch or environment.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.oidc-trust-widened]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-2: inadequate identity and access management
//! - OWASP CICD-SEC-6: insufficient credential hygiene
//! - NIST SP 800-204D 5.1: short-lived credentials for pipelines
//! - CWE-266: incorrect privilege assignment

use crate::checks::support::build::{Detection, Seen, Side, compared, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Identity, Item, Job, Level, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "oidc-trust-widened",
    title: "A short-lived identity can be had by more jobs, or for more",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every right to an identity that a job gains or widens.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

type At<'a> = (&'a Blueprint, &'a Job);

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let mut all = Vec::new();
    for pair in pairs(before, after) {
        let Some(now) = pair.after else { continue };
        let old = pair.before.map(|(_, job)| job);
        all.extend(right_gained(after, old, now));
        if let Some(old) = old {
            all.extend(audience_changed(after, old, now));
            all.extend(subject_widened(after, old, now));
        }
    }
    all
}

/// The right to ask the forge for an identity.
fn right_gained(after: Side<'_>, old: Option<&Job>, (blueprint, now): At<'_>) -> Option<Detection> {
    let item = right(now)?;
    if old.is_some_and(|old| right(old).is_some()) {
        return None;
    }
    let seen = Seen {
        blueprint,
        job: Some(now),
        item,
    };
    let detection = Detection::at(after, seen, "id-token");
    let severity = match detection.exposure.open_to_outsiders() {
        true => Severity::High,
        false => Severity::Medium,
    };
    Some(
        detection
            .severity(severity)
            .says(format!("{} may ask for an identity that clouds and registries trust (id-token: write)", now.title))
            .mend("give `id-token: write` only to the job that logs in with it, and let the cloud's role name this repository, branch and environment"),
    )
}

fn right(job: &Job) -> Option<&Item> {
    job.items.iter().find(|item| match &item.what {
        What::Permission(it) => {
            it.level == Level::Write && matches!(it.scope.as_str(), "id-token" | "*")
        }
        _ => false,
    })
}

fn identities(job: &Job) -> impl Iterator<Item = (&Item, &Identity)> {
    job.items.iter().filter_map(|item| match &item.what {
        What::Identity(identity) => Some((item, identity)),
        _ => None,
    })
}

/// A token that is made for another audience.
fn audience_changed(after: Side<'_>, old: &Job, (blueprint, now): At<'_>) -> Vec<Detection> {
    let mut all = Vec::new();
    for (item, identity) in identities(now).filter(|(item, _)| item.slot.starts_with("id_tokens/"))
    {
        let mut same = identities(old).filter(|(was, _)| was.slot == item.slot);
        let Some((_, was)) = same.next() else {
            continue;
        };
        if identities(old).any(|(_, was)| was.role == identity.role) {
            continue;
        }
        let seen = Seen {
            blueprint,
            job: Some(now),
            item,
        };
        all.push(
            Detection::at(after, seen, format!("audience {}", identity.role))
                .severity(Severity::Medium)
                .says(format!(
                    "{} asked for a token for {} and asks for one for {} now",
                    now.title,
                    shown(&was.role),
                    shown(&identity.role)
                ))
                .mend("keep the audience of the one service that the token is for"),
        );
    }
    all
}

fn shown(audience: &str) -> String {
    match audience {
        "" => "no audience".to_owned(),
        text => excerpt(text, 80),
    }
}

/// A subject that stands for more than the one before.
fn subject_widened(after: Side<'_>, old: &Job, (blueprint, now): At<'_>) -> Vec<Detection> {
    let mut all = Vec::new();
    for (item, identity) in identities(now) {
        let same = identities(old)
            .find(|(_, was)| (was.cloud, &was.role) == (identity.cloud, &identity.role));
        let Some(Some(was)) = same.map(|(_, was)| was.subject.as_deref()) else {
            continue;
        };
        let wider = match identity.subject.as_deref() {
            None => true,
            Some(subject) => {
                subject != was && subject.matches('*').count() > was.matches('*').count()
            }
        };
        if wider {
            let seen = Seen {
                blueprint,
                job: Some(now),
                item,
            };
            let subject = identity.subject.as_deref().unwrap_or("anybody");
            all.push(
                Detection::at(after, seen, format!("subject {}", identity.role))
                    .severity(Severity::High)
                    .says(format!(
                        "the identity {} could be had by {} and can be by {} now",
                        excerpt(&identity.role, 80),
                        excerpt(was, 80),
                        excerpt(subject, 80)
                    ))
                    .mend("name the branch or environment in the subject again"),
            );
        }
    }
    all
}
