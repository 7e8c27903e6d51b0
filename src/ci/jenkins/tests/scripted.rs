//! Scripted pipelines and shared libraries.

use super::{all, assert_says, assert_silent, job, lines, model, model_in};
use crate::ci::MemoryFiles;
use crate::model::build::{Destination, RunnerKind, StartedBy};

const CLASSIC: &str = r#"#!/usr/bin/env groovy
import groovy.json.JsonSlurper

library identifier: 'deploy@main', retriever: modernSCM([$class: 'GitSCMSource', remote: 'https://git.example/team/deploy.git'])

def image = 'registry.example/tools:2.1'

node('linux') {
    checkout scm
    def title = env.CHANGE_TITLE
    stage('Build') {
        docker.image(image).inside('--privileged') {
            sh "echo ${title}"
        }
    }
    stage('Push') {
        docker.withRegistry('https://registry.example', 'registry-login') {
            docker.build("app:${env.BUILD_ID}").push()
        }
    }
    if (env.BRANCH_NAME == 'main') {
        stage('Deploy') {
            withKubeConfig([credentialsId: 'prod-kube', serverUrl: 'https://prod.example', namespace: 'pay']) {
                sh '''
                    kubectl apply -f k8s
                '''
            }
            sshagent(['deploy-key']) { rollout() }
        }
    } else {
        stage('Preview') { sh 'preview' }
    }
}

def rollout() {
    withAWS(role: 'deployer', roleAccount: '123') { sh 'aws s3 sync . s3://x' }
}
"#;

#[test]
fn the_classic_script_is_read() {
    let blueprint = model("Jenkinsfile", CLASSIC);
    let slots: Vec<_> = blueprint.jobs.iter().map(|job| job.slot.as_str()).collect();
    assert_eq!(
        slots,
        [
            "pipeline",
            "stage/Build",
            "stage/Deploy",
            "stage/Preview",
            "stage/Push"
        ]
    );
    let build = job(&blueprint, "stage/Build");
    assert_eq!(
        build.runner.as_ref().map(|it| it.labels.clone()),
        Some(vec!["linux".to_owned()])
    );
    assert_says(
        &lines(&blueprint.items),
        &["4: library: code Library git.example/team/deploy Branch main"],
    );
    assert_says(
        &lines(&build.items),
        &[
            "12: steps/image: image Runs Known",
            "12: args: Privilege(Privileged)",
            "13: steps/sh: template title Anybody into sh",
        ],
    );
    assert_says(
        &lines(&job(&blueprint, "pipeline").items),
        &["9: steps/checkout: Checkout(Checkout { source: Own"],
    );
}

#[test]
fn conditions_and_functions_count_where_they_are_used() {
    let blueprint = model("Jenkinsfile", CLASSIC);
    let deploy = job(&blueprint, "stage/Deploy");
    assert_eq!(deploy.started_by(), Some(StartedBy::Maintainers));
    assert_eq!(
        job(&blueprint, "stage/Preview").started_by(),
        Some(StartedBy::Writers)
    );
    assert_says(
        &lines(&deploy.items),
        &[
            "gate Condition env.BRANCH_NAME == 'main'",
            "secret Named(\"prod-kube\")",
            "target Credential prod-kube",
            "target Cluster https://prod.example",
            "target Namespace pay",
            "secret Named(\"deploy-key\")",
            "36: steps/withAWS: Identity(Identity { cloud: \"aws\", role: \"deployer\"",
            "target Account 123",
        ],
    );
    assert_silent(
        &lines(&job(&blueprint, "pipeline").items),
        &["prod-kube", "Identity"],
    );
    assert_says(
        &lines(&job(&blueprint, "stage/Push").items),
        &["Login(Login { registry: \"registry.example\", with: Stored(\"registry-login\")"],
    );
}

