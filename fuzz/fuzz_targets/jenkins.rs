//! Hostile Jenkins pipelines, Job DSL and configuration as code: reading ends, the same way each time.
#![no_main]

mod model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    model::read(
        &[
            "Jenkinsfile",
            "vars/x.groovy",
            "jobs/j.groovy",
            "jenkins.yaml",
            "plugins.txt",
        ],
        input,
    );
});
