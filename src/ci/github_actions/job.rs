//! One job of a workflow: its own body, or the workflow that it calls.

use std::collections::BTreeMap;
use std::rc::Rc;

use bstr::BStr;

use super::condition::{narrowed, read as read_condition, restricts};
use super::expression::fold;
use super::flow::{Flow, Scope, Values};
use super::inputs::{With, given};
use super::rights::{env, environment, lifetime, secrets};
use super::source::{Reading, Source, unresolved};
use super::uses::{self, Used};
use super::workflow::in_order;
use super::{action, container, runner, steps};
use crate::ci::yaml::tree::{Node, Value};
use crate::model::build::{
    CodeKind, Gate, GateKind, RunnerKind, SecretName, SecretUse, Setting, Trigger, UnresolvedKind,
    What,
};

/// Deepest chain of workflows that call one another (GitHub's own bound is 10).
const MAX_CALLS: usize = 10;

/// The triggers that a job's condition leaves.
pub(super) fn triggers(started: &[Trigger], job: &Node) -> Vec<Trigger> {
    match job.text_of("if").and_then(read_condition) {
        Some(condition) => narrowed(started, &condition),
        None => started.to_vec(),
    }
}

/// Reads a job's body into the job that is being put together. `scope` is the
/// file's; gives whose words the job's outputs are.
pub(super) fn body(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (prefix, job): (&str, &Node),
) -> Outputs {
    let mut scope = Scope {
        prefix: prefix.to_owned(),
        ..scope.clone()
    };
    matrix(&mut scope, job);
    gates(reading, source, &scope, job);
    named(reading, source, prefix, job);
    if let Some(own) = job.get("env") {
        env(reading, source, &mut scope, (&format!("{prefix}env"), own));
    }
    if let Some(node) = job.get("environment") {
        environment(reading, source, &scope, node);
    }
    if let Some(called) = job.get("uses") {
        return call(reading, source, &scope, (job, called));
    }
    if let Some(runs_on) = job.get("runs-on") {
        let own = runner::read(runs_on, &scope, source);
        let hosted_windows = |label: &String| label.to_ascii_lowercase().contains("windows");
        scope.windows = own.as_ref().is_some_and(|own| {
            own.labels.iter().all(hosted_windows) && own.kind != RunnerKind::Dynamic
        });
        reading.runner = runner::worse(reading.runner.take(), own);
    }
    if let Some(shell) = job.at(&["defaults", "run", "shell"]).and_then(Node::text) {
        scope.shell = Some(shell.to_owned());
    }
    if let Some(own) = job.get("container") {
        container::read(reading, source, &scope, ("container", own));
    }
    for (name, service) in With(job.get("services")).pairs() {
        container::read(
            reading,
            source,
            &scope,
            (&format!("services/{name}"), service),
        );
    }
    match job.get("steps") {
        Some(own) => steps::read(reading, source, &mut scope, own),
        None => reading.odd(
            source,
            &format!("{prefix}steps"),
            job,
            "a job without steps",
        ),
    }
    outputs(&scope, job)
}

/// Outputs of a job by name, in lower case.
pub(super) type Outputs = Vec<(String, Flow)>;

fn outputs(scope: &Scope, job: &Node) -> Outputs {
    let pairs = With(job.get("outputs")).pairs().into_iter();
    let all = pairs.map(|(name, value)| {
        let flow = scope.flow(value.text().unwrap_or_default());
        (name.to_ascii_lowercase(), flow)
    });
    all.collect()
}

/// `name:`, under which the job reports to the forge. That of a matrix differs
/// in each run and is left out.
fn named(reading: &mut Reading<'_, '_>, source: &Source, prefix: &str, job: &Node) {
    let Some(node) = job.get("name") else { return };
    let Some(text) = node.text().filter(|text| !text.contains("${{")) else {
        return;
    };
    let setting = Setting {
        name: "job.name".to_owned(),
        value: text.to_owned(),
    };
    reading.note(
        source,
        &format!("{prefix}name"),
        node,
        What::Setting(setting),
    );
}

