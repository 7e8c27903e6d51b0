//! A model as lines of text, for tests.

use std::sync::Arc;

use super::{MemoryFiles, blueprint};
use crate::model::build::{Blueprint, ImageName, Item, Job, What};

/// The model of a file of a tree.
pub(crate) fn model(mut tree: MemoryFiles, path: &str) -> Blueprint {
    blueprint(&Arc::new(path.into()), &[], &mut tree).expect("a model")
}

/// `path:line job/slot: what`, commands left out.
pub(crate) fn told(model: &Blueprint) -> Vec<String> {
    let show = |(job, item): (Option<&Job>, &Item)| {
        let what = match &item.what {
            What::Image(it) => match &it.image {
                ImageName::Known(image) => format!("{:?} {image}", it.role),
                ImageName::Unresolved(text) => format!("{:?} ? {text}", it.role),
            },
            What::Privilege(it) => format!("{it:?}"),
            What::Literal(it) => format!("literal {}", it.name),
            What::Secret(it) => format!("{:?}", it.name),
            What::Setting(it) => format!("{} = {}", it.name, it.value),
            What::Target(it) => format!("{:?} {}", it.kind, it.name),
            What::Unresolved(it) => format!("unresolved {}: {}", it.text, it.why),
            What::Code(it) => format!("{:?} {} {} {:?}", it.kind, it.source, it.version, it.pin),
            What::Access(it) => format!(
                "{} may {:?} {:?} in {}",
                it.subject, it.verbs, it.resources, it.within
            ),
            What::Registry(it) => format!("{:?} {}", it.kind, it.url),
            What::Gate(it) => format!("{:?} {}", it.kind, it.name),
            What::Guard(it) => format!("{:?} {}", it.kind, it.tool),
            _ => return None,
        };
        let job = job.map_or("", |job| &job.slot);
        let place = format!("{}:{}", item.spot.path, item.spot.line);
        Some(format!("{place} {job}/{}: {what}", item.slot))
    };
    model.all_items().filter_map(show).collect()
}
