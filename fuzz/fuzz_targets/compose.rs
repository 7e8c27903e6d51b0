//! Hostile Compose files: reading ends, the same way each time.
#![no_main]

mod model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    model::read(
        &[
            "compose.yaml",
            "docker-compose.override.yml",
            "other.compose.yml",
        ],
        input,
    );
});
