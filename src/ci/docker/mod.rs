//! Dockerfiles, bake files, and the settings of container engines: which
//! registries are trusted, and how.
//!
//! <https://docs.docker.com/build/>, containers-registries.conf(5), containers-policy.json(5).

mod bake;
mod engine;
mod instruction;
mod lines;
mod stage;

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

pub(crate) use stage::read;

use super::closure::Closure;
use super::files::Files;
use super::text::{decode, has_yaml_name, inspect_by_name};
use super::{CiSystem, FileMap, Unparsable, compose};
use crate::model::build::Blueprint;
use crate::model::ci::Tier::{ControlPlane, Executed, Steering};

/// Docker and other container engines.
pub struct System;

static MAPS: [FileMap; 3] = [
    FileMap::new(&[
        ("**/daemon.json", ControlPlane),
        ("**/registries.conf", ControlPlane),
        ("**/registries.conf.d/**", ControlPlane),
        ("**/containers/policy.json", ControlPlane),
        ("**/certs.d/**", ControlPlane),
        ("**/containerd/**/config.toml", ControlPlane),
        ("**/containerd/config.toml", ControlPlane),
        ("**/buildkitd.toml", ControlPlane),
        ("**/.docker/config.json", ControlPlane),
        ("**/docker-bake.{hcl,json}", Executed),
        ("**/docker-bake.override.{hcl,json}", Executed),
        ("**/.containerignore", Steering),
        ("**/docker-stack*.{yml,yaml}", Executed),
    ]),
    // `docker build` falls back to `dockerfile`, and others are named with `-f`.
    FileMap::in_any_case(&[
        ("**/*.dockerignore", Steering),
        ("**/{Dockerfile,Containerfile}", Executed),
        ("**/{Dockerfile,Containerfile}.*", Executed),
        ("**/*.{Dockerfile,Containerfile}", Executed),
    ]),
    // In another letter case these are names such as `dockerfile_parser.py`.
    FileMap::of_plain_words(&[
        ("**/{Dockerfile,Containerfile}{-,_}*", Executed),
        ("**/*{-,_}{Dockerfile,Containerfile}", Executed),
    ]),
];

impl CiSystem for System {
    fn key(&self) -> &'static str {
        "docker"
    }

    fn title(&self) -> &'static str {
        "Docker"
    }

    fn maps(&self) -> &'static [FileMap] {
        &MAPS
    }

    fn inspect(&self, path: &BStr, content: &[u8]) -> Result<(), Unparsable> {
        if has_yaml_name(path) {
            inspect_by_name(path, content)
        } else {
            decode(content).map(drop)
        }
    }

    fn understand(
        &self,
        path: &Arc<BString>,
        content: &[u8],
        files: &mut dyn Files,
    ) -> Option<Blueprint> {
        let name = path.rsplit_str("/").next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        if name.starts_with(b"docker-stack") && has_yaml_name(path.as_bstr()) {
            return compose::System.understand(path, content, files);
        }
        let text = decode(content).ok()?;
        let mut closure = Closure::new(files);
        let mut blueprint = Blueprint::new(path, self.key());
        if name.starts_with(b"docker-bake") {
            bake::read(text, &mut blueprint, &mut closure);
        } else if !engine::read(text, &mut blueprint) {
            let file = read(path, text, &mut closure, 0);
            blueprint.jobs = file.jobs;
            blueprint.items = file.items;
        }
        blueprint.edges = closure.into_edges();
        Some(blueprint)
    }
}
