//! What a job leaves behind and finds: `artifacts`, `cache`, `release`, `pages`.

use std::rc::Rc;

use super::root::Root;
use crate::ci::draft::Draft;
use crate::ci::values::Val;
use crate::model::build::{Guard, GuardKind, Setting, Transfer, TransferKind, What};

/// Reports that say what a job looks for.
const SCANS: &[&str] = &[
    "sast",
    "secret_detection",
    "dependency_scanning",
    "container_scanning",
    "dast",
    "api_fuzzing",
    "coverage_fuzzing",
    "license_scanning",
    "codequality",
    "cyclonedx",
];

/// `artifacts`.
pub(super) fn artifacts(root: &Root<'_>, draft: &mut Draft, value: &Rc<Val>) {
    for path in root
        .child(value, "paths")
        .map(|it| root.flat(&it))
        .unwrap_or_default()
    {
        let name = path.text().unwrap_or_default();
        transfer(
            draft,
            "artifacts/paths",
            &path,
            (TransferKind::Upload, name, false),
        );
    }
    let Some(reports) = root.child(value, "reports") else {
        return;
    };
    for (name, report) in reports.pairs() {
        let report = root.resolve(report);
        let slot = format!("artifacts/reports/{}", name.text);
        if name.text == "dotenv" {
            for path in root.flat(&report) {
                let text = path.text().unwrap_or_default();
                transfer(draft, &slot, &path, (TransferKind::Variables, text, false));
            }
        }
        let kind = match name.text.as_str() {
            "junit" => GuardKind::Test,
            name if SCANS.contains(&name) => GuardKind::Scan,
            _ => continue,
        };
        let tool = format!("{} report", name.text);
        draft.add(&slot, &name.spot, What::Guard(Guard { kind, tool }));
    }
}

/// `cache`, one or several. One that is shared with unprotected branches comes from less trusted runs.
pub(super) fn cache(root: &Root<'_>, draft: &mut Draft, value: &Rc<Val>) {
    for one in root.flat(value) {
        let key = root.child(&one, "key");
        let name = match &key {
            Some(key) if key.is_map() => {
                let files = root
                    .child(key, "files")
                    .map(|it| root.flat(&it))
                    .unwrap_or_default();
                let files: Vec<_> = files.iter().filter_map(|it| it.text()).collect();
                let prefix = key.text_of("prefix").unwrap_or_default();
                format!("{prefix} {}", files.join(" ")).trim().to_owned()
            }
            Some(key) => key.text().unwrap_or("default").to_owned(),
            None => "default".to_owned(),
        };
        let shared = root.child(&one, "unprotect").is_some_and(|it| it.is_true());
        transfer(draft, "cache", &one, (TransferKind::Cache, &name, shared));
    }
}

fn transfer(
    draft: &mut Draft,
    slot: &str,
    value: &Val,
    (kind, name, foreign): (TransferKind, &str, bool),
) {
    let name = name.to_owned();
    let transfer = Transfer {
        kind,
        name,
        foreign,
    };
    draft.add(slot, &value.spot, What::Transfer(transfer));
}

/// What is published: `release`, `pages`.
pub(super) fn published(root: &Root<'_>, draft: &mut Draft, job: &Val) {
    for key in ["release", "pages"] {
        let Some(value) = root.child(job, key).filter(|it| !it.is_false()) else {
            continue;
        };
        let told = value.text_of("tag_name").or(value.text_of("path_prefix"));
        let setting = Setting {
            name: format!("gitlab.{key}"),
            value: told.unwrap_or_default().to_owned(),
        };
        draft.add(key, &value.spot, What::Setting(setting));
    }
}
