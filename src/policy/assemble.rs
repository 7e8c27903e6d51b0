//! Puts a policy together from its checked parts, and digests it.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::file::{CiPathTable, PolicyFile};
use super::keys::People;
use super::patterns::RefPatterns;
use super::place::{KeyPath, Spots};
use super::problem::{Problem, Problems};
use super::waiver::Waiver;
use super::{Limits, Policy, environment, formats};
use crate::ci::{self, ExtraPath};
use crate::model::oid::ObjectId;
use crate::model::verdict::Digest;

/// Separates the digest from any other hash of the same text.
const DIGEST_DOMAIN: &[u8] = b"forgewarden/policy/v1\n";

/// Puts a policy together, or returns all problems if one is an error.
pub(crate) fn policy(
    file: PolicyFile,
    spots: Spots,
    people: People,
    folder: &Path,
    mut problems: Vec<Problem>,
) -> Result<Policy, Problems> {
    let mut parts = Parts {
        spots: &spots,
        problems: &mut problems,
    };
    let protected = parts.take(
        "protected",
        RefPatterns::new(file.protected.iter().map(|text| text.0.as_str())),
    );
    let baseline: Vec<_> = file
        .baseline
        .iter()
        .filter_map(|id| parts.baseline(&id.0))
        .collect();
    let ci_paths: Vec<_> = file
        .ci
        .paths
        .iter()
        .filter_map(|table| parts.take("ci.paths", ci_path(table)))
        .collect();
    let waivers: Vec<_> = file
        .waivers
        .iter()
        .filter_map(|table| parts.take("waivers", Waiver::new(table)))
        .collect();
    let sources = parts.take("sources", environment::sources(&file.sources, folder));
    let zones = parts.take("zones", environment::zones(&file.zones));
    let effective = serde_json::to_value(&file).map_err(|why| why.to_string());
    let effective = parts.take("version", effective);
    let notices = Problems::in_order(problems);
    let (Some(protected), Some(sources), Some(zones)) = (protected, sources, zones) else {
        return Err(notices);
    };
    let (Some(effective), false) = (effective, notices.any_error()) else {
        return Err(notices);
    };
    Ok(Policy {
        digest: digest(&effective),
        directory: people.directory,
        roots: people.roots,
        checks: file.checks.clone(),
        no_passwords_on: file.authentication.no_passwords_on.clone(),
        protected,
        baseline,
        ci_paths,
        waivers,
        sources: Arc::new(sources),
        zones: Arc::new(zones),
        limits: Limits::from(&file.limits),
        notices: notices.0,
        file,
        effective,
        spots,
        folder: folder.to_owned(),
    })
}

struct Parts<'a> {
    spots: &'a Spots,
    problems: &'a mut Vec<Problem>,
}

impl Parts<'_> {
    /// The strict reader has checked every text; should it have missed one,
    /// the policy is refused.
    fn take<T>(&mut self, section: &str, part: Result<T, String>) -> Option<T> {
        let spot = self.spots.key(&KeyPath::from(section));
        part.map_err(|why| self.problems.push(spot.error(why))).ok()
    }

    fn baseline(&mut self, id: &str) -> Option<ObjectId> {
        self.take(
            "baseline",
            formats::object_id(id).map_err(|why| format!("`{id}` {why}")),
        )
    }
}

fn ci_path(table: &CiPathTable) -> Result<ExtraPath, String> {
    let wanted = table.system.0.as_str();
    let mut systems = ci::SYSTEMS.iter().map(|system| system.key());
    Ok(ExtraPath {
        glob: formats::glob(&table.glob.0).map_err(|why| format!("`{}` {why}", table.glob.0))?,
        system: systems
            .find(|key| *key == wanted)
            .ok_or_else(|| format!("there is no CI system `{wanted}`"))?,
        tier: table.tier,
    })
}

/// SHA-256 over the canonical JSON: defaults spelled out, sets sorted, keys
/// sorted, no space. Comments and layout of the file do not matter.
fn digest(effective: &Value) -> Digest {
    let mut hash = Sha256::new();
    hash.update(DIGEST_DOMAIN);
    hash.update(sorted(effective).to_string());
    Digest(hex::encode(hash.finalize()))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(table) => {
            let mut keys: Vec<_> = table.keys().collect();
            keys.sort();
            let entry = |key: &String| (key.clone(), table.get(key).map_or(Value::Null, sorted));
            Value::Object(keys.into_iter().map(entry).collect())
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        plain => plain.clone(),
    }
}
