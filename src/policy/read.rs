//! From text to a policy: syntax, shape, names across the file, keys. All
//! problems of all stages are reported together.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::document::Document;
use super::file::{PolicyFile, PrincipalTable};
use super::keys::{self, People};
use super::place::{KeyPath, Spots};
use super::problem::{Problem, Problems};
use super::strict::{self, Formatted};
use super::{Policy, assemble, references};

/// Reads the operator's layer.
pub(crate) fn read(name: &str, text: &str, folder: &Path) -> Result<Policy, Problems> {
    let mut problems = Vec::new();
    let document = Document::parse(name, text, &mut problems);
    let formatted = strict::check(&document, &mut problems);
    if problems.iter().any(Problem::is_error) {
        problems.extend(guess(&document, &formatted, folder));
        return Err(Problems::in_order(problems));
    }
    let file = typed(&document.value, &document.spots)?;
    finish(file, document.spots, &formatted, folder, problems)
}

/// The typed form of a document that the strict reader found nothing wrong with.
pub(crate) fn typed(value: &Value, spots: &Spots) -> Result<PolicyFile, Problems> {
    PolicyFile::deserialize_from(value).map_err(|why| {
        let problem = spots
            .value(&KeyPath::root())
            .error(format!("the policy cannot be read: {why}"));
        Problems(vec![problem.with_help(
            "the schema should have caught this; please report it",
        )])
    })
}

/// Checks names and keys, and puts the policy together.
fn finish(
    file: PolicyFile,
    spots: Spots,
    formatted: &[Formatted],
    folder: &Path,
    mut problems: Vec<Problem>,
) -> Result<Policy, Problems> {
    references::names(&file, formatted, &spots, &mut problems);
    references::rules(&file, &spots, &mut problems);
    let people = keys::people(&file, &spots, folder, &mut problems);
    assemble::policy(file, spots, people, folder, problems)
}

/// The same for a merged document whose people may not have changed.
pub(crate) fn finish_merged(
    document: Document,
    before: &Policy,
    mut problems: Vec<Problem>,
) -> Result<Policy, Problems> {
    let formatted = strict::check(&document, &mut problems);
    let file = typed(&document.value, &document.spots)?;
    let old = &before.file;
    let same =
        file.principals == old.principals && file.teams == old.teams && file.trust == old.trust;
    if !same {
        return finish(file, document.spots, &formatted, &before.folder, problems);
    }
    references::names(&file, &formatted, &document.spots, &mut problems);
    references::rules(&file, &document.spots, &mut problems);
    let people = People {
        directory: before.directory.clone(),
        roots: before.roots.clone(),
    };
    assemble::policy(file, document.spots, people, &before.folder, problems)
}

/// What the later stages would object to in a file that an earlier one refuses:
/// sections that cannot be read are left out, and only errors count.
fn guess(document: &Document, formatted: &[Formatted], folder: &Path) -> Vec<Problem> {
    let Some(file) = readable_sections(&document.value) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    references::names(&file, formatted, &document.spots, &mut problems);
    references::rules(&file, &document.spots, &mut problems);
    keys::people(&file, &document.spots, folder, &mut problems);
    problems.retain(|problem| problem.is_error() && document.is_worth_telling(problem));
    problems
}

fn readable_sections(value: &Value) -> Option<PolicyFile> {
    let mut kept = Map::new();
    kept.insert("version".to_owned(), json!(1));
    for (key, section) in value.as_object()? {
        let section = if key == "principals" {
            readable_principals(section)?
        } else {
            section.clone()
        };
        let mut attempt = kept.clone();
        attempt.insert(key.clone(), section);
        if key != "version" && PolicyFile::deserialize_from(&Value::Object(attempt.clone())).is_ok()
        {
            kept = attempt;
        }
    }
    PolicyFile::deserialize_from(&Value::Object(kept)).ok()
}

/// A principal that cannot be read stays as a name, so that others may name it.
fn readable_principals(section: &Value) -> Option<Value> {
    let read = |table: &Value| serde_json::from_value::<PrincipalTable>(table.clone()).is_ok();
    let entries = section.as_object()?.iter();
    let kept = entries.map(|(name, table)| {
        (
            name.clone(),
            if read(table) {
                table.clone()
            } else {
                json!({})
            },
        )
    });
    Some(Value::Object(kept.collect()))
}

impl PolicyFile {
    fn deserialize_from(value: &Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(value.clone())
    }
}
