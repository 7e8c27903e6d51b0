//! Hostile files that steer: owners, attributes, registries, scanners: reading ends, the same way each time.
#![no_main]

mod model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    model::read(
        &[
            ".github/CODEOWNERS",
            "CODEOWNERS",
            ".gitattributes",
            ".gitmodules",
            ".npmrc",
            "pip.conf",
            ".cargo/config.toml",
            "settings.xml",
            "gradle/wrapper/gradle-wrapper.properties",
            ".pre-commit-config.yaml",
            ".github/dependabot.yml",
            "zizmor.yml",
        ],
        input,
    );
});
