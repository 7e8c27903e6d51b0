//! Scanners: what they look for, and what they overlook. Keys are told as they
//! stand; which of them weaken a scan, the rule knows.

use super::leaves::{Leaves, Lines};
use super::sheet::Sheet;

/// Reads a scanner's settings and its list of exceptions.
pub(super) fn read(sheet: &mut Sheet<'_>) {
    if sheet.system() != "scanners" && !sheet.is_called(&["osv-scanner.toml"]) {
        return;
    }
    let tool = sheet.tool();
    let name = sheet.name.clone();
    let leaves = match name.rsplit('.').next() {
        _ if is_list(&name) => return exceptions(sheet, &tool),
        Some("toml") => Leaves::of_toml(sheet.content),
        Some("yml" | "yaml" | "json" | "baseline") => Leaves::of_yaml(sheet.content),
        _ if matches!(name.as_str(), ".snyk" | ".whitesource" | ".talismanrc") => {
            Leaves::of_yaml(sheet.content)
        }
        Some("properties") | Some("bandit" | "shellcheckrc") => match sheet.text() {
            Some(text) => Leaves::of_lines(text, Lines::Properties),
            None => return,
        },
        // Another form, such as HCL or Rego: that it changed is all that is known.
        _ => return sheet.program("scanner"),
    };
    let Some(leaves) = sheet.take(leaves) else {
        return;
    };
    for (name, leaf) in leaves.named() {
        let name = format!("scanner.{tool}.{name}");
        // Java's lists stand in one value.
        let list = sheet.name.ends_with(".properties") && leaf.value.contains(',');
        let parts = if list {
            leaf.value.split(',').collect()
        } else {
            vec![leaf.value.as_str()]
        };
        for part in parts {
            sheet.setting(&name, part.trim(), leaf.at_place());
        }
    }
}

fn is_list(name: &str) -> bool {
    // `.trivyignore.yaml` is a list with keys.
    name.ends_with("ignore") || name.ends_with("ignore.txt") || name == ".nsprc"
}

fn exceptions(sheet: &mut Sheet<'_>, tool: &str) {
    let Some(text) = sheet.text() else {
        return;
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split(" #").next().unwrap_or(line).trim();
        if !line.is_empty() && !line.starts_with(['#', ';']) {
            sheet.setting(&format!("scanner.{tool}.ignore"), line, (number, 1));
        }
    }
}
