//! # controller-config-weakened
//!
//! A build controller's own configuration protects it less than before.
//!
//! ## Why it matters
//!
//! Who controls the controller controls every build on it. Its configuration
//! as code, the code of its jobs and its list of plugins are files like any
//! other: a change that lets everyone sign up, switches the sandbox off or
//! takes the newest version of a plugin needs no further step to take effect.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//!  jenkins:
//! -  authorizationStrategy: {roleBased: {roles: {}}}
//! +  authorizationStrategy: unsecured
//! ```
//!
//! Accepted: the same setting where it stood before, also in another file.
//!
//! ## What mends it
//!
//! Restore the setting. Pin plugins (`name:version`).
//!
//! ## Configuration
//!
//! ```toml
//! [checks.controller-config-weakened]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-1188: initialization of a resource with an insecure default
//! - OWASP CICD-SEC-7: insecure system configuration
//! - Jenkins handbook: securing Jenkins
//! - CIS Software Supply Chain Security 2.1: build environment

use std::collections::HashMap;

use crate::checks::support::build::{Detection, Seen, Side, compared_or_alone};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeKind, CodeUse, Pin, Setting, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "controller-config-weakened",
    title: "A build controller's own configuration protects it less than before",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["jenkins"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every setting that is weaker than it was.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared_or_alone(&config.terms(), facts, objections, compare);
}

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let mut all = settings(before, after);
    all.extend(removed(before, after));
    all.extend(plugins(before, after));
    all
}

/// How weak a value is, and what it means; `None` if it is not.
fn weakness(setting: &Setting) -> Option<(Severity, &'static str)> {
    let off = setting.value == "false";
    let value = setting.value.as_str();
    Some(match (setting.name.as_str(), value) {
        ("jenkins.authorization", "unsecured") => (Severity::Critical, "anybody may do anything"),
        ("jenkins.authorization", "loggedInUsersCanDoAnything") => {
            (Severity::High, "whoever has logged in may do anything")
        }
        ("jenkins.authorization", "legacy") => (Severity::High, "it uses the legacy strategy"),
        ("jenkins.signup", "true") => (Severity::High, "everybody may sign up"),
        ("jenkins.sandbox", _) if off => (Severity::High, "a pipeline runs outside the sandbox"),
        ("jenkins.job-dsl-sandbox", _) if off => {
            (Severity::High, "job code runs without script security")
        }
        ("jenkins.agent-to-controller", _) if off => {
            (Severity::High, "agents may reach into the controller")
        }
        (
            "jenkins.agent-protocol",
            "JNLP-connect" | "JNLP2-connect" | "JNLP3-connect" | "CLI-connect",
        ) => (Severity::Medium, "it speaks a protocol without encryption"),
        ("jenkins.host-keys", _) if no_host_keys(value) => {
            (Severity::High, "it does not verify the keys of hosts")
        }
        ("jenkins.crumb-issuer", "" | "null") => (
            Severity::High,
            "it has no protection against forged requests",
        ),
        ("jenkins.script-approval", _) => {
            (Severity::High, "a method is approved outside the sandbox")
        }
        ("jenkins.markup", "rawHtml") => (Severity::Medium, "descriptions may hold any markup"),
        _ => return None,
    })
}

fn no_host_keys(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.starts_with("nonverifying") || value.starts_with("nohostkey")
}

fn weak(side: Side<'_>) -> Vec<(Seen<'_>, &Setting, Severity, &'static str)> {
    let settings = side.all(|what| match what {
        What::Setting(setting) => Some((setting, weakness(setting)?)),
        _ => None,
    });
    settings
        .map(|(seen, (setting, (severity, means)))| (seen, setting, severity, means))
        .collect()
}

/// What tells two settings of one name apart.
fn key(setting: &Setting) -> (&str, &str) {
    let own = setting.name == "jenkins.script-approval";
    (&setting.name, if own { &setting.value } else { "" })
}

fn settings<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let mut known: HashMap<(&str, &str), Vec<Severity>> = HashMap::new();
    for (_, setting, severity, _) in weak(before) {
        known.entry(key(setting)).or_default().push(severity);
    }
    let mut all = Vec::new();
    for (seen, setting, severity, means) in weak(after) {
        let old = known.entry(key(setting)).or_default();
        // It was at least as weak before, here or elsewhere.
        if let Some(at) = old.iter().position(|old| *old >= severity) {
            old.swap_remove(at);
            continue;
        }
        let short = setting.name.trim_start_matches("jenkins.");
        let feature = format!("{} {}", setting.name, setting.value);
        all.push(
            Detection::at(after, seen, feature)
                .severity(severity)
                .says(format!(
                    "the controller is weakened: {means} ({short}: {})",
                    excerpt(&setting.value, 80)
                ))
                .mend("restore the setting, or ask the controller's owner to make the change"),
        );
    }
    all
}

/// Protections whose configuration is gone while the rest still stands.
const PROTECTIONS: &[(&str, &str)] = &[
    (
        "jenkins.crumb-issuer",
        "the protection against forged requests (crumbIssuer) is no longer configured",
    ),
    (
        "jenkins.authorization",
        "who may do what (authorizationStrategy) is no longer configured",
    ),
    (
        "jenkins.security-realm",
        "who may log in (securityRealm) is no longer configured",
    ),
];

fn removed<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let all = PROTECTIONS.iter().filter_map(|(name, message)| {
        let had = named(before, name).next()?;
        if named(after, name).next().is_some() {
            return None;
        }
        let mut rest = after.all(|what| {
            matches!(what, What::Setting(it) if it.name.starts_with("jenkins.")).then_some(())
        });
        let (seen, ()) = rest.find(|(seen, ())| seen.blueprint.path == had.blueprint.path)?;
        Some(
            Detection::at(after, seen, format!("{name} removed"))
                .severity(Severity::High)
                .says(*message)
                .mend("restore what was removed"),
        )
    });
    all.collect()
}

fn named<'a>(side: Side<'a>, name: &'a str) -> impl Iterator<Item = Seen<'a>> {
    side.all(move |what| matches!(what, What::Setting(it) if it.name == name).then_some(()))
        .map(|(seen, ())| seen)
}

fn plugins<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let old: Vec<_> = of_plugins(before).map(|(_, plugin)| plugin).collect();
    let loose = of_plugins(after).filter(|(_, plugin)| {
        let was = old.iter().filter(|old| old.source == plugin.source);
        let loosest = was.map(|old| old.pin).min();
        plugin.pin <= Pin::Branch && loosest.is_none_or(|loosest| loosest > Pin::Branch)
    });
    let all = loose.map(|(seen, plugin)| {
        let name = excerpt(plugin.source.to_string(), 80);
        Detection::at(after, seen, format!("plugin {}", plugin.source))
            .severity(Severity::Medium)
            .says(format!(
                "the controller takes whatever version of the plugin {name} is newest"
            ))
            .mend(format!("pin it: `{name}:<version>`"))
    });
    all.collect()
}

fn of_plugins(side: Side<'_>) -> impl Iterator<Item = (Seen<'_>, &CodeUse)> {
    let all = side.all(|what| match what {
        What::Code(code) if code.kind == CodeKind::Plugin => Some(code),
        _ => None,
    });
    all.filter(|(seen, _)| seen.blueprint.system == "jenkins")
}
