//! What a pipeline checks out. <https://plugins.jenkins.io/git/>

use super::call::{Call, Code};
use super::library::find_url;
use super::unit::Unit;
use crate::model::build::{Checkout, CheckoutSource, TemplateSource};

/// Reads `checkout scm`, `checkout([$class: 'GitSCM', …])`, `git url: '…'`.
pub(super) fn read(unit: &Unit<'_>, call: &Call<'_>) -> Checkout {
    Checkout {
        source: source(unit, call),
        keeps_credentials: false,
    }
}

fn source(unit: &Unit<'_>, call: &Call<'_>) -> CheckoutSource {
    let first = call.positional(0);
    if call.short() == "checkout" && first.and_then(Code::one_name).as_deref() == Some("scm") {
        return CheckoutSource::Own;
    }
    let mut proposed = None;
    for arg in &call.args {
        find_ref(unit, (arg.key.as_deref(), arg.value), 0, &mut proposed);
    }
    if let Some(expression) = proposed {
        return CheckoutSource::Proposed(expression);
    }
    let mut url = None;
    for arg in &call.args {
        let is_url =
            arg.key.as_deref() == Some("url") || (call.short() == "git" && arg.key.is_none());
        if is_url && url.is_none() {
            url = Some(unit.text_or_written(arg.value));
        }
        for inner in arg.value.groups() {
            find_url(unit, inner, 0, &mut url);
        }
    }
    match url {
        Some(url) if url.contains("${") => CheckoutSource::Dynamic(url),
        Some(url) => CheckoutSource::Other(url),
        None if call.written().contains("scm.") => CheckoutSource::Own,
        None => CheckoutSource::Dynamic(call.written()),
    }
}

/// A branch or refspec that a proposer names, at any depth.
fn find_ref(
    unit: &Unit<'_>,
    (key, value): (Option<&str>, Code<'_>),
    depth: usize,
    found: &mut Option<String>,
) {
    if depth > super::MAX_CALL_DEPTH || found.is_some() {
        return;
    }
    if matches!(key, Some("branch" | "name" | "refspec" | "ref")) {
        let text = unit.text_or_written(value);
        let heads = ["refs/pull/", "refs/merge-requests/", "refs/pull-requests/"];
        // Variables in single quotes are expanded by the git plugin itself.
        let variables = ["${sha1}", "${ghprb", "${CHANGE_BRANCH}", "${gitlab"];
        let written =
            || unit.scope.written_by(&text) == TemplateSource::Anybody && text.contains("${");
        let own = text.contains("BRANCH_NAME") || text.contains("GIT_BRANCH");
        let by_name = heads
            .iter()
            .chain(&variables)
            .any(|part| text.contains(part));
        if by_name || (written() && !own) {
            *found = Some(text);
            return;
        }
    }
    for inner in value.groups() {
        for entry in inner.args() {
            find_ref(unit, (entry.key.as_deref(), entry.value), depth + 1, found);
        }
    }
}
