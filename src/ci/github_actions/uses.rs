//! `uses:`: code from elsewhere, and code of the same tree, which is read.

use bstr::BStr;

use super::action;
use super::flow::{Flow, Origin, Scope};
use super::inputs::With;
use super::rights::secrets;
use super::source::{Reading, Source};
use super::steps::Outputs;
use super::{checkout, container, contexts, effects, template};
use crate::ci::yaml::tree::Node;
use crate::model::build::{
    CodeKind, CodeSource, CodeUse, ImageRole, Pin, TemplateSource, Unresolved, What,
};

/// What `uses:` names.
pub(super) enum Used {
    /// A path of the work tree.
    Workspace(String),
    /// A path of the commit.
    OwnTree(String),
    /// An image.
    Image,
    /// Another repository.
    Elsewhere {
        /// The host; empty for the forge's own.
        host: String,
        /// `owner/name`.
        name: String,
        /// What follows.
        path: String,
        /// What stands behind `@`.
        version: String,
    },
    /// Only the run knows.
    Dynamic,
}

/// Reads what `uses:` names.
pub(super) fn parse(text: &str) -> Used {
    if text.starts_with("docker://") {
        return Used::Image;
    }
    if let Some(path) = text.strip_prefix("$/") {
        return Used::OwnTree(path.to_owned());
    }
    if text.starts_with("./") || text.starts_with("../") || matches!(text, "." | "./") {
        return Used::Workspace(text.trim_start_matches("./").to_owned());
    }
    if text.contains("${{") {
        return Used::Dynamic;
    }
    let (place, version) = text.split_once('@').unwrap_or((text, ""));
    let (host, place) = match place.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", place),
    };
    let mut parts = place.splitn(3, '/');
    let mut next = || parts.next().unwrap_or_default();
    let (owner, name, path) = (next(), next(), next());
    if owner.is_empty() || name.is_empty() {
        return Used::Dynamic;
    }
    Used::Elsewhere {
        host: host.to_ascii_lowercase(),
        name: format!("{owner}/{name}"),
        path: path.to_owned(),
        version: version.to_owned(),
    }
}

/// The item of a use.
pub(super) fn code(used: Used, source: &Source, node: &Node, kind: CodeKind) -> CodeUse {
    let (origin, pin, version) = match used {
        Used::Workspace(path) => (CodeSource::Workspace(path), Pin::None, String::new()),
        Used::OwnTree(path) => (CodeSource::OwnTree(path), Pin::None, String::new()),
        Used::Elsewhere {
            host,
            name,
            path,
            version,
        } => {
            let pin = Pin::of_git(&version);
            (CodeSource::Elsewhere { host, name, path }, pin, version)
        }
        Used::Image | Used::Dynamic => {
            let text = node.text().unwrap_or_default().to_owned();
            (CodeSource::Dynamic(text), Pin::None, String::new())
        }
    };
    CodeUse {
        kind,
        source: origin,
        pin,
        version,
        comment: source.version_comment(node),
    }
}

/// Reads a step that uses something; gives what is known of its outputs.
pub(super) fn step(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &mut Scope,
    (slot, step, uses): (&str, &Node, &Node),
) -> Outputs {
    let at = format!("{slot}/uses");
    let Some(text) = uses.text() else {
        reading.odd(source, &at, uses, "a use that is no text");
        return Vec::new();
    };
    let with = With(step.get("with"));
    for (name, value) in with.pairs() {
        secrets(
            reading,
            source,
            scope,
            (&format!("{slot}/with/{name}"), value),
        );
    }
    let used = parse(text);
    let spot = source.spot(uses);
    match &used {
        Used::Image => {
            container::images(reading, source, scope, (&at, uses), ImageRole::Runs);
            return given(scope, &with);
        }
        Used::Elsewhere { .. } => reading.closure.elsewhere(&spot, "action", text),
        Used::Dynamic => reading.closure.dynamic(&spot, "action", text),
        Used::Workspace(_) | Used::OwnTree(_) => {}
    }
    let local = match &used {
        Used::Workspace(path) | Used::OwnTree(path) => Some(path.clone()),
        _ => None,
    };
    let name = match &used {
        Used::Elsewhere { name, path, .. } => format!("{name}/{path}")
            .trim_end_matches('/')
            .to_ascii_lowercase(),
        _ => String::new(),
    };
    let code = code(used, source, uses, CodeKind::Action);
    reading.note(source, &at, uses, What::Code(code));
    if let Some(path) = local {
        return action::inline(reading, (source, scope), (slot, &path), (uses, &with));
    }
    sinks(reading, source, scope, (slot, &name), &with);
    checkout::read(reading, source, scope, (slot, &name, step), &with);
    effects::read(reading, source, scope, (slot, &name, uses), &with);
    super::agent::read(reading, source, scope, (slot, &name, step), &with);
    given(scope, &with)
}

fn sinks(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, action): (&str, &str),
    with: &With<'_>,
) {
    for (name, value) in with.pairs() {
        if let Some(into) = super::known::sink(action, name) {
            template::read(
                reading,
                source,
                scope,
                (&format!("{slot}/with/{name}"), value),
                into,
            );
        }
    }
}

