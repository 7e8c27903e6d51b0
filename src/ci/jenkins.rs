//! Jenkins: pipelines, shared libraries, Job DSL and the controller's own
//! configuration.
//!
//! The script path of a job is a setting on the controller; a path that is not
//! a usual one comes from the policy. <https://www.jenkins.io/doc/book/pipeline/>,
//! <https://www.jenkins.io/projects/jcasc/>.

use bstr::{BStr, ByteSlice};

use super::text::{decode, has_yaml_name, inspect_by_name, may_spell};
use super::{CiSystem, FileMap, Unparsable, yaml};
use crate::model::ci::Tier::{self, ControlPlane, Executed, Reached};

/// Jenkins.
pub struct System;

static MAPS: [FileMap; 2] = [
    FileMap::new(&[
        ("**/jenkins.{yaml,yml}", ControlPlane),
        ("**/{casc,casc_configs,jcasc}/**/*.{yaml,yml}", ControlPlane),
        ("**/casc*.{yaml,yml}", ControlPlane),
        ("**/jenkins_home/**", ControlPlane),
        ("**/init.groovy.d/**", ControlPlane),
        ("**/{jobdsl,job-dsl,jobs}/**/*.groovy", ControlPlane),
        ("**/*.dsl.groovy", ControlPlane),
        ("**/jobs/**/config.xml", ControlPlane),
        ("**/pipeline_config.groovy", ControlPlane),
        ("**/plugins.txt", ControlPlane),
        ("**/Jenkinsfile", Executed),
        ("**/Jenkinsfile{.,-,_}*", Executed),
        ("**/*{.,-,_}Jenkinsfile", Executed),
        ("**/*.jenkinsfile", Executed),
        ("vars/*.{groovy,txt}", Executed),
        ("{jenkins,.jenkins}/**/*.{groovy,yaml,yml}", Executed),
        ("{jenkins,.jenkins}/**", Reached),
    ]),
    // A shared library's classes and files. Folders with these names are common.
    FileMap::of_plain_words(&[
        ("src/**/*.groovy", Reached),
        ("resources/**/*.{groovy,sh,yaml,yml}", Reached),
    ]),
];

impl CiSystem for System {
    fn key(&self) -> &'static str {
        "jenkins"
    }

    fn title(&self) -> &'static str {
        "Jenkins"
    }

    fn maps(&self) -> &'static [FileMap] {
        &MAPS
    }

    /// Configuration as code and Job DSL lie wherever the controller is told
    /// to look for them.
    fn by_content(&self, path: &BStr, content: &[u8]) -> Option<Tier> {
        if has_yaml_name(path) {
            return is_casc(content).then_some(ControlPlane);
        }
        let jobs = [
            "pipelineJob(",
            "multibranchPipelineJob(",
            "organizationFolder(",
            "freeStyleJob(",
        ];
        if jobs.iter().any(|job| content.contains_str(job)) {
            return Some(ControlPlane);
        }
        let pipeline = path.ends_with(b".groovy")
            && content
                .lines()
                .any(|line| line.starts_with(b"pipeline {") || line.starts_with(b"@Library("));
        pipeline.then_some(Executed)
    }

    fn inspect(&self, path: &BStr, content: &[u8]) -> Result<(), Unparsable> {
        if has_yaml_name(path) {
            inspect_by_name(path, content)
        } else {
            decode(content).map(drop)
        }
    }
}

fn is_casc(content: &[u8]) -> bool {
    const OTHERS: [&str; 5] = ["unclassified", "credentials", "security", "tool", "jobs"];
    if !may_spell(content, "jenkins") {
        return false;
    }
    match yaml::documents(content) {
        Ok(documents) => documents
            .iter()
            .any(|one| one.has("jenkins") && OTHERS.iter().any(|key| one.has(key))),
        Err(_) => {
            let has = |key: &str| {
                let mut lines = content.lines();
                lines.any(|line| {
                    line.strip_prefix(key.as_bytes())
                        .is_some_and(|rest| rest.starts_with(b":"))
                })
            };
            has("jenkins") && OTHERS.iter().any(|key| has(key))
        }
    }
}
