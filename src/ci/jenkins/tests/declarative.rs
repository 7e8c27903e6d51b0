//! Declarative pipelines.

use super::{all, assert_says, assert_silent, job, lines, model, model_in};
use crate::ci::MemoryFiles;
use crate::model::build::{RunnerKind, StartedBy};

const CLASSIC: &str = r#"@Library('shared@v1.2.3') _

pipeline {
    agent none
    options { timeout(time: 1, unit: 'HOURS') }
    environment {
        REGISTRY = 'registry.example'
        TOKEN = credentials('api-token')
        DB_PASSWORD = 'hunter2secret'
    }
    parameters {
        string(name: 'TARGET', defaultValue: 'dev')
        choice(name: 'MODE', choices: ['fast', 'slow'])
    }
    stages {
        stage('Build') {
            agent { docker { image "${REGISTRY}/builder:1.0"; args '--privileged -v /var/run/docker.sock:/var/run/docker.sock -u root' } }
            steps {
                sh 'make build'
                sh "echo ${env.CHANGE_TITLE} ${params.TARGET} ${params.MODE} ${BUILD_NUMBER}"
                archiveArtifacts artifacts: 'out/**'
            }
        }
        stage('Tests') {
            parallel {
                stage('Unit') {
                    agent any
                    steps { sh 'make test' }
                }
                stage('Lint') {
                    agent { label 'linux && small' }
                    steps { catchError { sh 'make lint' } }
                }
            }
        }
        stage('Approve') {
            steps { input message: 'Ship it?' }
        }
        stage('Deploy') {
            when { beforeAgent true; allOf { branch 'main'; not { changeRequest() } } }
            agent { label 'built-in' }
            steps {
                withCredentials([usernamePassword(credentialsId: 'prod-db', usernameVariable: 'U', passwordVariable: 'P')]) {
                    sh """
                        deploy --to ${params.TARGET}
                        echo \$P
                    """
                }
            }
            post { always { sh 'cleanup' } }
        }
    }
}
"#;

#[test]
fn the_classic_pipeline_is_read() {
    let blueprint = model("Jenkinsfile", CLASSIC);
    let slots: Vec<_> = blueprint.jobs.iter().map(|job| job.slot.as_str()).collect();
    assert_eq!(
        slots,
        [
            "stage/Approve",
            "stage/Build",
            "stage/Deploy",
            "stage/Tests/Lint",
            "stage/Tests/Unit"
        ]
    );
    assert_says(
        &lines(&blueprint.items),
        &["1: library: code Library shared Tag v1.2.3"],
    );
    let build = job(&blueprint, "stage/Build");
    assert_eq!(
        build.runner.as_ref().map(|it| it.kind),
        Some(RunnerKind::Container)
    );
    assert_eq!(build.started_by(), Some(StartedBy::Writers));
    assert_says(
        &lines(&build.items),
        &[
            "8: environment/TOKEN: secret Named(\"api-token\") in TOKEN",
            "8: environment/TOKEN: target Credential api-token",
            "9: environment/DB_PASSWORD: Literal(Literal { name: \"DB_PASSWORD\" })",
            "registry: \"registry.example\", repository: \"builder\", tag: Some(\"1.0\")",
            "17: agent/args: Privilege(Privileged)",
            "agent/args: Privilege(EngineSocket(\"/var/run/docker.sock\"))",
            "agent/args: Privilege(Root)",
            "20: steps/sh: template env.CHANGE_TITLE Anybody into sh",
            "template params.TARGET Caller into sh",
            "template params.MODE Fixed into sh",
            "template BUILD_NUMBER Fixed into sh",
            "21: steps/archiveArtifacts: Transfer",
        ],
    );
}

