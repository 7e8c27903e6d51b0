use std::sync::Arc;

use bstr::BString;

use crate::ci::{MemoryFiles, blueprint};
use crate::model::build::{
    Blueprint, Gate, GateKind, ImageName, Job, Pin, Privilege, RunnerKind, SecretName, StartedBy,
    What,
};

fn read(tree: MemoryFiles, path: &str) -> Blueprint {
    let mut tree = tree;
    let path: Arc<BString> = Arc::new(path.into());
    blueprint(&path, &[], &mut tree).expect("a model")
}

fn one(text: &str) -> Blueprint {
    read(
        MemoryFiles::default().with(".gitlab-ci.yml", text),
        ".gitlab-ci.yml",
    )
}

fn job<'a>(blueprint: &'a Blueprint, name: &str) -> &'a Job {
    let slot = format!("jobs/{name}");
    let found = blueprint.jobs.iter().find(|job| job.slot == slot);
    found.unwrap_or_else(|| panic!("no {slot} among {:?}", blueprint.jobs))
}

fn images(job: &Job) -> Vec<String> {
    let all = job.items.iter().filter_map(|item| match &item.what {
        What::Image(it) => Some(match &it.image {
            ImageName::Known(image) => image.to_string(),
            ImageName::Unresolved(text) => format!("? {text}"),
        }),
        _ => None,
    });
    all.collect()
}

fn gates(job: &Job) -> Vec<(GateKind, String)> {
    let all = job.items.iter().filter_map(|item| match &item.what {
        What::Gate(Gate { kind, name }) => Some((*kind, name.clone())),
        _ => None,
    });
    all.collect()
}

fn secrets(job: &Job) -> Vec<String> {
    let all = job.secrets().map(|secret| match &secret.name {
        SecretName::Named(name) => name.clone(),
        other => format!("{other:?}"),
    });
    all.collect()
}

fn unresolved(blueprint: &Blueprint) -> Vec<String> {
    let all = blueprint
        .all_items()
        .filter_map(|(_, item)| match &item.what {
            What::Unresolved(it) => Some(format!("{}: {}", it.text, it.why)),
            _ => None,
        });
    all.collect()
}

#[test]
fn includes_are_merged_and_places_are_where_things_are_written() {
    let tree = MemoryFiles::default()
        .with(
            ".gitlab-ci.yml",
            "include: [/ci/*.yml]\ndeploy:\n  tags: [prod]\n",
        )
        .with(
            "ci/a.yml",
            "default:\n  image: alpine:3\ndeploy:\n  script: [./a.sh]\n  tags: [dev]\n",
        )
        .with("ci/b.yml", "deploy:\n  script:\n    - echo $PROD_TOKEN\n");
    let blueprint = read(tree, ".gitlab-ci.yml");
    let deploy = job(&blueprint, "deploy");
    assert_eq!(images(deploy), ["docker.io/library/alpine:3"]);
    let runner = deploy.runner.as_ref().expect("a runner");
    assert_eq!(
        (runner.kind, runner.labels.as_slice()),
        (RunnerKind::SelfHosted, &["prod".to_owned()][..])
    );
    assert_eq!(secrets(deploy), ["PROD_TOKEN"]);
    let item = deploy
        .items
        .iter()
        .find(|it| matches!(it.what, What::Secret(_)))
        .expect("it");
    assert_eq!(
        (item.spot.path.as_slice(), item.spot.line),
        (&b"ci/b.yml"[..], 3)
    );
    assert_eq!(blueprint.edges.len(), 2);
}

#[test]
fn a_part_of_the_entry_has_no_model_of_its_own() {
    let mut tree = MemoryFiles::default()
        .with(".gitlab-ci.yml", "include: .gitlab/ci/a.yml\n")
        .with(".gitlab/ci/a.yml", "a: {script: x}\n")
        .with(".gitlab/ci/b.yml", "b: {script: x}\n");
    let mut model = |path: &str| {
        blueprint(&Arc::new(path.into()), &[], &mut tree).is_some_and(|it| !it.jobs.is_empty())
    };
    assert!(!model(".gitlab/ci/a.yml"));
    assert!(model(".gitlab/ci/b.yml") && model(".gitlab-ci.yml"));
}

