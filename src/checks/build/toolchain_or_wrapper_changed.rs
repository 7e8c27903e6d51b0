//! # toolchain-or-wrapper-changed
//!
//! Another program builds, or a program runs by itself.
//!
//! ## Why it matters
//!
//! Before a build runs a line of one's own, a wrapper has fetched a build tool, a
//! toolchain file has chosen a compiler, and hooks have run. Whoever changes these
//! runs code in every build and on every developer's machine. A new version from
//! the same place is no news; another place, a checksum that is gone, another
//! binary, or a hook that was not there is.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```text
//! distributionUrl=https\\://mirror.example/gradle-8.7-bin.zip
//! ```
//!
//! where `services.gradle.org` and a checksum stood.
//!
//! Accepted: the next version from the same host with its checksum.
//!
//! ## What mends it
//!
//! Take the change back, or let somebody agree who knows the other program. Keep
//! `distributionSha256Sum` beside every `distributionUrl`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.toolchain-or-wrapper-changed]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CWE-494: download of code without integrity check
//! - SLSA build track: the build platform runs what the source defines

use crate::checks::support::build::{Detection, Side, Switch, compared, switches};
use crate::checks::{CheckMeta, Objections};
use crate::ci::steering::url::host;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "toolchain-or-wrapper-changed",
    title: "Another program builds, or a program runs by itself",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["wrappers", "toolchains", "build-tools", "registries", "git"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every other program that builds, and every new one that runs by itself.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let all =
        ["wrapper.", "toolchain.", "lifecycle."].map(|prefix| switches(before, after, prefix));
    let all: Vec<_> = all.into_iter().flatten().collect();
    all.iter().filter_map(|one| say(after, one)).collect()
}

fn say(after: Side<'_>, one: &Switch<'_>) -> Option<Detection> {
    let (severity, message) = judge(one)?;
    let detection = one.detection(
        after,
        format!("{} {}", one.name, one.to().unwrap_or_default()),
    )?;
    Some(
        detection
            .severity(severity)
            .says(message)
            .mend("take it back, or let somebody agree who knows the program"),
    )
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of switch")]
fn judge(one: &Switch<'_>) -> Option<(Severity, String)> {
    let value = |value: Option<&str>| excerpt(value.unwrap_or_default(), 100);
    let (from, to) = (value(one.from()), value(one.to()));
    let name = excerpt(one.name, 80);
    Some(match one.name {
        "wrapper.distribution" => match (one.from(), one.to()) {
            (Some(from), Some(to)) if host(from) == host(to) => return None,
            (_, None) => return None,
            (None, Some(_)) => (Severity::Low, format!("the build tool comes from {to}")),
            _ => (
                Severity::High,
                format!("the build tool comes from {to} instead of {from}"),
            ),
        },
        "wrapper.checksum" => match one.to() {
            None => (
                Severity::High,
                "the build tool's checksum is no longer verified".to_owned(),
            ),
            Some(_) => return None,
        },
        "wrapper.validates-url" if one.to() == Some("false") => (
            Severity::Medium,
            "the build tool's address is no longer validated".to_owned(),
        ),
        "wrapper.program" => (Severity::Medium, format!("{to} builds instead of `{from}`")),
        "wrapper.plugin" | "wrapper.extension" => {
            one.to()?;
            (Severity::High, format!("every build loads {to}"))
        }
        "wrapper.option" => {
            let to_code = [
                "-javaagent",
                "-agentpath",
                "-Xbootclasspath",
                "-D",
                "-s",
                "-gs",
                "--settings",
            ];
            let loads = one.to()?;
            if !to_code.iter().any(|option| loads.starts_with(option)) {
                return None;
            }
            (
                Severity::Medium,
                format!("every build is started with {to}"),
            )
        }
        "toolchain.path" => {
            one.to()?;
            (
                Severity::High,
                format!(
                    "the toolchain of the folder {to} builds, which the repository itself brings"
                ),
            )
        }
        "toolchain.hook" => {
            one.to()?;
            (Severity::High, format!("`{to}` runs by itself"))
        }
        "toolchain.packageManager" => {
            one.to()?;
            (Severity::Medium, format!("the package manager is {to}"))
        }
        _ if one.name.starts_with("wrapper.program.") => binary(one, &name)?,
        _ if one.name.starts_with("wrapper.hook.") => {
            one.to()?;
            (
                Severity::Low,
                format!(
                    "the hook {} is another",
                    excerpt(&one.name["wrapper.hook.".len()..], 60)
                ),
            )
        }
        _ if one.name.starts_with("lifecycle.") => {
            one.to()?;
            let when = one.name.strip_prefix("lifecycle.").unwrap_or_default();
            (
                Severity::Medium,
                format!("`{to}` runs by itself ({})", excerpt(when, 60)),
            )
        }
        _ if one.name.starts_with("toolchain.cargo.") => {
            one.to()?;
            (
                Severity::High,
                format!(
                    "cargo is told {} = {to}",
                    excerpt(&one.name["toolchain.cargo.".len()..], 60)
                ),
            )
        }
        _ if one.name.starts_with("toolchain.") => {
            one.to()?;
            (Severity::Low, format!("{name} is {to}"))
        }
        _ => return None,
    })
}

/// A wrapper's own program: nobody reads a `.jar`.
fn binary(one: &Switch<'_>, _name: &str) -> Option<(Severity, String)> {
    let file = excerpt(&one.name["wrapper.program.".len()..], 60);
    match (one.from(), one.to()) {
        (_, None) => None,
        (None, Some(_)) => Some((Severity::Low, format!("{file} is new and starts the build"))),
        (Some(_), Some(_)) => Some((
            Severity::Medium,
            format!("{file}, which starts the build, is another program"),
        )),
    }
}