fn gates(reading: &mut Reading<'_, '_>, source: &Source, scope: &Scope, job: &Node) {
    let prefix = scope.prefix.trim_end_matches('/');
    let at = |key: &str| {
        if prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{prefix}/{key}")
        }
    };
    for needed in job.get("needs").map(Node::one_or_many).unwrap_or_default() {
        let name = needed.text().unwrap_or_default().to_owned();
        reading.note(
            source,
            &at("needs"),
            needed,
            What::Gate(Gate {
                kind: GateKind::Needs,
                name,
            }),
        );
    }
    steps::condition(reading, source, scope, (prefix, job));
    let condition = job
        .get("if")
        .and_then(|node| Some((node, read_condition(node.text()?)?)));
    if let Some((node, expr)) = condition.filter(|(_, expr)| restricts(expr)) {
        let _ = expr;
        let name = fold(node.text().unwrap_or_default());
        reading.note(
            source,
            &at("if"),
            node,
            What::Gate(Gate {
                kind: GateKind::Condition,
                name,
            }),
        );
    }
}

/// What `matrix` stands for.
fn matrix(scope: &mut Scope, job: &Node) {
    let Some(matrix) = job.at(&["strategy", "matrix"]) else {
        return;
    };
    if let Some(text) = matrix.text() {
        scope.made_matrix = Some(Rc::new(scope.flow(text)));
        return;
    }
    let mut values: BTreeMap<String, Vec<Flow>> = BTreeMap::new();
    let mut made: Option<Flow> = None;
    for (name, list) in With(Some(matrix)).pairs() {
        if name == "exclude" {
            continue;
        }
        if let Some(text) = list.text() {
            let flow = scope.flow(text);
            match name {
                "include" => made = Some(flow),
                _ => values
                    .entry(name.to_ascii_lowercase())
                    .or_default()
                    .push(flow),
            }
            continue;
        }
        for one in list.items() {
            let base = if name == "include" {
                String::new()
            } else {
                name.to_ascii_lowercase()
            };
            collect(scope, one, base, &mut values);
        }
    }
    let joined = values.into_iter().map(|(name, flows)| (name, join(flows)));
    scope.matrix = Rc::new(joined.collect::<Values>());
    scope.made_matrix = made.map(Rc::new);
}

/// The texts of a matrix's value, by the names that lead to them.
fn collect(scope: &Scope, node: &Node, name: String, values: &mut BTreeMap<String, Vec<Flow>>) {
    match &node.value {
        Value::Scalar { text, .. } => values.entry(name).or_default().push(scope.flow(text)),
        Value::Map(pairs) => {
            for (key, value) in pairs {
                let key = key.text().unwrap_or_default().to_ascii_lowercase();
                let name = if name.is_empty() {
                    key
                } else {
                    format!("{name}.{key}")
                };
                collect(scope, value, name, values);
            }
        }
        Value::List(_) => values.entry(name).or_default().push(Flow::default()),
    }
}

fn join(flows: Vec<Flow>) -> Flow {
    let mut flows = flows.into_iter();
    let mut all = flows.next().unwrap_or_default();
    for flow in flows {
        all.or(flow);
    }
    all
}

/// Reads a called workflow: one of the tree is read as a part of the job.
fn call(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (job, called): (&Node, &Node),
) -> Outputs {
    let at = format!("{}uses", scope.prefix);
    let text = called.text().unwrap_or_default();
    let with = With(job.get("with"));
    for (name, value) in with.pairs() {
        secrets(
            reading,
            source,
            scope,
            (&format!("{}with/{name}", scope.prefix), value),
        );
    }
    let given_secrets = passed(reading, source, scope, job);
    let used = uses::parse(text);
    let local = match &used {
        Used::Workspace(path) | Used::OwnTree(path) => Some(path.clone()),
        Used::Elsewhere { .. } => {
            reading
                .closure
                .elsewhere(&source.spot(called), "reusable workflow", text);
            None
        }
        Used::Image | Used::Dynamic => {
            reading
                .closure
                .dynamic(&source.spot(called), "reusable workflow", text);
            None
        }
    };
    let code = uses::code(used, source, called, CodeKind::Workflow);
    reading.note(source, &at, called, What::Code(code));
    let Some(path) = local else { return Vec::new() };
    inline(
        reading,
        (source, scope),
        (&path, called),
        (&with, given_secrets),
    )
}

