//! Bamboo specs, YAML and Java.
//!
//! Bamboo looks for YAML first and ignores Java specs if it finds some.
//! <https://docs.atlassian.com/bamboo-specs-docs/>.

use super::{CiSystem, FileMap};
use crate::model::ci::Tier::{Executed, Reached};

/// Bamboo.
pub struct System;

static MAPS: [FileMap; 1] = [FileMap::new(&[
    ("bamboo-specs/**/*.{yml,yaml}", Executed),
    ("bamboo-specs/pom.xml", Executed),
    ("bamboo-specs/src/**", Executed),
    ("bamboo-specs/.mvn/**", Executed),
    ("bamboo-specs/**", Reached),
])];

impl CiSystem for System {
    fn key(&self) -> &'static str {
        "bamboo"
    }

    fn title(&self) -> &'static str {
        "Bamboo"
    }

    fn maps(&self) -> &'static [FileMap] {
        &MAPS
    }
}
