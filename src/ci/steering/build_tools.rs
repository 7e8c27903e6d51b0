//! Build tools, as far as a file names commands that run without being asked
//! for. What a Makefile does is the shell's business, where CI calls it.

use super::leaves::{Leaves, Lines};
use super::sheet::Sheet;

/// Reads the commands that run by themselves.
pub(super) fn read(sheet: &mut Sheet<'_>) {
    match sheet.name.as_str() {
        "package.json" => scripts(sheet),
        "pyproject.toml" => backend(sheet),
        "gradle.properties" => gradle(sheet),
        ".bazelrc" => bazel(sheet),
        _ => {}
    }
}

/// <https://docs.npmjs.com/cli/using-npm/scripts#life-cycle-scripts>.
fn scripts(sheet: &mut Sheet<'_>) {
    const BY_THEMSELVES: [&str; 10] = [
        "preinstall",
        "install",
        "postinstall",
        "prepare",
        "preprepare",
        "postprepare",
        "prepublish",
        "prepublishOnly",
        "prepack",
        "postpack",
    ];
    let Some(leaves) = sheet.take(Leaves::of_yaml(sheet.content)) else {
        return;
    };
    for leaf in leaves.at(&["scripts", "*"]) {
        if BY_THEMSELVES.contains(&leaf.key()) {
            sheet.setting(
                &format!("lifecycle.{}", leaf.key()),
                &leaf.value,
                leaf.at_place(),
            );
        }
    }
    for leaf in leaves.at(&["publishConfig", "registry"]) {
        let address = super::url::clean(&leaf.value).0;
        sheet.setting("registry.upload.npm", &address, leaf.at_place());
    }
    for leaf in leaves.at(&["packageManager"]) {
        // Corepack fetches what stands here; a version is no news.
        let name = leaf.value.split('@').next().unwrap_or_default();
        let fetched = leaf.value.contains("://");
        let value = if fetched { &leaf.value } else { name };
        sheet.setting("toolchain.packageManager", value, leaf.at_place());
    }
}

/// <https://packaging.python.org/en/latest/specifications/pyproject-toml/>: the
/// backend runs when the project is built.
fn backend(sheet: &mut Sheet<'_>) {
    // Faults are told by the reader of registries.
    let Ok(leaves) = Leaves::of_toml(sheet.content) else {
        return;
    };
    for leaf in &leaves.0 {
        let name = leaf.keys.join(".");
        if leaf.is_at(&["build-system", "build-backend"])
            || leaf.is_at(&["build-system", "backend-path", "*"])
        {
            let name = name.split(".[").next().unwrap_or(&name);
            sheet.setting(&format!("lifecycle.{name}"), &leaf.value, leaf.at_place());
        }
    }
}

fn gradle(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    let leaves = sheet.take(Leaves::of_lines(text, Lines::Properties));
    for leaf in leaves.unwrap_or_default().0 {
        let key = leaf.key().to_owned();
        let steers = [
            "org.gradle.jvmargs",
            "org.gradle.java.home",
            "org.gradle.dependency.verification",
        ];
        if steers.contains(&key.as_str()) || key.starts_with("systemProp.") {
            let lower = key.to_ascii_lowercase();
            if lower.contains("password") || lower.contains("token") {
                sheet.literal_in(&leaf);
            } else if key != "org.gradle.jvmargs" || leaf.value.contains("javaagent") {
                sheet.setting(
                    &format!("toolchain.gradle.{key}"),
                    &leaf.value,
                    leaf.at_place(),
                );
            }
        }
    }
}

fn bazel(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    const STEERS: [&str; 5] = [
        "--remote_cache",
        "--remote_executor",
        "--registry",
        "--override_",
        "--workspace_status_command",
    ];
    for (number, line) in (1..).zip(text.lines()) {
        for word in line
            .split_whitespace()
            .take_while(|word| !word.starts_with('#'))
        {
            if STEERS.iter().any(|option| word.starts_with(option)) {
                let (name, value) = word.split_once('=').unwrap_or((word, ""));
                sheet.setting(&format!("toolchain.bazel.{name}"), value, (number, 1));
            }
        }
    }
}
