//! SARIF 2.1.0 (OASIS), for code scanning and other readers of findings.
//!
//! A finding without a path has a logical location: its ref and commit. A
//! waived finding is a suppressed result; what could not be judged is a
//! notification of a run that did not succeed.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::exit_code;
use super::wording::{check_title, visible};
use crate::checks;
use crate::model::finding::{Effect, Finding, Severity};
use crate::model::verdict::{Conclusion, Verdict};

/// Where the schema of the format is published.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name of our fingerprint; a new way to compute it is a new name.
const FINGERPRINT: &str = "forgewarden/v1";

/// The verdict as SARIF, indented, with a line break at the end.
///
/// # Errors
///
/// None that a verdict can cause today; a serialisation error is not hidden.
pub fn render(verdict: &Verdict) -> Result<String, serde_json::Error> {
    render_with(verdict, Some("new"))
}

/// The same of what already stands, which nothing is compared with.
///
/// # Errors
///
/// As there.
pub fn render_standing(verdict: &Verdict) -> Result<String, serde_json::Error> {
    render_with(verdict, None)
}

fn render_with(verdict: &Verdict, state: Option<&str>) -> Result<String, serde_json::Error> {
    let mut rules: Vec<&'static str> = Vec::new();
    for finding in &verdict.findings {
        if !rules.contains(&finding.check) {
            rules.push(finding.check);
        }
    }
    let results = verdict
        .findings
        .iter()
        .map(|finding| result(finding, &rules, state));
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Forgewarden",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|id| rule(id)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "SRCROOT": {
                "description": { "text": "The root of the repository." }
            }},
            "invocations": [invocation(verdict)],
            "results": results.collect::<Vec<_>>(),
            "properties": {
                "conclusion": verdict.conclusion,
                "repository": verdict.repository,
                "subject": verdict.subject,
                "policyDigest": verdict.policy_digest,
                "trustDigest": verdict.trust_digest,
                "capabilities": verdict.capabilities,
                "moreCapabilities": verdict.more_capabilities,
            },
        }],
    });
    let mut text = serde_json::to_string_pretty(&log)?;
    text.push('\n');
    Ok(text)
}

fn invocation(verdict: &Verdict) -> Value {
    let notes = verdict
        .gaps
        .iter()
        .map(|gap| json!({ "level": "error", "message": { "text": visible(&gap.0) } }));
    json!({
        "executionSuccessful": matches!(verdict.conclusion, Conclusion::Pass | Conclusion::Fail),
        "exitCode": exit_code(verdict.conclusion),
        "toolExecutionNotifications": notes.collect::<Vec<_>>(),
    })
}

fn rule(id: &str) -> Value {
    let mut rule = Map::new();
    rule.insert("id".into(), json!(id));
    rule.insert(
        "shortDescription".into(),
        json!({ "text": check_title(id) }),
    );
    if let Some(check) = checks::find(id) {
        let help = check.documentation();
        rule.insert("help".into(), json!({ "text": help, "markdown": help }));
        let severity = security_severity(check.meta.severity);
        rule.insert(
            "properties".into(),
            json!({ "tags": ["security"], "security-severity": severity }),
        );
    }
    Value::Object(rule)
}

/// GitHub's scale: over 7.0 is high, over 4.0 medium, over 0 low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "0.0",
        Severity::Low => "2.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}

/// SARIF's scale of importance, 0 to 100.
fn rank(severity: Severity) -> f32 {
    match severity {
        Severity::Info => 10.0,
        Severity::Low => 30.0,
        Severity::Medium => 55.0,
        Severity::High => 80.0,
        Severity::Critical => 95.0,
    }
}

fn result(finding: &Finding, rules: &[&'static str], state: Option<&str>) -> Value {
    let index = rules.iter().position(|id| *id == finding.check);
    // What blocks is an error whatever it is called elsewhere.
    let level = match (finding.effect, finding.severity) {
        (Effect::Block, _) => "error",
        (Effect::Warn, Severity::Info | Severity::Low) => "note",
        (Effect::Warn, _) => "warning",
    };
    let remedy: Vec<_> = finding.remedy.lines().map(visible).collect();
    let text = format!("{}\n\n{}", visible(&finding.message), remedy.join("\n"));
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": level,
        "rank": rank(finding.severity),
        "message": { "text": text.trim_end() },
        "locations": [location(finding)],
        "partialFingerprints": { FINGERPRINT: fingerprint(finding) },
        "properties": { "effect": finding.effect, "severity": finding.severity },
    });
    if let Some(state) = state {
        result["baselineState"] = json!(state);
    }
    if let Some(waiver) = &finding.waiver {
        result["suppressions"] = json!([{
            "kind": "external",
            "status": "accepted",
            "justification": format!("{} (until {})", visible(&waiver.reason), visible(&waiver.until)),
        }]);
    }
    result
}

fn location(finding: &Finding) -> Value {
    let reference = finding.subject.to_string();
    let name = match finding.commit {
        Some(commit) => format!("{reference}@{commit}"),
        None => reference,
    };
    let mut location =
        json!({ "logicalLocations": [{ "fullyQualifiedName": name, "kind": "resource" }] });
    if let Some(path) = &finding.path {
        let mut physical = json!({
            "artifactLocation": { "uri": relative_uri(path), "uriBaseId": "SRCROOT" }
        });
        if let Some(line) = finding.line {
            physical["region"] = json!({ "startLine": line });
            if let Some(column) = finding.column {
                physical["region"]["startColumn"] = json!(column);
            }
        }
        location["physicalLocation"] = physical;
    }
    location
}

/// A path as a relative reference (RFC 3986): everything but unreserved
/// characters and slashes is percent-encoded, bytes that are not UTF-8 too.
fn relative_uri(path: &[u8]) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

/// The same for the same objection wherever its line moves: the check's own,
/// else a commit's by its id, a path's by the path and the message.
fn fingerprint(finding: &Finding) -> String {
    if let Some(own) = &finding.fingerprint {
        return own.clone();
    }
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(finding.check.as_bytes());
    match (&finding.path, finding.commit) {
        (Some(path), _) => {
            part(path);
            part(finding.message.as_bytes());
        }
        (None, Some(commit)) => part(commit.as_bytes()),
        (None, None) => {
            part(finding.subject.as_bstr());
            part(finding.message.as_bytes());
        }
    }
    hex::encode(&hash.finalize()[..16])
}
