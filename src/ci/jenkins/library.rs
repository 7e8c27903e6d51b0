//! Shared libraries and other Groovy that a pipeline takes in.
//! <https://www.jenkins.io/doc/book/pipeline/shared-libraries/>

use super::call::{Call, Code};
use super::unit::Unit;
use super::work::Reader;
use crate::model::build::{CodeKind, CodeSource, CodeUse, Item, Pin, What};

/// `name@version` of a library of the controller.
fn by_name(text: &str) -> CodeUse {
    let (name, version) = text.split_once('@').unwrap_or((text, ""));
    code(CodeKind::Library, elsewhere("", name), version)
}

/// A repository by its URL.
pub(super) fn by_url(kind: CodeKind, url: &str, version: &str) -> CodeUse {
    let (host, name) = host_and_name(url);
    code(kind, elsewhere(&host, &name), version)
}

/// Host and path of a repository's URL: `https://h/a/b.git`, `git@h:a/b`.
pub(super) fn host_and_name(url: &str) -> (String, String) {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (host, name) = rest.split_once(['/', ':']).unwrap_or(("", rest));
    let name = name.trim_matches('/');
    let name = name.strip_suffix(".git").unwrap_or(name);
    (host.to_ascii_lowercase(), name.to_owned())
}

fn elsewhere(host: &str, name: &str) -> CodeSource {
    if name.contains("${") {
        return CodeSource::Dynamic(name.to_owned());
    }
    CodeSource::Elsewhere {
        host: host.to_owned(),
        name: name.to_owned(),
        path: String::new(),
    }
}

fn code(kind: CodeKind, source: CodeSource, version: &str) -> CodeUse {
    CodeUse {
        kind,
        source,
        pin: if version.contains("${") {
            Pin::Branch
        } else {
            Pin::of_git(version)
        },
        version: version.to_owned(),
        comment: None,
    }
}

impl Reader<'_, '_> {
    /// `@Library('x@ref') _`, `library 'x@ref'`, `libraries { lib('x@ref') }`.
    pub(super) fn libraries(&mut self, unit: &Unit<'_>, call: &Call<'_>) -> Vec<Item> {
        let named = call
            .named_or_first("identifier")
            .or_else(|| call.named("value"));
        let Some(named) = named else {
            return Vec::new();
        };
        let names = named
            .entries()
            .into_iter()
            .map(|one| (unit.text_or_written(one.value), one.value.spot()));
        let mut all = Vec::new();
        for (text, spot) in names {
            let mut library = by_name(&text);
            if let Some(retriever) = call.named("retriever") {
                library.source = retrieved(unit, retriever);
            }
            match &library.source {
                CodeSource::Dynamic(text) => self.closure.dynamic(&spot, "shared library", text),
                source => self
                    .closure
                    .elsewhere(&spot, "shared library", &source.to_string()),
            }
            all.push(Item::of("library", spot, What::Code(library)));
        }
        all
    }
}

/// Where a retriever takes a library from. `legacySCM(scm)` is whatever was
/// checked out: the proposer's own.
fn retrieved(unit: &Unit<'_>, retriever: Code<'_>) -> CodeSource {
    let mut url = None;
    find_url(unit, retriever, 0, &mut url);
    match url {
        Some(url) if !url.contains("${") => {
            let (host, name) = host_and_name(&url);
            elsewhere(&host, &name)
        }
        _ => CodeSource::Dynamic(retriever.written()),
    }
}

/// The first `remote:` or `url:` at any depth.
pub(super) fn find_url(unit: &Unit<'_>, code: Code<'_>, depth: usize, found: &mut Option<String>) {
    if depth > super::MAX_CALL_DEPTH || found.is_some() {
        return;
    }
    for entry in code.entries() {
        let is_url = matches!(
            entry.key.as_deref(),
            Some("remote" | "url" | "repositoryUrl" | "repoUrl")
        );
        if is_url && found.is_none() {
            *found = Some(unit.text_or_written(entry.value));
        }
        for inner in entry.value.groups() {
            find_url(unit, inner, depth + 1, found);
        }
    }
}
