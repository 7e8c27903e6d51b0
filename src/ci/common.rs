//! The rest of the map: systems and groups of files that are, so far, no more
//! than a list of paths. One that needs its own reading becomes a module.

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::kubernetes::{self, names_group};
pub use super::steering::tables::{
    AGENTS, BOTS, BUILD_TOOLS, BUILD_WORDS, GIT, OWNERSHIP, REGISTRIES, SCANNERS, TOOLCHAINS,
    WRAPPERS,
};
use super::text::has_yaml_name;
use super::{CiSystem, FileMap, Files};
use crate::model::build::Blueprint;
use crate::model::ci::Tier::{self, ControlPlane, Executed, Reached, Steering};

/// A system that is a list of paths.
pub struct Table {
    key: &'static str,
    title: &'static str,
    maps: &'static [FileMap],
    /// The end of the Kubernetes API groups that are this system's.
    groups: &'static [&'static str],
    /// What reads its files, if they have a model.
    reads: Option<Understand>,
}

/// Reads a file of the system with this key.
type Understand = fn(&'static str, &Arc<BString>, &[u8], &mut dyn Files) -> Option<Blueprint>;

impl Table {
    /// A system of these paths.
    pub(super) const fn new(
        key: &'static str,
        title: &'static str,
        maps: &'static [FileMap],
    ) -> Self {
        Self {
            key,
            title,
            maps,
            groups: &[],
            reads: None,
        }
    }

    /// Manifests of these API groups, wherever they lie.
    pub(super) const fn with_groups(mut self, groups: &'static [&'static str]) -> Self {
        self.groups = groups;
        self
    }

    /// Its files have a model.
    pub(super) const fn read_by(mut self, reads: Understand) -> Self {
        self.reads = Some(reads);
        self
    }
}

impl CiSystem for Table {
    fn key(&self) -> &'static str {
        self.key
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn maps(&self) -> &'static [FileMap] {
        self.maps
    }

    fn by_content(&self, path: &BStr, content: &[u8]) -> Option<Tier> {
        let mut groups = self.groups.iter();
        let named = groups.any(|group| has_yaml_name(path) && names_group(content, group));
        named.then_some(Executed)
    }

    /// What has groups of its own in Kubernetes is read as a manifest.
    fn understand(
        &self,
        path: &Arc<BString>,
        content: &[u8],
        files: &mut dyn Files,
    ) -> Option<Blueprint> {
        if let Some(reads) = self.reads {
            return reads(self.key, path, content, files);
        }
        let manifest = !self.groups.is_empty() && has_yaml_name(path.as_bstr());
        let blueprint = manifest.then(|| kubernetes::System.understand(path, content, files));
        blueprint.flatten()
    }
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $title:literal, groups $groups:expr, [$($row:expr),+ $(,)?];)+) => {
        $(
            $(#[$doc])*
            pub static $name: Table = {
                static MAPS: [FileMap; 1] = [FileMap::new(&[$($row),+])];
                Table::new($key, $title, &MAPS).with_groups($groups)
            };
        )+
    };
}