#[test]
fn extends_references_and_merge_keys_are_followed() {
    let blueprint = one("
.base: &base
  image: {name: 'registry.example/ci:$VERSION', entrypoint: ['']}
  variables: {VERSION: '1', A: x}
.other:
  extends: .base
  variables: {VERSION: '2'}
  script: [echo $FIRST_TOKEN]
one:
  extends: [.other]
  script:
    - !reference [.other, script]
    - echo $SECOND_TOKEN
two:
  <<: *base
  script: [x]
three: {extends: .none, script: [!reference [.gone, script]]}
");
    assert_eq!(images(job(&blueprint, "one")), ["registry.example/ci:2"]);
    assert_eq!(images(job(&blueprint, "two")), ["registry.example/ci:1"]);
    assert_eq!(
        secrets(job(&blueprint, "one")),
        ["FIRST_TOKEN", "SECOND_TOKEN"]
    );
    assert_eq!(unresolved(&blueprint).len(), 2);
    assert_eq!(blueprint.jobs.len(), 3);
}

#[test]
fn rules_tell_who_starts_a_job_and_what_holds_it_up() {
    let blueprint = one("
stages: [test, deploy]
test: {script: x}
prod:
  stage: deploy
  script: x
  environment: {name: production, deployment_tier: production}
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      when: manual
review:
  stage: deploy
  script: x
  needs: [test]
  rules: [{if: '$CI_PIPELINE_SOURCE == \"merge_request_event\"'}]
off: {script: x, rules: [{when: never}]}
old: {script: x, only: [main, tags], when: manual, allow_failure: true}
");
    let prod = job(&blueprint, "prod");
    assert_eq!(prod.started_by(), Some(StartedBy::Maintainers));
    let names = gates(prod);
    assert!(names.contains(&(GateKind::Manual, "protected_branch".into())));
    assert!(names.contains(&(GateKind::Approval, "production".into())));
    assert!(names.contains(&(GateKind::Needs, "earlier stages".into())));
    assert!(names.contains(&(
        GateKind::Condition,
        "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH".into()
    )));
    let review = job(&blueprint, "review");
    assert_eq!(review.triggers.len(), 1);
    assert_eq!(gates(review), [(GateKind::Needs, "test".into())]);
    assert_eq!(
        job(&blueprint, "test").started_by(),
        Some(StartedBy::Writers)
    );
    assert!(job(&blueprint, "off").triggers.is_empty());
    assert_eq!(
        job(&blueprint, "old").started_by(),
        Some(StartedBy::Maintainers)
    );
}

#[test]
fn workflow_rules_restrict_every_job() {
    let blueprint = one("
workflow:
  rules:
    - if: $CI_COMMIT_REF_PROTECTED == 'true'
a: {script: x}
b: {script: x, rules: [{if: $X}]}
");
    for name in ["a", "b"] {
        assert_eq!(
            job(&blueprint, name).started_by(),
            Some(StartedBy::Maintainers)
        );
    }
}

#[test]
fn matrix_values_make_an_image_each() {
    let blueprint = one("
a:
  image: $IMAGE:$TAG
  parallel: {matrix: [{IMAGE: [alpine, debian], TAG: ['1', '2']}]}
  script: x
b: {image: '$CI_REGISTRY_IMAGE/x:1', script: x}
");
    assert_eq!(images(job(&blueprint, "a")).len(), 4);
    assert_eq!(images(job(&blueprint, "b")), ["? $CI_REGISTRY_IMAGE/x:1"]);
}

#[test]
fn engines_debugging_and_literals_are_seen() {
    let blueprint = one("
variables: {DB_PASSWORD: hunter22, CI_DEBUG_TRACE: 'true'}
a:
  services: ['docker:27-dind', {name: postgres, alias: db}]
  variables: {DOCKER_HOST: 'tcp://docker:2375', DOCKER_TLS_CERTDIR: ''}
  script: [docker login -p $CI_REGISTRY_PASSWORD]
");
    let a = job(&blueprint, "a");
    let has = |wanted: &dyn Fn(&What) -> bool| a.items.iter().any(|item| wanted(&item.what));
    assert!(has(&|it| *it == What::Privilege(Privilege::DockerInDocker)));
    assert!(has(&|it| matches!(
        it,
        What::Privilege(Privilege::OpenEngineApi(_))
    )));
    assert!(has(
        &|it| matches!(it, What::Literal(it) if it.name == "DB_PASSWORD")
    ));
    assert!(has(&|it| matches!(it, What::Weakening(_))));
    assert!(secrets(a).is_empty());
}

#[test]
fn child_pipelines_are_jobs_of_their_own() {
    let tree = MemoryFiles::default()
        .with(".gitlab-ci.yml", "child:\n  trigger:\n    include: [{local: child.yml}, {artifact: gen.yml, job: gen}]\n  rules: [{if: $CI_COMMIT_TAG}]\n")
        .with("child.yml", "build: {image: alpine, script: x}\n");
    let blueprint = read(tree, ".gitlab-ci.yml");
    let build = job(&blueprint, "child/build");
    assert_eq!(build.started_by(), Some(StartedBy::Maintainers));
    assert_eq!(unresolved(&blueprint).len(), 1);
}

#[test]
fn code_from_elsewhere_keeps_its_version_and_inputs_fill_local_files() {
    let tree = MemoryFiles::default()
        .with(".gitlab-ci.yml", "
include:
  - {project: group/templates, file: [/a.yml, /b.yml], ref: v1}
  - component: $CI_SERVER_FQDN/group/lint/lint@~latest
  - {local: t.yml, inputs: {tag: '3'}}
")
        .with("t.yml", "spec: {inputs: {tag: {}, stage: {default: test}}}\n---\njob-$[[ inputs.tag ]]:\n  image: alpine:$[[ inputs.tag ]]\n  stage: $[[ inputs.stage ]]\n  script:\n    - echo $[[ inputs.other | expand_vars ]]\n");
    let blueprint = read(tree, ".gitlab-ci.yml");
    let pins: Vec<_> = blueprint
        .items
        .iter()
        .filter_map(|item| match &item.what {
            What::Code(code) => Some((code.source.to_string(), code.pin)),
            _ => None,
        })
        .collect();
    assert_eq!(
        pins,
        [
            ("group/templates/a.yml".to_owned(), Pin::MovingTag),
            ("group/templates/b.yml".to_owned(), Pin::MovingTag),
            ("group/lint/lint".to_owned(), Pin::Branch),
        ]
    );
    let made = job(&blueprint, "job-3");
    assert_eq!(images(made), ["docker.io/library/alpine:3"]);
    assert!(made.items.iter().any(
        |it| matches!(&it.what, What::Template(it) if it.expression == "inputs.other | expand_vars")
    ));
}

#[test]
fn agents_grant_access() {
    let tree = MemoryFiles::default().with(
        ".gitlab/agents/prod/config.yaml",
        "ci_access:\n  projects:\n    - id: a/b\n      environments: [prod]\n  groups: [{id: a}]\n",
    );
    let blueprint = read(tree, ".gitlab/agents/prod/config.yaml");
    let subjects: Vec<_> = blueprint
        .items
        .iter()
        .filter_map(|item| match &item.what {
            What::Access(access) => Some(access.subject.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(subjects, ["project a/b", "group a"]);
}

#[test]
fn what_explodes_ends_and_is_said_to() {
    let mut text = String::from(".a0: {script: [x, y]}\n");
    for level in 1..9 {
        let before = level - 1;
        let many = vec![format!("!reference [.a{before}, script]"); 20].join(", ");
        text.push_str(&format!(".a{level}: {{script: [{many}]}}\n"));
    }
    text.push_str("job: {script: [!reference [.a8, script]]}\n");
    let said = unresolved(&one(&text));
    assert!(said.iter().any(|it| it.contains("values")), "{said:?}");
    let circle = one(
        "a: {extends: b, script: x}\nb: {extends: [a, a]}\n.r: [!reference [.r]]\nc: {script: !reference [.r]}\n",
    );
    assert!(!unresolved(&circle).is_empty());
}

mod properties {
    use proptest::prelude::*;

    use super::one_of_any;

    proptest! {
        #[test]
        fn any_file_ends(text in "(a|\\.b|include|extends|script|rules|if|when|image|variables|needs|trigger|default|!reference \\[\\.b, script\\]|\\$X|: |\\n|  |- |\\[|\\]|\\{|\\}|,|'|&a |\\*a|<<){0,60}") {
            one_of_any(&text);
        }
    }
}

fn one_of_any(text: &str) {
    let mut tree = MemoryFiles::default()
        .with(".gitlab-ci.yml", text)
        .with("a", text)
        .with(".gitlab/agents/x/config.yaml", text);
    for path in [".gitlab-ci.yml", ".gitlab/agents/x/config.yaml"] {
        let _ = blueprint(&Arc::new(path.into()), &[], &mut tree);
    }
}
