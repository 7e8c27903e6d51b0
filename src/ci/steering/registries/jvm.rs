//! Maven and Gradle.
//!
//! <https://maven.apache.org/settings.html>, <https://docs.gradle.org/current/userguide/declaring_repositories.html>.

use super::super::leaves::Leaves;
use super::super::sheet::Sheet;
use super::text;
use crate::model::build::RegistryKind::{Besides, Instead, Unverified};

pub(super) fn maven(sheet: &mut Sheet<'_>) {
    let Some(leaves) = text(sheet, Leaves::of_xml) else {
        return;
    };
    for leaf in &leaves.0 {
        let parent = leaf.keys.iter().rev().nth(1).map_or("", String::as_str);
        let at = leaf.at_place();
        match (parent, leaf.key()) {
            ("mirror", "url") => sheet.registry("maven", Instead, ("mirror", &leaf.value), at),
            ("repository" | "pluginRepository", "url")
                if !leaf.keys.iter().any(|key| key == "distributionManagement") =>
            {
                sheet.registry("maven", Besides, (parent, &leaf.value), at);
            }
            (_, "checksumPolicy") if leaf.value != "fail" => {
                let said = format!("checksumPolicy {}", leaf.value);
                sheet.registry("maven", Unverified, ("checksumPolicy", &said), at);
            }
            ("server" | "proxy", "password" | "passphrase") if !leaf.value.starts_with('{') => {
                sheet.literal_in(leaf);
            }
            ("proxy", "host") => sheet.setting("toolchain.maven.proxy", &leaf.value, at),
            _ => {}
        }
    }
}

/// A Gradle script is a program; only addresses that stand in it plainly are told.
pub(super) fn gradle(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.starts_with("//") || line.starts_with('*') {
            continue;
        }
        let names = line.starts_with("maven")
            || line.starts_with("url")
            || line.starts_with("setUrl")
            || line.starts_with("ivy");
        let address = line
            .split(['"', '\''])
            .find(|part| part.starts_with("https://") || part.starts_with("http://"));
        if let Some(address) = address.filter(|_| names) {
            sheet.registry("maven", Besides, ("repositories", address), (number, 1));
        }
        if line.replace(' ', "").contains("llowInsecureProtocol=true")
            || line.contains("allowInsecureProtocol true")
        {
            let said = "allowInsecureProtocol = true";
            sheet.registry("maven", Unverified, ("repositories", said), (number, 1));
        }
    }
}
