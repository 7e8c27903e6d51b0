//! # untrusted-code-with-secrets
//!
//! A job that has the rights of the repository checks out what somebody proposes.
//!
//! ## Why it matters
//!
//! A run that `pull_request_target`, `workflow_run` or a comment starts has the
//! repository's secrets and a token that may write. If it checks out the head
//! of the pull request and then runs anything of it (a script, `npm ci`,
//! `make`, an action of the work tree), whoever opens a pull request has those
//! rights too.
//!
//! The checkout alone is reported as well: the next edit of the file, or a tool
//! that reads its configuration from the work tree, completes the hole.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! on: pull_request_target
//! jobs:
//!   test:
//!     steps:
//!       - uses: actions/checkout@v4
//!         with:
//!           ref: ${{ github.event.pull_request.head.sha }}
//!       - run: npm ci
//! ```
//!
//! Accepted: the same job on `pull_request`, which has neither secrets nor a
//! token that may write.
//!
//! ## What mends it
//!
//! Run proposals on `pull_request` (or in the fork's own pipeline), hand
//! results over as an artifact, and let a second job that has the rights read
//! it as data. Where the job must be one, put it behind an environment that
//! asks a person.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.untrusted-code-with-secrets]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - SLSA 1.0 build track: isolated builds
//! - NIST SP 800-204D 5.1.1: CI pipelines run with the least rights

use crate::checks::support::build::programs::{ACTIONS, RUNNERS};
use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{
    Blueprint, CheckoutSource, CodeSource, Command, Gate, GateKind, Item, Job, What,
};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "untrusted-code-with-secrets",
    title: "A job runs what outsiders propose, with the rights of the repository",
    severity: Severity::Critical,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every job that newly has both rights and code of others.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let all = side.jobs();
    all.filter_map(|(blueprint, job)| of_job(side, blueprint, job))
        .collect()
}

/// When something happens in a job: the step, then the command in it.
type Moment = (u32, u32, u32);

fn of_job(side: Side<'_>, blueprint: &Blueprint, job: &Job) -> Option<Detection> {
    if has_no_rights(blueprint, job) {
        return None;
    }
    let (at, taken) = job.items.iter().find_map(proposal)?;
    let after = |item: &&Item| moment(item) > moment(at);
    let runs = job.items.iter().filter(after).find_map(execution);
    let detection = Detection::of_job(side, (&blueprint.path, job), "proposed code");
    let open = detection.exposure.open_to_outsiders();
    let rights = detection.exposure.writes || job.secrets().next().is_some();
    let severity = match (open, &runs) {
        (true, Some(_)) => Severity::Critical,
        (true, None) => Severity::High,
        (false, Some(_)) if rights => Severity::High,
        (false, None) if rights => Severity::Medium,
        _ => return None,
    };
    let severity = if is_approved(job) {
        lower(severity)
    } else {
        severity
    };
    let then = match &runs {
        Some(what) => format!("and then runs {}", excerpt(what, 80)),
        None => "though nothing of it seems to run yet".to_owned(),
    };
    let who = match open {
        true => "in a run that anybody can start with the repository's rights",
        false => "in a run that has rights of its own",
    };
    Some(
        detection
            .standing_at(&at.spot)
            .severity(severity)
            .says(format!("{} checks out what somebody proposes ({}) {who}, {then}", job.title, excerpt(&taken, 80)))
            .mend("run proposals without secrets (`on: pull_request`, the fork's own pipeline) and hand results over as data; or remove the checkout of the proposal"),
    )
}

/// Whether GitHub gives the run of a proposal no rights, whatever the file says.
fn has_no_rights(blueprint: &Blueprint, job: &Job) -> bool {
    let poor = [
        "push",
        "merge_group",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
    ];
    let all = job
        .triggers
        .iter()
        .all(|trigger| poor.contains(&trigger.event.as_str()));
    blueprint.system == "github-actions" && all
}

