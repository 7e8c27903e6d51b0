//! `forgewarden policy export`: the policy's trusted images in the language of
//! an admission controller, so that review and admission ask the same. What
//! that language cannot say is an error, never something near it.

mod controller;
mod kyverno;
mod pattern;
mod yaml;

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::ValueEnum;

use super::{ExportArgs, PolicyCommandError, Streams};
use crate::model::sources::{Signer, TrustedSources};
use crate::model::text::escape;
use crate::policy::{Policy, Problem, Problems};
use pattern::Inexpressible;

/// Of which admission controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// A ClusterPolicy of Kyverno
    Kyverno,
    /// ClusterImagePolicies of sigstore's policy-controller
    PolicyController,
}

/// Reads the policy and prints the export.
pub(super) fn run(
    args: &ExportArgs,
    streams: &mut Streams<'_>,
) -> Result<ExitCode, PolicyCommandError> {
    let policy = match Policy::read(&args.policy) {
        Ok(policy) => policy,
        Err(Problems(problems)) => {
            for problem in problems.iter().map(Problem::render) {
                writeln!(streams.err, "{problem}")?;
            }
            return Ok(ExitCode::from(1));
        }
    };
    let sources = &policy.sources;
    if sources.images.is_empty() {
        let why = "the policy lists no images: state [sources] images, or every image would be admitted, or none";
        return Err(PolicyCommandError::Refused(why.to_owned()));
    }
    let exported = match args.format {
        ExportFormat::Kyverno => kyverno::documents(sources),
        ExportFormat::PolicyController => controller::documents(sources),
    };
    let documents = exported.map_err(|list| refused(args.format, &list))?;
    let notes = match args.format {
        ExportFormat::Kyverno => kyverno::NOTES,
        ExportFormat::PolicyController => controller::NOTES,
    };
    writeln!(
        streams.out,
        "# Made by `forgewarden policy export` from a policy with the digest {};\n# change the policy and export again.",
        policy.digest
    )?;
    for note in notes {
        writeln!(streams.out, "# {note}")?;
    }
    write!(streams.out, "{}", yaml::documents(&documents))?;
    Ok(ExitCode::SUCCESS)
}

fn refused(format: ExportFormat, list: &[Inexpressible]) -> PolicyCommandError {
    let whose = match format {
        ExportFormat::Kyverno => "Kyverno",
        ExportFormat::PolicyController => "policy-controller",
    };
    let mut text =
        format!("nothing is exported, because {whose} cannot say this as the policy means it:");
    for one in list {
        let _ = write!(
            text,
            "\n  `{}` ({}): {}; {}",
            escape(&one.text),
            one.key,
            one.why,
            one.help
        );
    }
    PolicyCommandError::Refused(text)
}

/// The signers by the images that they sign.
fn signers(sources: &TrustedSources) -> Vec<(&str, Vec<&Signer>)> {
    let mut groups: std::collections::BTreeMap<&str, Vec<&Signer>> =
        std::collections::BTreeMap::new();
    for signer in &sources.signers {
        groups.entry(&signer.images).or_default().push(signer);
    }
    groups.into_iter().collect()
}
