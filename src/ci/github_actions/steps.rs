//! The steps of a job or composite action, in the order in which they run.

use sha2::{Digest as _, Sha256};

use super::condition::{is_always, is_never, read as read_condition};
use super::contexts;
use super::expression::fold;
use super::flow::{Flow, Origin, Scope};
use super::rights::{env, secrets};
use super::source::{Reading, Source};
use super::{template, uses};
use crate::ci::shell::{self, Dialect, Script};
use crate::ci::yaml::tree::Node;
use crate::model::build::{Setting, TemplateSource, Weakening, WeakeningKind, What};

/// Reads the steps of a job or action.
pub(super) fn read(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &mut Scope,
    steps: &Node,
) {
    if steps.items().is_empty() && !steps.is_null() {
        reading.odd(source, "steps", steps, "no list of steps");
    }
    for node in steps.items() {
        step(reading, source, scope, node);
        reading.order = reading.order.saturating_add(1);
    }
}

fn step(reading: &mut Reading<'_, '_>, source: &Source, scope: &mut Scope, node: &Node) {
    let slot = format!("{}steps/{}", scope.prefix, name(node));
    if node.own_pairs().is_empty() {
        return reading.odd(source, &slot, node, "a step that is no mapping");
    }
    condition(reading, source, scope, (&slot, node));
    let layers = scope.env.len();
    if let Some(own) = node.get("env") {
        env(reading, source, scope, (&format!("{slot}/env"), own));
    }
    let outputs = match (node.get("uses"), node.get("run")) {
        (Some(uses), _) => uses::step(reading, source, scope, (&slot, node, uses)),
        (None, Some(run)) => script(reading, source, scope, (&slot, node, run)),
        (None, None) => {
            reading.odd(
                source,
                &slot,
                node,
                "a step that neither uses nor runs anything",
            );
            Vec::new()
        }
    };
    scope.env.truncate(layers);
    let Some(id) = node.text_of("id").map(str::to_ascii_lowercase) else {
        return;
    };
    for (name, flow) in outputs {
        let key = if name.is_empty() {
            id.clone()
        } else {
            format!("{id}.{name}")
        };
        scope.outputs.insert(key, flow);
    }
}

/// What a step is called, whatever stands around it.
fn name(step: &Node) -> String {
    if let Some(id) = step.text_of("id") {
        return id.to_owned();
    }
    if let Some(uses) = step.text_of("uses") {
        return uses.split('@').next().unwrap_or(uses).to_owned();
    }
    if let Some(name) = step.text_of("name") {
        return name.to_owned();
    }
    let run = step.text_of("run").unwrap_or_default();
    let first = run
        .lines()
        .map(fold)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    hex::encode(&Sha256::digest(first.unwrap_or_default())[..4])
}

/// The setting of a condition that is a text, and so always true.
const ALWAYS_TRUE: &str = "github.condition-is-text";

/// `if` and `continue-on-error` of a job or step.
pub(super) fn condition(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, node): (&str, &Node),
) {
    let at = |key: &str| {
        if slot.is_empty() {
            key.to_owned()
        } else {
            format!("{slot}/{key}")
        }
    };
    let weakening = |kind, text: &str| {
        What::Weakening(Weakening {
            kind,
            text: fold(text),
        })
    };
    if let Some(soft) = node.get("continue-on-error") {
        let text = soft.text().unwrap_or_default();
        if soft.is_true() || text.contains("${{") {
            let what = weakening(
                WeakeningKind::SoftFail,
                &format!("continue-on-error: {text}"),
            );
            reading.note(source, &at("continue-on-error"), soft, what);
        }
    }
    let Some(condition) = node.get("if") else {
        return;
    };
    let slot = at("if");
    let Some(text) = condition.text() else {
        return reading.odd(source, &slot, condition, "a condition that is no text");
    };
    secrets(reading, source, scope, (&slot, condition));
    reading.note(source, &slot, condition, What::Condition(fold(text)));
    let Some(expr) = read_condition(text) else {
        let setting = Setting {
            name: ALWAYS_TRUE.to_owned(),
            value: fold(text),
        };
        return reading.note(source, &slot, condition, What::Setting(setting));
    };
    if is_never(&expr) {
        reading.note(
            source,
            &slot,
            condition,
            weakening(WeakeningKind::Disabled, &format!("if: {text}")),
        );
    } else if is_always(&expr) {
        reading.note(
            source,
            &slot,
            condition,
            weakening(WeakeningKind::Always, &format!("if: {text}")),
        );
    }
}

