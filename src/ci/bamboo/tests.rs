use std::sync::Arc;

use crate::ci::{MemoryFiles, blueprint};
use crate::model::build::{Blueprint, GateKind, Job, StartedBy, TemplateSource, What};

const PATH: &str = "bamboo-specs/bamboo.yml";

fn read(tree: MemoryFiles) -> Blueprint {
    let mut tree = tree;
    blueprint(&Arc::new(PATH.into()), &[], &mut tree).expect("a model")
}

fn job<'a>(blueprint: &'a Blueprint, slot: &str) -> &'a Job {
    let found = blueprint.jobs.iter().find(|job| job.slot == slot);
    found.unwrap_or_else(|| panic!("no {slot} among {:?}", blueprint.jobs))
}

const PLAN: &str = "---
version: 2
plan: {project-key: PRO, key: WEB, name: Web}
variables:
  deploy_password: BAMSCRT@0@0@abc
  db_password: hunter22
stages:
  - Build: [Compile]
  - Release:
      manual: yes
      jobs: [Publish]
branches: {create: for-new-branch}
Compile:
  docker: {image: 'maven:3', volumes: {/var/run/docker.sock: /var/run/docker.sock}}
  requirements: [system.docker.executable, {pool: linux}]
  tasks:
    - checkout
    - script:
        interpreter: SHELL
        scripts:
          - |
            echo one
            git checkout ${bamboo.planRepository.branchName}
    - com.example.plugin: {x: y}
Publish: !include publish.yml
---
version: 2
deployment: {name: Web to live, source-plan: PRO-WEB}
environments: [QA, Production]
QA: {triggers: [build-success], tasks: [{script: ./deploy.sh qa}]}
Production:
  tasks: [{ssh: {host: prod.example, username: ci, authentication: {password: BAMSCRT@0@0@x}, command: ./up}}]
---
version: 2
plan: {key: PRO-WEB}
plan-permissions:
  - roles: [logged-in]
    permissions: [view, edit]
  - users: [alice]
    groups: [release]
    permissions: [admin]
";

#[test]
fn plans_deployments_and_permissions_are_read() {
    let tree = MemoryFiles::default().with(PATH, PLAN).with(
        "bamboo-specs/publish.yml",
        "tasks:\n  - script: docker push registry.example/web\n",
    );
    let blueprint = read(tree);
    let slots: Vec<_> = blueprint.jobs.iter().map(|job| job.slot.as_str()).collect();
    assert_eq!(
        slots,
        [
            "deployments/Web to live/Production",
            "deployments/Web to live/QA",
            "jobs/PRO-WEB/Compile",
            "jobs/PRO-WEB/Publish",
        ]
    );
    let compile = job(&blueprint, "jobs/PRO-WEB/Compile");
    assert_eq!(compile.started_by(), Some(StartedBy::Writers));
    let template = compile.items.iter().find_map(|item| match &item.what {
        What::Template(it) => Some((it.written_by, item.spot.line)),
        _ => None,
    });
    assert_eq!(template, Some((TemplateSource::Anybody, 23)));
    assert_eq!(compile.secrets().count(), 1);
    assert!(
        compile
            .items
            .iter()
            .any(|it| matches!(&it.what, What::Code(_)))
    );
    let labels = &compile.runner.as_ref().expect("a runner").labels;
    assert_eq!(labels, &["pool=linux", "system.docker.executable"]);
    let manual = |job: &Job| {
        job.items
            .iter()
            .any(|item| matches!(&item.what, What::Gate(it) if it.kind == GateKind::Manual))
    };
    assert!(manual(job(&blueprint, "jobs/PRO-WEB/Publish")) && !manual(compile));
    assert!(manual(job(
        &blueprint,
        "deployments/Web to live/Production"
    )));
    assert!(!manual(job(&blueprint, "deployments/Web to live/QA")));
    let subjects: Vec<_> = blueprint
        .items
        .iter()
        .filter_map(|item| match &item.what {
            What::Access(access) => Some(access.subject.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(subjects, ["role logged-in", "user alice", "group release"]);
    let literals = blueprint
        .items
        .iter()
        .filter(|it| matches!(it.what, What::Literal(_)));
    assert_eq!(literals.count(), 1);
}

#[test]
fn java_specs_are_said_to_be_a_program() {
    let mut tree =
        MemoryFiles::default().with("bamboo-specs/src/main/java/Plan.java", "class Plan {}");
    let path = Arc::new("bamboo-specs/src/main/java/Plan.java".into());
    let blueprint = blueprint(&path, &[], &mut tree).expect("a model");
    assert!(matches!(&blueprint.items[0].what, What::Unresolved(it) if it.why.contains("program")));
}

#[test]
fn a_missing_include_is_said() {
    let blueprint = read(MemoryFiles::default().with(PATH, PLAN));
    assert!(
        blueprint
            .items
            .iter()
            .any(|it| matches!(it.what, What::Unresolved(_)))
    );
}

#[test]
fn the_first_format_is_read_too() {
    let text = "project:\n  key: A\n  plan: {key: B, name: x}\nstages:\n  - jobs:\n      - scripts: [echo $bamboo_api_token]\n        docker: {image: alpine}\n";
    let blueprint = read(MemoryFiles::default().with(PATH, text));
    let only = job(&blueprint, "jobs/A-B/stage 1");
    assert_eq!(only.secrets().count(), 1);
}

mod properties {
    use std::sync::Arc;

    use proptest::prelude::*;

    use crate::ci::{MemoryFiles, blueprint};

    proptest! {
        #[test]
        fn any_file_ends(text in "(a|plan|stages|jobs|tasks|script|docker|variables|deployment|environments|plan-permissions|!include bamboo.yml|\\$\\{bamboo.x\\}|: |\\n|  |- |\\[|\\]|\\{|\\}|,|'|&a |\\*a|---\\n|<<){0,60}") {
            let mut tree = MemoryFiles::default().with(super::PATH, &text);
            let _ = blueprint(&Arc::new(super::PATH.into()), &[], &mut tree);
        }
    }
}