tables! {
    /// Our own policy in the repository.
    POLICY = "forgewarden", "Forgewarden's policy", groups &[], [
        (".forgewarden.toml", ControlPlane),
        (".forgewarden/**", ControlPlane),
    ];

    /// Bitbucket Pipelines.
    BITBUCKET = "bitbucket-pipelines", "Bitbucket Pipelines", groups &[], [
        ("bitbucket-pipelines.{yml,yaml}", Executed),
    ];

    /// CircleCI.
    CIRCLECI = "circleci", "CircleCI", groups &[], [
        (".circleci/**/*.{yml,yaml}", Executed),
        ("**/@orb.yml", Executed),
        ("circle.yml", Executed),
        (".circleci/**", Reached),
    ];

    /// Azure Pipelines.
    AZURE = "azure-pipelines", "Azure Pipelines", groups &[], [
        ("**/azure-pipelines*.{yml,yaml}", Executed),
        ("{.azure-pipelines,azure-pipelines,.azuredevops,.azure}/**/*.{yml,yaml}", Executed),
        ("**/.vsts-ci.{yml,yaml}", Executed),
        ("**/.vsts*.{yml,yaml}", Executed),
        ("{.azure-pipelines,azure-pipelines,.azuredevops}/**", Reached),
    ];

    /// Buildkite.
    BUILDKITE = "buildkite", "Buildkite", groups &[], [
        ("buildkite.{yml,yaml,json}", Executed),
        ("{.buildkite,buildkite}/**/*.{yml,yaml,json}", Executed),
        (".buildkite/hooks/**", Executed),
        (".buildkite/plugins/**", Executed),
        (".buildkite/**", Reached),
    ];

    /// Drone and Harness.
    DRONE = "drone", "Drone and Harness", groups &[], [
        ("**/.drone*.{yml,yaml,star,jsonnet}", Executed),
        (".drone/**", Executed),
        (".harness/**", Executed),
        (".drone.sec", Steering),
    ];

    /// Woodpecker.
    WOODPECKER = "woodpecker", "Woodpecker", groups &[], [
        (".woodpecker.{yaml,yml}", Executed),
        (".woodpecker/**/*.{yaml,yml}", Executed),
        (".woodpecker/**", Reached),
    ];

    /// Tekton.
    TEKTON = "tekton", "Tekton", groups &["tekton.dev"], [
        (".tekton/**/*.{yml,yaml}", Executed),
        ("tekton/**/*.{yml,yaml}", Executed),
        (".tekton/**", Reached),
    ];

    /// Argo.
    ARGO = "argo", "Argo", groups &["argoproj.io"], [
        ("**/.argocd-source*.{yaml,yml}", Executed),
        ("**/argocd/**/*.{yaml,yml}", Executed),
        ("**/.argocd-allow-concurrency", Steering),
    ];

    /// Flux.
    FLUX = "flux", "Flux", groups &["toolkit.fluxcd.io"], [
        ("**/flux-system/**", Executed),
        ("**/.sourceignore", Steering),
    ];

    /// TeamCity.
    TEAMCITY = "teamcity", "TeamCity", groups &[], [
        (".teamcity/**", Executed),
        (".teamcity.{yml,yaml}", Executed),
    ];

    /// Travis CI.
    TRAVIS = "travis", "Travis CI", groups &[], [
        (".travis.{yml,yaml}", Executed),
        (".travis/**", Reached),
    ];

    /// AppVeyor.
    APPVEYOR = "appveyor", "AppVeyor", groups &[], [
        ("{appveyor,.appveyor}.{yml,yaml}", Executed),
        (".appveyor/**", Reached),
    ];

    /// Cirrus CI.
    CIRRUS = "cirrus", "Cirrus CI", groups &[], [
        (".cirrus.{yml,yaml,star}", Executed),
    ];

    /// Build systems that are only recognised.
    OTHER_CI = "other-ci", "another build system", groups &[], [
        ("**/cloudbuild*.{yml,yaml,json}", Executed),
        ("**/buildspec*.{yml,yaml}", Executed),
        ("**/appspec.{yml,yaml}", Executed),
        ("codefresh*.{yml,yaml}", Executed),
        (".codefresh/**", Executed),
        (".semaphore/**/*.{yml,yaml}", Executed),
        ("{zuul,.zuul}.{yml,yaml}", Executed),
        ("{zuul.d,.zuul.d}/**", Executed),
        (".prow.{yml,yaml}", Executed),
        (".prow/**", Executed),
        (".ci-operator.{yml,yaml}", Executed),
        ("screwdriver.{yml,yaml}", Executed),
        (".build.yml", Executed),
        (".builds/*.{yml,yaml}", Executed),
        ("bitrise.{yml,yaml}", Executed),
        ("codemagic.{yml,yaml}", Executed),
        ("wercker.{yml,yaml}", Executed),
        ("**/.gocd.{yml,yaml}", Executed),
        ("**/*.gocd.{yml,yaml}", Executed),
        ("**/*.gopipeline.json", Executed),
        ("**/Earthfile", Executed),
        ("dagger.json", Executed),
        (".dagger/**", Executed),
        ("{concourse,.concourse}/**/*.{yml,yaml}", Executed),
        (".ci/**", Executed),
        ("{ci,CI}/**/*.{yml,yaml}", Executed),
        ("{ci,CI}/**/Jenkinsfile*", Executed),
        ("{ci,CI}/**", Reached),
        ("**/snapcraft.{yml,yaml}", Executed),
        (".copr/Makefile", Executed),
        (".packit.{yml,yaml}", Executed),
        ("netlify.toml", Executed),
        ("vercel.json", Executed),
        ("**/amplify.{yml,yaml}", Executed),
        ("render.{yml,yaml}", Executed),
        ("fly.toml", Executed),
        ("**/Procfile", Executed),
        (".onedev-buildspec.{yml,yaml}", Executed),
        (".laminar/**", Executed),
        ("**/.evergreen.{yml,yaml}", Executed),
    ];

    /// They run commands on a developer's machine or on a cluster.
    DEV_LOOPS = "deployment-tools", "a deployment or development tool", groups &[], [
        ("**/skaffold*.{yml,yaml}", Executed),
        ("**/Tiltfile", Executed),
        ("**/devspace.{yml,yaml}", Executed),
        ("**/okteto*.{yml,yaml}", Executed),
        ("**/werf*.{yml,yaml}", Executed),
        ("**/garden.{yml,yaml}", Executed),
        ("**/*.garden.{yml,yaml}", Executed),
        ("**/.devcontainer/**", Executed),
        ("**/.devcontainer.json", Executed),
        ("**/devcontainer.json", Executed),
        (".gitpod.{yml,Dockerfile}", Executed),
        ("**/Vagrantfile", Executed),
        ("**/packer*.json", Executed),
        ("**/*.pkr.hcl", Executed),
        ("**/*.nomad", Executed),
        ("**/*.nomad.hcl", Executed),
        ("ansible/**/*.{yml,yaml}", Executed),
        ("**/ansible.cfg", Steering),
        ("**/Pulumi*.{yml,yaml}", Executed),
        ("**/serverless.{yml,yaml}", Executed),
    ];
}
