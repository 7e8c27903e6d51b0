//! `forgewarden policy init`: proposes a policy from recent history. What is
//! read from commits are claims; the proposal says so and a person decides.

mod history;
mod proposal;

use std::path::Path;
use std::process::ExitCode;

use super::{InitArgs, PolicyCommandError, Streams};
use crate::git::{GitError, Repository};
use crate::policy::Policy;

/// Reads the repository and prints the proposal.
pub(super) fn run(
    args: &InitArgs,
    streams: &mut Streams<'_>,
) -> Result<ExitCode, PolicyCommandError> {
    let refused = |error: GitError| PolicyCommandError::Refused(error.to_string());
    let repository = Repository::discover(&args.repo).map_err(refused)?;
    let limit = usize::try_from(args.commits).unwrap_or(usize::MAX);
    let history = history::read(&repository, limit).map_err(refused)?;
    let text = proposal::write(&history);
    // Whoever pipes this into a file shall get one that can be used.
    Policy::parse("proposal", &text, Path::new("")).map_err(|problems| {
        PolicyCommandError::Refused(format!("the proposal is not a valid policy: {problems}"))
    })?;
    write!(streams.out, "{text}")?;
    Ok(ExitCode::SUCCESS)
}
