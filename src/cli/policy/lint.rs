//! `forgewarden policy lint`: all problems, with the line and a caret.

use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;

use super::{LintArgs, PolicyCommandError, Streams};
use crate::model::text::escape;
use crate::policy::{MAX_LAYER_BYTES, Policy, Problem, Problems};

/// Reads the layers and reports their problems.
pub(super) fn run(
    args: &LintArgs,
    now: Timestamp,
    streams: &mut Streams<'_>,
) -> Result<ExitCode, PolicyCommandError> {
    let (policy, mut problems) = match Policy::read(&args.file) {
        Ok(policy) => {
            let problems = [policy.notices.clone(), policy.ended(now)].concat();
            (Some(policy), problems)
        }
        Err(Problems(problems)) => (None, problems),
    };
    let mut names = vec![args.file.display().to_string()];
    if let Some(layer) = &args.repository_layer {
        names.push(layer.display().to_string());
        match layered(policy.as_ref(), layer)? {
            Ok(policy) => problems.extend([policy.notices.clone(), policy.ended(now)].concat()),
            Err(Problems(more)) => problems.extend(more),
        }
    }
    let mut seen = std::collections::HashSet::new();
    problems.retain(|problem| seen.insert(problem.render()));
    for problem in &problems {
        writeln!(streams.out, "{}", problem.render())?;
    }
    writeln!(streams.out, "{}", summary(&names.join(" with "), &problems))?;
    let failed = problems.iter().any(Problem::is_error);
    Ok(ExitCode::from(u8::from(failed)))
}

/// The layer over the policy. If the policy itself cannot be used, the layer
/// is put over an empty one, so that its own problems are told at once.
fn layered(
    policy: Option<&Policy>,
    file: &Path,
) -> Result<Result<Policy, Problems>, PolicyCommandError> {
    let text = read_layer(file)?;
    let source = file.display().to_string();
    let empty;
    let policy = match policy {
        Some(policy) => policy,
        None => {
            let parsed = Policy::parse("", "version = 1", Path::new(""));
            empty = parsed.map_err(|why| PolicyCommandError::Refused(why.to_string()))?;
            &empty
        }
    };
    Ok(policy.tightened_by(&source, &text))
}

/// The bytes of a repository's layer, at most one more than is allowed.
pub(super) fn read_layer(file: &Path) -> Result<Vec<u8>, PolicyCommandError> {
    use std::io::Read as _;
    let cannot = |error: std::io::Error| {
        let shown = escape(file.display().to_string());
        PolicyCommandError::Refused(format!("{shown} cannot be read: {error}"))
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(cannot)?;
    opened
        .take(MAX_LAYER_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    Ok(bytes)
}

fn summary(name: &str, problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = problems.len() - errors;
    let count = |number: usize, word: &str| match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    };
    let name = escape(name);
    match (errors, warnings) {
        (0, 0) => format!("{name}: no problems"),
        (0, _) => format!("{name}: valid, {}", count(warnings, "warning")),
        (_, 0) => format!("{name}: {}", count(errors, "error")),
        _ => format!(
            "{name}: {}, {}",
            count(errors, "error"),
            count(warnings, "warning")
        ),
    }
}
