//! Compose files. <https://docs.docker.com/reference/compose-file/>.

use super::{CiSystem, FileMap};
use crate::model::ci::Tier::Executed;

/// Compose.
pub struct System;

static MAPS: [FileMap; 1] = [FileMap::new(&[
    ("**/compose.{yaml,yml}", Executed),
    ("**/docker-compose*.{yaml,yml}", Executed),
    ("**/docker_compose*.{yaml,yml}", Executed),
    ("**/podman-compose*.{yaml,yml}", Executed),
    ("**/compose{.,-,_}*.{yaml,yml}", Executed),
    ("**/*{.,-,_}compose.{yaml,yml}", Executed),
])];

impl CiSystem for System {
    fn key(&self) -> &'static str {
        "compose"
    }

    fn title(&self) -> &'static str {
        "Compose"
    }

    fn maps(&self) -> &'static [FileMap] {
        &MAPS
    }
}
