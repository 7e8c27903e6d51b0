//! Hostile GitLab's pipelines: reading ends, the same way each time.
#![no_main]

mod model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    model::read(
        &[
            ".gitlab-ci.yml",
            "ci/part.yml",
            ".gitlab/agents/a/config.yaml",
        ],
        input,
    );
});
