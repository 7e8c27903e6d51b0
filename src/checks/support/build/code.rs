//! Code from elsewhere in two versions: which use is which.

use std::collections::HashMap;

use super::{Seen, Side};
use crate::model::build::{CodeKind, CodeSource, CodeUse, What};

/// Code of other repositories that CI runs. A downstream pipeline of GitLab is
/// no code, and a submodule is pinned by the tree itself.
pub(crate) fn foreign_code<'a>(side: Side<'a>) -> impl Iterator<Item = (Seen<'a>, &'a CodeUse)> {
    let found = side.all(|what| match what {
        What::Code(code) if matches!(code.source, CodeSource::Elsewhere { .. }) => Some(code),
        _ => None,
    });
    found.filter(|(seen, code)| match code.kind {
        CodeKind::Workflow => seen.blueprint.system == "github-actions",
        CodeKind::Submodule => false,
        _ => true,
    })
}

/// Who owns code: `host/owner`, or the whole name if it has one part. In lower case.
pub(crate) fn owner(code: &CodeUse) -> String {
    let CodeSource::Elsewhere { host, name, .. } = &code.source else {
        return String::new();
    };
    let owner = name.split('/').next().unwrap_or(name);
    let host = if host.is_empty() {
        String::new()
    } else {
        format!("{host}/")
    };
    format!("{host}{owner}").to_ascii_lowercase()
}

/// The code of an earlier version, by where it is used.
pub(crate) struct Earlier<'a>(HashMap<(String, String), Vec<&'a CodeUse>>);

impl<'a> Earlier<'a> {
    /// Of one version.
    pub(crate) fn new(side: Side<'a>) -> Self {
        let mut all: HashMap<_, Vec<_>> = HashMap::new();
        for (seen, code) in foreign_code(side) {
            for place in places(seen) {
                all.entry((place, name(code))).or_default().push(code);
            }
        }
        Self(all)
    }

    /// The earlier uses of the same code: in the same job, else in the same
    /// file, else anywhere.
    pub(crate) fn of(&self, seen: Seen<'_>, code: &CodeUse) -> &[&'a CodeUse] {
        let found = places(seen)
            .into_iter()
            .find_map(|place| self.0.get(&(place, name(code))));
        found.map(Vec::as_slice).unwrap_or_default()
    }
}

fn name(code: &CodeUse) -> String {
    code.source.to_string().to_ascii_lowercase()
}

fn places(seen: Seen<'_>) -> [String; 3] {
    let job = seen.job.map_or("", |job| &job.slot);
    let path = &seen.blueprint.path;
    [format!("{path}\n{job}"), path.to_string(), String::new()]
}