#[test]
fn stages_run_where_and_when_they_say() {
    let blueprint = model("Jenkinsfile", CLASSIC);
    let kind = |slot| job(&blueprint, slot).runner.as_ref().map(|it| it.kind);
    assert_eq!(kind("stage/Tests/Unit"), Some(RunnerKind::Any));
    assert_eq!(kind("stage/Tests/Lint"), Some(RunnerKind::SelfHosted));
    assert_eq!(kind("stage/Deploy"), Some(RunnerKind::Controller));
    assert_eq!(kind("stage/Approve"), None);
    let deploy = job(&blueprint, "stage/Deploy");
    assert_eq!(deploy.started_by(), Some(StartedBy::Maintainers));
    assert_says(
        &lines(&deploy.items),
        &[
            "gate Approval Ship it?",
            "gate Condition allOf",
            "43: steps/withCredentials: secret Named(\"prod-db\") in P",
            "45: steps/sh: template params.TARGET Caller",
        ],
    );
    assert_silent(
        &lines(&job(&blueprint, "stage/Build").items),
        &["gate Approval"],
    );
    assert_silent(&lines(&deploy.items), &["in U"]);
    assert_says(
        &lines(&job(&blueprint, "stage/Tests/Lint").items),
        &["SoftFail"],
    );
}

#[test]
fn a_pod_in_a_string_is_read() {
    let text = r#"
pipeline {
  agent {
    kubernetes {
      cloud 'prod-cluster'
      yaml '''
apiVersion: v1
kind: Pod
spec:
  hostNetwork: true
  containers:
    - name: build
      image: gcr.io/kaniko/executor:v1
      securityContext:
        privileged: yes
        capabilities:
          add: [SYS_ADMIN]
  volumes:
    - name: sock
      hostPath:
        path: /var/run/docker.sock
'''
    }
  }
  stages { stage('Image') { steps { container('build') { sh 'make image' } } } }
}
"#;
    let blueprint = model("ci/Jenkinsfile.image", text);
    let image = job(&blueprint, "stage/Image");
    assert_eq!(
        image.runner.as_ref().map(|it| it.kind),
        Some(RunnerKind::Container)
    );
    assert_says(
        &lines(&image.items),
        &[
            "target Cluster prod-cluster",
            "Privilege(HostNamespace(\"network\"))",
            "image Runs Known(ImageReference { registry: \"gcr.io\"",
            "Privilege(Privileged)",
            "Privilege(Capability(\"SYS_ADMIN\"))",
            "Privilege(EngineSocket(\"/var/run/docker.sock\"))",
        ],
    );
}

#[test]
fn a_pod_with_interpolations_or_in_a_file_is_read_too() {
    let text = "def tag = params.TAG\npipeline {\n  agent { kubernetes { yaml \"\"\"\nkind: Pod\nspec:\n  containers:\n  - image: x/y:${tag}\n    securityContext: {privileged: ${tag}}\n  - image: a/b\n\"\"\" } }\n  stages {\n    stage('A') { steps { sh 'x' } }\n    stage('B') { agent { kubernetes { yamlFile 'pod.yaml' } }\n steps { sh 'y' } }\n  }\n}\n";
    let tree = MemoryFiles::default()
        .with("Jenkinsfile", text)
        .with("pod.yaml", "kind: Pod\nspec:\n  hostPID: true\n");
    let blueprint = model_in(tree, "Jenkinsfile");
    assert_says(
        &lines(&job(&blueprint, "stage/A").items),
        &["image Runs Unresolved", "image Runs Known"],
    );
    assert_says(
        &lines(&job(&blueprint, "stage/B").items),
        &["Privilege(HostNamespace(\"pid\"))"],
    );
    assert_silent(&lines(&job(&blueprint, "stage/B").items), &["a/b", "\"b\""]);
}

