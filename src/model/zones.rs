//! Development, test and production, and what belongs to which.

use super::build::{Runner, RunnerKind, Target, TargetKind};
use super::names::Names;

/// How much stands behind a zone, the least first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ZoneLevel {
    /// Anybody's own.
    Development,
    /// Shared, without customers.
    Test,
    /// Customers and their data.
    Production,
}

impl ZoneLevel {
    /// As people say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

/// One zone of the policy's `[zones]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// What stands behind it.
    pub level: ZoneLevel,
    /// Paths of the repository.
    pub paths: Names,
    /// Names of targets, by their kind.
    pub environments: Names,
    /// Kubernetes namespaces.
    pub namespaces: Names,
    /// Clusters, contexts, servers.
    pub clusters: Names,
    /// Hosts.
    pub hosts: Names,
    /// Accounts, projects, profiles.
    pub accounts: Names,
    /// Ids of stored credentials and names of secrets.
    pub credentials: Names,
    /// Labels, tags and pools of runners.
    pub runners: Names,
    /// Networks.
    pub networks: Names,
}

/// The zones of a policy. Where it names none for a kind of thing, names speak
/// for themselves: `prod`, `staging`, `dev` as a part between separators.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zones(pub Vec<Zone>);

const PRODUCTION: &[&str] = &["prod", "production", "prd", "live"];
const TEST: &[&str] = &["test", "testing", "stage", "staging", "stg", "qa", "uat"];
const DEVELOPMENT: &[&str] = &["dev", "develop", "development", "sandbox", "local"];

/// A zone as a rule sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneName<'a> {
    /// What stands behind it.
    pub level: ZoneLevel,
    /// Its name.
    pub name: &'a str,
}

impl Zones {
    /// The zone of what a job reaches for.
    pub fn of_target(&self, target: &Target) -> Option<ZoneName<'_>> {
        self.find(&target.name, |zone| match target.kind {
            TargetKind::Environment => &zone.environments,
            TargetKind::Namespace => &zone.namespaces,
            TargetKind::Cluster => &zone.clusters,
            TargetKind::Host => &zone.hosts,
            TargetKind::Account => &zone.accounts,
            TargetKind::Credential => &zone.credentials,
            TargetKind::Network => &zone.networks,
        })
    }

    /// The zone of a secret, by its name.
    pub fn of_secret(&self, name: &str) -> Option<ZoneName<'_>> {
        self.find(name, |zone| &zone.credentials)
    }

    /// The zone of a runner: the most trusted that one of its labels names.
    pub fn of_runner(&self, runner: &Runner) -> Option<ZoneName<'_>> {
        if matches!(runner.kind, RunnerKind::Hosted) {
            return None;
        }
        let labels = runner.labels.iter();
        labels
            .filter_map(|label| self.find(label, |zone| &zone.runners))
            .max()
    }

    /// The zone that a path of the repository belongs to, by the policy alone:
    /// of several the one that most stands behind.
    pub fn of_path(&self, path: &[u8]) -> Option<ZoneName<'_>> {
        let own = self.0.iter().filter(|zone| zone.paths.has(path));
        own.max_by_key(|zone| zone.level).map(named)
    }

    /// Whether paths belong to zones at all.
    pub fn have_paths(&self) -> bool {
        self.0.iter().any(|zone| !zone.paths.is_empty())
    }

    fn find<'a>(
        &'a self,
        name: &str,
        list: impl Fn(&'a Zone) -> &'a Names,
    ) -> Option<ZoneName<'a>> {
        let stated = self.0.iter().filter(|zone| list(zone).has(name.as_bytes()));
        if let Some(zone) = stated.max_by_key(|zone| zone.level) {
            return Some(named(zone));
        }
        if self.0.iter().any(|zone| !list(zone).is_empty()) {
            return None;
        }
        by_words(name)
    }
}

fn named(zone: &Zone) -> ZoneName<'_> {
    ZoneName {
        level: zone.level,
        name: &zone.name,
    }
}

fn by_words(name: &str) -> Option<ZoneName<'static>> {
    let name = name.to_ascii_lowercase();
    let parts: Vec<_> = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .collect();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    let before = [
        "nonprod", "non-prod", "non_prod", "preprod", "pre-prod", "pre_prod",
    ];
    let level = if before.iter().any(|word| name.contains(word)) {
        ZoneLevel::Test
    } else if has(PRODUCTION) {
        ZoneLevel::Production
    } else if has(TEST) {
        ZoneLevel::Test
    } else if has(DEVELOPMENT) {
        ZoneLevel::Development
    } else {
        return None;
    };
    Some(ZoneName {
        level,
        name: level.word(),
    })
}
