//! Compose files. <https://docs.docker.com/reference/compose-file/>.

mod build;
mod environment;
mod file;
mod rights;
mod service;

use std::sync::Arc;

use bstr::BString;

pub(crate) use build::remote_code;
pub(crate) use service::beside;

use super::closure::Closure;
use super::files::Files;
use super::yaml::tree::parse;
use super::{CiSystem, FileMap};
use crate::model::build::Blueprint;
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

    fn understand(
        &self,
        path: &Arc<BString>,
        content: &[u8],
        files: &mut dyn Files,
    ) -> Option<Blueprint> {
        let roots = parse(content).ok()?;
        let mut closure = Closure::new(files);
        let mut blueprint = Blueprint::new(path, self.key());
        file::read(path, &roots, &mut blueprint, &mut closure);
        blueprint.edges = closure.into_edges();
        Some(blueprint)
    }
}
