//! Where stages run: `agent` of declarative pipelines, `node` of scripted
//! ones. <https://www.jenkins.io/doc/book/pipeline/syntax/#agent>

use super::call::{Call, Code};
use super::container::{self, engine_options};
use super::pod;
use super::unit::Unit;
use super::work::{Frame, Reader};
use crate::model::build::{
    Held, ImageRole, Item, Login, Runner, RunnerKind, Spot, Target, TargetKind, What,
};

/// Labels of the machine that Jenkins itself runs on.
const CONTROLLER: &[&str] = &["built-in", "master"];

impl Reader<'_, '_> {
    /// Reads an `agent` into what the stages inside inherit.
    pub(super) fn agent(&mut self, unit: &Unit<'_>, call: &Call<'_>, frame: &mut Frame) {
        frame.items.retain(|item| !item.slot.starts_with("agent/"));
        let spot = call.spot();
        let word = call.positional(0).and_then(Code::one_name);
        match (word.as_deref(), call.body) {
            (Some("any"), _) => frame.runner = Some(runner(RunnerKind::Any, Vec::new(), spot)),
            (Some("none"), _) => frame.runner = None,
            (_, Some(body)) => {
                for inner in body.calls() {
                    self.agent_form(unit, &inner, frame);
                }
            }
            _ => {
                let text = call.written();
                frame.runner = Some(runner(
                    RunnerKind::Dynamic,
                    vec![text.clone()],
                    spot.clone(),
                ));
                frame.items.push(unknown("agent", spot, text));
            }
        }
    }

    fn agent_form(&mut self, unit: &Unit<'_>, call: &Call<'_>, frame: &mut Frame) {
        let value = |key: &str| match call.body {
            Some(body) => body
                .calls()
                .iter()
                .find(|inner| inner.name == key)
                .and_then(|it| it.positional(0)),
            None => call.named_or_first(key),
        };
        match call.name.as_str() {
            "label" => frame.runner = call.positional(0).map(|label| by_label(unit, label, frame)),
            "node" => frame.runner = value("label").map(|label| by_label(unit, label, frame)),
            "docker" | "dockerfile" => {
                let machine = value("label").map(|label| by_label(unit, label, frame));
                frame.runner = Some(contained(machine, call.spot()));
                if call.name == "docker" {
                    let image = value("image").and_then(|it| unit.image(it, ImageRole::Runs));
                    frame.items.extend(image.map(|it| slot("agent/image", it)));
                } else {
                    self.dockerfile(unit, (value("dir"), value("filename")), call);
                }
                let options = [value("args"), value("additionalBuildArgs")];
                for option in options.into_iter().flatten() {
                    let text = unit.text_or_written(option);
                    frame.items.extend(
                        engine_options(&text, &option.spot())
                            .into_iter()
                            .map(|it| slot("agent/args", it)),
                    );
                }
                registry(
                    unit,
                    (value("registryUrl"), value("registryCredentialsId")),
                    call,
                    frame,
                );
            }
            "kubernetes" => {
                frame.runner = Some(runner(RunnerKind::Container, Vec::new(), call.spot()));
                self.pod_template(unit, call, frame);
            }
            _ => {}
        }
    }

    /// Reads what describes a pod: an agent's closure or a `podTemplate`.
    pub(super) fn pod_template(&mut self, unit: &Unit<'_>, call: &Call<'_>, frame: &mut Frame) {
        let settings: Vec<(String, Code<'_>)> = match call.body {
            Some(body) if call.args.is_empty() => {
                let inner = body.calls().into_iter();
                inner
                    .filter_map(|it| Some((it.name.clone(), it.positional(0).or(it.body)?)))
                    .collect()
            }
            _ => call
                .args
                .iter()
                .filter_map(|arg| Some((arg.key.clone()?, arg.value)))
                .collect(),
        };
        for (key, value) in settings {
            let text = unit.scope.text(value);
            let name = || unit.text_or_written(value);
            let target = |kind| {
                Item::of(
                    "agent/pod",
                    value.spot(),
                    What::Target(Target { kind, name: name() }),
                )
            };
            match (key.as_str(), text) {
                ("yaml", Some(text)) => frame.items.extend(pod::items(unit, &text, "agent/pod")),
                ("yaml", None) => {
                    frame
                        .items
                        .push(unknown("agent/pod", value.spot(), value.written()))
                }
                ("yamlFile", Some(file)) => {
                    let read = self.pod_file(&file.text, value.spot(), unit.source.depth + 1);
                    frame.items.extend(read);
                }
                ("yamlFile", None) => {
                    frame
                        .items
                        .push(unknown("agent/pod", value.spot(), value.written()))
                }
                ("cloud", _) => frame.items.push(target(TargetKind::Cluster)),
                ("namespace", _) => frame.items.push(target(TargetKind::Namespace)),
                ("containers" | "containerTemplate" | "containerTemplates" | "volumes", _) => {
                    frame.items.extend(container::templates(unit, value));
                }
                _ => {}
            }
        }
    }

