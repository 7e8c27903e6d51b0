//! The rest of the map: systems and groups of files that are, so far, no more
//! than a list of paths. One that needs its own reading becomes a module.

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::files::Files;
use super::kubernetes::{self, names_group};
use super::text::has_yaml_name;
use super::{CiSystem, FileMap};
use crate::model::build::Blueprint;
use crate::model::ci::Tier::{self, ControlPlane, Executed, Reached, Steering};

/// A system that is a list of paths.
pub struct Table {
    key: &'static str,
    title: &'static str,
    maps: &'static [FileMap],
    /// The end of the Kubernetes API groups that are this system's.
    groups: &'static [&'static str],
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
                Table { key: $key, title: $title, maps: &MAPS, groups: $groups }
            };
        )+
    };
}

/// Names that are everyday words, or the names of sources, in another letter case.
pub static BUILD_WORDS: Table = {
    static MAPS: [FileMap; 1] = [FileMap::of_plain_words(&[(
        "**/{BUILD,WORKSPACE}",
        Reached,
    )])];
    Table {
        key: "build-words",
        title: "a build tool",
        maps: &MAPS,
        groups: &[],
    }
};

tables! {
    /// Who may change what, and what may merge by itself.
    OWNERSHIP = "ownership", "code owners", groups &[], [
        (".github/CODEOWNERS", ControlPlane),
        ("CODEOWNERS", ControlPlane),
        ("docs/CODEOWNERS", ControlPlane),
        (".gitlab/CODEOWNERS", ControlPlane),
        (".gitea/CODEOWNERS", ControlPlane),
        (".forgejo/CODEOWNERS", ControlPlane),
        (".bitbucket/CODEOWNERS", ControlPlane),
        ("**/{OWNERS,OWNERS_ALIASES}", ControlPlane),
        (".policy.yml", ControlPlane),
        (".github/policy.yml", ControlPlane),
        ("**/.policy.{yml,yaml}", ControlPlane),
        (".mergify.{yml,yaml}", ControlPlane),
        (".mergify/config.{yml,yaml}", ControlPlane),
        (".github/mergify.{yml,yaml}", ControlPlane),
        ("bors.toml", ControlPlane),
        (".kodiak.toml", ControlPlane),
        (".github/.kodiak.toml", ControlPlane),
        (".github/{settings,repository,safe-settings,branch-protection}.{yml,yaml}", ControlPlane),
        (".github/rulesets/**", ControlPlane),
        (".asf.yaml", ControlPlane),
        (".github/auto*approve*", ControlPlane),
        (".github/auto*merge*", ControlPlane),
        ("tide.yaml", ControlPlane),
        ("rust-bors.toml", ControlPlane),
    ];

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

    /// What is checked out is not always what the blob says.
    GIT = "git", "git", groups &[], [
        ("**/.gitattributes", Steering),
        ("**/.gitmodules", Steering),
        ("**/.lfsconfig", Steering),
        ("**/.mailmap", Steering),
        ("{.githooks,.git-hooks,githooks}/**", Reached),
        (".husky/**", Reached),
        ("{lefthook,.lefthook}*.{yml,yaml,toml,json}", Reached),
        ("**/.pre-commit-config.{yml,yaml}", Reached),
        (".pre-commit-hooks.{yml,yaml}", Reached),
    ];

    /// Called from CI, and able to run anything there.
    BUILD_TOOLS = "build-tools", "a build tool", groups &[], [
        ("**/{Makefile,makefile,GNUmakefile,BSDmakefile}", Reached),
        ("**/*.{mk,mak,make}", Reached),
        ("**/{justfile,Justfile,.justfile}", Reached),
        ("**/{Taskfile,taskfile}.{yml,yaml}", Reached),
        ("**/{Taskfile,taskfile}.dist.{yml,yaml}", Reached),
        ("**/{Rakefile,rakefile}", Reached),
        ("**/*.rake", Reached),
        ("**/build.xml", Reached),
        ("**/package.json", Reached),
        ("**/pom.xml", Reached),
        ("**/*.gradle", Reached),
        ("**/*.gradle.kts", Reached),
        ("**/gradle.properties", Reached),
        ("**/build.rs", Reached),
        ("**/setup.{py,cfg}", Reached),
        ("**/pyproject.toml", Reached),
        ("**/tox.ini", Reached),
        ("**/noxfile.py", Reached),
        ("**/hatch_build.py", Reached),
        ("**/CMakeLists.txt", Reached),
        ("**/*.cmake", Reached),
        ("**/CMakePresets.json", Reached),
        ("**/configure.{ac,in}", Reached),
        ("**/{configure,autogen.sh,bootstrap.sh}", Reached),
        ("**/Makefile.am", Reached),
        ("**/m4/**", Reached),
        ("**/*.m4", Reached),
        ("**/meson.build", Reached),
        ("**/meson_options.txt", Reached),
        ("**/magefile.go", Reached),
        ("magefiles/**", Reached),
        ("**/{BUILD.bazel,WORKSPACE.bazel,MODULE.bazel}", Reached),
        ("**/*.bzl", Reached),
        ("**/.bazelrc", Reached),
        ("**/{SConstruct,SConscript}", Reached),
        ("**/wscript", Reached),
        ("**/dodo.py", Reached),
        ("**/fabfile.py", Reached),
        ("tasks.py", Reached),
        ("**/invoke.{yml,yaml}", Reached),
        ("**/{Gruntfile,gulpfile,Jakefile}.{js,ts,mjs,cjs}", Reached),
        ("**/build.sbt", Reached),
        ("project/plugins.sbt", Reached),
        ("**/build.sc", Reached),
        ("**/mix.exs", Reached),
        ("**/Package.swift", Reached),
        ("**/*.{csproj,fsproj,vbproj,targets,props}", Reached),
        ("**/Directory.Build.*", Reached),
        ("**/build.{sh,ps1,cmd,bat,cake}", Reached),
        ("**/Gemfile", Reached),
        ("**/*.gemspec", Reached),
        ("**/Fastfile", Reached),
        ("**/Podfile", Reached),
        ("**/composer.json", Reached),
        ("**/goreleaser*.{yml,yaml}", Reached),
        ("**/.goreleaser*.{yml,yaml}", Reached),
        ("**/.releaserc*", Reached),
        ("**/release.config.{js,cjs,mjs}", Reached),
    ];

    /// They choose the binary that runs.
    WRAPPERS = "wrappers", "a build wrapper", groups &[], [
        ("**/gradle/wrapper/**", Reached),
        ("**/{gradlew,gradlew.bat,mvnw,mvnw.cmd}", Reached),
        ("**/.mvn/**", Reached),
        ("**/.yarn/releases/**", Reached),
        ("**/.yarn/plugins/**", Reached),
        ("**/.yarnrc.yml", Reached),
    ];

    /// Where dependencies come from.
    REGISTRIES = "registries", "a package registry's settings", groups &[], [
        ("**/.npmrc", Steering),
        ("**/.yarnrc", Steering),
        ("**/.pnpmfile.cjs", Steering),
        ("**/pnpm-workspace.{yml,yaml}", Steering),
        ("**/bunfig.toml", Steering),
        ("**/{pip.conf,pip.ini,.pip.conf}", Steering),
        ("**/{uv,poetry}.toml", Steering),
        ("**/.pypirc", Steering),
        ("**/requirements*.{txt,in}", Steering),
        ("**/constraints*.txt", Steering),
        ("**/Pipfile", Steering),
        ("**/settings.xml", Steering),
        ("**/{NuGet,nuget,Nuget}.{config,Config}", Steering),
        ("**/.cargo/config", Steering),
        ("**/.cargo/config.toml", Steering),
        ("**/.bundle/config", Steering),
        ("**/auth.json", Steering),
        ("**/go.env", Steering),
        ("**/{.condarc,condarc}", Steering),
        ("**/.netrc", Steering),
        ("**/.curlrc", Steering),
        ("**/.wgetrc", Steering),
        ("**/repositories.cfg", Steering),
    ];

    /// Which tools run; some of these files run commands themselves.
    TOOLCHAINS = "toolchains", "a toolchain's version", groups &[], [
        ("**/rust-toolchain", Steering),
        ("**/rust-toolchain.toml", Steering),
        ("**/.tool-versions", Steering),
        ("**/{mise,.mise}*.toml", Steering),
        ("**/.mise/**", Steering),
        ("**/{.nvmrc,.node-version,.python-version,.ruby-version,.java-version,.go-version,.terraform-version}", Steering),
        ("**/.sdkmanrc", Steering),
        ("**/global.json", Steering),
        ("**/flake.{nix,lock}", Steering),
        ("**/{shell,default}.nix", Steering),
        ("**/devbox.json", Steering),
        ("**/.envrc", Steering),
        ("**/.bazelversion", Steering),
    ];

    /// Which checks run, and what they overlook.
    SCANNERS = "scanners", "a scanner's settings", groups &[], [
        ("**/.checkov.{yml,yaml}", Steering),
        ("**/.trivyignore*", Steering),
        ("**/trivy*.{yml,yaml}", Steering),
        ("**/.snyk", Steering),
        ("**/.gitleaks.toml", Steering),
        ("**/.gitleaksignore", Steering),
        ("**/.semgrepignore", Steering),
        ("**/.semgrep/**", Steering),
        ("**/.semgrep.{yml,yaml}", Steering),
        ("**/{zizmor,.zizmor}.{yml,yaml}", Steering),
        ("**/{.poutine,poutine}.{yml,yaml}", Steering),
        ("**/.plumber.{yml,yaml}", Steering),
        ("**/{hadolint,.hadolint}.{yml,yaml}", Steering),
        ("**/.kics*", Steering),
        ("**/.kics*/**", Steering),
        ("**/{.bandit,bandit.yaml}", Steering),
        ("**/osv-scanner.toml", Steering),
        ("**/{.grype,.syft}.{yml,yaml}", Steering),
        ("**/{.grype,.syft}/**", Steering),
        ("**/{deny,audit}.toml", Steering),
        ("**/.cargo/audit.toml", Steering),
        ("supply-chain/{config,audits}.toml", Steering),
        ("**/sonar-project.properties", Steering),
        (".github/codeql/**", Steering),
        (".github/codeql-config.{yml,yaml}", Steering),
        ("**/.shellcheckrc", Steering),
        ("**/.codacy.{yml,yaml}", Steering),
        ("**/.codeclimate.{yml,yaml}", Steering),
        ("**/{codecov,.codecov}.{yml,yaml}", Steering),
        ("**/.tfsec/**", Steering),
        ("**/.tflint.hcl", Steering),
        ("**/.yamllint*", Steering),
        ("**/.secrets.baseline", Steering),
        ("**/.talismanrc", Steering),
        ("**/.whitesource", Steering),
        ("**/.nsprc", Steering),
        ("**/.dockle*", Steering),
        ("**/.conftest/**", Steering),
        (".github/secret_scanning.{yml,yaml}", Steering),
    ];

    /// Who merges by itself, and who reviews.
    BOTS = "bots", "a bot's settings", groups &[], [
        (".github/dependabot.{yml,yaml}", Steering),
        ("{renovate,.renovaterc}.{json,json5}", Steering),
        (".renovaterc", Steering),
        ("{.github,.gitlab}/renovate.{json,json5}", Steering),
        (".github/labeler.{yml,yaml}", Steering),
        (".github/stale.{yml,yaml}", Steering),
        (".github/*.{yml,yaml}", Steering),
        (".gitlab/*.json*", Steering),
        ("probot.{yml,yaml}", Steering),
    ];

    /// Agents that run in CI do what these say.
    AGENTS = "ai-agents", "an AI agent's instructions", groups &[], [
        ("**/{CLAUDE,AGENTS,GEMINI}.md", Steering),
        ("**/{CLAUDE,AGENTS}.local.md", Steering),
        ("**/.claude/**", Steering),
        ("**/.mcp.json", Steering),
        ("**/.gemini/**", Steering),
        ("**/.cursor/**", Steering),
        ("**/.cursorrules", Steering),
        ("**/.windsurfrules", Steering),
        (".github/copilot-instructions.md", Steering),
        (".github/{instructions,prompts,chatmodes,agents}/**", Steering),
        ("**/.codex/**", Steering),
        ("**/.aider.conf.yml", Steering),
    ];
}
