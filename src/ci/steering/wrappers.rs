//! Wrappers: they choose, and fetch, the program that builds.
//!
//! <https://docs.gradle.org/current/userguide/gradle_wrapper.html>,
//! <https://maven.apache.org/tools/wrapper/>, <https://yarnpkg.com/configuration/yarnrc#yarnPath>.

use sha2::{Digest as _, Sha256};

use super::leaves::{Leaves, Lines};
use super::sheet::Sheet;
use super::url;

/// Reads what chooses the program that builds.
pub(super) fn read(sheet: &mut Sheet<'_>) {
    match sheet.name.as_str() {
        "gradle-wrapper.properties" | "maven-wrapper.properties" => properties(sheet),
        ".yarnrc.yml" => yarn(sheet),
        "extensions.xml" if sheet.is_at(".mvn/extensions.xml") => extensions(sheet),
        "jvm.config" | "maven.config" => options(sheet),
        _ if sheet.system() == "wrappers" && !sheet.name.ends_with(".xml") => program(sheet),
        _ => {}
    }
}

fn properties(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    let Some(leaves) = sheet.take(Leaves::of_lines(text, Lines::Properties)) else {
        return;
    };
    for leaf in &leaves.0 {
        let at = leaf.at_place();
        match leaf.key() {
            "distributionUrl" | "wrapperUrl" => {
                let (address, secret) = url::clean(&leaf.value.replace("\\:", ":"));
                if secret {
                    sheet.literal(leaf.key(), at);
                }
                sheet.setting("wrapper.distribution", &address, at);
            }
            "distributionSha256Sum" | "wrapperSha256Sum" => {
                sheet.setting("wrapper.checksum", &leaf.value, at);
            }
            "validateDistributionUrl" => sheet.setting("wrapper.validates-url", &leaf.value, at),
            _ => {}
        }
    }
}

fn yarn(sheet: &mut Sheet<'_>) {
    let leaves = sheet.take(Leaves::of_yaml(sheet.content));
    for leaf in leaves.unwrap_or_default().0 {
        let name = match leaf.keys[0].as_str() {
            "yarnPath" => "wrapper.program",
            "plugins" if matches!(leaf.key(), "path" | "spec") || leaf.keys.len() == 2 => {
                "wrapper.plugin"
            }
            _ => continue,
        };
        sheet.setting(name, &leaf.value, leaf.at_place());
    }
}

/// Maven's extensions are loaded into the build before anything else.
fn extensions(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    let leaves = sheet.take(Leaves::of_xml(text)).unwrap_or_default();
    let mut group = String::new();
    for leaf in &leaves.0 {
        match leaf.key() {
            "groupId" => group.clone_from(&leaf.value),
            "artifactId" => {
                let name = format!("{group}:{}", leaf.value);
                sheet.setting("wrapper.extension", &name, leaf.at_place());
            }
            _ => {}
        }
    }
}

fn options(sheet: &mut Sheet<'_>) {
    let Some(text) = sheet.text() else {
        return;
    };
    for (number, line) in (1..).zip(text.lines()) {
        for word in line
            .split_whitespace()
            .filter(|word| !word.starts_with('#'))
        {
            sheet.setting("wrapper.option", word, (number, 1));
        }
    }
}

/// A program that nobody reads is known by its digest.
fn program(sheet: &mut Sheet<'_>) {
    sheet.program("program");
}

impl Sheet<'_> {
    /// Says that the file is a program, which one, and nothing of what it does.
    pub(super) fn program(&mut self, what: &str) {
        let digest = hex::encode(Sha256::digest(self.content));
        let name = format!("wrapper.{what}.{}", self.name);
        self.setting(&name, &digest[..16], (1, 1));
    }
}
