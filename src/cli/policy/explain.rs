//! `forgewarden policy explain`: what holds and who decided it, or the page of
//! one check.

use std::process::ExitCode;

use super::lint::read_layer;
use super::{ExplainArgs, PolicyCommandError, Streams};
use crate::checks;
use crate::policy::{Policy, Problem, Problems};

/// Widest key column, in characters.
const MAX_KEY_COLUMN: usize = 48;

/// Shows the page of a check or the effective values.
pub(super) fn run(
    args: &ExplainArgs,
    streams: &mut Streams<'_>,
) -> Result<ExitCode, PolicyCommandError> {
    match &args.check {
        Some(id) => page(id, streams),
        None => values(args, streams),
    }
}

fn page(id: &str, streams: &mut Streams<'_>) -> Result<ExitCode, PolicyCommandError> {
    let Some(check) = checks::find(id) else {
        let names: Vec<_> = checks::ALL.iter().map(|check| check.meta.id).collect();
        let nearest = crate::policy::nearest(id, names.iter().copied());
        let help = match nearest {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        let shown = crate::model::text::excerpt(id, 60);
        return Err(PolicyCommandError::Refused(format!(
            "there is no check `{shown}`; {help}"
        )));
    };
    write!(streams.out, "{}", check.documentation())?;
    Ok(ExitCode::SUCCESS)
}

fn values(args: &ExplainArgs, streams: &mut Streams<'_>) -> Result<ExitCode, PolicyCommandError> {
    let mut policy = match Policy::read(&args.policy) {
        Ok(policy) => policy,
        Err(problems) => return unusable(&problems, streams),
    };
    if let Some(layer) = &args.repository_layer {
        let text = read_layer(layer)?;
        policy = match policy.tightened_by(&layer.display().to_string(), &text) {
            Ok(policy) => policy,
            Err(problems) => return unusable(&problems, streams),
        };
    }
    let settings = policy.settings();
    let widths = settings.iter().map(|setting| setting.key.chars().count());
    let width = widths.max().unwrap_or(0).min(MAX_KEY_COLUMN);
    for setting in &settings {
        let origin = match setting.origins.as_slice() {
            [] => "default".to_owned(),
            files => files.join(", "),
        };
        writeln!(
            streams.out,
            "{:width$} = {}   # {origin}",
            setting.key, setting.value
        )?;
    }
    writeln!(streams.out, "\npolicy digest {}", policy.digest)?;
    writeln!(streams.out, "trust digest  {}", policy.roots.digest())?;
    for notice in &policy.notices {
        write!(streams.out, "\n{}", notice.render())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn unusable(
    problems: &Problems,
    streams: &mut Streams<'_>,
) -> Result<ExitCode, PolicyCommandError> {
    for problem in problems.0.iter().map(Problem::render) {
        writeln!(streams.err, "{problem}")?;
    }
    Ok(ExitCode::from(1))
}
