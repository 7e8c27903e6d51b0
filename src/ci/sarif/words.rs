//! How bad a result is, and what makes it the same in another version.

use super::form::{Properties, Region, Rule, SarifResult};
use crate::model::finding::Severity;

/// Longest text of a result that is kept, in characters.
pub(super) const MAX_TEXT: usize = 4096;

/// By the score that code scanning uses (CVSS bands), else by the level.
pub(super) fn severity(rule: Option<&Rule<'_>>, result: &SarifResult<'_>) -> Severity {
    let score = |properties: Option<&Properties>| match properties?.security_severity.as_ref()? {
        serde_json::Value::String(text) => text.parse::<f64>().ok(),
        value => value.as_f64(),
    };
    let own = score(result.properties.as_ref());
    if let Some(score) = own.or_else(|| score(rule?.properties.as_ref())) {
        return match score {
            score if score >= 9.0 => Severity::Critical,
            score if score >= 7.0 => Severity::High,
            score if score >= 4.0 => Severity::Medium,
            score if score > 0.0 => Severity::Low,
            _ => Severity::Info,
        };
    }
    let by_default = || rule?.default_configuration.as_ref()?.level.as_ref();
    match result.level.as_ref().or_else(by_default).map(AsRef::as_ref) {
        Some("error") => Severity::High,
        Some("note") => Severity::Low,
        Some("none") => Severity::Info,
        _ => Severity::Medium,
    }
}

/// What makes it the same problem in another version.
pub(super) fn identity(
    result: &SarifResult<'_>,
    region: Option<&Region<'_>>,
    text: &str,
) -> String {
    let stated = [&result.fingerprints, &result.partial_fingerprints];
    if let Some(all) = stated.into_iter().find(|all| !all.is_empty()) {
        let all = all.iter().map(|(name, value)| format!("{name}={value}"));
        return bounded(&all.collect::<Vec<_>>().join("\n"));
    }
    let snippet = region.and_then(|it| it.snippet.as_ref()?.text.as_ref());
    let snippet = snippet
        .map(|text| folded(text))
        .filter(|text| !text.is_empty());
    bounded(&snippet.unwrap_or_else(|| without_places(&folded(text))))
}

/// Blanks of any kind as one.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A message whose numbers of lines and columns say nothing.
fn without_places(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let before = words[at - 1].to_ascii_lowercase();
        let names_place =
            ["line", "lines", "column", "columns", "col", "row"].contains(&before.as_str());
        if names_place && words[at].starts_with(|first: char| first.is_ascii_digit()) {
            "#".clone_into(&mut words[at]);
        }
    }
    words.join(" ")
}

pub(super) fn decoded(uri: &str) -> Vec<u8> {
    let bytes = uri.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

pub(super) fn bounded(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        None => text.to_owned(),
        Some((end, _)) => text[..end].to_owned(),
    }
}
