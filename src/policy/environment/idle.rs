//! Entries of `[sources]` and `[zones]` that do nothing: what can match
//! nothing, what another entry says already.

use super::cover::{are_apart, covers};
use super::tables::{LeastPin, SourcesTable, ZoneTable};
use crate::model::text::excerpt;
use crate::policy::file::PolicyFile;
use crate::policy::place::{KeyPath, Spots};
use crate::policy::problem::Problem;

/// Longest excerpt of an entry in a message, in characters.
const SHOWN: usize = 80;

/// Reports what does nothing.
pub(crate) fn idle(file: &PolicyFile, spots: &Spots, problems: &mut Vec<Problem>) {
    let mut told = Told { spots, problems };
    told.sources(&file.sources);
    for (name, zone) in &file.zones {
        let others = file.zones.iter().filter(|(other, _)| *other != name);
        told.zone(name, zone, &others.collect::<Vec<_>>());
    }
}

struct Told<'a> {
    spots: &'a Spots,
    problems: &'a mut Vec<Problem>,
}

impl Told<'_> {
    fn entry(&mut self, list: &KeyPath, text: &str, message: String, help: &str) {
        let spot = self.spots.entry(list, text);
        self.problems.push(spot.warning(message).with_help(help));
    }

    fn sources(&mut self, table: &SourcesTable) {
        let list = |key: &str| KeyPath::from("sources").key(key);
        let images: Vec<_> = table.images.iter().map(|text| text.0.as_str()).collect();
        for image in &images {
            self.image(&list("images"), image);
        }
        self.covered(&list("images"), &images);
        let code: Vec<_> = table.code.iter().map(|text| text.0.as_str()).collect();
        self.covered(&list("code"), &code);
        let hosts: Vec<_> = table.hosts.iter().map(|text| text.0.as_str()).collect();
        self.covered(&list("hosts"), &hosts);
        if images.is_empty() && !table.digests.is_empty() {
            let spot = self.spots.key(&list("digests"));
            let message =
                "`sources.digests` does nothing: without `sources.images` every image is accepted";
            let help = "list the registries and repositories that are trusted in `images`";
            self.problems.push(spot.warning(message).with_help(help));
        }
        if code.is_empty() && table.least_pin != LeastPin::Exact {
            let spot = self.spots.key(&list("least_pin"));
            let message = "`sources.least_pin` does nothing: it is about listed code, and `sources.code` lists none";
            let help = "list the repositories that are trusted in `code`";
            self.problems.push(spot.warning(message).with_help(help));
        }
        self.signers(table, &images);
    }

    fn image(&mut self, list: &KeyPath, image: &str) {
        let shown = excerpt(image, SHOWN);
        let lower = image.to_ascii_lowercase();
        let Some((registry, repository)) = lower.split_once('/') else {
            return;
        };
        if matches!(registry, "index.docker.io" | "registry-1.docker.io") {
            let message =
                format!("`{shown}` matches no image: Docker reads {registry} as docker.io");
            self.entry(
                list,
                image,
                message,
                &format!("write docker.io/{repository}"),
            );
        } else if registry == "docker.io" && !repository.contains('/') && repository != "**" {
            let message = format!(
                "`{shown}` matches no image: images of docker.io have an owner or `library/`"
            );
            self.entry(
                list,
                image,
                message,
                &format!("write docker.io/library/{repository}"),
            );
        }
    }

    fn covered(&mut self, list: &KeyPath, texts: &[&str]) {
        for text in texts {
            let mut others = texts.iter().filter(|other| *other != text);
            // Of two that cover each other the later one says nothing new.
            let wider =
                others.find(|other| covers(other, text) && (!covers(text, other) || *other < text));
            if let Some(wider) = wider {
                let (shown, wider) = (excerpt(text, SHOWN), excerpt(wider, SHOWN));
                let message = format!("`{shown}` says nothing that `{wider}` does not say");
                self.entry(list, text, message, "remove the one that you do not mean");
            }
        }
    }

    fn signers(&mut self, table: &SourcesTable, images: &[&str]) {
        for (index, signer) in table.signers.iter().enumerate() {
            let path = KeyPath::from("sources").key("signers").index(index);
            if table.signers[..index].contains(signer) {
                let message = format!("`{path}` says the same as an entry before it");
                self.problems.push(self.spots.value(&path).warning(message));
            }
            let pattern = signer.images.0.as_str();
            if images.iter().all(|image| are_apart(image, pattern)) {
                let message = format!(
                    "`{}` is about no image of `sources.images`",
                    excerpt(pattern, SHOWN)
                );
                let spot = self.spots.value(&path.key("images"));
                let help = "add its repository to `images`, or remove the signer";
                self.problems.push(spot.warning(message).with_help(help));
            }
        }
    }

    fn zone(&mut self, name: &str, zone: &ZoneTable, others: &[(&String, &ZoneTable)]) {
        let path = KeyPath::from("zones").key(name);
        let lists = zone.lists();
        if lists.iter().all(|(_, texts)| texts.is_empty()) {
            let spot = self.spots.key(&path);
            let message = format!("nothing belongs to `{path}`");
            let help = "name its paths, environments, namespaces, clusters, hosts, accounts, credentials, runners or networks";
            self.problems.push(spot.warning(message).with_help(help));
        }
        for (key, texts) in lists {
            let higher = others.iter().filter(|(_, other)| other.level > zone.level);
            for (other, table) in higher {
                let theirs = table.lists();
                let theirs = theirs.iter().find(|(their, _)| *their == key);
                let theirs = theirs.map_or(&[][..], |(_, texts)| texts.as_slice());
                for text in &texts {
                    if theirs.iter().any(|their| their.eq_ignore_ascii_case(text)) {
                        let shown = excerpt(text, SHOWN);
                        let message = format!(
                            "`{shown}` matches nothing here: `{}` names it too, and the higher zone counts",
                            excerpt(other, SHOWN)
                        );
                        self.entry(
                            &path.key(key),
                            text,
                            message,
                            "remove it from one of the two",
                        );
                    }
                }
            }
        }
    }
}