/// What an action that is not read may give back of what it is given: the
/// revision that somebody proposes, be it only asked for.
fn given(scope: &Scope, with: &With<'_>) -> Outputs {
    let mut expression = None;
    for (_, value) in with.pairs() {
        let text = value.text().unwrap_or_default();
        let flow = scope.flow(text);
        let known = flow.proposed().map(|origin| origin.expression.clone());
        let asked =
            contexts::asks_for_proposal(text).then(|| "the head of the pull request".to_owned());
        expression = expression.or(known).or(asked);
    }
    let flow = expression.map(|expression| {
        Flow::of(Origin {
            expression,
            by: TemplateSource::Step,
            proposed: true,
        })
    });
    flow.into_iter().map(|flow| (String::new(), flow)).collect()
}

/// The first of these files that stands in the tree.
pub(super) fn first_of(reading: &mut Reading<'_, '_>, folder: &str, names: &[&str]) -> String {
    let join = |name: &&str| {
        if folder.is_empty() {
            (*name).to_owned()
        } else {
            format!("{}/{name}", folder.trim_end_matches('/'))
        }
    };
    let mut found = names
        .iter()
        .map(join)
        .filter(|path| reading.closure.has(BStr::new(path)));
    let fallback = names.first().map(join).unwrap_or_default();
    found.next().unwrap_or(fallback)
}

/// Notes a file that cannot be read.
pub(super) fn missing(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    (slot, node): (&str, &Node),
    why: Unresolved,
) {
    reading.note(source, slot, node, What::Unresolved(why));
}

#[cfg(test)]
mod tests {
    use super::super::samples::{all, job_with, read, steps, with_steps};
    use crate::model::build::{CodeKind, CodeSource, Destination, Pin, What};

    #[test]
    fn what_is_used_is_told_with_its_pin_and_comment() {
        let job = steps(
            "push",
            "- uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2\n- uses: a/b/c@main\n- uses: https://git.example/a/b@v1\n- uses: a/b@v1 # the old one",
        );
        let told = all(&job, |what| match what {
            What::Code(it) => Some((it.source.to_string(), it.pin, it.comment.clone())),
            _ => None,
        });
        assert_eq!(
            told,
            [
                (
                    "actions/checkout".to_owned(),
                    Pin::Exact,
                    Some("v6.0.2".to_owned())
                ),
                ("a/b/c".to_owned(), Pin::Branch, None),
                ("git.example/a/b".to_owned(), Pin::MovingTag, None),
                ("a/b".to_owned(), Pin::MovingTag, None),
            ]
        );
    }

    #[test]
    fn actions_of_the_tree_are_read_where_they_are_used() {
        let inner = "runs: {using: composite, steps: [{uses: './b'}, {uses: x/y@v1}]}\n";
        let node = "runs: {using: node20, main: dist/index.js}\n";
        let others = [
            ("a/action.yaml", inner),
            ("b/action.yml", node),
            ("b/dist/index.js", ""),
        ];
        let text = with_steps("push", "- uses: ./a\n- uses: $/none\n- uses: z/w@v2");
        let job = job_with(&text, &others);
        let told = all(&job, |what| match what {
            What::Code(it) => Some(it.source.clone()),
            _ => None,
        });
        let elsewhere = |name: &str| CodeSource::Elsewhere {
            host: String::new(),
            name: name.to_owned(),
            path: String::new(),
        };
        assert_eq!(
            told,
            [
                CodeSource::Workspace("a".into()),
                CodeSource::Workspace("b".into()),
                elsewhere("x/y"),
                CodeSource::OwnTree("none".into()),
                elsewhere("z/w"),
            ]
        );
        assert!(job.items.iter().any(
            |item| matches!(&item.what, What::Unresolved(it) if it.text == "none/action.yml")
        ));
        let edges = read(&text, &others).edges;
        assert!(edges.iter().any(
            |edge| edge.to == Destination::File(std::sync::Arc::new("b/dist/index.js".into()))
        ));
    }

    #[test]
    fn actions_that_use_themselves_end() {
        let inner = "runs: {using: composite, steps: [{uses: ./a}, {uses: ./a}]}\n";
        let job = job_with(
            &with_steps("push", "- uses: ./a"),
            &[("a/action.yml", inner)],
        );
        assert!(
            job.items
                .iter()
                .any(|item| matches!(item.what, What::Unresolved(_)))
        );
        assert!(job.items.len() < 1000);
    }

    #[test]
    fn a_workflow_of_the_tree_is_read_in_the_job_that_calls_it() {
        let called = "on: {workflow_call: {inputs: {who: {type: string}}, secrets: {key: {}}}}\njobs:\n  in:\n    runs-on: [self-hosted]\n    environment: prod\n    steps: [{run: 'echo ${{ inputs.who }}', env: {K: '${{ secrets.key }}'}}]\n";
        let text = "on: issues\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    with: {who: '${{ github.event.issue.title }}'}\n    secrets: {key: '${{ secrets.PROD_KEY }}'}\n";
        let job = job_with(text, &[(".github/workflows/b.yml", called)]);
        assert!(
            job.items
                .iter()
                .any(|item| matches!(&item.what, What::Code(it) if it.kind == CodeKind::Workflow))
        );
        assert!(job.items.iter().any(|item| matches!(&item.what, What::Template(it) if it.expression == "github.event.issue.title")));
        assert!(
            job.items
                .iter()
                .any(|item| matches!(&item.what, What::Target(it) if it.name == "prod"))
        );
        assert_eq!(
            job.secret_in("K").map(|it| it.name.clone()),
            Some(crate::model::build::SecretName::Named("PROD_KEY".into()))
        );
        assert_eq!(
            job.runner.map(|it| it.kind),
            Some(crate::model::build::RunnerKind::SelfHosted)
        );
    }
}
