//! Jenkins: pipelines, shared libraries, Job DSL and the controller's own
//! configuration.
//!
//! The script path of a job is a setting on the controller; a path that is not
//! a usual one comes from the policy. <https://www.jenkins.io/doc/book/pipeline/>,
//! <https://www.jenkins.io/projects/jcasc/>.

mod access;
mod agent;
mod call;
mod casc;
mod casc_jobs;
mod checkout;
mod container;
mod credentials;
mod declarative;
mod effects;
mod jobdsl;
mod library;
mod plugins;
mod pod;
mod run;
mod settings;
mod statement;
mod steps;
mod string;
#[cfg(test)]
mod tests;
mod text;
mod token;
mod tree;
mod unit;
mod value;
mod when;
mod work;
mod writers;

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use self::tree::Source;
use self::unit::Unit;
use self::work::{Frame, Reader, form};
use super::closure::Closure;
use super::text::{decode, has_yaml_name, inspect_by_name, may_spell};
use super::{CiSystem, FileMap, Files, Unparsable, yaml};
use crate::model::build::{Blueprint, Spot};
use crate::model::ci::Tier::{self, ControlPlane, Executed, Reached};

/// Deepest nesting of calls, functions that are called included.
const MAX_CALL_DEPTH: usize = 64;

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

    fn understand(
        &self,
        path: &Arc<BString>,
        content: &[u8],
        files: &mut dyn Files,
    ) -> Option<Blueprint> {
        let mut blueprint = Blueprint::new(path, self.key());
        let name = path.to_ascii_lowercase();
        let ends = |end: &str| name.ends_with(end.as_bytes());
        if has_yaml_name(path.as_bstr()) {
            if is_casc(content) || casc::is_part(content) {
                casc::read(&mut blueprint, content, files);
            } else {
                blueprint.items = pod::file_items(path, content, "pod");
            }
        } else if ends("plugins.txt") {
            blueprint.items = plugins::read(path, decode(content).ok()?);
        } else if ends(".xml") {
            let why = "configuration that Jenkins writes itself is not read".to_owned();
            blueprint.items = vec![form(start(path), why)];
        } else if is_groovy(self, path) {
            groovy(&mut blueprint, decode(content).ok()?, files);
        } else {
            return None;
        }
        Some(blueprint)
    }

    fn entry_places(&self) -> &'static [&'static str] {
        &["Jenkinsfile", "jenkins", ".jenkins", "ci", "vars"]
    }
}

fn start(path: &Arc<BString>) -> Spot {
    Spot {
        path: path.clone(),
        line: 1,
        column: 1,
    }
}

/// Whether a file holds Groovy: by its name, or because the policy says that
/// it is a pipeline, whatever its name.
fn is_groovy(system: &System, path: &BString) -> bool {
    let name = path.to_ascii_lowercase();
    let by_name = name.ends_with(b".groovy") || name.contains_str("jenkinsfile");
    by_name || system.recognise(path.as_bstr()).is_none()
}

/// Reads pipelines, libraries and Job DSL.
fn groovy(blueprint: &mut Blueprint, text: &str, files: &mut dyn Files) {
    let path = blueprint.path.clone();
    let source = Source::new(&path, text, 0);
    let unit = Unit::of(&source);
    let mut closure = Closure::new(files);
    let mut reader = Reader::new(&mut closure);
    reader.faults(&source);
    reader.controller_code(&unit);
    let mut frame = Frame {
        triggers: when::by_default(&start(&path)),
        ..Frame::default()
    };
    frame
        .triggers
        .extend(when::stated(call::Code::all(&source)));
    let named = ("pipeline".to_owned(), "the pipeline".to_owned());
    let mut work = reader.begin(&frame, named, start(&path));
    reader.top(&unit, &mut frame, &mut work);
    let libraries = |item: &crate::model::build::Item| item.slot == "library";
    let (own, rest) = work.job.items.into_iter().partition(libraries);
    work.job.items = rest;
    reader.items.extend::<Vec<_>>(own);
    if !work.job.items.is_empty() || (work.job.runner.is_some() && reader.jobs.is_empty()) {
        reader.finish(work);
    }
    let (jobs, items) = reader.into_parts();
    blueprint.jobs = jobs;
    blueprint.items.extend(items);
    blueprint.edges.extend(closure.into_edges());
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