#[test]
fn pod_templates_are_read() {
    let text = "podTemplate(cloud: 'k', containers: [containerTemplate(name: 'd', image: 'docker:dind', privileged: true)], volumes: [hostPathVolume(hostPath: '/var/run/docker.sock', mountPath: '/x')]) {\n  node(POD_LABEL) {\n    stage('A') { container('d') { sh 'x' } }\n  }\n}\n";
    let blueprint = model("Jenkinsfile", text);
    let stage = job(&blueprint, "stage/A");
    assert_eq!(
        stage.runner.as_ref().map(|it| it.kind),
        Some(RunnerKind::Container)
    );
    assert_says(
        &lines(&stage.items),
        &[
            "agent/pod: Privilege(Privileged)",
            "agent/pod: Privilege(EngineSocket(\"/var/run/docker.sock\"))",
            "image Runs Known(ImageReference { registry: \"docker.io\", repository: \"library/docker\", tag: Some(\"dind\")",
            "target Cluster k",
        ],
    );
}

#[test]
fn loaded_files_are_read_where_they_are_loaded() {
    let tree = MemoryFiles::default()
        .with("Jenkinsfile", "node('x') {\n  stage('A') {\n    def lib = load 'ci/lib.groovy'\n    lib.run()\n  }\n}\n")
        .with("ci/lib.groovy", "def run() {\n  sh \"echo ${env.CHANGE_BRANCH}\"\n}\nreturn this\n");
    let blueprint = model_in(tree, "Jenkinsfile");
    let stage = job(&blueprint, "stage/A");
    assert_says(
        &lines(&stage.items),
        &["2: steps/sh: template env.CHANGE_BRANCH Anybody"],
    );
    assert_eq!(stage.items[0].spot.path.as_slice(), b"ci/lib.groovy");
    let to = &blueprint.edges[0].to;
    assert!(
        matches!(to, Destination::File(path) if path.as_slice() == b"ci/lib.groovy"),
        "{to:?}"
    );
}

#[test]
fn library_steps_are_read_like_scripts() {
    let text = "def call(Map config = [:]) {\n  node('built-in') {\n    sh \"make ${config.target}\"\n    checkout([$class: 'GitSCM', branches: [[name: '${sha1}']], userRemoteConfigs: [[url: 'https://h/x', refspec: '+refs/pull/*:refs/remotes/origin/pr/*']]])\n  }\n}\n";
    let blueprint = model("vars/buildIt.groovy", text);
    let pipeline = job(&blueprint, "pipeline");
    assert_eq!(
        pipeline.runner.as_ref().map(|it| it.kind),
        Some(RunnerKind::Controller)
    );
    assert_says(
        &lines(&pipeline.items),
        &[
            "3: steps/sh: template config.target Caller",
            "4: steps/checkout: Checkout(Checkout { source: Proposed(",
        ],
    );
}

#[test]
fn a_library_from_what_was_checked_out_is_dynamic() {
    let text =
        "library identifier: 'own@x', retriever: legacySCM(scm)\n@Library(['a@1.0.0', 'b']) _\n";
    let said = all(&model("Jenkinsfile", text));
    assert_says(
        &said,
        &[
            "code Library legacySCM(scm) Branch x",
            "code Library a Tag 1.0.0",
            "code Library b None",
        ],
    );
}

#[test]
fn failures_that_do_not_count_are_told() {
    let text = "node {\n  try { sh 'x' } catch (e) { currentBuild.result = 'SUCCESS' }\n  warnError('x') { sh 'y' }\n}\n";
    let said = all(&model("Jenkinsfile", text));
    assert_says(
        &said,
        &[
            "2: steps/result: Weakening(Weakening { kind: SoftFail",
            "3: steps/catchError: Weakening",
        ],
    );
}

#[test]
fn names_that_are_given_twice_are_not_taken_for_known() {
    let text = "def image = 'trusted/x'\nif (y) { image = 'other/x' }\nnode { docker.image(image).inside { sh 'x' } }\n";
    assert_says(
        &all(&model("Jenkinsfile", text)),
        &["image Runs Unresolved(\"image\")"],
    );
    let shadowed =
        "def image = 'trusted/x'\ndef go(image) { docker.image(image).inside { sh 'x' } }\n";
    assert_says(
        &all(&model("Jenkinsfile", shadowed)),
        &["Unresolved(\"image\")"],
    );
}
