//! The jobs that the controller's configuration as code makes with Job DSL.

use std::sync::Arc;

use bstr::BString;

use super::casc::lines;
use super::tree::Source;
use super::unit::Unit;
use super::when;
use super::work::{Frame, Reader};
use crate::ci::Files;
use crate::ci::closure::Closure;
use crate::ci::yaml::tree::{Node, Style, Value};
use crate::model::build::{Blueprint, Item, Spot, Unresolved, UnresolvedKind, What};

/// `jobs: [{script: …}]`: Job DSL.
pub(super) fn read(root: &Node, blueprint: &mut Blueprint, files: &mut dyn Files) {
    for script in root.get("jobs").map(Node::one_or_many).unwrap_or_default() {
        let Some(node) = script.get("script") else {
            blueprint
                .items
                .extend(job_elsewhere(&blueprint.path, script));
            continue;
        };
        let text = node.text().unwrap_or_default();
        let literal = matches!(
            &node.value,
            Value::Scalar {
                style: Style::Literal,
                ..
            }
        );
        let lines = if literal {
            lines(node)
        } else {
            vec![node.line]
        };
        let source = Source::inside(&blueprint.path, text, lines, 0);
        let unit = Unit::of(&source);
        let mut closure = Closure::new(files);
        let mut reader = Reader::new(&mut closure);
        reader.faults(&source);
        let mut frame = Frame {
            triggers: when::stated(super::call::Code::all(&source)),
            ..Frame::default()
        };
        let mut work = reader.begin(
            &frame,
            ("jobs".to_owned(), "the jobs".to_owned()),
            source.spot(0),
        );
        reader.top(&unit, &mut frame, &mut work);
        let (jobs, items) = reader.into_parts();
        blueprint.jobs.extend(jobs);
        blueprint.items.extend(items);
        blueprint.edges.extend(closure.into_edges());
    }
    blueprint
        .jobs
        .sort_by(|one, other| one.slot.cmp(&other.slot));
}

/// `- file: …`, `- url: …`: job code that the controller finds somewhere else.
fn job_elsewhere(path: &Arc<BString>, script: &Node) -> Option<Item> {
    let text = script.text_of("file").or(script.text_of("url"))?;
    let spot = Spot {
        path: path.clone(),
        line: script.line,
        column: script.column,
    };
    let what = Unresolved {
        kind: UnresolvedKind::Include,
        text: text.to_owned(),
        why: "it lies where the controller runs".to_owned(),
    };
    Some(Item::of("jobs", spot, What::Unresolved(what)))
}