fn is_approved(job: &Job) -> bool {
    let approval = |item: &Item| {
        matches!(
            &item.what,
            What::Gate(Gate {
                kind: GateKind::Approval,
                ..
            })
        )
    };
    job.items.iter().any(approval)
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        _ => Severity::Low,
    }
}

fn moment(item: &Item) -> Moment {
    match &item.what {
        What::Command(command) => (
            item.order,
            command.script,
            command.position.saturating_add(1),
        ),
        _ => (item.order, 0, 0),
    }
}

/// What brings proposed code into the work tree.
fn proposal(item: &Item) -> Option<(&Item, String)> {
    match &item.what {
        What::Checkout(checkout) => match &checkout.source {
            CheckoutSource::Proposed(expression) => Some((item, expression.clone())),
            _ => None,
        },
        What::Command(command) => fetched(command).map(|taken| (item, taken)),
        _ => None,
    }
}

/// What a command fetches of a proposal.
fn fetched(command: &Command) -> Option<String> {
    let words: Vec<_> = command
        .arguments()
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    match (command.program(), words.as_slice()) {
        ("gh", ["pr", "checkout", ..]) | ("glab", ["mr", "checkout", ..]) => Some(command.line()),
        ("git", [first, ..]) if matches!(*first, "fetch" | "pull" | "checkout" | "clone") => {
            const PLACES: &[&str] = &[
                "pull/",
                "merge-requests/",
                "pull-requests/",
                "head_ref",
                "head.sha",
                "head.ref",
                "HEAD_REF",
                "ghprb",
                "CHANGE_BRANCH",
                "SOURCE_BRANCH_SHA",
                "SOURCE_PROJECT",
            ];
            let named = words
                .iter()
                .find(|word| PLACES.iter().any(|place| word.contains(place)));
            named.map(|_| command.line())
        }
        _ => None,
    }
}

/// What runs of the work tree.
fn execution(item: &Item) -> Option<String> {
    match &item.what {
        What::Code(code) => match &code.source {
            CodeSource::Workspace(path) => Some(format!("the action ./{path} of the work tree")),
            CodeSource::Elsewhere { name, .. } => {
                let name = name.to_ascii_lowercase();
                ACTIONS.contains(&name.as_str()).then_some(name)
            }
            _ => None,
        },
        What::Command(command) => runs(command).then(|| format!("`{}`", command.line())),
        _ => None,
    }
}

fn runs(command: &Command) -> bool {
    let first = command.words.first().map_or("", |word| word.text.as_str());
    let words: Vec<_> = command
        .arguments()
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    let own = |text: &str| {
        let relative =
            text.starts_with("./") || text.starts_with("../") || text.contains("GITHUB_WORKSPACE");
        relative
            || (text.contains('/')
                && !text.starts_with(['/', '$', '~', '-'])
                && !text.contains("://"))
    };
    if own(first) {
        return true;
    }
    match command.program() {
        "bash" | "sh" | "zsh" | "dash" | "pwsh" | "powershell" | "source" | "." => {
            words.iter().any(|word| {
                !word.starts_with('-')
                    && *word != "-c"
                    && (own(word) || word.ends_with(".sh") || word.ends_with(".ps1"))
            })
        }
        "go" => words.first().is_some_and(|word| {
            matches!(
                *word,
                "test" | "run" | "generate" | "install" | "build" | "vet"
            )
        }),
        "docker" | "podman" | "nerdctl" => words
            .iter()
            .any(|word| matches!(*word, "build" | "buildx" | "compose")),
        "helm" | "kubectl" => false,
        program => RUNNERS.contains(&program) && !is_harmless(&words),
    }
}

/// Whether a program only says what it is, or fetches a named package.
fn is_harmless(words: &[&str]) -> bool {
    matches!(
        words,
        [] | [
            "--version" | "-v" | "-V" | "version" | "--help" | "login" | "logout" | "config",
            ..
        ]
    ) || matches!(words, ["install" | "i", "-g" | "--global", ..])
}
