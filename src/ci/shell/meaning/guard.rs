//! Guards of the build: what scans, tests, signs and verifies, and what takes
//! their force away.

use super::guards::{GUARDS, Row, SKIPPING, SOFT};
use super::{Context, assignments};
use crate::model::build::{Command, Guard, GuardKind, Weakening, WeakeningKind, What, Word};
use crate::model::text::excerpt;

/// Programs that run the tool that is named behind them.
const RUNNERS: &[(&str, &[&str])] = &[
    ("npx", &[]),
    ("uvx", &[]),
    ("bunx", &[]),
    ("pnpm", &["dlx", "exec"]),
    ("yarn", &["dlx", "exec"]),
    ("npm", &["exec"]),
    ("pipx", &["run"]),
    ("poetry", &["run"]),
    ("pipenv", &["run"]),
    ("uv", &["run"]),
    ("hatch", &["run"]),
    ("bundle", &["exec"]),
    ("mise", &["exec"]),
    ("xvfb-run", &[]),
    ("python", &["-m"]),
    ("python3", &["-m"]),
    ("go", &["run"]),
];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    if skips(command) {
        disabled(context);
        return;
    }
    let found = guard(&command.words).or_else(|| run_by_another(command));
    if let Some((kind, tool)) = found.or_else(|| in_a_container(command)) {
        put(context, kind, &tool);
        weakened(context);
    }
    for (name, value) in assignments(command) {
        if name == "DOCKER_CONTENT_TRUST" && value.text == "1" {
            put(context, GuardKind::Verify, "DOCKER_CONTENT_TRUST");
        }
    }
}

pub(super) fn put(context: &mut Context<'_>, kind: GuardKind, tool: &str) {
    let tool = tool.to_owned();
    context.means.push(What::Guard(Guard { kind, tool }));
}

fn name_of(word: &Word) -> &str {
    let name = word.text.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.split('@').next().unwrap_or(name);
    [".exe", ".cmd", ".bat"]
        .iter()
        .find_map(|it| name.strip_suffix(it))
        .unwrap_or(name)
}

fn guard(words: &[Word]) -> Option<(GuardKind, String)> {
    let program = name_of(words.first()?);
    let mut rows = GUARDS.iter().filter(|row| row.program == program);
    rows.find_map(|row| tool_of(row, words.get(1..).unwrap_or_default()))
}

fn tool_of(row: &Row, words: &[Word]) -> Option<(GuardKind, String)> {
    let name = row.program;
    if row.first.is_empty() {
        return Some((row.kind, name.to_owned()));
    }
    let texts: Vec<&str> = words.iter().map(|it| it.text.as_str()).collect();
    let plain: Vec<&str> = texts
        .iter()
        .copied()
        .filter(|it| !it.starts_with('-'))
        .collect();
    // Goals of Maven and tasks of Gradle and make may stand anywhere.
    let anywhere = matches!(
        name,
        "mvn" | "mvnw" | "gradle" | "gradlew" | "make" | "rake" | "sbt" | "just"
    );
    let fits = |first: &&&str| match first.split_once(' ') {
        _ if first.starts_with('-') => texts.contains(first),
        Some((one, two)) => {
            plain.first() == Some(&one)
                && plain
                    .get(1)
                    .is_some_and(|it| *it == two || it.starts_with(&format!("{two}:")))
        }
        None if anywhere => plain
            .iter()
            .any(|it| *it == **first || it.ends_with(&format!(":{first}"))),
        None => plain
            .first()
            .is_some_and(|it| *it == **first || it.starts_with(&format!("{first}:"))),
    };
    let first = row.first.iter().find(fits)?;
    Some((row.kind, format!("{name} {first}")))
}

/// `npx jest`, `python -m pytest`, `go run golang.org/x/vuln/cmd/govulncheck@latest`.
fn run_by_another(command: &Command) -> Option<(GuardKind, String)> {
    let program = command.program();
    let words = command.arguments();
    let (_, verbs) = RUNNERS.iter().find(|(name, _)| *name == program)?;
    let mut at = 0;
    if !verbs.is_empty() {
        at = words
            .iter()
            .position(|it| verbs.contains(&it.text.as_str()))?
            + 1;
    }
    while words.get(at).is_some_and(|it| it.text.starts_with('-')) {
        at += 1;
    }
    guard(words.get(at..)?)
}

/// `docker run aquasec/trivy image …`: a scanner by the name of its image.
fn in_a_container(command: &Command) -> Option<(GuardKind, String)> {
    if !matches!(command.program(), "docker" | "podman") {
        return None;
    }
    let words = command.arguments();
    if words.first().is_none_or(|it| it.text != "run") {
        return None;
    }
    words.iter().skip(1).find_map(|word| {
        let name = word.text.split(['@', ':']).next().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        let name = if name == "codeql-cli" { "codeql" } else { name };
        let row = GUARDS.iter().find(|row| row.program == name)?;
        let scans = row.kind == GuardKind::Scan && word.text.contains('/');
        scans.then(|| (row.kind, name.to_owned()))
    })
}

fn skips(command: &Command) -> bool {
    let mut words = command.arguments().iter();
    words.any(|it| SKIPPING.contains(&it.text.as_str()))
}

fn disabled(context: &mut Context<'_>) {
    let mut words = context.command.arguments().iter();
    let skipping = words.find(|it| SKIPPING.contains(&it.text.as_str()));
    let text = skipping.map(|it| it.text.clone()).unwrap_or_default();
    let kind = WeakeningKind::Disabled;
    context
        .means
        .push(What::Weakening(Weakening { kind, text }));
}

fn weakened(context: &mut Context<'_>) {
    let command = context.command;
    let words: Vec<&str> = command
        .arguments()
        .iter()
        .map(|it| it.text.as_str())
        .collect();
    let soft = SOFT.iter().find(|(option, value)| match *value {
        "" => words
            .iter()
            .any(|it| it == option || *it == format!("{option}=true")),
        "0" => command.option(&[option]) == Some("0"),
        program => command.program() == program && words.contains(option),
    });
    if soft.is_none() && !command.failure_ignored {
        return;
    }
    let kind = WeakeningKind::SoftFail;
    let text = match soft {
        Some((option, "0")) => format!("{} {option} 0", command.program()),
        Some((option, _)) => format!("{} {option}", command.program()),
        None => excerpt(command.line(), 120),
    };
    context
        .means
        .push(What::Weakening(Weakening { kind, text }));
}
