//! Zones that one change touches, and what other scanners say of one.

use std::path::Path;

use forgewarden::ci::sarif;
use forgewarden::policy::Policy;

use super::{Case, accepts, objects};
use crate::support::facts::{FactsBuilder, branch, commit, push, workflow};

pub(super) fn cases() -> Vec<Case> {
    [zones(), imported()].into_iter().flatten().collect()
}

fn zones() -> Vec<Case> {
    let id = "change-spans-zones";
    let touching = |paths: &[&str], policy: &str| {
        let update = branch("main").brings(commit(1));
        let update = paths
            .iter()
            .fold(update, |update, path| update.touches(path));
        in_zones(push([update]), policy)
    };
    let two = "[zones.development]\nlevel = \"development\"\npaths = [\"dev/**\"]\n\
               [zones.production]\nlevel = \"production\"\npaths = [\"prod/**\"]\n";
    vec![
        objects(id, "both", touching(&["dev/a.yaml", "prod/a.yaml"], two)),
        accepts(
            id,
            "one of them",
            touching(&["prod/a.yaml", "prod/b.yaml", "README"], two),
        ),
        accepts(id, "no zones", touching(&["dev/a.yaml", "prod/a.yaml"], "")),
        objects(
            id,
            "a file of the build environment and another",
            in_zones(
                push([branch("main")
                    .brings(commit(1))
                    .changes(workflow("ci.yml").in_commits(&[1]))
                    .touches("prod/a.yaml")]),
                "[zones.ci]\nlevel = \"test\"\npaths = [\".github/**\"]\n\
                 [zones.production]\nlevel = \"production\"\npaths = [\"prod/**\"]\n",
            ),
        ),
    ]
}

fn in_zones(facts: FactsBuilder, policy: &str) -> FactsBuilder {
    let text = format!("version = 1\n{policy}");
    let policy = Policy::parse("policy.toml", &text, Path::new("")).expect("a policy");
    facts.zones(policy.zones)
}

/// A log as zizmor writes it.
fn zizmor(results: &[(&str, &str, u32)]) -> String {
    let results = results.iter().map(|(rule, marked, line)| {
        serde_json::json!({
            "ruleId": format!("zizmor/{rule}"), "level": "error", "kind": "fail",
            "message": {"text": "unpinned action reference\u{202e}\u{1b}[2J"},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": ".github/workflows/ci.yml"},
                "region": {"startLine": line, "startColumn": 15, "snippet": {"text": marked}}}}]
        })
    });
    let results: Vec<_> = results.collect();
    serde_json::json!({"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": "zizmor", "rules": []}},
        "invocations": [{"executionSuccessful": true}], "results": results}]})
    .to_string()
}

/// A log as hadolint writes it: no fingerprint and no snippet.
fn hadolint(results: &[(&str, &str, u32)]) -> String {
    let results = results.iter().map(|(rule, file, line)| {
        serde_json::json!({
            "ruleId": rule, "level": "warning",
            "message": {"text": format!("Always tag the version of an image explicitly, see line {line}")},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": file},
                "region": {"startLine": line, "endLine": line, "startColumn": 1, "endColumn": 1, "sourceLanguage": "dockerfile"}}}]
        })
    });
    let results: Vec<_> = results.collect();
    serde_json::json!({"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": "Hadolint", "shortName": "Hadolint", "rules": []}},
        "results": results, "defaultSourceLanguage": "dockerfile"}]})
    .to_string()
}

/// A log as checkov writes it: levels and scores stand with its rules.
fn checkov(results: &[(usize, &str, Option<&str>)]) -> String {
    let results = results.iter().map(|(index, file, suppressed)| {
        let suppressions: Vec<_> = suppressed
            .iter()
            .map(|why| serde_json::json!({"kind": "external", "justification": why}))
            .collect();
        let rule = ["CKV_DOCKER_3", "CKV2_GHA_1"][*index];
        serde_json::json!({
            "ruleId": rule, "ruleIndex": index, "level": "error",
            "attachments": [], "suppressions": suppressions,
            "message": {"text": "Ensure that a user for the container has been created"},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": file}, "region": {"startLine": 1, "endLine": 2,
                    "snippet": {"text": "FROM debian\nRUN make\n"}}}}]
        })
    });
    let results: Vec<_> = results.collect();
    let rule = |id: &str, score: &str| {
        serde_json::json!({"id": id, "name": id, "defaultConfiguration": {"level": "error"},
            "properties": {"security-severity": score}})
    };
    serde_json::json!({"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": "Checkov", "version": "3.2.0",
            "rules": [rule("CKV_DOCKER_3", "1.0"), rule("CKV2_GHA_1", "0.0")]}},
        "results": results}]})
    .to_string()
}

fn imported() -> Vec<Case> {
    let id = "imported-finding";
    let with = |before: &str, after: &str| {
        let read = |text: &str| sarif::read(text.as_bytes()).expect("SARIF").results;
        push([branch("main").brings(commit(1))]).imports(read(before), read(after))
    };
    let old = ("unpinned-uses", "uses: a/b@v1", 7);
    vec![
        objects(id, "hostile, and new", with(&zizmor(&[]), &zizmor(&[old]))),
        accepts(
            id,
            "it stands lower down",
            with(
                &zizmor(&[old]),
                &zizmor(&[("unpinned-uses", "uses:  a/b@v1", 90)]),
            ),
        ),
        objects(
            id,
            "a second one",
            with(
                &zizmor(&[old]),
                &zizmor(&[old, ("unpinned-uses", "uses: a/b@v1", 9)]),
            ),
        ),
        objects(
            id,
            "another rule at the same place",
            with(
                &zizmor(&[old]),
                &zizmor(&[("template-injection", "uses: a/b@v1", 7)]),
            ),
        ),
        accepts(
            id,
            "it moved to another file",
            with(
                &hadolint(&[("DL3006", "Dockerfile", 1)]),
                &hadolint(&[("DL3006", "image/Dockerfile", 4)]),
            ),
        ),
        objects(
            id,
            "the same in another file as well",
            with(
                &hadolint(&[("DL3006", "Dockerfile", 1)]),
                &hadolint(&[
                    ("DL3006", "Dockerfile", 1),
                    ("DL3006", "image/Dockerfile", 4),
                ]),
            ),
        ),
        objects(
            id,
            "it comes with its own suppression",
            with(&checkov(&[]), &checkov(&[(0, "Dockerfile", Some("fine"))])),
        ),
        accepts(
            id,
            "less bad than what is reported",
            with(
                &checkov(&[]),
                &checkov(&[(1, ".github/workflows/ci.yml", None)]),
            ),
        ),
        accepts(id, "no scanner ran", with(&zizmor(&[]), &zizmor(&[]))),
    ]
}