    fn pod_file(&mut self, file: &str, spot: Spot, depth: usize) -> Vec<Item> {
        match self.closure.open(&spot, "pod template", file.into(), depth) {
            Ok(opened) => pod::file_items(&opened.path, &opened.content, "agent/pod"),
            Err(unresolved) => vec![Item::of("agent/pod", spot, What::Unresolved(unresolved))],
        }
    }

    fn dockerfile(
        &mut self,
        unit: &Unit<'_>,
        (dir, file): (Option<Code<'_>>, Option<Code<'_>>),
        call: &Call<'_>,
    ) {
        let file = file.map_or("Dockerfile".to_owned(), |file| unit.text_or_written(file));
        let path = match dir {
            Some(dir) => format!("{}/{file}", unit.text_or_written(dir)),
            None => file,
        };
        if path.contains('$') {
            return self.closure.dynamic(&call.spot(), "Dockerfile", &path);
        }
        let depth = unit.source.depth + 1;
        if let Err(unresolved) =
            self.closure
                .open(&call.spot(), "Dockerfile", path.as_str().into(), depth)
        {
            self.items.push(Item::of(
                "agent/dockerfile",
                call.spot(),
                What::Unresolved(unresolved),
            ));
        }
    }
}

impl Item {
    /// An item that belongs to no step.
    pub(in crate::ci::jenkins) fn of(slot: &str, spot: Spot, what: What) -> Self {
        Self {
            slot: slot.to_owned(),
            order: 0,
            spot,
            what,
        }
    }
}

/// Something that only the run knows.
pub(super) fn unknown(slot: &str, spot: Spot, text: String) -> Item {
    let kind = crate::model::build::UnresolvedKind::Value;
    let why = "only the run knows it".to_owned();
    Item::of(
        slot,
        spot,
        What::Unresolved(crate::model::build::Unresolved { kind, text, why }),
    )
}

fn slot(slot: &str, item: Item) -> Item {
    Item {
        slot: slot.to_owned(),
        ..item
    }
}

fn runner(kind: RunnerKind, labels: Vec<String>, spot: Spot) -> Runner {
    Runner { kind, labels, spot }
}

/// A container on a machine: what it can do to the controller counts more.
fn contained(machine: Option<Runner>, spot: Spot) -> Runner {
    match machine {
        Some(machine) if machine.kind == RunnerKind::Controller => machine,
        Some(machine) => Runner {
            kind: RunnerKind::Container,
            ..machine
        },
        None => runner(RunnerKind::Container, Vec::new(), spot),
    }
}

/// A machine by its label expression; what is dynamic is also said to be.
pub(super) fn by_label(unit: &Unit<'_>, label: Code<'_>, frame: &mut Frame) -> Runner {
    let (spot, written) = (label.spot(), unit.text_or_written(label));
    if unit.scope.known(label).is_none() {
        if written == "POD_LABEL" || written.ends_with("POD_LABEL}") {
            return runner(RunnerKind::Container, vec![written], spot);
        }
        frame
            .items
            .push(unknown("agent/label", spot.clone(), written.clone()));
        return runner(RunnerKind::Dynamic, vec![written], spot);
    }
    of_labels(&written, spot)
}

/// The machines that a label expression allows: `linux && !master`.
pub(super) fn of_labels(expression: &str, spot: Spot) -> Runner {
    let mut labels: Vec<String> = Vec::new();
    let mut controller = false;
    for part in expression
        .split(|letter: char| letter.is_whitespace() || "&|()<>-".contains(letter) && letter != '-')
    {
        let name = part.trim_matches(['"', '\'']);
        if name.is_empty() {
            continue;
        }
        controller |= CONTROLLER.iter().any(|own| own.eq_ignore_ascii_case(name));
        labels.push(name.to_owned());
    }
    labels.sort();
    labels.dedup();
    let kind = match (controller, labels.is_empty()) {
        (true, _) => RunnerKind::Controller,
        (false, true) => RunnerKind::Any,
        (false, false) => RunnerKind::SelfHosted,
    };
    runner(kind, labels, spot)
}

fn registry(
    unit: &Unit<'_>,
    (url, credential): (Option<Code<'_>>, Option<Code<'_>>),
    call: &Call<'_>,
    frame: &mut Frame,
) {
    let Some(credential) = credential else {
        return;
    };
    let id = unit.text_or_written(credential);
    let url = url.map(|url| unit.text_or_written(url)).unwrap_or_default();
    let login = Login {
        registry: container::registry_host(&url),
        with: Held::Stored(id.clone()),
        on_command_line: false,
    };
    frame
        .items
        .push(Item::of("agent/registry", call.spot(), What::Login(login)));
    frame.items.extend(super::credentials::stored(
        &id,
        None,
        "agent/registry",
        credential.spot(),
    ));
}
