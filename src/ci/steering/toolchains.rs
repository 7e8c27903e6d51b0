//! Toolchains: which compiler and tools run, and what they run by themselves.
//!
//! <https://rust-lang.github.io/rustup/overrides.html>, <https://mise.jdx.dev/configuration.html>,
//! <https://direnv.net/man/direnv.1.html>.

use super::leaves::Leaves;
use super::sheet::Sheet;

/// Reads what chooses tools, or is run when somebody enters a folder.
pub(super) fn read(sheet: &mut Sheet<'_>) {
    match sheet.name.as_str() {
        "rust-toolchain" | "rust-toolchain.toml" => rust(sheet),
        "config" | "config.toml"
            if sheet.is_at(".cargo/config") || sheet.is_at(".cargo/config.toml") =>
        {
            cargo(sheet)
        }
        ".envrc" => lines(sheet, "toolchain.hook"),
        "devbox.json" => devbox(sheet),
        ".pnpmfile.cjs" => sheet.program("hook"),
        name if name.ends_with(".toml") && name.trim_start_matches('.').starts_with("mise") => {
            mise(sheet)
        }
        "config.toml" if sheet.is_at(".mise/config.toml") || sheet.is_at("mise/config.toml") => {
            mise(sheet)
        }
        name if name.ends_with(".nix") || name == "flake.lock" => sheet.program("toolchain"),
        _ => {}
    }
}

fn rust(sheet: &mut Sheet<'_>) {
    // The old form is one word.
    if !sheet.content.contains(&b'[') {
        return;
    }
    let leaves = sheet.take(Leaves::of_toml(sheet.content));
    for leaf in leaves.unwrap_or_default().0 {
        if leaf.is_at(&["toolchain", "path"]) {
            sheet.setting("toolchain.path", &leaf.value, leaf.at_place());
        }
    }
}

fn cargo(sheet: &mut Sheet<'_>) {
    // Faults are told by the reader of registries.
    let Ok(leaves) = Leaves::of_toml(sheet.content) else {
        return;
    };
    for leaf in &leaves.0 {
        let keys: Vec<_> = leaf.keys.iter().map(String::as_str).collect();
        let runs = match keys.as_slice() {
            [
                "build",
                "rustc" | "rustc-wrapper" | "rustc-workspace-wrapper" | "rustdoc",
            ] => true,
            ["target", _, "linker" | "runner"] | ["target", _, "runner", _] => true,
            ["env", name, ..] => {
                let name = name.to_ascii_uppercase();
                ["RUSTC", "CARGO", "LD_", "PATH", "CC", "CXX", "AR"]
                    .iter()
                    .any(|start| name.starts_with(start))
            }
            ["alias", ..]
            | ["credential-alias", ..]
            | ["registry", "global-credential-providers", _] => true,
            [.., "rustflags"] | [.., "rustflags", _] => {
                leaf.value.contains("linker") || leaf.value.contains("plugin")
            }
            _ => false,
        };
        if runs {
            let name = leaf
                .keys
                .iter()
                .filter(|key| !key.starts_with('['))
                .cloned()
                .collect::<Vec<_>>();
            sheet.setting(
                &format!("toolchain.cargo.{}", name.join(".")),
                &leaf.value,
                leaf.at_place(),
            );
        }
    }
}

fn mise(sheet: &mut Sheet<'_>) {
    let Some(leaves) = sheet.take(Leaves::of_toml(sheet.content)) else {
        return;
    };
    for (name, leaf) in leaves.named() {
        match leaf.keys[0].as_str() {
            "hooks" | "watch_files" => {
                sheet.setting("toolchain.hook", &leaf.value, leaf.at_place())
            }
            "tasks"
                if leaf.keys.iter().any(|key| key == "run" || key == "file")
                    || leaf.keys.len() == 2 =>
            {
                sheet.setting(
                    &format!("toolchain.mise.{name}"),
                    &leaf.value,
                    leaf.at_place(),
                );
            }
            "env" if leaf.keys.iter().any(|key| key == "source" || key == "_") => {
                sheet.setting("toolchain.hook", &leaf.value, leaf.at_place());
            }
            "plugins" | "alias" => sheet.setting(
                &format!("toolchain.mise.{name}"),
                &leaf.value,
                leaf.at_place(),
            ),
            _ => {}
        }
    }
}

fn devbox(sheet: &mut Sheet<'_>) {
    let leaves = sheet.take(Leaves::of_yaml(sheet.content));
    for leaf in leaves.unwrap_or_default().0 {
        if leaf.keys[0] == "shell" {
            sheet.setting("toolchain.hook", &leaf.value, leaf.at_place());
        }
    }
}

/// Each line that is no comment.
fn lines(sheet: &mut Sheet<'_>, name: &str) {
    let Some(text) = sheet.text() else {
        return;
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            sheet.setting(name, line, (number, 1));
        }
    }
}
