//! # secret-exposed-in-log
//!
//! A secret, or what is made of it, is written to the log of a build.
//!
//! ## Why it matters
//!
//! Logs are read by many more people than secrets, and kept. Controllers mask a
//! secret only in the form that they know: encoded, reversed or cut it passes.
//! Debug switches and `set -x` show what a command was given.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! - run: echo "$DEPLOY_KEY" | base64
//!   env:
//!     DEPLOY_KEY: ${{ secrets.DEPLOY_KEY }}
//! ```
//!
//! Accepted: `echo "$DEPLOY_KEY" > key.pem`; `echo "::add-mask::$DERIVED"`.
//!
//! ## What mends it
//!
//! Remove the output. If the line has run, change the secret. Put `set +x` in
//! front of commands that take secrets.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.secret-exposed-in-log]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-532: insertion of sensitive information into log file
//! - OWASP CICD-SEC-6: insufficient credential hygiene

use crate::checks::support::build::{Detection, Line, Shell, Side, introduced, scripts};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Command, WeakeningKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "secret-exposed-in-log",
    title: "A secret is written to a build's log",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new line that shows a secret.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

const PRINTERS: &[&str] = &[
    "echo",
    "printf",
    "Write-Host",
    "Write-Output",
    "write-host",
    "write-output",
    "print",
];
/// What passes its input on in a form that no mask knows.
const RECODERS: &[&str] = &[
    "base64", "rev", "xxd", "od", "hexdump", "tr", "fold", "sed", "tee", "base32", "gzip", "head",
    "tail", "cut", "cat",
];

fn detect(side: Side<'_>) -> Vec<Detection> {
    let mut all = Vec::new();
    for shell in &scripts(side) {
        let lines = shell.lines.iter();
        all.extend(
            lines.filter_map(|line| {
                printed(side, shell, *line).or_else(|| dumped(side, shell, *line))
            }),
        );
        all.extend(traced(side, shell));
    }
    let debug = side.all(|what| match what {
        What::Weakening(it) if it.kind == WeakeningKind::Debug => Some(it),
        _ => None,
    });
    all.extend(debug.map(|(seen, it)| {
        Detection::at(side, seen, it.text.clone())
            .severity(Severity::Medium)
            .says(format!(
                "{} switches on debug output that shows secrets ({})",
                seen.whose(),
                excerpt(&it.text, 60)
            ))
            .mend("remove the switch; set it for one run in the controller instead")
    }));
    all
}

/// A secret that is printed, or encoded and printed.
fn printed(side: Side<'_>, shell: &Shell<'_>, line: Line<'_>) -> Option<Detection> {
    let command = line.command;
    if !PRINTERS.contains(&command.program()) || command.inside.is_some() {
        return None;
    }
    let words = command.arguments();
    let masks = |text: &str| text.contains("::add-mask::") || text.contains("##vso[task.setsecret");
    if words.iter().any(|it| masks(&it.text)) {
        return None;
    }
    let names: Vec<String> = words.iter().flat_map(|it| line.secrets_of(it)).collect();
    let name = names.first()?;
    let mut last = line;
    let mut recoded = false;
    while let Some(reader) = shell.reader(last) {
        if !RECODERS.contains(&reader.command.program()) {
            return None;
        }
        recoded = true;
        last = reader;
    }
    if last.command.inside.is_some() || writes_file(last.command) || compares(words) {
        return None;
    }
    let how = if recoded {
        "in a form that no mask knows"
    } else {
        "to the log"
    };
    let detection = Detection::at(side, line.seen, format!("print {name}"));
    Some(
        detection
            .severity(Severity::High)
            .says(format!(
                "{} writes the secret {} {how}",
                line.seen.whose(),
                excerpt(name, 60)
            ))
            .mend("remove the output; if it has run, change the secret"),
    )
}

fn writes_file(command: &Command) -> bool {
    let to_file = |operator: &str| matches!(operator, ">" | ">>" | "&>" | ">|" | "&>>");
    let mut redirects = command.redirects.iter();
    redirects.any(|it| {
        to_file(&it.operator) && !matches!(it.target.text.as_str(), "/dev/stdout" | "/dev/stderr")
    })
}

/// `echo ${#TOKEN}` and `${TOKEN:+set}` tell only that it is there.
fn compares(words: &[crate::model::build::Word]) -> bool {
    words.iter().any(|it| {
        it.text.contains("${#")
            || it.text.contains(":+")
            || it.text.contains("!= ''")
            || it.text.contains("== ''")
    })
}

/// The whole environment.
fn dumped(side: Side<'_>, shell: &Shell<'_>, line: Line<'_>) -> Option<Detection> {
    let command = line.command;
    let words = command.arguments();
    let all = match command.program() {
        "env" | "printenv" | "set" => words.is_empty(),
        "export" | "declare" => {
            words.len() == 1 && matches!(words[0].text.as_str(), "-p" | "-x" | "-px")
        }
        "Get-ChildItem" | "gci" | "dir" | "ls" => words
            .first()
            .is_some_and(|it| it.text.eq_ignore_ascii_case("env:")),
        _ => false,
    };
    if !all || !line.has_secrets() || command.inside.is_some() || writes_file(command) {
        return None;
    }
    let reader = shell.reader(line);
    if reader.is_some_and(|it| {
        it.command.program() != "sort" && !RECODERS.contains(&it.command.program())
    }) {
        return None;
    }
    Some(
        Detection::at(side, line.seen, "environment")
            .severity(Severity::Medium)
            .says(format!(
                "{} writes its whole environment, in which secrets stand, to the log",
                line.seen.whose()
            ))
            .mend("remove it, or print the variables that are needed by name"),
    )
}

/// `set -x` in a script whose commands carry secrets.
fn traced(side: Side<'_>, shell: &Shell<'_>) -> Option<Detection> {
    let mut lines = shell.lines.iter();
    let set = lines.find(|line| traces(line.command))?;
    let mut behind = shell
        .lines
        .iter()
        .filter(|it| it.command.position > set.command.position);
    let mut until = behind
        .by_ref()
        .take_while(|it| !is_set(it.command, '+', 'x'));
    let name = until.find_map(|it| it.secrets().into_iter().next())?;
    Some(
        Detection::at(side, set.seen, "set -x")
            .severity(Severity::Medium)
            .says(format!(
                "{} traces its commands (`set -x`), and one of them is given the secret {}",
                set.seen.whose(),
                excerpt(&name, 60)
            ))
            .mend("remove `-x`, or write `set +x` in front of that command"),
    )
}

fn traces(command: &Command) -> bool {
    is_set(command, '-', 'x')
}

fn is_set(command: &Command, sign: char, letter: char) -> bool {
    let words = command.arguments();
    let short = words.iter().any(|it| {
        it.text.starts_with(sign) && !it.text.starts_with("--") && it.text.contains(letter)
    });
    let long = words
        .windows(2)
        .any(|pair| pair[0].text.starts_with(sign) && pair[1].text == "xtrace");
    command.program() == "set" && (short || long)
}