fn inline(
    reading: &mut Reading<'_, '_>,
    (source, scope): (&Source, &Scope),
    (path, called): (&str, &Node),
    (with, given_secrets): (&With<'_>, Option<Rc<Values>>),
) -> Outputs {
    let depth = source.depth + 1;
    let slot = format!("{}uses", scope.prefix);
    if scope.calls >= MAX_CALLS {
        let why = format!("workflows call one another more than {MAX_CALLS} deep");
        reading.note(
            source,
            &slot,
            called,
            unresolved(UnresolvedKind::Include, path, &why),
        );
        return Vec::new();
    }
    let opened = match reading.closure.open(
        &source.spot(called),
        "reusable workflow",
        BStr::new(path),
        depth,
    ) {
        Ok(opened) => opened,
        Err(why) => {
            uses::missing(reading, source, (&slot, called), why);
            return Vec::new();
        }
    };
    let Some((inner, root)) = action::file(&opened.path, opened.content, depth) else {
        reading.note(
            source,
            &slot,
            called,
            unresolved(
                UnresolvedKind::Include,
                path,
                "it is no YAML mapping that can be read",
            ),
        );
        return Vec::new();
    };
    let declared = root.at(&["on", "workflow_call"]);
    let mut own = Scope {
        inputs: given(declared.and_then(|call| call.get("inputs")), with, scope),
        called: true,
        secrets: given_secrets,
        any_branch: scope.any_branch,
        calls: scope.calls + 1,
        ..Scope::default()
    };
    if let Some(node) = root.get("env") {
        env(
            reading,
            &inner,
            &mut own,
            (&format!("{}env", scope.prefix), node),
        );
    }
    own.shell = root
        .at(&["defaults", "run", "shell"])
        .and_then(Node::text)
        .map(str::to_owned);
    for (id, _, job) in in_order(&root) {
        let prefix = format!("{}jobs/{id}/", scope.prefix);
        for (name, flow) in body(reading, &inner, &own, (&prefix, job)) {
            own.outputs
                .insert(format!("needs.{}.{name}", id.to_ascii_lowercase()), flow);
        }
    }
    let declared = With(declared.and_then(|call| call.get("outputs")))
        .pairs()
        .into_iter();
    let all = declared.map(|(name, output)| {
        (
            name.to_ascii_lowercase(),
            own.flow(output.text_of("value").unwrap_or_default()),
        )
    });
    all.collect()
}

/// The secrets that a call passes on; `None` if it passes all.
fn passed(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    job: &Node,
) -> Option<Rc<Values>> {
    let slot = format!("{}secrets", scope.prefix);
    let node = match job.get("secrets") {
        Some(node) if node.text() == Some("inherit") => {
            let name = SecretName::Inherited;
            let lifetime = lifetime(&name);
            reading.note(
                source,
                &slot,
                node,
                What::Secret(SecretUse {
                    name,
                    lifetime,
                    variable: None,
                }),
            );
            return scope.secrets.clone();
        }
        other => other,
    };
    let mut values = Values::new();
    for (name, value) in With(node).pairs() {
        secrets(reading, source, scope, (&format!("{slot}/{name}"), value));
        values.insert(
            name.to_ascii_lowercase(),
            scope.flow(value.text().unwrap_or_default()),
        );
    }
    Some(Rc::new(values))
}
