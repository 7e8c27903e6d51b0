//! pip, uv, Poetry, PDM and Pipenv.
//!
//! <https://pip.pypa.io/en/stable/topics/configuration/>, <https://docs.astral.sh/uv/concepts/indexes/>,
//! <https://python-poetry.org/docs/repositories/>.

use super::super::leaves::{Leaf, Leaves, Lines};
use super::super::sheet::Sheet;
use super::{text, toml as toml_of};
use crate::model::build::RegistryKind::{self, Besides, Instead, Unverified};

/// What a key or option of pip or uv says of registries.
fn kind(key: &str) -> Option<RegistryKind> {
    Some(match key {
        "index-url" | "i" | "default-index" | "pypi-url" => Instead,
        "extra-index-url" | "find-links" | "f" | "index" => Besides,
        "trusted-host" | "allow-insecure-host" => Unverified,
        _ => return None,
    })
}

pub(super) fn pip(sheet: &mut Sheet<'_>) {
    let leaves = text(sheet, |text| Leaves::of_lines(text, Lines::Python));
    for leaf in leaves.unwrap_or_default().0 {
        pip_key(sheet, &leaf);
    }
}

fn pip_key(sheet: &mut Sheet<'_>, leaf: &Leaf) {
    let key = leaf.key().replace('_', "-");
    let Some(kind) = kind(&key) else {
        return;
    };
    for address in leaf.value.split_whitespace() {
        sheet.registry("pip", kind, (&key, address), leaf.at_place());
    }
}

pub(super) fn pypirc(sheet: &mut Sheet<'_>) {
    let leaves = text(sheet, |text| Leaves::of_lines(text, Lines::Python));
    for leaf in leaves.unwrap_or_default().0 {
        match leaf.key() {
            "password" => sheet.literal_in(&leaf),
            "repository" => sheet.setting(
                &format!("registry.upload.{}", leaf.keys[0]),
                &super::super::url::clean(&leaf.value).0,
                leaf.at_place(),
            ),
            _ => {}
        }
    }
}

pub(super) fn setup_cfg(sheet: &mut Sheet<'_>) {
    let leaves = text(sheet, |text| Leaves::of_lines(text, Lines::Python));
    let leaves = leaves.unwrap_or_default().0;
    for leaf in leaves.iter().filter(|leaf| leaf.keys[0] == "easy_install") {
        pip_key(sheet, leaf);
    }
}

/// Options stand on lines of their own: `--index-url …`, `-i…`.
pub(super) fn requirements(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        let Some(option) = line.strip_prefix('-') else {
            continue;
        };
        let end = option.find(|letter: char| letter == '=' || letter.is_whitespace());
        let (name, value) = option.split_at(end.unwrap_or(option.len()));
        let (name, value) = match name.strip_prefix('-') {
            Some(name) => (name.to_owned(), value),
            // `-ihttps://…` is lawful.
            None if name.len() > 1 && option.is_char_boundary(1) => {
                (option[..1].to_owned(), &option[1..])
            }
            None => (name.to_owned(), value),
        };
        let value = value.trim_start_matches(['=', ' ', '\t']);
        let value = value.split_whitespace().next().unwrap_or_default();
        if let Some(kind) = kind(&name) {
            sheet.registry("pip", kind, (&name, value), (number, 1));
        }
    }
}

/// `uv.toml`, or the same keys below others.
pub(super) fn toml(sheet: &mut Sheet<'_>, below: &[&str]) {
    let Some(leaves) = toml_of(sheet) else {
        return;
    };
    index_keys(sheet, &leaves, below);
}

/// `pyproject.toml` and `Pipfile`.
pub(super) fn project(sheet: &mut Sheet<'_>) {
    let Some(leaves) = toml_of(sheet) else {
        return;
    };
    index_keys(sheet, &leaves, &["tool", "uv"]);
    index_keys(sheet, &leaves, &["tool", "uv", "pip"]);
    for below in [
        &["tool", "poetry", "source"][..],
        &["tool", "pdm", "source"],
        &["source"],
    ] {
        let mut first = below.len() == 1;
        let keys: Vec<&str> = below.iter().copied().chain(["*", "url"]).collect();
        for leaf in leaves.at(&keys) {
            let element: Vec<&str> = leaf.keys[..=below.len()]
                .iter()
                .map(String::as_str)
                .collect();
            let other = |key: &'static str| {
                let keys: Vec<&str> = element.iter().copied().chain([key]).collect();
                leaves.text_at(&keys)
            };
            let main = matches!(other("priority"), Some("default" | "primary"))
                || other("default") == Some("true");
            let kind = if main || first { Instead } else { Besides };
            first = false;
            sheet.registry("pip", kind, ("source", &leaf.value), leaf.at_place());
            if other("verify_ssl") == Some("false") {
                sheet.registry("pip", Unverified, ("source", &leaf.value), leaf.at_place());
            }
        }
    }
}

fn index_keys(sheet: &mut Sheet<'_>, leaves: &Leaves, below: &[&str]) {
    for leaf in &leaves.0 {
        let own: Vec<_> = leaf.keys.iter().map(String::as_str).collect();
        let Some(rest) = own.strip_prefix(below) else {
            continue;
        };
        match rest {
            ["index", element, "url"] => {
                let keys: Vec<&str> = below
                    .iter()
                    .copied()
                    .chain(["index", element, "default"])
                    .collect();
                let main = leaves.text_at(&keys) == Some("true");
                let kind = if main { Instead } else { Besides };
                sheet.registry("pip", kind, ("index", &leaf.value), leaf.at_place());
            }
            [key] | [key, _] => {
                if let Some(kind) = kind(&key.replace('_', "-")) {
                    sheet.registry("pip", kind, (key, &leaf.value), leaf.at_place());
                }
            }
            _ => {}
        }
    }
}
