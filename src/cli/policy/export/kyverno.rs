//! The trusted images as a ClusterPolicy of Kyverno.
//!
//! <https://kyverno.io/docs/policy-types/cluster-policy/>. Kyverno's `*` goes over
//! `/`, so a `*` that must stay inside a level cannot be said. It matches
//! against `registry/path:tag`, or `registry/path@digest` if there is a digest;
//! versions differ in whether they write the `library/` of `docker.io`.

use serde_json::{Value, json};

use super::pattern::{Inexpressible, Level, levels, spelled};
use super::signers;
use crate::model::sources::TrustedSources;

/// What whoever applies it has to know.
pub(super) const NOTES: &[&str] = &[
    "It is about pods and what makes pods; exclude the namespaces of the cluster itself if they need other images.",
    "A pod's image that several rules are about must meet each.",
];

const NAME: &str = "forgewarden-image-sources";

/// The policy.
pub(super) fn documents(sources: &TrustedSources) -> Result<Vec<Value>, Vec<Inexpressible>> {
    let mut wrong = Vec::new();
    let mut patterns = Vec::new();
    for text in sources.images.texts() {
        match references(text, "sources.images") {
            Ok(list) => patterns.extend(list),
            Err(why) => wrong.push(why),
        }
    }
    patterns.extend(sources.digests.iter().map(|digest| format!("*@{digest}")));
    let mut rules = vec![listed(&patterns)];
    for (index, (images, signers)) in signers(sources).into_iter().enumerate() {
        match references(images, "sources.signers") {
            Ok(list) => rules.push(signed(index + 1, &list, &signers)),
            Err(why) => wrong.push(why),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(vec![json!({
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {
            "name": NAME,
            "annotations": {
                "policies.kyverno.io/title": "Images of trusted sources",
                "policies.kyverno.io/description": "The [sources] of Forgewarden's policy.",
            },
        },
        // Releases differ in where they look for the action; one that finds none only audits.
        "spec": { "validationFailureAction": "Enforce", "background": false, "rules": rules },
    })])
}

/// The references that a pattern stands for, in Kyverno's words.
fn references(text: &str, key: &'static str) -> Result<Vec<String>, Inexpressible> {
    let levels = levels(text, key)?;
    let crossing = levels.iter().enumerate().any(|(at, level)| {
        matches!(level, Level::Star(_))
            && !(at == 2 && at + 1 == levels.len() && of_docker_hub(&levels))
    });
    if crossing {
        return Err(Inexpressible {
            text: text.to_owned(),
            key,
            why: "its `*` goes over `/`, so more images would be admitted",
            help: "write `**`, or one entry for each name",
        });
    }
    let plain = levels.iter().all(|level| matches!(level, Level::Plain(_)));
    let mut all = Vec::new();
    for name in spelled(&levels, "*") {
        if name.ends_with('*') {
            // The star takes tag and digest in.
            all.push(name);
            continue;
        }
        let short = name.strip_prefix("docker.io/library/").filter(|_| plain);
        let short = short.map(|name| format!("docker.io/{name}"));
        for name in [Some(name), short].into_iter().flatten() {
            all.extend([format!("{name}:*"), format!("{name}@*")]);
        }
    }
    Ok(all)
}

/// Names of Docker Hub have two levels, so that there is nothing to go over to.
fn of_docker_hub(levels: &[Level<'_>]) -> bool {
    levels.first() == Some(&Level::Plain("docker.io"))
        && matches!(levels.get(1), Some(Level::Plain(_)))
}

fn pods() -> Value {
    json!({ "any": [{ "resources": { "kinds": ["Pod"] } }] })
}

fn listed(patterns: &[String]) -> Value {
    let kinds = ["containers", "initContainers", "ephemeralContainers"];
    let conditions = kinds.map(|kind| {
        json!({
            "key": format!("{{{{ images.{kind}.*.reference || `[]` }}}}"),
            "operator": "AnyNotIn",
            "value": patterns,
        })
    });
    json!({
        "name": "trusted-image-sources",
        "match": pods(),
        "validate": {
            "failureAction": "Enforce",
            "message": "An image is not from a source that the policy trusts.",
            "deny": { "conditions": { "any": conditions } },
        },
    })
}

fn signed(
    number: usize,
    references: &[String],
    signers: &[&crate::model::sources::Signer],
) -> Value {
    let entries = signers.iter().map(|signer| {
        // `*` in a subject stands for any text here as there.
        json!({ "keyless": { "issuer": signer.issuer, "subject": signer.identity } })
    });
    json!({
        "name": format!("signed-images-{number}"),
        "match": pods(),
        "verifyImages": [{
            "imageReferences": references,
            "failureAction": "Enforce",
            "required": true,
            "mutateDigest": true,
            "verifyDigest": true,
            "attestors": [{ "count": 1, "entries": entries.collect::<Vec<_>>() }],
        }],
    })
}
