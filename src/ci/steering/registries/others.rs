//! NuGet, Conda, Ruby, PHP, Go, and programs that download.

use super::super::leaves::{Leaves, Lines};
use super::super::sheet::Sheet;
use super::{text, yaml};
use crate::model::build::RegistryKind::{Besides, Instead, Unverified};

/// <https://learn.microsoft.com/nuget/reference/nuget-config-file>.
pub(super) fn nuget(sheet: &mut Sheet<'_>) {
    let Some(leaves) = text(sheet, Leaves::of_xml) else {
        return;
    };
    let has = |parent: &str, key: &str| {
        let mut all = leaves.0.iter();
        all.any(|leaf| leaf.keys.iter().any(|one| one == parent) && leaf.key() == key)
    };
    // `<clear />` drops the usual source: what follows stands in its place.
    let kind = match has("packageSources", "clear") {
        true => Instead,
        false => Besides,
    };
    for leaf in &leaves.0 {
        let is_in = |parent: &str| leaf.keys.iter().any(|key| key == parent);
        let at = leaf.at_place();
        match leaf.key() {
            "@value" if is_in("packageSources") => {
                let usual = kind == Besides && super::super::url::is_usual("nuget", &leaf.value);
                let address = if usual { "" } else { leaf.value.as_str() };
                sheet.registry("nuget", kind, ("packageSources", address), at);
            }
            "@allowInsecureConnections" if leaf.value.eq_ignore_ascii_case("true") => {
                let said = "allowInsecureConnections";
                sheet.registry("nuget", Unverified, ("packageSources", said), at);
            }
            "@value" if is_in("packageSourceCredentials") => sheet.literal_in(leaf),
            _ => {}
        }
    }
}

/// <https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/>.
pub(super) fn conda(sheet: &mut Sheet<'_>) {
    for leaf in yaml(sheet).unwrap_or_default().0 {
        let at = leaf.at_place();
        let key = leaf.keys[0].clone();
        match key.as_str() {
            "channels" | "default_channels" | "channel_alias" => {
                sheet.registry("conda", Instead, (&key, &leaf.value), at);
            }
            "custom_channels" | "custom_multichannels" | "allowlist_channels" => {
                sheet.registry("conda", Besides, (&key, &leaf.value), at);
            }
            "ssl_verify" if leaf.value.eq_ignore_ascii_case("false") => {
                sheet.registry("conda", Unverified, (&key, "ssl_verify: false"), at);
            }
            _ => {}
        }
    }
}

/// <https://bundler.io/man/gemfile.5.html>: the first `source` counts for all.
pub(super) fn gemfile(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    let mut first = true;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        let Some(rest) = line
            .strip_prefix("source")
            .filter(|rest| rest.starts_with([' ', '(', '"', '\'']))
        else {
            continue;
        };
        let address = rest.split(['"', '\'']).nth(1);
        let address = match address {
            Some(address) => address,
            None if rest.contains(":rubygems") => "https://rubygems.org",
            None => rest.trim_matches([' ', '(', ')']),
        };
        // In a block it counts for what stands in the block.
        let block = line.ends_with("do");
        let kind = if first || block { Instead } else { Besides };
        first = first && block;
        sheet.registry("gem", kind, ("source", address), (number, 1));
    }
}

/// Bundler's settings: `BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: "https://…"`.
pub(super) fn bundle(sheet: &mut Sheet<'_>) {
    for leaf in yaml(sheet).unwrap_or_default().0 {
        let key = leaf.keys[0].clone();
        if key.starts_with("BUNDLE_MIRROR__") {
            sheet.registry("gem", Instead, (&key, &leaf.value), leaf.at_place());
        } else if key == "BUNDLE_SSL_VERIFY_MODE" && leaf.value == "0" {
            sheet.registry(
                "gem",
                Unverified,
                (&key, "ssl_verify_mode: 0"),
                leaf.at_place(),
            );
        } else if key.contains("__") && leaf.value.contains(':') && !leaf.value.contains("://") {
            // `BUNDLE_GEMS__EXAMPLE__COM: "user:password"`.
            sheet.literal_in(&leaf);
        }
    }
}