#[test]
fn conditions_narrow_only_if_they_name_one_branch() {
    let started = |condition: &str| {
        let text = format!(
            "pipeline {{ agent any\n stages {{ stage('x') {{ when {{ {condition} }}\n steps {{ sh 'x' }} }} }} }}"
        );
        let blueprint = model("Jenkinsfile", &text);
        job(&blueprint, "stage/x").started_by()
    };
    for narrow in [
        "branch 'main'",
        "branch pattern: 'main', comparator: 'EQUALS'",
        "expression { env.BRANCH_NAME == 'main' }",
        "expression { return BRANCH_NAME == \"release\" && x }",
        "anyOf { branch 'main'; branch 'release' }",
        "allOf { expression { foo }; branch 'main' }",
        "environment name: 'BRANCH_NAME', value: 'main'",
    ] {
        assert_eq!(started(narrow), Some(StartedBy::Maintainers), "{narrow}");
    }
    for wide in [
        "branch '*'",
        "branch 'feature'",
        "branch pattern: 'main.*', comparator: 'REGEXP'",
        "not { branch 'main' }",
        "anyOf { branch 'main'; changeRequest() }",
        "expression { env.BRANCH_NAME == 'main' || true }",
        "expression { env.BRANCH_NAME != 'main' }",
        "expression { params.X == 'main' }",
        "buildingTag()",
        "branch params.BRANCH",
    ] {
        assert_eq!(started(wide), Some(StartedBy::Writers), "{wide}");
    }
}

#[test]
fn a_trigger_without_a_token_opens_every_stage() {
    let text = |token: &str| {
        format!(
            "pipeline {{ agent any\n triggers {{ GenericTrigger(causeString: 'x'{token}) }}\n stages {{ stage('x') {{ when {{ branch 'main' }}\n steps {{ sh 'x' }} }} }} }}"
        )
    };
    let started = |token| job(&model("Jenkinsfile", &text(token)), "stage/x").started_by();
    assert_eq!(started(""), Some(StartedBy::Outsiders));
    assert_eq!(started(", token: 'abc'"), Some(StartedBy::Maintainers));
}

#[test]
fn an_approval_that_may_be_skipped_gates_nothing_behind_it() {
    let text = "pipeline { agent any\n stages {\n stage('Ask') { when { branch 'main' }\n input { message 'Go?' }\n steps { echo 'x' } }\n stage('Go') { steps { sh 'x' } } } }";
    let blueprint = model("Jenkinsfile", text);
    assert_says(
        &lines(&job(&blueprint, "stage/Ask").items),
        &["gate Approval Go?"],
    );
    assert_silent(
        &lines(&job(&blueprint, "stage/Go").items),
        &["gate Approval"],
    );
}

#[test]
fn what_only_the_run_knows_is_said_to_be() {
    let text = "pipeline {\n agent { label params.NODE }\n stages { stage('x') { steps { script {\n sh cmd\n load path\n load 'missing.groovy'\n evaluate(readFile('x'))\n Eval.me(x)\n sh(script: isUnix() ? 'a' : 'b') } } } } }";
    let blueprint = model("Jenkinsfile", text);
    let stage = job(&blueprint, "stage/x");
    assert_eq!(
        stage.runner.as_ref().map(|it| it.kind),
        Some(RunnerKind::Dynamic)
    );
    assert_says(
        &all(&blueprint),
        &[
            "agent/label: unresolved Value params.NODE",
            "4: steps/sh: unresolved Value cmd",
            "5: steps/load: unresolved Value path",
            "6: steps/load: unresolved Include missing.groovy",
            "7: steps/evaluate: setting groovy.evaluate=evaluate(readFile('x'",
            "8: steps/me: setting groovy.evaluate=Eval.me(x",
            "9: steps/sh: unresolved Value isUnix() ? 'a' : 'b'",
        ],
    );
}

#[test]
fn what_a_stage_with_inner_stages_does_at_its_end_counts_too() {
    let text = "pipeline { agent any\n stages { stage('All') {\n stages { stage('A') { steps { sh 'a' } } }\n post { failure { sh \"echo ${env.CHANGE_TITLE}\" } } } } }";
    let blueprint = model("Jenkinsfile", text);
    assert_says(
        &lines(&job(&blueprint, "stage/All").items),
        &["post/sh: template env.CHANGE_TITLE Anybody"],
    );
    assert_silent(
        &lines(&job(&blueprint, "stage/All/A").items),
        &["CHANGE_TITLE"],
    );
}
