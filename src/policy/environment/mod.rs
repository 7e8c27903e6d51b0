//! The tables about the build environment: what is trusted, and what is
//! development, test and production. From the file's form to the checks' form.

mod cover;
mod formats;
mod idle;
mod tables;

pub(crate) use cover::{covers, is_comparable};
pub(crate) use formats::rule;
pub(crate) use idle::idle;
pub(crate) use tables::{SourcesTable, ZoneTable};

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::build::Pin;
use crate::model::names::Names;
use crate::model::sources::{Signer, TrustedSources};
use crate::model::zones::{Zone, Zones};
use tables::LeastPin;

/// What is trusted.
pub(crate) fn sources(table: &SourcesTable, folder: &Path) -> Result<TrustedSources, String> {
    let signers = table.signers.iter().map(|signer| Signer {
        images: signer.images.0.to_ascii_lowercase(),
        issuer: signer.issuer.0.clone(),
        identity: signer.identity.0.clone(),
    });
    let digests = table.digests.iter();
    Ok(TrustedSources {
        mirrors: table
            .mirrors
            .iter()
            .map(|(name, path)| (name.clone(), folder.join(path)))
            .collect(),
        images: names(table.images.iter().map(|text| text.0.as_str()))?,
        digests: digests.map(|text| text.0.to_ascii_lowercase()).collect(),
        code: names(table.code.iter().map(|text| text.0.as_str()))?,
        hosts: names(table.hosts.iter().map(|text| text.0.as_str()))?,
        iam_registries: names(table.iam_registries.iter().map(|text| text.0.as_str()))?,
        least_pin: Some(match table.least_pin {
            LeastPin::Branch => Pin::Branch,
            LeastPin::MovingTag => Pin::MovingTag,
            LeastPin::Tag => Pin::Tag,
            LeastPin::Exact => Pin::Exact,
        }),
        signers: signers.collect(),
    })
}

/// The zones.
pub(crate) fn zones(tables: &BTreeMap<String, ZoneTable>) -> Result<Zones, String> {
    let zone = |(name, table): (&String, &ZoneTable)| {
        let lists: BTreeMap<_, _> = table.lists().into_iter().collect();
        let list = |key: &str| names(lists.get(key).into_iter().flatten().copied());
        Ok(Zone {
            name: name.clone(),
            level: table.level,
            paths: list("paths")?,
            environments: list("environments")?,
            namespaces: list("namespaces")?,
            clusters: list("clusters")?,
            hosts: list("hosts")?,
            accounts: list("accounts")?,
            credentials: list("credentials")?,
            runners: list("runners")?,
            networks: list("networks")?,
        })
    };
    tables.iter().map(zone).collect::<Result<_, _>>().map(Zones)
}

fn names<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Names, String> {
    Names::new(texts)
}
