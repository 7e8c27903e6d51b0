//! What a job reaches of the policy's zones: targets, secrets, machines.

use std::collections::BTreeSet;
use std::fmt;

use super::Side;
use crate::model::build::{Job, SecretName, Spot, TargetKind, What};
use crate::model::text::excerpt;
use crate::model::zones::ZoneName;

/// One thing of a zone that a job reaches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reached<'a> {
    /// The zone.
    pub(crate) zone: ZoneName<'a>,
    /// What it is.
    pub(crate) kind: ReachedKind,
    /// Its name, as written.
    pub(crate) name: &'a str,
    /// Where it is named.
    pub(crate) spot: &'a Spot,
}

/// What a [`Reached`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReachedKind {
    /// A target that is no credential.
    Target(TargetKind),
    /// A secret or stored credential.
    Secret,
    /// A runner or agent.
    Runner,
}

impl Reached<'_> {
    /// What makes it the same thing in another job.
    pub(crate) fn feature(&self) -> String {
        format!("{:?} {}", self.kind, self.name)
    }
}

/// `the namespace pay (production)`.
impl fmt::Display for Reached<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ReachedKind::Target(TargetKind::Environment) => "the environment",
            ReachedKind::Target(TargetKind::Namespace) => "the namespace",
            ReachedKind::Target(TargetKind::Cluster) => "the cluster",
            ReachedKind::Target(TargetKind::Host) => "the host",
            ReachedKind::Target(TargetKind::Account) => "the account",
            ReachedKind::Target(TargetKind::Network) => "the network",
            ReachedKind::Target(TargetKind::Credential) | ReachedKind::Secret => "the secret",
            ReachedKind::Runner => "machines of",
        };
        let (name, zone) = (excerpt(self.name, 80), excerpt(self.zone.name, 40));
        write!(f, "{kind} {name} (zone {zone})")
    }
}

/// Everything of a zone that a job reaches, each thing once, in the order of the text.
pub(crate) fn reached<'a>(side: Side<'a>, job: &'a Job) -> Vec<Reached<'a>> {
    let zones = side.zones();
    let of_items = job.items.iter().filter_map(|item| {
        let (zone, kind, name) = match &item.what {
            What::Target(target) if target.kind == TargetKind::Credential => {
                let zone = zones.of_target(target)?;
                (zone, ReachedKind::Secret, target.name.as_str())
            }
            What::Target(target) => {
                let kind = ReachedKind::Target(target.kind);
                (zones.of_target(target)?, kind, target.name.as_str())
            }
            What::Secret(secret) => match &secret.name {
                SecretName::Named(name) => {
                    (zones.of_secret(name)?, ReachedKind::Secret, name.as_str())
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(Reached {
            zone,
            kind,
            name,
            spot: &item.spot,
        })
    });
    let of_runner = job.runner.as_ref().and_then(|runner| {
        let zone = zones.of_runner(runner)?;
        let named = |label: &&String| {
            let alone = crate::model::build::Runner {
                labels: vec![(*label).clone()],
                ..runner.clone()
            };
            zones.of_runner(&alone) == Some(zone)
        };
        let name = runner.labels.iter().find(named)?;
        let (kind, spot) = (ReachedKind::Runner, &runner.spot);
        Some(Reached {
            zone,
            kind,
            name,
            spot,
        })
    });
    let mut seen = BTreeSet::new();
    let all = of_items.chain(of_runner);
    all.filter(|thing| seen.insert((thing.kind, thing.name)))
        .collect()
}
