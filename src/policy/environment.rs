//! The tables about the build environment, as the checks see them.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{GlobText, LeastPin, SourcesTable, ZoneTable};
use crate::model::build::Pin;
use crate::model::names::Names;
use crate::model::sources::TrustedSources;
use crate::model::zones::{Zone, Zones};

/// What is trusted.
pub(crate) fn sources(table: &SourcesTable) -> Result<TrustedSources, String> {
    Ok(TrustedSources {
        images: names(&table.images)?,
        digests: table.digests.clone(),
        code: names(&table.code)?,
        hosts: names(&table.hosts)?,
        iam_registries: names(&table.iam_registries)?,
        least_pin: Some(match table.least_pin {
            LeastPin::Branch => Pin::Branch,
            LeastPin::MovingTag => Pin::MovingTag,
            LeastPin::Tag => Pin::Tag,
            LeastPin::Exact => Pin::Exact,
        }),
    })
}

/// The zones.
pub(crate) fn zones(tables: &BTreeMap<String, ZoneTable>) -> Result<Zones, String> {
    let zone = |(name, table): (&String, &ZoneTable)| {
        Ok(Zone {
            name: name.clone(),
            level: table.level,
            paths: names(&table.paths)?,
            environments: names(&table.environments)?,
            namespaces: names(&table.namespaces)?,
            clusters: names(&table.clusters)?,
            hosts: names(&table.hosts)?,
            accounts: names(&table.accounts)?,
            credentials: names(&table.credentials)?,
            runners: names(&table.runners)?,
            networks: names(&table.networks)?,
        })
    };
    tables.iter().map(zone).collect::<Result<_, _>>().map(Zones)
}

fn names(texts: &BTreeSet<GlobText>) -> Result<Names, String> {
    Names::new(texts.iter().map(|text| text.0.as_str()))
}
