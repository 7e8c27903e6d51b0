//! Hostile Bamboo's specs: reading ends, the same way each time.
#![no_main]

mod model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    model::read(&["bamboo-specs/bamboo.yml", "bamboo-specs/part.yml"], input);
});
