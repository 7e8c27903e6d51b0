//! Switches of controllers that a script turns, and the files with which it
//! changes the steps behind it.

use super::{Context, assignments};
use crate::model::build::{Setting, Weakening, WeakeningKind, What};

/// Variables that make a controller tell more than it should.
const DEBUG: &[&str] = &[
    "CI_DEBUG_TRACE",
    "CI_DEBUG_SERVICES",
    "ACTIONS_STEP_DEBUG",
    "ACTIONS_RUNNER_DEBUG",
    "SYSTEM_DEBUG",
];
/// Files of a runner whose lines change what comes later.
const FILES: &[&str] = &["GITHUB_ENV", "GITHUB_PATH", "BASH_ENV"];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    for (name, value) in assignments(command) {
        let on = matches!(
            value.text.to_ascii_lowercase().as_str(),
            "true" | "1" | "yes"
        );
        let kind = match name.as_str() {
            name if DEBUG.contains(&name) && on => WeakeningKind::Debug,
            "ACTIONS_ALLOW_UNSECURE_COMMANDS" if on => WeakeningKind::Unsafe,
            _ => continue,
        };
        let text = format!("{name}={}", value.text);
        context
            .means
            .push(What::Weakening(Weakening { kind, text }));
    }
    let writes = command
        .redirects
        .iter()
        .filter(|it| it.operator.contains('>'));
    let targets = writes.flat_map(|it| &it.target.variables);
    let tee = matches!(
        command.program(),
        "tee" | "Out-File" | "Add-Content" | "Set-Content"
    );
    let arguments = command
        .arguments()
        .iter()
        .filter(|_| tee)
        .flat_map(|it| &it.variables);
    let names: Vec<_> = targets
        .chain(arguments)
        .filter(|it| FILES.contains(&it.as_str()))
        .collect();
    for name in names {
        context.means.push(What::Setting(Setting {
            name: "actions.environment-file".to_owned(),
            value: name.clone(),
        }));
    }
    let line = command.arguments().iter();
    for word in line.filter(|it| it.text.starts_with("::")) {
        let old = ["::set-env ", "::add-path::", "::stop-commands::"];
        if old.iter().any(|it| word.text.starts_with(it)) {
            let text = word.text.split("::").nth(1).unwrap_or_default();
            let text = format!("::{}::", text.split(' ').next().unwrap_or_default());
            let kind = WeakeningKind::Unsafe;
            context
                .means
                .push(What::Weakening(Weakening { kind, text }));
        }
    }
}
