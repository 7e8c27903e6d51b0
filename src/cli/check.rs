//! `forgewarden check RANGE`: a range judged as the hook would judge its push.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Failure, colour, complain, input, print};
use crate::ci;
use crate::clock::{Clock, SystemClock};
use crate::git::Repository;
use crate::judge::{self, Operator};
use crate::model::approval::Circumstances;
use crate::model::imported::{ForeignResult, Imported};
use crate::model::refs::{RefName, RefUpdate};
use crate::model::repo::RepositoryName;
use crate::model::request::{Concern, EvaluationRequest, Subject};
use crate::model::text::excerpt;
use crate::model::verdict::Verdict;
use crate::policy::Policy;
use crate::report::{self, Format, Templates, json, sarif, terminal};

/// Judge a range of commits as the hook would.
///
/// RANGE is OLD..NEW, judged as the push that moves the ref from OLD to NEW,
/// or one revision, judged as the push that creates the ref.
///
/// Exit status 0 if it passes, 1 if it is blocked, 2 if it could not be judged.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// OLD..NEW, or one revision for a new ref
    range: String,
    /// The repository, a work tree or bare
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,
    /// The operator's policy [default: `git config forgewarden.policy`, else
    /// /etc/forgewarden/policy.toml, else .forgewarden.toml on the target branch]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The ref that the range would move [default: the branch of HEAD]
    #[arg(long = "ref", value_name = "REF")]
    reference: Option<String>,
    /// The repository's name in the verdict [default: `git config
    /// forgewarden.repository`, else its folder]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What another scanner found before the change, as SARIF 2.1.0; may be repeated
    #[arg(long, value_name = "FILE", requires = "sarif_after")]
    sarif_before: Vec<PathBuf>,
    /// What it found after the change; the scanners must be the same
    #[arg(long, value_name = "FILE", requires = "sarif_before")]
    sarif_after: Vec<PathBuf>,
    /// How the verdict is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Judges and reports.
pub fn run(arguments: &CheckArgs) -> ExitCode {
    match judge(arguments) {
        Ok(verdict) => match render(&verdict, arguments.format) {
            Ok(text) => {
                print(&text);
                ExitCode::from(report::exit_code(verdict.conclusion))
            }
            Err(why) => complain(&*why),
        },
        Err(why) => complain(&*why),
    }
}

fn render(verdict: &Verdict, format: Format) -> Result<String, Failure> {
    Ok(match format {
        Format::Text => {
            let options = terminal::Options {
                colour: colour(),
                ..terminal::Options::default()
            };
            terminal::render(verdict, &options)
        }
        Format::Json => json::render(verdict)?,
        Format::Sarif => sarif::render(verdict)?,
        Format::Markdown => report::check_summary(verdict, &Templates::embedded()?)?,
    })
}

fn judge(arguments: &CheckArgs) -> Result<Verdict, Failure> {
    let repository = Repository::discover(&arguments.repo)?;
    let policy = operator_policy(arguments, &repository)?;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => repository
            .setting("forgewarden.repository")?
            .unwrap_or_else(|| repository.folder_name()),
    };
    let request = EvaluationRequest {
        repository: RepositoryName::new(name),
        subject: Subject::Push {
            updates: vec![update(arguments, &repository)?],
        },
        actor: None,
        seen_at: SystemClock.now(),
        concern: Concern::Change,
    };
    let operator = policy
        .as_ref()
        .map_or(Operator::TargetBranch, Operator::Policy);
    Ok(judge::judge(
        operator,
        &request,
        &repository,
        Circumstances {
            imported: imported(arguments)?,
            ..Circumstances::default()
        },
    ))
}

/// What other scanners found. One that ran on one side only would say that
/// everything is new, or nothing.
fn imported(arguments: &CheckArgs) -> Result<Imported, Failure> {
    let (old_tools, before) = results(&arguments.sarif_before)?;
    let (new_tools, after) = results(&arguments.sarif_after)?;
    let sides = [
        (&old_tools, &new_tools, "--sarif-after"),
        (&new_tools, &old_tools, "--sarif-before"),
    ];
    for (tools, others, option) in sides {
        if let Some(tool) = tools.difference(others).next() {
            let tool = excerpt(tool, 60);
            return Err(format!("there are results of {tool} on one side only: run it on the base and on the head, and name both files ({option} has none)").into());
        }
    }
    Ok(Imported { before, after })
}

fn results(files: &[PathBuf]) -> Result<(BTreeSet<String>, Vec<ForeignResult>), Failure> {
    let (mut tools, mut all) = (BTreeSet::new(), Vec::new());
    for file in files {
        let text = input::text(file, ci::sarif::MAX_SARIF_BYTES)?;
        let log = ci::sarif::read(text.as_bytes());
        let log = log.map_err(|why| format!("{}: {why}", input::name(file)))?;
        tools.extend(log.tools);
        all.extend(log.results);
    }
    Ok((tools, all))
}

fn operator_policy(
    arguments: &CheckArgs,
    repository: &Repository,
) -> Result<Option<Policy>, Failure> {
    let file = match &arguments.policy {
        Some(file) => Some(file.clone()),
        None => judge::operator_policy(repository)?,
    };
    let read = file.map(|file| Policy::read(&file)).transpose();
    Ok(read.map_err(|problems| format!("the policy cannot be used:\n{problems}"))?)
}

fn update(arguments: &CheckArgs, repository: &Repository) -> Result<RefUpdate, Failure> {
    let resolve = |spec: &str| repository.resolve(spec);
    let (old, new) = match arguments.range.split_once("..") {
        Some((_, new)) if new.starts_with('.') => {
            return Err("a range is OLD..NEW; OLD...NEW is no push".into());
        }
        Some((old, new)) => (
            Some(resolve(old)?),
            resolve(if new.is_empty() { "HEAD" } else { new })?,
        ),
        None => (None, resolve(&arguments.range)?),
    };
    Ok(RefUpdate {
        name: reference(arguments, repository)?,
        old,
        new: Some(new),
    })
}

fn reference(arguments: &CheckArgs, repository: &Repository) -> Result<RefName, Failure> {
    Ok(match &arguments.reference {
        Some(name) if name.starts_with("refs/") => RefName::new(name)?,
        Some(branch) => RefName::branch(branch)?,
        None => repository
            .default_branch()?
            .ok_or("HEAD names no branch: say with --ref which ref the range would move")?,
    })
}
