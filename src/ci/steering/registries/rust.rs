//! Cargo. <https://doc.rust-lang.org/cargo/reference/config.html>.

use super::super::sheet::Sheet;
use super::toml;
use crate::model::build::RegistryKind::{Besides, Instead, Unverified};

pub(super) fn cargo(sheet: &mut Sheet<'_>) {
    let Some(leaves) = toml(sheet) else {
        return;
    };
    for leaf in &leaves.0 {
        let keys: Vec<_> = leaf.keys.iter().map(String::as_str).collect();
        let (at, name) = (leaf.at_place(), leaf.keys.join("."));
        match keys.as_slice() {
            ["source", _, "replace-with"] => {
                let to = leaf.value.as_str();
                let known = ["registry", "git", "directory", "local-registry"];
                let place = known
                    .iter()
                    .find_map(|key| leaves.text_at(&["source", to, key]));
                let registry = leaves.text_at(&["registries", to, "index"]);
                let to = place.or(registry).unwrap_or(to);
                sheet.registry("cargo", Instead, (&name, to), at);
            }
            ["registries", _, "index"] => {
                sheet.registry("cargo", Besides, (&name, &leaf.value), at)
            }
            ["registry", "index"] | ["registry", "default"] => {
                let index = leaves.text_at(&["registries", &leaf.value, "index"]);
                sheet.registry("cargo", Instead, (&name, index.unwrap_or(&leaf.value)), at);
            }
            ["registries", _, "token"] | ["registry", "token"] => sheet.literal_in(leaf),
            ["http", "check-revoke"] if leaf.value == "false" => {
                sheet.registry("cargo", Unverified, (&name, "check-revoke = false"), at);
            }
            ["http", "proxy" | "cainfo"] | ["net", "git-fetch-with-cli"] => {
                sheet.setting(&format!("toolchain.cargo.{name}"), &leaf.value, at);
            }
            ["patch", ..] if leaf.key() == "git" => {
                sheet.registry("cargo", Instead, (&name, &leaf.value), at);
            }
            _ => {}
        }
    }
}
