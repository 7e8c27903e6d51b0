//! # impostor-commit
//!
//! Code is pinned to a commit that is on no branch or tag of the repository that is named.
//!
//! ## Why it matters
//!
//! Forges keep the commits of all forks together and serve them under the
//! original's name: `actions/checkout@<commit>` may be a commit of a fork that
//! nobody of that project ever saw. It looks like the safest pin there is.
//!
//! This is known only of repositories for which the policy names a mirror, in
//! `[sources] mirrors`: a clone that is kept up to date, with all branches and tags.
//!
//! ## Example
//!
//! With `mirrors = { "actions/checkout" = "/srv/mirrors/checkout.git" }`.
//!
//! Objected to: `uses: actions/checkout@70379aad1a8b40919ce8b382d3cd7d0315cde1d0 # v6.0.2`,
//! if no branch or tag of the mirror leads to that commit.
//!
//! Accepted: the commit that the tag `v6.0.2` names.
//!
//! ## What mends it
//!
//! Pin the commit of a released tag: `git ls-remote https://github.com/actions/checkout v6.0.2`.
//! If the commit is newer than the mirror, update it: `git -C MIRROR remote update`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.impostor-commit]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - SLSA v1.1 threats: use of a compromised dependency

use crate::checks::support::build::{Detection, Seen, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeSource, CodeUse, Pin, PinStanding, What};
use crate::model::facts::Facts;
use crate::model::finding::{Place, Severity};
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "impostor-commit",
    title: "Code is pinned to a commit that its repository does not have",
    severity: Severity::Critical,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new pin that is on no ref of its mirror.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
    for pin in &facts.pins {
        let (Err(why), Some(update)) = (&pin.on_a_ref, facts.updates.first()) else {
            continue;
        };
        let what = format!(
            "whether {} has the commit {} is not known: {why}",
            shown(pin),
            pin.commit
        );
        objections.cannot_judge(Place::of_ref(&update.update.name), what);
    }
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let pinned = side.all(|what| match what {
        What::Code(code) if code.pin == Pin::Exact => Some(code),
        _ => None,
    });
    let impostors = pinned.filter_map(|(seen, code)| {
        let pin = side.facts.pins.iter().find(|pin| is_of(pin, code))?;
        (pin.on_a_ref == Ok(false)).then(|| detection(side, seen, pin))
    });
    impostors.collect()
}

fn is_of(pin: &PinStanding, code: &CodeUse) -> bool {
    let CodeSource::Elsewhere { name, .. } = &code.source else {
        return false;
    };
    *name == pin.repository && code.version == pin.commit
}

fn detection(side: Side<'_>, seen: Seen<'_>, pin: &PinStanding) -> Detection {
    let (whose, name) = (seen.whose(), shown(pin));
    Detection::at(side, seen, format!("{}@{}", pin.repository, pin.commit))
        .severity(Severity::Critical)
        .says(format!(
            "{whose} uses {name} at {}, which is on no branch or tag of it",
            excerpt(&pin.commit, 12)
        ))
        .mend(format!(
            "pin the commit of a tag: git ls-remote --tags https://github.com/{name}"
        ))
}

fn shown(pin: &PinStanding) -> String {
    excerpt(&pin.repository, 80)
}
