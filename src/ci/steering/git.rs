//! git's own files: attributes, submodules, LFS, hooks.
//!
//! gitattributes(5), gitmodules(5), <https://github.com/git-lfs/git-lfs/blob/main/docs/man/git-lfs-config.adoc>,
//! <https://pre-commit.com/#pre-commit-configyaml---top-level>.

use std::collections::{BTreeMap, HashMap};

use bstr::{BStr, ByteSlice};

use super::glob::is_attribute_match;
use super::known::is_main;
use super::leaves::{Leaf, Leaves, Lines};
use super::sheet::Sheet;
use super::url;
use crate::model::build::{CodeKind, CodeSource, CodeUse, Pin, Setting, What};

/// The name of the setting that holds a pattern and one attribute.
pub(crate) const ATTRIBUTE: &str = "git.attribute";

/// Attributes that can hide or change a file.
const HIDING: [&str; 6] = [
    "filter",
    "working-tree-encoding",
    "-diff",
    "diff",
    "merge",
    "linguist-generated",
];
/// Most patterns of a file that are matched with its tree.
const MAX_PATTERNS: usize = 200;
/// Most paths of the tree that one pattern is asked about.
const MAX_MATCHES: usize = 2_000;

/// Reads git's own files.
pub(super) fn read(sheet: &mut Sheet<'_>) {
    match sheet.name.as_str() {
        ".gitattributes" => attributes(sheet),
        ".gitmodules" => submodules(sheet),
        ".lfsconfig" => lfs(sheet),
        ".pre-commit-config.yaml" | ".pre-commit-config.yml" => hooks(sheet),
        ".gitignore" => ignored(sheet),
        _ if sheet.system() == "git" => programs(sheet),
        _ => {}
    }
}

fn attributes(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    let mut found: Vec<(u32, &str, &str)> = Vec::new();
    let mut macros: HashMap<&str, Vec<&str>> =
        HashMap::from([("binary", vec!["-diff", "-merge", "-text"])]);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (pattern, rest) = match line.strip_prefix('"').and_then(|it| it.split_once('"')) {
            Some(quoted) => quoted,
            None => line.split_once(char::is_whitespace).unwrap_or((line, "")),
        };
        if let Some(name) = pattern.strip_prefix("[attr]") {
            macros.insert(name, rest.split_whitespace().collect());
            continue;
        }
        for word in rest.split_whitespace() {
            let expanded = macros.get(word).cloned().unwrap_or_else(|| vec![word]);
            for attribute in expanded {
                found.push((number, pattern, attribute));
            }
        }
    }
    let folder = match sheet.path.rfind_byte(b'/') {
        Some(slash) => sheet.path[..=slash].to_vec(),
        None => Vec::new(),
    };
    let hits = hits(sheet, &folder, &found);
    for (number, pattern, attribute) in found {
        let setting = Setting {
            name: ATTRIBUTE.to_owned(),
            value: format!("{pattern} {attribute}"),
        };
        let slot = match hits.get(pattern) {
            Some(path) => format!("{ATTRIBUTE}/{path}"),
            None => ATTRIBUTE.to_owned(),
        };
        sheet.add(&slot, (number, 1), What::Setting(setting));
    }
}

/// For each pattern that can hide something, a main file of the tree below the
/// folder that it matches. A tree too large to be listed has none; paths at
/// which systems usually look are asked for by the rule in any case.
fn hits(
    sheet: &mut Sheet<'_>,
    folder: &[u8],
    lines: &[(u32, &str, &str)],
) -> HashMap<String, String> {
    let hides = |attribute: &str| {
        let name = attribute.split('=').next().unwrap_or(attribute);
        HIDING.contains(&name)
    };
    let mut patterns: Vec<_> = lines
        .iter()
        .filter(|line| hides(line.2))
        .map(|line| line.1)
        .collect();
    patterns.sort_unstable();
    patterns.dedup();
    if patterns.is_empty() {
        return HashMap::new();
    }
    let place = folder.strip_suffix(b"/").unwrap_or(folder);
    let Ok(paths) = sheet.closure.list(BStr::new(place)) else {
        return HashMap::new();
    };
    let hit = |pattern: &&str| {
        let mut matching = paths
            .iter()
            .filter(|path| is_attribute_match(folder, pattern.as_bytes(), path))
            .take(MAX_MATCHES);
        let path = matching.find(|path| is_main(path))?;
        Some((pattern.to_string(), path.to_str_lossy().into_owned()))
    };
    patterns.iter().take(MAX_PATTERNS).filter_map(hit).collect()
}

