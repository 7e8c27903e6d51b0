//! Which files belong to the build environment, and what is odd about them.

#![expect(clippy::expect_used, reason = "a test's helper fails the test by it")]

use bstr::{BStr, ByteSlice};
use forgewarden::ci::{
    ExtraPath, FileMode, Recognised, SYSTEMS, covers_directory, find, may_be_recognised_by_content,
    oddities, recognise, recognise_content, recognise_directory,
};
use forgewarden::model::ci::Oddity;
use forgewarden::model::ci::Tier::{self, ControlPlane, Executed, Reached, Steering};
use proptest::prelude::*;

fn at(path: &str) -> Option<(&'static str, Tier)> {
    let found = recognise(BStr::new(path), &[])?;
    assert_eq!(found.lookalike_of, None, "{path} is taken for an imitation");
    Some((found.system, found.tier))
}

const KNOWN: &[(&str, &str, Tier)] = &[
    (".github/workflows/ci.yml", "github-actions", Executed),
    (".github/workflows/release.yaml", "github-actions", Executed),
    (".github/workflows/triage.md", "github-actions", Executed),
    (".github/workflows/lib/helper.sh", "github-actions", Reached),
    ("action.yml", "github-actions", Executed),
    (
        ".github/actions/setup/action.yaml",
        "github-actions",
        Executed,
    ),
    (".github/actions/setup/index.js", "github-actions", Reached),
    (".gitea/workflows/ci.yml", "github-actions", Executed),
    (".forgejo/workflows/ci.yaml", "github-actions", Executed),
    (".gitlab-ci.yml", "gitlab-ci", Executed),
    (".gitlab/ci/build.yml", "gitlab-ci", Executed),
    ("ci/deploy.gitlab-ci.yml", "gitlab-ci", Executed),
    (".gitlab/agents/prod/config.yaml", "gitlab-ci", ControlPlane),
    (
        ".gitlab/security-policies/policy.yml",
        "gitlab-ci",
        ControlPlane,
    ),
    (".gitlab/sast-ruleset.toml", "gitlab-ci", Steering),
    ("Jenkinsfile", "jenkins", Executed),
    ("deploy/Jenkinsfile.prod", "jenkins", Executed),
    ("build.jenkinsfile", "jenkins", Executed),
    ("vars/deploy.groovy", "jenkins", Executed),
    ("src/org/acme/Deploy.groovy", "jenkins", Reached),
    ("jenkins.yaml", "jenkins", ControlPlane),
    ("casc_configs/security.yaml", "jenkins", ControlPlane),
    ("jobs/seed.groovy", "jenkins", ControlPlane),
    ("plugins.txt", "jenkins", ControlPlane),
    ("bamboo-specs/bamboo.yml", "bamboo", Executed),
    ("bamboo-specs/plans/build.yaml", "bamboo", Executed),
    ("bamboo-specs/src/main/java/Plan.java", "bamboo", Executed),
    ("bamboo-specs/pom.xml", "bamboo", Executed),
    ("Dockerfile", "docker", Executed),
    ("images/DOCKERFILE", "docker", Executed),
    ("Dockerfile.alpine", "docker", Executed),
    ("app.Dockerfile", "docker", Executed),
    ("Containerfile", "docker", Executed),
    ("Dockerfile.dockerignore", "docker", Steering),
    (".dockerignore", "docker", Steering),
    ("docker-bake.hcl", "docker", Executed),
    ("etc/docker/daemon.json", "docker", ControlPlane),
    (".docker/config.json", "docker", ControlPlane),
    ("containers/policy.json", "docker", ControlPlane),
    ("compose.yaml", "compose", Executed),
    ("docker-compose.override.yml", "compose", Executed),
    ("deploy/prod.compose.yml", "compose", Executed),
    ("base/kustomization.yaml", "kubernetes", Executed),
    ("charts/app/Chart.yaml", "kubernetes", Executed),
    ("charts/app/values-prod.yaml", "kubernetes", Executed),
    (
        "charts/app/templates/deployment.yaml",
        "kubernetes",
        Executed,
    ),
    (".circleci/config.yml", "circleci", Executed),
    ("azure-pipelines.yml", "azure-pipelines", Executed),
    (".buildkite/hooks/pre-command", "buildkite", Executed),
    (".drone.yml", "drone", Executed),
    (".woodpecker.yaml", "woodpecker", Executed),
    (".tekton/push.yaml", "tekton", Executed),
    (".teamcity/settings.kts", "teamcity", Executed),
    (".travis.yml", "travis", Executed),
    ("bitbucket-pipelines.yml", "bitbucket-pipelines", Executed),
    (".github/CODEOWNERS", "ownership", ControlPlane),
    ("CODEOWNERS", "ownership", ControlPlane),
    (".mergify.yml", "ownership", ControlPlane),
    (".forgewarden.toml", "forgewarden", ControlPlane),
    ("Makefile", "build-tools", Reached),
    ("web/package.json", "build-tools", Reached),
    ("lib/BUILD", "build-words", Reached),
    ("gradle/wrapper/gradle-wrapper.jar", "wrappers", Reached),
    (".npmrc", "registries", Steering),
    ("rust-toolchain.toml", "toolchains", Steering),
    (".checkov.yaml", "scanners", Steering),
    (".github/dependabot.yml", "bots", Steering),
    ("sub/.gitattributes", "git", Steering),
    (".gitmodules", "git", Steering),
    ("CLAUDE.md", "ai-agents", Steering),
];

