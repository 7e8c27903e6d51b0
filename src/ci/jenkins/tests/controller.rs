//! Configuration as code, Job DSL, plugins.

use super::{all, assert_says, assert_silent, job, lines, model};
use crate::model::build::StartedBy;

#[test]
fn configuration_as_code_is_read() {
    let text = r#"jenkins:
  numExecutors: 2
  crumbIssuer: standard
  agentProtocols: [JNLP4-connect, JNLP2-connect]
  remotingSecurity: {enabled: false}
  securityRealm:
    local:
      allowsSignup: yes
      users:
        - id: admin
          password: hunter2secret
        - id: other
          password: ${OTHER_PASSWORD}
  authorizationStrategy:
    globalMatrix:
      permissions:
        - "Overall/Administer:alice"
        - "USER:Job/Build:bob"
      entries:
        - group: {name: authenticated, permissions: [Overall/Read]}
  clouds:
    - docker:
        dockerApi: {dockerHost: {uri: "tcp://build.example:2375"}}
security:
  gitHostKeyVerificationConfiguration:
    sshHostKeyVerificationStrategy: noHostKeyVerificationStrategy
unclassified:
  globalLibraries:
    libraries:
      - name: shared
        defaultVersion: main
        implicit: true
        retriever: {modernSCM: {scm: {git: {remote: "git@git.example:team/shared.git"}}}}
jobs:
  - script: |
      pipelineJob('deploy') {
        definition { cps { script('''
          node('built-in') { sh "echo ${env.BRANCH_NAME}" }
        ''')
        sandbox(false) } }
      }
"#;
    let blueprint = model("jenkins.yaml", text);
    let said = all(&blueprint);
    assert_says(
        &said,
        &[
            "2: jenkins.controller-executors: setting jenkins.controller-executors=2",
            "setting jenkins.crumb-issuer=standard",
            "setting jenkins.agent-protocol=JNLP2-connect",
            "5: jenkins.agent-to-controller: setting jenkins.agent-to-controller=false",
            "8: jenkins.signup: setting jenkins.signup=true",
            "11: users/password: Literal",
            "setting jenkins.authorization=globalMatrix",
            "access alice {\"Overall/Administer\"} in the controller",
            "access bob {\"Job/Build\"} in the controller",
            "access authenticated {\"Overall/Read\"} in the controller",
            "Privilege(OpenEngineApi(\"tcp://build.example:2375\"))",
            "setting jenkins.host-keys=noHostKeyVerificationStrategy",
            "code Library git.example/team/shared Branch main",
            "setting jenkins.library-implicit=shared",
            "jobs/deploy| 40: steps/sandbox: setting jenkins.sandbox=false",
            "jobs/deploy| 38: steps/sh: template env.BRANCH_NAME Anybody",
        ],
    );
    assert_silent(&said, &["13: users"]);
    assert!(!format!("{blueprint:?}").contains("hunter2"));
}

#[test]
fn job_dsl_is_read() {
    let text = r#"multibranchPipelineJob('app') {
  branchSources {
    branchSource {
      source {
        github { repoOwner('o'); repository('r'); credentialsId('gh') }
      }
    }
  }
  configure {
    def traits = it / sources / data / 'jenkins.branch.BranchSource' / source / traits
    traits << 'org.jenkinsci.plugins.github__branch__source.ForkPullRequestDiscoveryTrait' {
      strategyId 2
      trust(class: 'org.jenkinsci.plugins.github_branch_source.ForkPullRequestDiscoveryTrait$TrustEveryone')
    }
  }
}
freeStyleJob('old') {
  label('master')
  authorization { permission('hudson.model.Item.Build', 'anonymous') }
  steps { shell('make') }
  wrappers { credentialsBinding { usernamePassword('U', 'P', 'deploy') } }
  environmentVariables { env('KEY', '-----BEGIN OPENSSH PRIVATE KEY-----\\nx') }
  publishers { password('hunter2secret') }
}
"#;
    let blueprint = model("jobs/all.groovy", text);
    let app = job(&blueprint, "jobs/app");
    assert_eq!(app.started_by(), Some(StartedBy::Outsiders));
    assert_says(
        &lines(&app.items),
        &[
            "setting jenkins.fork-trust=everyone",
            "setting jenkins.fork-discovery=on",
        ],
    );
    let old = job(&blueprint, "jobs/old");
    assert_says(
        &lines(&old.items),
        &[
            "access anonymous {\"Item.Build\"}",
            "23: steps/password: Literal",
            "22: steps/env: Literal",
            "21: steps/credentialsBinding: secret Named(\"deploy\") in P",
        ],
    );
    assert_eq!(old.started_by(), Some(StartedBy::Maintainers));
}

#[test]
fn plugins_have_pins() {
    let said = all(&model(
        "docker/plugins.txt",
        "# plugins\ngit:5.2.0\nmatrix-auth\nblueocean:latest # newest\nx:1:https://evil.example/x.hpi\n",
    ));
    assert_says(
        &said,
        &[
            "2: plugins/git: code Plugin git Tag 5.2.0",
            "3: plugins/matrix-auth: code Plugin matrix-auth None",
            "4: plugins/blueocean: code Plugin blueocean Branch latest",
            "code Plugin evil.example/x Tag 1",
        ],
    );
}

#[test]
fn code_of_the_controller_is_looked_at() {
    let text = "import jenkins.model.*\ndef j = Jenkins.instance\nj.setNumExecutors(5)\nj.setAuthorizationStrategy(new AuthorizationStrategy.Unsecured())\n";
    assert_says(
        &all(&model("init.groovy.d/a.groovy", text)),
        &[
            "3: jenkins.controller-executors: setting jenkins.controller-executors=5",
            "setting jenkins.authorization=unsecured",
        ],
    );
}

#[test]
fn what_is_not_read_is_said_to_be() {
    assert_says(
        &all(&model("jobs/a/config.xml", "<project/>")),
        &["1: form: unresolved Form"],
    );
    assert_says(
        &all(&model("jenkins.yaml", "jenkins: [a]\n")),
        &["unresolved Form"],
    );
}
