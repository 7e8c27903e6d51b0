//! The trusted images as ClusterImagePolicies of sigstore's policy-controller.
//!
//! <https://docs.sigstore.dev/policy-controller/overview/>. Its globs have `*`
//! inside a level and `**` over levels, as the policy has, and match against
//! the whole reference, in which Docker Hub is `index.docker.io`. A policy that
//! matches an image must be met, each of them; an image that none matches is
//! refused unless the controller's configuration says otherwise.

use serde_json::{Value, json};

use super::pattern::{Inexpressible, levels, spelled};
use super::signers;
use crate::model::sources::{Signer, TrustedSources};

/// What whoever applies it has to know.
pub(super) const NOTES: &[&str] = &[
    "It counts in namespaces with the label policy.sigstore.dev/include=true, and as long as the",
    "ConfigMap config-policy-controller has no-match-policy: deny, which is the default.",
];

/// The policies.
pub(super) fn documents(sources: &TrustedSources) -> Result<Vec<Value>, Vec<Inexpressible>> {
    let (mut wrong, mut list) = (Vec::new(), Vec::new());
    for text in sources.images.texts() {
        match globs(text, "sources.images") {
            Ok(more) => list.extend(more),
            Err(why) => wrong.push(why),
        }
    }
    list.extend(sources.digests.iter().map(|digest| format!("**@{digest}")));
    let trusted = json!([{ "name": "trusted-source", "static": { "action": "pass" } }]);
    let mut all = vec![policy("forgewarden-image-sources", &list, &trusted)];
    for (index, (images, signers)) in signers(sources).into_iter().enumerate() {
        match globs(images, "sources.signers") {
            Ok(list) => {
                let name = format!("forgewarden-signed-images-{}", index + 1);
                all.push(policy(&name, &list, &authority(&signers)));
            }
            Err(why) => wrong.push(why),
        }
    }
    if wrong.is_empty() {
        Ok(all)
    } else {
        Err(wrong)
    }
}

fn policy(name: &str, globs: &[String], authorities: &Value) -> Value {
    let images: Vec<_> = globs.iter().map(|glob| json!({ "glob": glob })).collect();
    json!({
        "apiVersion": "policy.sigstore.dev/v1beta1",
        "kind": "ClusterImagePolicy",
        "metadata": { "name": name },
        "spec": { "mode": "enforce", "images": images, "authorities": authorities },
    })
}

/// One authority that any of the identities meets.
fn authority(signers: &[&Signer]) -> Value {
    let identities = signers
        .iter()
        .map(|signer| match signer.identity.contains('*') {
            false => json!({ "issuer": signer.issuer, "subject": signer.identity }),
            true => {
                json!({ "issuer": signer.issuer, "subjectRegExp": expression(&signer.identity) })
            }
        });
    json!([{
        "name": "signed",
        "keyless": {
            "url": "https://fulcio.sigstore.dev",
            "identities": identities.collect::<Vec<_>>(),
        },
        "ctlog": { "url": "https://rekor.sigstore.dev" },
    }])
}

/// An identity as a regular expression (RE2) for the whole text.
fn expression(identity: &str) -> String {
    let letters = identity.chars().map(|letter| match letter {
        '*' => ".*".to_owned(),
        letter if letter.is_ascii_alphanumeric() || "/:@_-".contains(letter) => letter.to_string(),
        letter if letter.is_ascii() => format!("\\{letter}"),
        letter => letter.to_string(),
    });
    format!("^{}$", letters.collect::<String>())
}

/// The globs that a pattern stands for, for references with a tag or a digest.
fn globs(text: &str, key: &'static str) -> Result<Vec<String>, Inexpressible> {
    let levels = levels(text, key)?;
    let lawful = |letter: char| letter.is_ascii_alphanumeric() || "-_:/*.".contains(letter);
    if !text.chars().all(lawful) {
        return Err(Inexpressible {
            text: text.to_owned(),
            key,
            why: "its globs hold letters, digits and -_:/*.@ only",
            help: "write the name without other letters",
        });
    }
    let mut all = Vec::new();
    for name in spelled(&levels, "**") {
        let name = match name.strip_prefix("docker.io/") {
            Some(rest) => format!("index.docker.io/{rest}"),
            None => name,
        };
        if name.ends_with('*') {
            // The star takes tag and digest in.
            all.push(name);
        } else {
            all.extend([format!("{name}:*"), format!("{name}@*")]);
        }
    }
    Ok(all)
}