#[test]
fn the_files_of_each_system_are_recognised() {
    for (path, system, tier) in KNOWN {
        assert_eq!(at(path), Some((*system, *tier)), "{path}");
    }
}

#[test]
fn near_misses_are_not_recognised() {
    for path in [
        "src/main.rs",
        "README.md",
        "docs/workflows/ci.yml",
        "github/workflows/ci.yml",
        ".github/ISSUE_TEMPLATE/bug.md",
        ".github/workflows",
        "vendor/.github/workflows/ci.yml",
        "actions.yml",
        "gitlab-ci.yml",
        "Jenkinsfiles",
        "src/Jenkinsfiler.java",
        "lib/vars/deploy.groovy",
        "specs/bamboo.yml",
        "src/dockerfile_parser.py",
        "Dockerfiles/readme.txt",
        "src/compose.rs",
        "docs/values.md",
        "src/chart.yaml.rs",
        "CODEOWNERS.md",
        "scripts/build",
        "backports/makefile.py",
        "forgewarden.toml",
        "Makefiles.txt",
        "npmrc",
        "",
        "/",
    ] {
        assert_eq!(recognise(BStr::new(path), &[]), None, "{path}");
    }
}

/// A path that a row of the map stands for.
fn example(row: &str, below: &str) -> String {
    let mut path = row.replace("**/", below).replace("**", "deep/file");
    while let Some((before, rest)) = path.split_once('{') {
        let (words, after) = rest.split_once('}').expect("braces close");
        path = format!(
            "{before}{}{after}",
            words.split(',').next().expect("a word")
        );
    }
    path.replace('*', "x")
}

#[test]
fn every_row_of_every_map_holds_at_least_at_its_tier() {
    for system in SYSTEMS {
        for (row, tier) in system.maps().iter().flat_map(|map| map.rows()) {
            for below in ["", "some/where/"] {
                let path = example(row, below);
                let found = recognise(BStr::new(&path), &[]);
                let found = found.unwrap_or_else(|| panic!("{path} of {row} is not recognised"));
                assert!(found.tier <= *tier, "{path} of {row}: {}", found.tier);
                assert_eq!(found.lookalike_of, None, "{path} of {row}");
            }
        }
    }
}

#[test]
fn keys_are_unique_and_lead_back_to_their_system() {
    let mut keys: Vec<_> = SYSTEMS.iter().map(|system| system.key()).collect();
    for key in &keys {
        assert_eq!(find(key).map(|system| system.key()), Some(*key));
        assert!(
            key.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{key}"
        );
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), SYSTEMS.len());
}