/// What is known of a step's outputs: by name, or of all under no name.
pub(super) type Outputs = Vec<(String, Flow)>;

fn script(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &mut Scope,
    (slot, step, run): (&str, &Node, &Node),
) -> Outputs {
    let slot = format!("{slot}/run");
    let Some(text) = run.text() else {
        reading.odd(source, &slot, run, "a script that is no text");
        return Vec::new();
    };
    template::read(reading, source, scope, (&slot, run), "run");
    secrets(reading, source, scope, (&slot, run));
    if let Some(dialect) = dialect(step.text_of("shell"), scope) {
        let script = Script {
            text: &scope.written_out(text),
            path: &source.path,
            line: &|line| run.line_of_text(line),
            column: run.column,
            slot: &slot,
            order: reading.order,
            script: reading.scripts,
            dialect,
            depth: source.depth,
        };
        let items = shell::read(&script, reading.closure);
        reading.scripts = reading.scripts.saturating_add(1);
        for item in super::agent::in_commands(items, &reading.triggers) {
            reading.add(item);
        }
    }
    writes(scope, text)
}

/// The language of a script, if it is a shell's.
fn dialect(named: Option<&str>, scope: &Scope) -> Option<Dialect> {
    let Some(named) = named.or(scope.shell.as_deref()) else {
        return Some(if scope.windows {
            Dialect::PowerShell
        } else {
            Dialect::Posix
        });
    };
    let texts = scope.flow(named).texts.unwrap_or_default();
    let first = texts
        .first()
        .and_then(|text| text.split_whitespace().next())
        .unwrap_or("bash");
    let program = first.rsplit(['/', '\\']).next().unwrap_or(first);
    match program.trim_end_matches(".exe") {
        "pwsh" | "powershell" => Some(Dialect::PowerShell),
        "cmd" => Some(Dialect::Batch),
        "python" | "python3" | "node" | "perl" | "ruby" | "Rscript" | "julia" | "deno" | "bun" => {
            None
        }
        _ => Some(Dialect::Posix),
    }
}

/// What a script writes for later steps: whose words its outputs hold.
fn writes(scope: &mut Scope, text: &str) -> Outputs {
    let mut outputs = Flow::default();
    let mut variables = Flow::default();
    for line in text.lines() {
        let to_output = line.contains("GITHUB_OUTPUT") || line.contains("::set-output");
        let to_env = line.contains("GITHUB_ENV") || line.contains("::set-env");
        if !to_output && !to_env {
            continue;
        }
        let words = words_of(scope, line);
        if to_output {
            outputs.take(&words);
        }
        if to_env {
            variables.take(&words);
        }
    }
    let writes = text.contains("GITHUB_OUTPUT") || text.contains("set-output");
    let exports = text.contains("GITHUB_ENV") || text.contains("set-env");
    if writes || exports {
        let found = proposed_in(scope, text);
        let target = if writes { &mut outputs } else { &mut variables };
        found.iter().for_each(|flow| target.take(flow));
    }
    scope.written_env.take(&variables);
    vec![(String::new(), outputs)]
}

/// Whose words a line holds, in expressions or through the environment.
fn words_of(scope: &Scope, line: &str) -> Flow {
    let mut words = scope.flow(line);
    for layer in &scope.env {
        for (name, flow) in layer.iter().filter(|(_, flow)| !flow.origins.is_empty()) {
            if line.contains(&format!("${name}")) || line.contains(&format!("${{{name}")) {
                words.take(flow);
            }
        }
    }
    words.texts = None;
    words
}

/// The proposed revision that a script asks for, or is given.
fn proposed_in(scope: &Scope, text: &str) -> Option<Flow> {
    let words = words_of(scope, text);
    let known = words.proposed().map(|origin| origin.expression.clone());
    let asked =
        contexts::asks_for_proposal(text).then(|| "the head of the pull request".to_owned());
    let expression = known.or(asked)?;
    Some(Flow::of(Origin {
        expression,
        by: TemplateSource::Step,
        proposed: true,
    }))
}