fn submodules(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    let Some(leaves) = sheet.take(Leaves::of_lines(text, Lines::Git)) else {
        return;
    };
    let mut modules: BTreeMap<&str, BTreeMap<&str, &Leaf>> = BTreeMap::new();
    for leaf in leaves.at(&["submodule", "*", "*"]) {
        modules
            .entry(&leaf.keys[1])
            .or_default()
            .insert(leaf.key(), leaf);
    }
    for (name, module) in modules {
        let text = |key: &str| module.get(key).map_or("", |leaf| leaf.value.as_str());
        let Some(first) = module.values().min_by_key(|leaf| leaf.line) else {
            continue;
        };
        let place = match text("path") {
            "" => name,
            path => path,
        };
        let at = module.get("url").unwrap_or(first).at_place();
        let code = CodeUse {
            kind: CodeKind::Submodule,
            source: repository(text("url")),
            // The tree itself pins the commit.
            pin: Pin::Exact,
            version: text("branch").to_owned(),
            comment: None,
        };
        sheet.code(&format!("submodule/{place}"), code, at);
        if url::clean(text("url")).1 {
            sheet.literal(&format!("submodule.{place}.url"), at);
        }
        for (key, leaf) in &module {
            if matches!(*key, "update" | "branch" | "path" | "ignore" | "url") {
                let name = format!("submodule.{name}.{key}");
                let value = if *key == "url" {
                    url::clean(&leaf.value).0
                } else {
                    leaf.value.clone()
                };
                sheet.setting(&name, &value, leaf.at_place());
            }
        }
    }
}

/// What a git address names.
fn repository(address: &str) -> CodeSource {
    let (clean, _) = url::clean(address);
    let clean = clean.trim_end_matches(".git");
    if clean.starts_with('.') {
        return CodeSource::Elsewhere {
            host: String::new(),
            name: clean.to_owned(),
            path: String::new(),
        };
    }
    let host = url::host(clean);
    let name = match clean.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => clean.split_once(':').map_or(clean, |(_, path)| path),
    };
    let host = match clean.contains("://") {
        true => host,
        false => {
            let before = clean.split_once(':').map_or("", |(host, _)| host);
            before.rsplit('@').next().unwrap_or_default()
        }
    };
    CodeSource::Elsewhere {
        host: host.to_ascii_lowercase(),
        name: name.trim_matches('/').to_owned(),
        path: String::new(),
    }
}

fn lfs(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    let Some(leaves) = sheet.take(Leaves::of_lines(text, Lines::Git)) else {
        return;
    };
    for leaf in &leaves.0 {
        let (address, secret) = url::clean(&leaf.value);
        if secret {
            sheet.literal(&leaf.keys.join("."), leaf.at_place());
        }
        sheet.setting(&leaf.keys.join("."), &address, leaf.at_place());
    }
}

/// pre-commit: repositories with a revision, and the hooks taken from them.
fn hooks(sheet: &mut Sheet<'_>) {
    let Some(leaves) = sheet.take(Leaves::of_yaml(sheet.content)) else {
        return;
    };
    for leaf in leaves.at(&["repos", "*", "repo"]) {
        if matches!(leaf.value.as_str(), "local" | "meta") {
            continue;
        }
        let element = leaf.keys[1].as_str();
        let version = leaves
            .text_at(&["repos", element, "rev"])
            .unwrap_or_default();
        let code = CodeUse {
            kind: CodeKind::Hook,
            source: repository(&leaf.value),
            pin: Pin::of_git(version),
            version: version.to_owned(),
            comment: None,
        };
        sheet.code("repos", code, leaf.at_place());
    }
    for leaf in leaves.at(&["repos", "*", "hooks", "*", "id"]) {
        sheet.setting("scanner.hook", &leaf.value, leaf.at_place());
    }
    for (name, leaf) in leaves.named() {
        let weakens = ["exclude", "files", "stages", "fail_fast"].contains(&leaf.key());
        if weakens {
            sheet.setting(
                &format!("scanner.pre-commit.{name}"),
                &leaf.value,
                leaf.at_place(),
            );
        }
    }
}

/// Hooks are programs: each line that is one counts.
fn programs(sheet: &mut Sheet<'_>) {
    if sheet.name == ".mailmap" || sheet.content.contains(&0) {
        return;
    }
    sheet.program("hook");
}

/// Files that a build reads and nobody sees in a diff.
fn ignored(sheet: &mut Sheet<'_>) {
    const MADE_BY_TOOLS: [&str; 8] = [
        "aclocal.m4",
        "libtool.m4",
        "ltoptions.m4",
        "ltsugar.m4",
        "ltversion.m4",
        "lt~obsolete.m4",
        "intltool.m4",
        "gtk-doc.m4",
    ];
    let Some(text) = sheet.text() else {
        return;
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        let name = line.rsplit('/').next().unwrap_or(line);
        let read = [".m4", ".mk", ".cmake", ".am"]
            .iter()
            .any(|end| name.ends_with(end));
        if read && !line.starts_with(['#', '!']) && !MADE_BY_TOOLS.contains(&name) {
            sheet.setting("git.ignored-build-input", line, (number, 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn addresses_name_a_host_and_a_repository() {
        for (address, shown) in [
            ("https://u:p@GitHub.com/a/b.git", "github.com/a/b"),
            ("git@github.com:a/b.git", "github.com/a/b"),
            ("ssh://git@h:22/a/b", "h/a/b"),
            ("../b.git", "../b"),
        ] {
            assert_eq!(repository(address).to_string(), shown, "{address}");
        }
    }
}
