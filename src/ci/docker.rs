//! Dockerfiles, bake files, and the settings of container engines: which
//! registries are trusted, and how.
//!
//! <https://docs.docker.com/build/>, containers-registries.conf(5), containers-policy.json(5).

use bstr::BStr;

use super::text::{decode, has_yaml_name, inspect_by_name};
use super::{CiSystem, FileMap, Unparsable};
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
}
