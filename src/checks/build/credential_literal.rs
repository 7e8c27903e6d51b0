//! # credential-literal
//!
//! A credential stands in clear in a file of the build environment.
//!
//! ## Why it matters
//!
//! Whoever may read the repository, a fork, a backup or a log has it, and it
//! stays in the history when the line is gone.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! variables:
//!   DEPLOY_TOKEN: 9f8a7b6c5d4e
//! ```
//!
//! Accepted: the name of a stored secret: `${{ secrets.DEPLOY_TOKEN }}`, a
//! masked and protected variable of GitLab, `credentials('deploy')`.
//!
//! ## What mends it
//!
//! Change the credential, put the new one into the secret store, and name it
//! there. Rewriting the history does not make the old one safe.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.credential-literal]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-798: use of hard-coded credentials
//! - OWASP CICD-SEC-6: insufficient credential hygiene
//! - CIS Software Supply Chain Security 1.5: secrets are not in code

use super::registry_static_credential::is_of_registry;
use super::secret_baked_into_image::is_baked;
use crate::checks::support::build::{Detection, Seen, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Held, Login, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "credential-literal",
    title: "A credential stands in clear",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "docker",
        "compose",
        "kubernetes",
    ],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new credential in clear.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let literals = side.all(|what| match what {
        What::Literal(it) if !is_of_registry(&it.name) => Some(it),
        _ => None,
    });
    // Logins and images have rules of their own.
    let own = literals.filter(|(seen, _)| !is_login(*seen) && !is_baked(*seen));
    let all = own.map(|(seen, it)| {
        let detection = Detection::at(side, seen, it.name.clone());
        let severity = match detection.exposure.production() {
            true => Severity::Critical,
            false => Severity::High,
        };
        detection
            .severity(severity)
            .says(format!(
                "{} holds a credential in clear: {}",
                seen.whose(),
                excerpt(&it.name, 80)
            ))
            .mend("change the credential, keep the new one in the secret store, and name it there")
    });
    all.collect()
}

fn is_login(seen: Seen<'_>) -> bool {
    let items = seen.job.map_or(&seen.blueprint.items, |job| &job.items);
    let in_clear = |what: &What| {
        matches!(
            what,
            What::Login(Login {
                with: Held::InClear,
                ..
            })
        )
    };
    items
        .iter()
        .any(|item| item.spot == seen.item.spot && in_clear(&item.what))
}
