//! Hostile Dockerfiles and settings of engines: reading ends, the same way each time.
#![no_main]

mod model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    model::read(
        &[
            "Dockerfile",
            "docker-bake.json",
            "docker-bake.hcl",
            "daemon.json",
        ],
        input,
    );
});
