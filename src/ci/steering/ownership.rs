//! Who may change what, and what may merge by itself: code owners by their
//! lines, the settings of forges and merge bots by their keys.

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::leaves::Leaves;
use super::owners::{Dialect, places};
use super::sheet::Sheet;
use crate::ci::text::decode;
use crate::model::build::{Setting, Spot, What};

/// The name of the setting that holds one line of code owners.
pub(crate) const LINE: &str = "owners.line";

/// Reads code owners and the settings of merge bots.
pub(super) fn read(sheet: &mut Sheet<'_>) {
    if sheet.system() != "ownership" {
        return;
    }
    if sheet.name == "codeowners" {
        code_owners(sheet);
        return;
    }
    let leaves = match sheet.name.rsplit('.').next() {
        Some("toml") => Leaves::of_toml(sheet.content),
        Some("yml" | "yaml" | "json" | "owners" | "owners_aliases") => {
            Leaves::of_yaml(sheet.content)
        }
        _ => return,
    };
    let Some(leaves) = sheet.take(leaves) else {
        return;
    };
    let tool = sheet.tool();
    for (name, leaf) in leaves.named() {
        sheet.setting(
            &format!("ownership.{tool}.{name}"),
            &leaf.value,
            leaf.at_place(),
        );
    }
}

/// The file's own lines, and those of the files that a forge would look for
/// beside it: which one counts depends on them all.
fn code_owners(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    let path = sheet.path.clone();
    lines(sheet, &path, text);
    let dialects = [Dialect::GitHub, Dialect::GitLab, Dialect::Gitea];
    let mut others: Vec<_> = dialects.iter().flat_map(|one| places(*one)).collect();
    others.sort();
    others.dedup();
    for other in others {
        if path.as_slice() == other.as_bytes() || !sheet.closure.has(BStr::new(other)) {
            continue;
        }
        let spot = sheet.spot((1, 1));
        let opened = sheet
            .closure
            .open(&spot, "code owners", BStr::new(other), 1);
        if let Ok(opened) = opened
            && let Ok(text) = decode(&opened.content)
        {
            lines(sheet, &Arc::new(other.as_bytes().into()), text);
        }
    }
}

fn lines(sheet: &mut Sheet<'_>, path: &Arc<BString>, text: &str) {
    for (number, line) in (1..).zip(text.lines()) {
        // Blank lines and comments count too: a line's position is its order.
        let spot = Spot {
            path: path.clone(),
            line: number,
            column: 1,
        };
        let setting = Setting {
            name: LINE.to_owned(),
            value: line.trim().to_owned(),
        };
        if !line.trim().is_empty() && !line.trim().starts_with('#') {
            sheet.add_at(LINE, spot, What::Setting(setting));
        }
    }
}

impl Sheet<'_> {
    /// The tool that a file belongs to, by its name: `mergify` of `.mergify.yml`.
    pub(super) fn tool(&self) -> String {
        let name = self.name.trim_start_matches('.');
        let end = name.find('.').unwrap_or(name.len());
        let stem = &name[..end];
        // A name that many tools use is told by its folder.
        match stem {
            "config" | "settings" | "policy" => {
                let path = self.path.as_slice();
                let folder = path.rsplit(|byte| *byte == b'/').nth(1).unwrap_or_default();
                let folder = folder.to_str_lossy();
                format!(
                    "{}{stem}",
                    match folder.trim_start_matches('.') {
                        "" => String::new(),
                        folder => format!("{}-", folder.to_ascii_lowercase()),
                    }
                )
            }
            _ => stem.to_owned(),
        }
    }
}
