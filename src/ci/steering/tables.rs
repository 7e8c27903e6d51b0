//! The file maps of what decides who may change CI, what counts as a check,
//! and where things come from. What the files say is read beside this.

use super::understand;
use crate::ci::FileMap;
use crate::ci::common::Table;
use crate::model::ci::Tier::{ControlPlane, Reached, Steering};

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $title:literal, [$($row:expr),+ $(,)?];)+) => {
        $(
            $(#[$doc])*
            pub static $name: Table = {
                static MAPS: [FileMap; 1] = [FileMap::new(&[$($row),+])];
                Table::new($key, $title, &MAPS).read_by(understand)
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
    Table::new("build-words", "a build tool", &MAPS)
};

tables! {
    /// Who may change what, and what may merge by itself.
    OWNERSHIP = "ownership", "code owners", [
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

    /// What is checked out is not always what the blob says.
    GIT = "git", "git", [
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
    BUILD_TOOLS = "build-tools", "a build tool", [
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
    WRAPPERS = "wrappers", "a build wrapper", [
        ("**/gradle/wrapper/**", Reached),
        ("**/{gradlew,gradlew.bat,mvnw,mvnw.cmd}", Reached),
        ("**/.mvn/**", Reached),
        ("**/.yarn/releases/**", Reached),
        ("**/.yarn/plugins/**", Reached),
        ("**/.yarnrc.yml", Reached),
    ];

    /// Where dependencies come from.
    REGISTRIES = "registries", "a package registry's settings", [
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
    TOOLCHAINS = "toolchains", "a toolchain's version", [
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
    SCANNERS = "scanners", "a scanner's settings", [
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
    BOTS = "bots", "a bot's settings", [
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
    AGENTS = "ai-agents", "an AI agent's instructions", [
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
