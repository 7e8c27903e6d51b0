//! # submodule-source-changed
//!
//! A submodule comes from another place, or runs a command.
//!
//! ## Why it matters
//!
//! A submodule is code of another repository in the middle of one's own. Its address
//! and its branch decide whose; `update = !command` runs a command on every
//! machine that updates it.
//!
//! Git LFS is the same for files: `.lfsconfig` can name another server.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```text
//! [submodule "libs/crypto"]
//!     path = libs/crypto
//!     url = https://github.com/mallory/crypto
//! ```
//!
//! where `https://github.com/acme/crypto` stood.
//!
//! Accepted: a new submodule from a source of `[sources] code`; the same address with `.git` at its end.
//!
//! ## What mends it
//!
//! Take the address back, or ask the policy's owner to add the repository to
//! `[sources] code`. Remove `update = !…`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.submodule-source-changed]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - gitmodules(5)
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - OWASP CICD-SEC-3: dependency chain abuse

use crate::checks::support::build::{
    Detection, Seen, Side, Switch, compared_or_alone, introduced, switches,
};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeKind, CodeSource, CodeUse, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "submodule-source-changed",
    title: "A submodule comes from another place, or runs a command",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["git"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every other source of a submodule and every new command.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared_or_alone(&config.terms(), facts, objections, compare);
    introduced(&config.terms(), facts, objections, commands);
}

fn modules(side: Side<'_>) -> Vec<(Seen<'_>, &CodeUse)> {
    let all = side.all(|what| match what {
        What::Code(code) if code.kind == CodeKind::Submodule => Some(code),
        _ => None,
    });
    all.collect()
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let old = modules(before);
    let mut all: Vec<_> = modules(after)
        .into_iter()
        .filter_map(|(seen, code)| {
            let was = old.iter().find(|(one, _)| one.item.slot == seen.item.slot);
            let source = &code.source;
            match was {
                Some((_, was)) if was.source == *source && was.version == code.version => None,
                Some((_, was)) if was.source == *source => {
                    let (from, to) = (excerpt(&was.version, 60), excerpt(&code.version, 60));
                    Some(say(
                        after,
                        seen,
                        source,
                        (
                            Severity::Medium,
                            format!("follows the branch `{to}` instead of `{from}`"),
                        ),
                    ))
                }
                Some((_, was)) => {
                    let from = excerpt(was.source.to_string(), 100);
                    Some(say(
                        after,
                        seen,
                        source,
                        (
                            Severity::High,
                            format!("comes from {} instead of {from}", shown(source)),
                        ),
                    ))
                }
                None if old.iter().any(|(_, was)| was.source == *source) => None,
                None => match after.sources().code(code) {
                    Trust::Listed => None,
                    Trust::NoList => Some(say(
                        after,
                        seen,
                        source,
                        (
                            Severity::Low,
                            format!("is new and comes from {}", shown(source)),
                        ),
                    )),
                    Trust::Unlisted => Some(say(
                        after,
                        seen,
                        source,
                        (
                            Severity::High,
                            format!("comes from {}, which is not trusted", shown(source)),
                        ),
                    )),
                },
            }
        })
        .collect();
    let lfs = switches(before, after, "lfs.");
    all.extend(lfs.iter().filter_map(|one| server(after, one)));
    all
}

fn shown(source: &CodeSource) -> String {
    excerpt(source.to_string(), 100)
}

fn say(
    side: Side<'_>,
    seen: Seen<'_>,
    source: &CodeSource,
    (severity, what): (Severity, String),
) -> Detection {
    let name = seen
        .item
        .slot
        .strip_prefix("submodule/")
        .unwrap_or_default();
    Detection::at(side, seen, format!("{} {source}", seen.item.slot))
        .severity(severity)
        .says(format!("the submodule {} {what}", excerpt(name, 80)))
        .mend("take the address back, or ask the policy's owner to add the repository to [sources] code")
}

fn server(after: Side<'_>, one: &Switch<'_>) -> Option<Detection> {
    if !one.name.ends_with("url") && !one.name.ends_with("access") {
        return None;
    }
    let to = one.to()?;
    let name = excerpt(one.name, 60);
    let detection = one.detection(after, format!("{} {to}", one.name))?;
    Some(
        detection
            .severity(Severity::High)
            .says(format!(
                "{name} is {}: files of Git LFS come from there",
                excerpt(to, 100)
            ))
            .mend("take the line out: without it, files come from the repository's own server"),
    )
}

/// `update = !command`.
fn commands(side: Side<'_>) -> Vec<Detection> {
    let all = side.all(|what| match what {
        What::Setting(it) if it.name.starts_with("submodule.") && it.value.starts_with('!') => {
            Some(it)
        }
        _ => None,
    });
    let all = all.map(|(seen, it)| {
        Detection::at(side, seen, &it.value)
            .severity(Severity::Critical)
            .says(format!(
                "whoever updates the submodule runs `{}`",
                excerpt(&it.value[1..], 100)
            ))
            .mend("remove the line `update = !…`")
    });
    all.collect()
}
