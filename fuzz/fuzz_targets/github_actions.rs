//! Hostile workflows and actions: reading ends, the same way each time.
#![no_main]

mod model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    model::read(
        &[
            ".github/workflows/a.yml",
            "action.yml",
            ".github/workflows/b.yml",
            "run.sh",
        ],
        input,
    );
});
