//! `forgewarden ci audit`: what already stands in the build environment, on
//! every branch.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::checks::{self, Mode};
use crate::cli::{Failure, colour, complain, print};
use crate::clock::{Clock, SystemClock};
use crate::engine;
use crate::gather;
use crate::git::Repository;
use crate::judge::{self, Operator};
use crate::model::finding::Finding;
use crate::model::refs::{RefName, RefUpdate};
use crate::model::repo::RepositoryName;
use crate::model::request::{Concern, EvaluationRequest, Subject};
use crate::model::verdict::Verdict;
use crate::policy::Policy;
use crate::report::{self, Format, Templates, json, sarif, terminal};

/// Most branches that a finding names.
const MAX_NAMED: usize = 3;

/// Checks besides the rules of the build environment that look at files, not
/// at who changed them.
const OF_FILES: &[&str] = &[
    "ci-config-unparsable",
    "ci-path-lookalike",
    "ci-path-symlink",
    "ci-path-submodule",
    "ci-file-in-lfs",
];

/// Report what is wrong in the build environment as it stands.
///
/// Every rule looks at each branch as if all of it were new. The same finding
/// on several branches is reported once. Exit status 0 if nothing blocks, 1 if
/// something does, 2 if it could not be judged.
#[derive(Debug, clap::Args)]
pub(super) struct AuditArgs {
    /// One revision [default: every branch]
    #[arg(conflicts_with = "all_branches")]
    revision: Option<String>,
    /// Every branch, those fetched from elsewhere too
    #[arg(long)]
    all_branches: bool,
    /// The repository, a work tree or bare
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,
    /// The operator's policy [default: `git config forgewarden.policy`, else
    /// /etc/forgewarden/policy.toml, else .forgewarden.toml on the default branch]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Looks and reports.
pub(super) fn run(arguments: &AuditArgs) -> ExitCode {
    let written = audit(arguments).and_then(|verdict| {
        let text = render(&verdict, arguments.format)?;
        Ok((text, report::exit_code(verdict.conclusion)))
    });
    match written {
        Ok((text, code)) => {
            print(&text);
            ExitCode::from(code)
        }
        Err(why) => complain(&*why),
    }
}

fn render(verdict: &Verdict, format: Format) -> Result<String, Failure> {
    Ok(match format {
        Format::Text => {
            let branches = verdict.subject.updates().len();
            let subject = match branches {
                1 => "audit".to_owned(),
                many => format!("audit of {many} branches"),
            };
            let options = terminal::Options {
                colour: colour(),
                subject: Some(&subject),
                ..terminal::Options::default()
            };
            terminal::render(verdict, &options)
        }
        Format::Json => json::render(verdict)?,
        Format::Sarif => sarif::render_standing(verdict)?,
        Format::Markdown => report::check_summary(verdict, &Templates::embedded()?)?,
    })
}

fn audit(arguments: &AuditArgs) -> Result<Verdict, Failure> {
    let repository = Repository::discover(&arguments.repo)?;
    let file = match &arguments.policy {
        Some(file) => Some(file.clone()),
        None => judge::operator_policy(&repository)?,
    };
    let given = file
        .map(|file| Policy::read(&file))
        .transpose()
        .map_err(|problems| format!("the policy cannot be used:\n{problems}"))?;
    let operator = given
        .as_ref()
        .map_or(Operator::TargetBranch, Operator::Policy);
    let request = EvaluationRequest {
        repository: RepositoryName::new(
            repository
                .setting("forgewarden.repository")?
                .unwrap_or_else(|| repository.folder_name()),
        ),
        subject: Subject::Push {
            updates: updates(arguments, &repository)?,
        },
        actor: None,
        seen_at: SystemClock.now(),
        concern: Concern::Change,
    };
    let policy = judge::effective_policy(operator, &request, &repository).map_err(|gap| gap.0)?;
    let policy = of_files_only(policy);
    let facts = gather::standing(&policy, &request, &repository);
    let mut verdict = engine::evaluate(&policy, &facts);
    verdict.findings = once(std::mem::take(&mut verdict.findings));
    // Nothing is compared, so nothing is gained.
    verdict.capabilities.clear();
    verdict.more_capabilities = 0;
    Ok(verdict)
}

fn updates(arguments: &AuditArgs, repository: &Repository) -> Result<Vec<RefUpdate>, Failure> {
    let update = |name, new| RefUpdate {
        name,
        old: None,
        new: Some(new),
    };
    if let Some(revision) = &arguments.revision {
        let tip = repository.resolve(revision)?;
        let name = RefName::branch(revision).unwrap_or(RefName::branch("revision")?);
        return Ok(vec![update(name, tip)]);
    }
    let all = repository.branches()?;
    if all.is_empty() {
        return Err("there is no branch with a commit".into());
    }
    Ok(all
        .into_iter()
        .map(|(name, tip)| update(name, tip))
        .collect())
}

/// The policy without the checks that ask who changed something, and how.
fn of_files_only(mut policy: Policy) -> Policy {
    for check in checks::ALL {
        if check.meta.systems.is_empty() && !OF_FILES.contains(&check.meta.id) {
            (check.set_mode)(&mut policy.checks, Mode::Off);
        }
    }
    policy
}

/// Each finding once, naming the branches that have it.
fn once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<(Finding, Vec<RefName>)> = Vec::new();
    let mut known: HashMap<_, usize> = HashMap::new();
    for finding in findings {
        let same = match &finding.fingerprint {
            Some(fingerprint) => fingerprint.clone(),
            None => finding.message.clone(),
        };
        let key = (finding.check, finding.path.clone(), same);
        match known.get(&key) {
            Some(at) if kept[*at].0.subject != finding.subject => {
                kept[*at].1.push(finding.subject);
            }
            Some(_) => kept.push((finding, Vec::new())),
            None => {
                known.insert(key, kept.len());
                kept.push((finding, Vec::new()));
            }
        }
    }
    let told = kept.into_iter().map(|(mut finding, mut others)| {
        others.sort();
        others.dedup();
        others.retain(|other| *other != finding.subject);
        if !others.is_empty() {
            let named: Vec<_> = others
                .iter()
                .take(MAX_NAMED)
                .map(RefName::short_text)
                .collect();
            let more = match others.len().saturating_sub(MAX_NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            finding.message = format!("{} (also on {}{more})", finding.message, named.join(", "));
        }
        finding
    });
    told.collect()
}