#[test]
fn disguised_paths_are_named_with_what_they_imitate() {
    for (path, of) in [
        (".GitHub/Workflows/ci.yml", ".github/workflows/ci.yml"),
        (".github/workflows/ci.YML", ".github/workflows/ci.yml"),
        (
            ".github/work\u{200d}flows/ci.yml",
            ".github/workflows/ci.yml",
        ),
        (".github/wоrkflows/ci.yml", ".github/workflows/ci.yml"),
        ("ｊenkinsfile", "Jenkinsfile"),
        ("jenkinsfile", "Jenkinsfile"),
        (".github\\workflows\\ci.yml", ".github/workflows/ci.yml"),
        (".github./workflows/ci.yml", ".github/workflows/ci.yml"),
        ("codeowners", "CODEOWNERS"),
        (".Forgewarden.toml", ".forgewarden.toml"),
        ("Dockerfil\u{0435}", "Dockerfile"),
        (".NPMRC", ".npmrc"),
        ("MAKEFILE", "Makefile"),
    ] {
        let found = recognise(BStr::new(path), &[]).unwrap_or_else(|| panic!("{path:?}"));
        assert_eq!(found.lookalike_of, Some(of.into()), "{path:?}");
        let odd = oddities(&found, BStr::new(path), FileMode::Plain, Some(b"{}"));
        assert_eq!(odd, [Oddity::Lookalike { of: of.into() }], "{path:?}");
    }
}

#[test]
fn paths_of_the_policy_join_the_map() {
    let extra = [ExtraPath {
        glob: globset::Glob::new("build/Pipeline.groovy")
            .expect("a glob")
            .compile_matcher(),
        system: "jenkins",
        tier: Executed,
    }];
    let found = |path: &str| recognise(BStr::new(path), &extra);
    let plain = Recognised {
        system: "jenkins",
        tier: Executed,
        lookalike_of: None,
    };
    assert_eq!(found("build/Pipeline.groovy"), Some(plain));
    let imitation = found("build/pipeline.GROOVY").expect("an imitation");
    assert!(imitation.lookalike_of.is_some());
    assert_eq!(found("build/other.groovy"), None);
}

#[test]
fn the_policys_paths_raise_a_tier_and_never_lower_it() {
    let extra = |tier| {
        [ExtraPath {
            glob: globset::Glob::new("Makefile")
                .expect("a glob")
                .compile_matcher(),
            system: "jenkins",
            tier,
        }]
    };
    let tier = |extra: &[ExtraPath]| recognise(BStr::new("Makefile"), extra).map(|one| one.tier);
    assert_eq!(tier(&extra(Executed)), Some(Executed));
    assert_eq!(tier(&extra(Steering)), Some(Reached));
}

#[test]
fn manifests_are_recognised_by_what_stands_in_them() {
    let by = |path: &str, content: &str| {
        let found = recognise_content(BStr::new(path), content.as_bytes())?;
        Some((found.system, found.tier))
    };
    let pod = "apiVersion: v1\nkind: Pod\n";
    assert_eq!(by("deploy/pod.yaml", pod), Some(("kubernetes", Executed)));
    assert_eq!(
        by(
            "a.yml",
            "x: 1\n---\n{\"apiVersion\": \"v1\", \"kind\": \"List\"}"
        ),
        Some(("kubernetes", Executed))
    );
    assert_eq!(
        by(
            "pod.json",
            "{\n\t\"apiVersion\": \"v1\",\n\t\"k\\u0069nd\": \"Pod\"\n}"
        ),
        Some(("kubernetes", Executed))
    );
    assert_eq!(
        by("helm.yaml", "apiVersion: v1\nkind: {{ .Values.kind }}\n"),
        Some(("kubernetes", Executed))
    );
    assert_eq!(
        by("jcasc.yml", "jenkins: {}\nunclassified: {}\n"),
        Some(("jenkins", ControlPlane))
    );
    assert_eq!(
        by("seed.groovy", "pipelineJob('x') {}"),
        Some(("jenkins", ControlPlane))
    );
    assert_eq!(
        by("templates/build.yml", "spec:\n  inputs: {}\n---\njob: {}\n"),
        Some(("gitlab-ci", Executed))
    );
    assert_eq!(by("data.yaml", "kind: fruit\n"), None);
    let app = "apiVersion: argoproj.io/v1alpha1\nkind: Application\n";
    assert_eq!(by("app.yaml", app), Some(("argo", Executed)));
    assert_eq!(by("notes.groovy", app), None);
    assert_eq!(
        by("data.yaml", "nested:\n  apiVersion: v1\n  kind: Pod\n"),
        None
    );
    assert_eq!(by("data.json", "[1, 2]"), None);
    for path in ["a.yaml", "b.yml", "c.json", "D.YAML", "e.groovy"] {
        assert!(may_be_recognised_by_content(BStr::new(path)), "{path}");
    }
    assert!(!may_be_recognised_by_content(BStr::new("main.rs")));
}

