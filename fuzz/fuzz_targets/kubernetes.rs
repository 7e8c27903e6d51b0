//! Hostile manifests, charts and kustomizations: reading ends, the same way each time.
#![no_main]

mod model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    model::read(
        &[
            "k8s/a.yaml",
            "kustomization.yaml",
            "Chart.yaml",
            "values.yaml",
        ],
        input,
    );
});