/// <https://getcomposer.org/doc/05-repositories.md>.
pub(super) fn composer(sheet: &mut Sheet<'_>) {
    let Some(leaves) = yaml(sheet) else {
        return;
    };
    let usual_is_off = |key: &str| key == "packagist.org" || key == "packagist";
    let off = leaves.0.iter().any(|leaf| {
        leaf.keys[0] == "repositories" && usual_is_off(leaf.key()) && leaf.value == "false"
    });
    let kind = if off { Instead } else { Besides };
    for leaf in &leaves.0 {
        let (at, name) = (leaf.at_place(), leaf.keys.join("."));
        if leaf.keys[0] == "repositories" && leaf.key() == "url" {
            sheet.registry("composer", kind, ("repositories", &leaf.value), at);
        } else if matches!(name.as_str(), "config.secure-http" | "config.disable-tls")
            && (leaf.value == "false") == (leaf.key() == "secure-http")
        {
            sheet.registry(
                "composer",
                Unverified,
                (&name, &format!("{name}: {}", leaf.value)),
                at,
            );
        } else if leaf.keys[0] == "scripts" {
            sheet.setting(
                &format!("lifecycle.composer.{}", leaf.keys[1..].join(".")),
                &leaf.value,
                at,
            );
        }
    }
}

/// <https://go.dev/ref/mod#environment-variables>.
pub(super) fn go(sheet: &mut Sheet<'_>) {
    let leaves = text(sheet, |text| Leaves::of_lines(text, Lines::Properties));
    for leaf in leaves.unwrap_or_default().0 {
        let (key, at) = (leaf.key().to_owned(), leaf.at_place());
        let said = format!("{key}={}", leaf.value);
        match key.as_str() {
            "GOPROXY" => sheet.registry("go", Instead, (&key, &leaf.value), at),
            "GOSUMDB" if leaf.value == "off" => sheet.registry("go", Unverified, (&key, &said), at),
            "GOSUMDB" => sheet.registry("go", Instead, (&key, &leaf.value), at),
            "GONOSUMDB" | "GONOSUMCHECK" | "GOINSECURE" if !leaf.value.is_empty() => {
                sheet.registry("go", Unverified, (&key, &said), at);
            }
            "GOFLAGS" if leaf.value.contains("-insecure") => {
                sheet.registry("go", Unverified, (&key, &said), at);
            }
            "GOTOOLCHAIN" | "GOPRIVATE" | "GONOPROXY" | "GOFLAGS" => {
                sheet.setting(&format!("toolchain.go.{key}"), &leaf.value, at);
            }
            _ => {}
        }
    }
}

/// What programs that download are told beside their arguments.
pub(super) fn downloads(sheet: &mut Sheet<'_>) {
    if sheet.name == "auth.json" {
        for leaf in yaml(sheet).unwrap_or_default().0 {
            let held = ["password", "token", "auth", "identitytoken"].contains(&leaf.key());
            if held || leaf.keys[0].ends_with("-oauth") || leaf.keys[0].ends_with("-token") {
                sheet.literal_in(&leaf);
            }
        }
        return;
    }
    let Some(text) = sheet.text() else {
        return;
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim().trim_start_matches('-');
        let mut words = line
            .split(|letter: char| letter == '=' || letter.is_whitespace())
            .filter(|word| !word.is_empty());
        match (sheet.name.as_str(), words.next().unwrap_or_default()) {
            (".netrc", _) if line.split_whitespace().any(|word| word == "password") => {
                sheet.literal("password", (number, 1));
            }
            (".curlrc", "insecure" | "k") => {
                sheet.registry("curl", Unverified, ("insecure", "insecure"), (number, 1));
            }
            (".curlrc", "proxy" | "x") => {
                let to = words.next().unwrap_or_default().trim_matches('"');
                sheet.registry("curl", Instead, ("proxy", to), (number, 1));
            }
            (".wgetrc", "check_certificate") if words.next() == Some("off") => {
                sheet.registry(
                    "wget",
                    Unverified,
                    ("check_certificate", "check_certificate = off"),
                    (number, 1),
                );
            }
            _ => {}
        }
    }
}
