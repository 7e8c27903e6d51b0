//! Image references, read as Docker reads them.
//!
//! <https://github.com/distribution/reference>: the first part is a host if it
//! holds a dot, a colon or an upper-case letter, or is `localhost`; else the
//! image comes from `docker.io`, and from `library/` if it has one part.

use crate::model::build::{ImageName, ImageReference};

/// What a text names, variables expanded by `value` (`None`: only the run
/// knows). `None` for what is no image: nothing, or `scratch`.
pub(crate) fn parse(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<ImageName> {
    let _ = value;
    let text = text.trim();
    if text.is_empty() || text == "scratch" {
        return None;
    }
    Some(reference(text).map_or_else(|| ImageName::Unresolved(text.to_owned()), ImageName::Known))
}

fn reference(text: &str) -> Option<ImageReference> {
    if text.contains('$') || text.contains('{') || text.contains(char::is_whitespace) {
        return None;
    }
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest.to_owned())),
        None => (text, None),
    };
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match name[slash..].split_once(':') {
        Some((last, tag)) => (format!("{}{last}", &name[..slash]), Some(tag.to_owned())),
        None => (name.to_owned(), None),
    };
    let is_host = |first: &str| {
        first == "localhost"
            || first.contains(['.', ':'])
            || first.chars().any(|letter| letter.is_uppercase())
    };
    let (registry, repository) = match name.split_once('/') {
        Some((first, rest)) if is_host(first) => (first.to_owned(), rest.to_owned()),
        Some(_) => ("docker.io".to_owned(), name.clone()),
        None => ("docker.io".to_owned(), format!("library/{name}")),
    };
    let registry = match registry.as_str() {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => registry,
    };
    Some(ImageReference {
        registry,
        repository,
        tag,
        digest,
    })
}
