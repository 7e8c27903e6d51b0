//! Whether two models are the same but for places, or for versions too.

use super::{Blueprint, CodeUse, Destination, Edge, ImageName, ImageUse, Item, Job, Runner, What};

/// Whether two versions of a file do the same, wherever it is written.
pub(super) fn same_but_for_places(one: &Blueprint, other: &Blueprint) -> bool {
    let edges = all(&one.edges, &other.edges, |one: &Edge, other: &Edge| {
        one.to == other.to
    });
    edges && same(one, other, |one, other| one == other)
}

/// Whether nothing but versions of code and images differs.
pub(super) fn same_but_for_pins(one: &Blueprint, other: &Blueprint) -> bool {
    same(one, other, |one, other| match (one, other) {
        (What::Code(one), What::Code(other)) => unpinned(one) == unpinned(other),
        (What::Image(one), What::Image(other)) => untagged(one) == untagged(other),
        _ => one == other,
    })
}

/// The versions that differ, as pairs of old and new text: of each item of code
/// and each image that is otherwise the same.
pub fn moved_pins(before: &Blueprint, after: &Blueprint) -> Vec<Vec<(String, String)>> {
    let both = before.all_items().zip(after.all_items());
    let moved = both.filter_map(|((_, one), (_, other))| match (&one.what, &other.what) {
        (What::Code(one), What::Code(other)) if unpinned(one) == unpinned(other) => {
            Some(vec![(one.version.clone(), other.version.clone())])
        }
        (What::Image(one), What::Image(other)) => {
            let (ImageName::Known(one), ImageName::Known(other)) = (&one.image, &other.image)
            else {
                return None;
            };
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            Some(vec![
                (text(&one.tag), text(&other.tag)),
                (text(&one.digest), text(&other.digest)),
            ])
        }
        _ => None,
    });
    let real = moved.map(|pairs| {
        let differ = |(one, other): &(String, String)| one != other && !one.is_empty();
        pairs.into_iter().filter(differ).collect::<Vec<_>>()
    });
    real.filter(|pairs| !pairs.is_empty()).collect()
}

fn same(one: &Blueprint, other: &Blueprint, what: impl Fn(&What, &What) -> bool) -> bool {
    let item = |one: &Item, other: &Item| {
        one.slot == other.slot && one.order == other.order && what(&one.what, &other.what)
    };
    let job = |one: &Job, other: &Job| {
        one.slot == other.slot
            && one.title == other.title
            && one.kind == other.kind
            && triggers(one) == triggers(other)
            && one.runner.as_ref().map(runner) == other.runner.as_ref().map(runner)
            && all(&one.items, &other.items, item)
    };
    one.path == other.path
        && one.system == other.system
        && all(&one.items, &other.items, item)
        && all(&one.jobs, &other.jobs, job)
        && all(&one.edges, &other.edges, |one: &Edge, other: &Edge| {
            let elsewhere = |edge: &Edge| matches!(edge.to, Destination::Elsewhere(_));
            let to = one.to == other.to || (elsewhere(one) && elsewhere(other));
            one.how == other.how && one.spot.path == other.spot.path && to
        })
}

fn all<T>(one: &[T], other: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
}

fn triggers(job: &Job) -> Vec<(&str, super::StartedBy)> {
    let all = job.triggers.iter();
    all.map(|one| (one.event.as_str(), one.by)).collect()
}

fn runner(one: &Runner) -> (super::RunnerKind, &[String]) {
    (one.kind, &one.labels)
}

fn unpinned(code: &CodeUse) -> (super::CodeKind, &super::CodeSource) {
    (code.kind, &code.source)
}

fn untagged(image: &ImageUse) -> (super::ImageRole, String) {
    let name = match &image.image {
        ImageName::Known(known) => known.name(),
        // What it depends on may be anything.
        ImageName::Unresolved(text) => format!("? {text}"),
    };
    (image.role, name)
}