#[test]
fn a_link_or_submodule_above_the_files_counts_as_them() {
    for path in [
        ".github",
        ".github/workflows",
        ".circleci",
        "bamboo-specs",
        ".gitlab",
        "bamboo-specs/src",
        ".GITHUB",
    ] {
        assert!(covers_directory(BStr::new(path)), "{path}");
    }
    for path in ["src", "docs/readme", "github", ".github/workflows/ci.yml"] {
        assert!(!covers_directory(BStr::new(path)), "{path}");
    }
    let found = recognise_directory(BStr::new(".github/workflows")).expect("recognised");
    assert_eq!((found.system, found.tier), ("github-actions", Executed));
    assert_eq!(
        oddities(
            &found,
            BStr::new(".github/workflows"),
            FileMode::Gitlink,
            None
        ),
        [Oddity::Gitlink]
    );
}

fn odd(path: &str, mode: FileMode, content: &[u8]) -> Vec<Oddity> {
    let found = recognise(BStr::new(path), &[]).expect("recognised");
    oddities(&found, BStr::new(path), mode, Some(content))
}

#[test]
fn what_a_reviewer_cannot_see_is_said() {
    let workflow = ".github/workflows/ci.yml";
    assert_eq!(odd(workflow, FileMode::Plain, b"on: push\n"), []);
    assert_eq!(
        odd(workflow, FileMode::Symlink, b"../../x.yml"),
        [Oddity::Symlink]
    );
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    assert_eq!(
        odd(workflow, FileMode::Plain, pointer),
        [Oddity::LfsPointer]
    );
    assert_eq!(
        odd("Makefile", FileMode::Plain, pointer),
        [Oddity::LfsPointer]
    );
}

#[test]
fn a_file_that_does_not_parse_is_said_to_be_so_with_its_place() {
    let found = odd(
        ".gitlab-ci.yml",
        FileMode::Plain,
        b"image: good\nimage: evil\n",
    );
    let [
        Oddity::Unparsable {
            reason,
            line,
            column,
        },
    ] = &found[..]
    else {
        panic!("{found:?}");
    };
    assert!(reason.contains("stands twice"), "{reason}");
    assert_eq!((*line, *column), (Some(2), Some(1)));
    let unreadable = |path: &str, content: &[u8]| {
        matches!(
            odd(path, FileMode::Plain, content)[..],
            [Oddity::Unparsable { .. }]
        )
    };
    assert!(unreadable("Dockerfile", b"FROM x\0"));
    assert!(unreadable("Jenkinsfile", b"node { \xff }"));
    assert!(unreadable("compose.yaml", b"services: [\n"));
    // Not YAML before it is rendered; and a script may have any form.
    assert_eq!(
        odd(
            "charts/a/templates/x.yaml",
            FileMode::Plain,
            b"a: {{ .Values.b }}"
        ),
        []
    );
    assert_eq!(odd("Makefile", FileMode::Plain, b"\xff\0"), []);
    let commented = b"// why\n{ \"image\": \"x\" }\n";
    assert_eq!(
        odd(
            ".devcontainer/devcontainer.json",
            FileMode::Plain,
            commented
        ),
        []
    );
}

proptest! {
    #[test]
    fn any_path_and_any_content_get_an_answer(
        path in proptest::collection::vec(any::<u8>(), 0..60),
        content in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let path = path.as_bstr();
        let _ = (recognise(path, &[]), recognise_directory(path), recognise_content(path, &content));
        for system in SYSTEMS {
            let _ = system.inspect(BStr::new("x.yaml"), &content);
            let _ = system.inspect(path, &content);
        }
    }

    /// However it is disguised by letter case, a workflow stays recognised.
    #[test]
    fn letter_case_never_hides_a_file(flips in proptest::collection::vec(any::<bool>(), 24)) {
        let plain = ".github/workflows/ci.yml";
        let flip = |(letter, flip): (char, &bool)| if *flip { letter.to_ascii_uppercase() } else { letter };
        let path: String = plain.chars().zip(&flips).map(flip).collect();
        let found = recognise(BStr::new(&path), &[]).expect("recognised");
        prop_assert_eq!(found.system, "github-actions");
    }
}
