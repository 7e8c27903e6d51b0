//! npm, Yarn, pnpm and Bun.
//!
//! <https://docs.npmjs.com/cli/configuring-npm/npmrc>, <https://yarnpkg.com/configuration/yarnrc>,
//! <https://bun.sh/docs/runtime/bunfig>.

use super::super::leaves::{Leaf, Leaves, Lines};
use super::super::sheet::Sheet;
use super::{text, toml, yaml};
use crate::model::build::RegistryKind::{Instead, Unverified};

pub(super) fn npmrc(sheet: &mut Sheet<'_>) {
    let leaves = text(sheet, |text| Leaves::of_lines(text, Lines::Properties));
    for leaf in leaves.unwrap_or_default().0 {
        npm_key(sheet, leaf.key(), &leaf);
    }
}

fn npm_key(sheet: &mut Sheet<'_>, key: &str, leaf: &Leaf) {
    let at = leaf.at_place();
    let last = key.rsplit(':').next().unwrap_or(key);
    match last {
        "registry" => sheet.registry("npm", Instead, (key, &leaf.value), at),
        "strict-ssl" if leaf.value == "false" => {
            sheet.registry("npm", Unverified, (key, "strict-ssl=false"), at);
        }
        "_authToken" | "_auth" | "_password" => {
            sheet.literal_in(leaf);
        }
        "cafile" | "ca" | "proxy" | "https-proxy" | "script-shell" | "node-options"
        | "ignore-scripts" => {
            sheet.setting(&format!("toolchain.npm.{last}"), &leaf.value, at);
        }
        _ => {}
    }
}

/// Yarn 1: a key, a blank, a value in quotes.
pub(super) fn yarnrc(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    for (number, line) in (1..).zip(text.lines()) {
        let Some((key, value)) = line.trim().split_once(char::is_whitespace) else {
            continue;
        };
        let unquote = |text: &str| text.trim().trim_matches('"').to_owned();
        let leaf = Leaf {
            keys: vec![unquote(key)],
            value: unquote(value),
            line: number,
            column: 1,
        };
        match leaf.key() {
            "yarn-path" => sheet.setting("wrapper.program", &leaf.value, (number, 1)),
            _ => npm_key(sheet, leaf.key(), &leaf),
        }
    }
}

pub(super) fn yarnrc_yml(sheet: &mut Sheet<'_>) {
    for leaf in yaml(sheet).unwrap_or_default().0 {
        let (at, name) = (leaf.at_place(), leaf.keys.join("."));
        match leaf.key() {
            "npmRegistryServer" => sheet.registry("npm", Instead, (&name, &leaf.value), at),
            "enableStrictSsl" if leaf.value == "false" => {
                sheet.registry("npm", Unverified, (&name, "enableStrictSsl: false"), at);
            }
            "npmAuthToken" | "npmAuthIdent" => sheet.literal_in(&leaf),
            _ if leaf.keys[0] == "unsafeHttpWhitelist" => {
                sheet.registry("npm", Unverified, (&name, &leaf.value), at);
            }
            "enableScripts" | "checksumBehavior" => {
                sheet.setting(&format!("toolchain.yarn.{name}"), &leaf.value, at)
            }
            _ => {}
        }
    }
}

pub(super) fn bunfig(sheet: &mut Sheet<'_>) {
    for leaf in toml(sheet).unwrap_or_default().0 {
        let (at, name) = (leaf.at_place(), leaf.keys.join("."));
        let address = leaf.is_at(&["install", "registry"])
            || leaf.is_at(&["install", "registry", "url"])
            || leaf.is_at(&["install", "scopes", "*"])
            || leaf.is_at(&["install", "scopes", "*", "url"]);
        match leaf.key() {
            _ if address => sheet.registry("npm", Instead, (&name, &leaf.value), at),
            "token" | "password" => sheet.literal_in(&leaf),
            "preload" => sheet.setting("toolchain.hook", &leaf.value, at),
            _ => {}
        }
    }
}

pub(super) fn pnpm(sheet: &mut Sheet<'_>) {
    for leaf in yaml(sheet).unwrap_or_default().0 {
        let name = leaf.keys.join(".");
        if leaf.keys[0] == "registries" || leaf.is_at(&["registry"]) {
            sheet.registry("npm", Instead, (&name, &leaf.value), leaf.at_place());
        } else if matches!(
            leaf.keys[0].as_str(),
            "onlyBuiltDependencies" | "dangerouslyAllowAllBuilds" | "overrides"
        ) {
            sheet.setting(
                &format!("toolchain.pnpm.{}", leaf.keys[0]),
                &leaf.value,
                leaf.at_place(),
            );
        }
    }
}
