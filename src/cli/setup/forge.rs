//! `forgewarden setup github | gitlab | stash`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use secrecy::SecretString;
use serde_json::Value;

use crate::cli::doctor::{chosen, guarded, scope, webhook_url};
use crate::cli::{Failure, complain, print};
use crate::clock::{SharedClock, SystemClock};
use crate::config::{self, Config};
use crate::forge::{Action, Instance, Scope, Step};
use crate::model::refs::RefName;
use crate::model::repo::{ForgeKind, RepositoryName};
use crate::model::text::escape;
use crate::policy::Policy;

/// Shows what has to be changed on the forge, and changes it with `--apply`.
#[derive(Debug, Args)]
pub(super) struct ForgeArgs {
    /// The configuration file of the service.
    #[arg(long, default_value = config::DEFAULT_FILE, value_name = "FILE")]
    config: PathBuf,
    /// The instance, if several of this forge are configured.
    #[arg(long, value_name = "KEY")]
    instance: Option<String>,
    /// The repository; may be repeated.
    #[arg(long, value_name = "NAME", required = true)]
    repository: Vec<String>,
    /// The branch to guard; may be repeated. Without it: the protected branches.
    #[arg(long, value_name = "BRANCH")]
    branch: Vec<String>,
    /// A file with a token of somebody who administers the repository, instead
    /// of the configured `admin_token`.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Makes the changes.
    #[arg(long)]
    apply: bool,
}

pub(super) fn run(kind: ForgeKind, arguments: &ForgeArgs) -> ExitCode {
    match set_up(kind, arguments) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => complain(&*error),
    }
}

/// How many steps are left.
fn set_up(kind: ForgeKind, arguments: &ForgeArgs) -> Result<usize, Failure> {
    let mut config = Config::look(&arguments.config)?;
    if let Some(file) = &arguments.token_file {
        let token = read_token(file)?;
        config.forges.administered_with(&token);
    }
    let branches = arguments.branch.iter().map(RefName::branch);
    let branches = branches.collect::<Result<Vec<_>, _>>()?;
    // A policy that cannot be read protects branches that we would not see.
    let policy = Policy::read(&config.policy)?;
    let clock: SharedClock = Arc::new(SystemClock);
    let instance = only(
        kind,
        chosen(&config, arguments.instance.as_deref(), &clock)?,
    )?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut left = 0;
        for name in &arguments.repository {
            let name = RepositoryName::new(name.as_str());
            let repository = instance.inventory.repository(&name).await?;
            let branches = guarded(&instance, Some(&policy), (&repository, &branches)).await?;
            let scope = scope(&repository, branches, &webhook_url(&config, &instance.key));
            left += one(&instance, &scope, arguments.apply).await?;
        }
        Ok(left)
    })
}

fn read_token(file: &Path) -> Result<SecretString, Failure> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| format!("{}: {error}", file.display()))?;
    match text.trim() {
        "" => Err(format!("{} is empty", file.display()).into()),
        token => Ok(SecretString::from(token)),
    }
}

fn only(kind: ForgeKind, mut all: Vec<Instance>) -> Result<Instance, Failure> {
    all.retain(|instance| instance.kind == kind);
    match (all.pop(), all.is_empty()) {
        (Some(instance), true) => Ok(instance),
        (None, _) => Err(format!("no [[{}]] is configured", kind.key()).into()),
        (Some(_), false) => Err(format!(
            "several [[{}]] are configured: name one with --instance",
            kind.key()
        )
        .into()),
    }
}

async fn one(instance: &Instance, scope: &Scope, apply: bool) -> Result<usize, Failure> {
    let name = escape(scope.repository.name.as_str());
    let administration = &instance.administration;
    let mut plan = administration.plan(scope).await?;
    if plan.is_empty() {
        print(&format!("{name}: nothing to change\n"));
        return Ok(0);
    }
    print(&format!("{name}\n"));
    plan.iter().for_each(|step| print(&shown(step)));
    if !apply {
        print(&format!(
            "\n{} steps; `--apply` does those that are not done by hand\n",
            plan.len()
        ));
        return Ok(plan.len());
    }
    for step in &plan {
        if let Action::Request { .. } = step.action {
            administration.apply(step).await?;
            print(&format!("done: {}\n", escape(&step.title)));
        }
    }
    // What the forge now says, not what we believe that we did.
    plan = administration.plan(scope).await?;
    let left = plan
        .iter()
        .map(|step| format!("left: {}\n", escape(&step.title)));
    print(&left.collect::<String>());
    Ok(plan.len())
}

/// A step as a diff of how it stands and how it should.
fn shown(step: &Step) -> String {
    let mut text = format!("\n  {}\n", escape(&step.title));
    let (before, after) = (lines(&step.before), lines(&step.after));
    let gone = before.iter().filter(|line| !after.contains(line));
    let new = after.iter().filter(|line| !before.contains(line));
    text.extend(gone.map(|line| format!("    - {line}\n")));
    text.extend(new.map(|line| format!("    + {line}\n")));
    match &step.action {
        Action::Request { method, path, .. } => {
            text.push_str(&format!("    {method} {}\n", escape(path)))
        }
        Action::ByHand(how) => text.push_str(&format!("    by hand: {}\n", escape(how))),
    }
    text
}

/// `field: value` for each field of an object.
fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| escape(format!("{name}: {value}")))
            .collect(),
        other => vec![escape(other.to_string())],
    }
}

#[cfg(test)]
mod tests {
    use super::shown;
    use crate::forge::{Action, Step};
    use serde_json::json;

    #[test]
    fn a_step_shows_only_what_differs() {
        let step = Step {
            title: "let a failing status block".into(),
            before: json!({ "a": true, "b": false }),
            after: json!({ "a": true, "b": true, "c": "x" }),
            action: Action::ByHand("press it".into()),
        };
        let text = "\n  let a failing status block\n    - b: false\n    + b: true\n    + c: \"x\"\n    by hand: press it\n";
        assert_eq!(shown(&step), text);
    }
}
