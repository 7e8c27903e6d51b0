//! # runner-command-injection-enabled
//!
//! A job can be made to run commands that its file does not hold.
//!
//! ## Why it matters
//!
//! Some switches turn data into commands for the runner itself: old workflow
//! commands that any printed line can give, files whose lines become the
//! environment of later steps, code that is put together while it runs. What
//! the job reads then decides what the next step runs, with its secrets.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! env:
//!   ACTIONS_ALLOW_UNSECURE_COMMANDS: true
//! ```
//!
//! Accepted: `echo "version=1.2.3" >> "$GITHUB_ENV"`, which holds nothing of
//! anybody else's.
//!
//! ## What mends it
//!
//! Remove the switch; write values that others choose to `$GITHUB_OUTPUT` and
//! pass them through `env`; keep Groovy in files of the repository and `load` them.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.runner-command-injection-enabled]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-94: improper control of generation of code
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - GitHub advisory GHSA-mfwh-5m23-j46w: `add-path` and `set-env`

use crate::checks::support::build::{Detection, Seen, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{
    Command, Item, Job, Setting, StartedBy, TemplateSource, WeakeningKind, What,
};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "runner-command-injection-enabled",
    title: "A job can be made to run commands that its file does not hold",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "jenkins"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every new way in which data becomes commands.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let items = side
        .items()
        .filter(|seen| META.systems.contains(&seen.blueprint.system));
    let all = items.filter_map(|seen| match &seen.item.what {
        What::Weakening(it) if it.kind == WeakeningKind::Unsafe => {
            Some(old_commands(side, seen, &it.text))
        }
        What::Setting(it) if it.name == "groovy.evaluate" => Some(evaluated(side, seen, it)),
        What::Setting(it) if it.name == "actions.environment-file" => written(side, seen, it),
        _ => None,
    });
    all.collect()
}

fn raised(detection: &Detection) -> Severity {
    match detection.exposure.open_to_outsiders() {
        true => Severity::Critical,
        false => Severity::High,
    }
}

fn old_commands(side: Side<'_>, seen: Seen<'_>, text: &str) -> Detection {
    let detection = Detection::at(side, seen, text.to_owned());
    let severity = raised(&detection);
    detection
        .severity(severity)
        .says(format!(
            "{} lets printed lines command the runner ({})",
            seen.whose(),
            excerpt(text, 80)
        ))
        .mend("remove it, and write to `$GITHUB_OUTPUT` or `$GITHUB_ENV` instead")
}

fn evaluated(side: Side<'_>, seen: Seen<'_>, setting: &Setting) -> Detection {
    let detection = Detection::at(side, seen, setting.value.clone());
    let severity = raised(&detection);
    detection
        .severity(severity)
        .says(format!("{} runs code that only the run knows: {}", seen.whose(), excerpt(&setting.value, 100)))
        .mend("keep the code in a file of the repository and `load` it, or make it a step of a shared library")
}

/// A file of the runner gets words that somebody else has chosen.
fn written(side: Side<'_>, seen: Seen<'_>, setting: &Setting) -> Option<Detection> {
    let job = seen.job?;
    let order = seen.item.order;
    let pasted = job
        .items
        .iter()
        .filter(|item| item.order == order)
        .find_map(|item| match &item.what {
            What::Template(it) if it.written_by == TemplateSource::Anybody => {
                Some(it.expression.as_str())
            }
            _ => None,
        });
    let open = job.started_by() == Some(StartedBy::Outsiders)
        && writes_unknown(job, seen.item, &setting.value);
    let from = match pasted {
        Some(expression) => format!("what strangers write ({})", excerpt(expression, 80)),
        None if open => "what the run reads, and anybody can start it".to_owned(),
        None => return None,
    };
    let detection = Detection::at(
        side,
        seen,
        format!("{} {}", setting.value, pasted.unwrap_or("run")),
    );
    let severity = raised(&detection);
    Some(
        detection
            .severity(severity)
            .says(format!("{} puts into {} {from}: it decides what later steps run", seen.whose(), setting.value))
            .mend("write it to `$GITHUB_OUTPUT` and pass it to the one step that needs it through `env`"),
    )
}

/// Whether the commands that write the file write more than they hold themselves.
fn writes_unknown(job: &Job, item: &Item, file: &str) -> bool {
    let commands = job.items.iter().filter(|one| one.order == item.order);
    let mut own = commands.filter_map(|one| match &one.what {
        What::Command(command) if writes_to(command, file) => Some(command),
        _ => None,
    });
    own.any(|command| {
        let read = |word: &&crate::model::build::Word| {
            !word.plain && !word.variables.iter().any(|it| it == file)
        };
        let fixed = matches!(command.program(), "echo" | "printf");
        !fixed || command.fed_by.is_some() || command.arguments().iter().any(|word| read(&word))
    })
}

fn writes_to(command: &Command, file: &str) -> bool {
    let targets = command.redirects.iter().map(|redirect| &redirect.target);
    let arguments = command.arguments().iter();
    targets
        .chain(arguments)
        .any(|word| word.variables.iter().any(|it| it == file))
}
