//! Where packages come from, by each package manager's own settings.

mod jvm;
mod node;
mod others;
mod python;
mod rust;

use super::leaves::Leaves;
use super::sheet::Sheet;
use crate::ci::text::Unparsable;

/// Reads the settings of whatever package manager the file belongs to.
pub(super) fn read(sheet: &mut Sheet<'_>) {
    match sheet.name.as_str() {
        ".npmrc" => node::npmrc(sheet),
        ".yarnrc" => node::yarnrc(sheet),
        ".yarnrc.yml" => node::yarnrc_yml(sheet),
        "bunfig.toml" => node::bunfig(sheet),
        "pnpm-workspace.yaml" | "pnpm-workspace.yml" => node::pnpm(sheet),
        "pip.conf" | "pip.ini" | ".pip.conf" => python::pip(sheet),
        ".pypirc" => python::pypirc(sheet),
        "uv.toml" => python::toml(sheet, &[]),
        "poetry.toml" => python::toml(sheet, &["tool", "poetry"]),
        "pyproject.toml" | "pipfile" => python::project(sheet),
        "setup.cfg" => python::setup_cfg(sheet),
        "settings.xml" | "pom.xml" | "extensions.xml" => jvm::maven(sheet),
        "nuget.config" => others::nuget(sheet),
        ".condarc" | "condarc" => others::conda(sheet),
        "gemfile" => others::gemfile(sheet),
        "composer.json" => others::composer(sheet),
        "auth.json" | ".netrc" | ".curlrc" | ".wgetrc" => others::downloads(sheet),
        "go.env" => others::go(sheet),
        "config" if sheet.is_at(".bundle/config") => others::bundle(sheet),
        "config" | "config.toml"
            if sheet.is_at(".cargo/config") || sheet.is_at(".cargo/config.toml") =>
        {
            rust::cargo(sheet);
        }
        "settings.gradle"
        | "settings.gradle.kts"
        | "build.gradle"
        | "build.gradle.kts"
        | "init.gradle" => {
            jvm::gradle(sheet);
        }
        name if is_requirements(name) => python::requirements(sheet),
        _ => {}
    }
}

fn is_requirements(name: &str) -> bool {
    let listed = name.starts_with("requirements") || name.starts_with("constraints");
    listed && (name.ends_with(".txt") || name.ends_with(".in"))
}

/// The values of a TOML file.
fn toml(sheet: &mut Sheet<'_>) -> Option<Leaves> {
    sheet.take(Leaves::of_toml(sheet.content))
}

/// The values of a YAML or JSON file.
fn yaml(sheet: &mut Sheet<'_>) -> Option<Leaves> {
    sheet.take(Leaves::of_yaml(sheet.content))
}

/// The values of a text.
fn text(
    sheet: &mut Sheet<'_>,
    read: impl FnOnce(&str) -> Result<Leaves, Unparsable>,
) -> Option<Leaves> {
    let text = sheet.text()?;
    sheet.take(read(text))
}
