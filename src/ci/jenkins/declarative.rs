//! Declarative pipelines: `pipeline { … }`.
//! <https://www.jenkins.io/doc/book/pipeline/syntax/>

use super::call::{Call, Code, Piece};
use super::unit::Unit;
use super::when::{self, Narrows};
use super::work::{Frame, Reader, Work};
use crate::model::build::{Gate, GateKind, Item, What};

impl Reader<'_, '_> {
    /// Reads the body of `pipeline { … }`.
    pub(super) fn declarative(&mut self, unit: &Unit<'_>, body: Code<'_>, frame: &Frame) {
        let mut frame = frame.clone();
        self.head(unit, body, &mut frame);
        for call in body.calls() {
            let Some(inner) = call.body else {
                continue;
            };
            match call.name.as_str() {
                "stages" => self.stages(unit, inner, &mut frame),
                "post" => {
                    let named = (
                        format!("{}post", prefix(&frame)),
                        "the post section".to_owned(),
                    );
                    let mut work = self.begin(&frame, named, call.spot());
                    self.post(unit, inner, &mut frame, &mut work);
                    self.finish(work);
                }
                _ => {}
            }
        }
    }

    /// Agent, environment, options and libraries: what all inside have.
    fn head(&mut self, unit: &Unit<'_>, body: Code<'_>, frame: &mut Frame) {
        for call in body.calls() {
            match (call.name.as_str(), call.body) {
                ("agent", _) => self.agent(unit, &call, frame),
                ("environment", Some(inner)) => {
                    for piece in inner.statements().into_iter().flat_map(Code::pieces) {
                        if let Piece::Assign { name, value } = piece {
                            self.environment(unit, &name, value, frame);
                        }
                    }
                }
                ("libraries", Some(inner)) => {
                    for lib in inner.calls().iter().filter(|lib| lib.name == "lib") {
                        let items = self.libraries(unit, lib);
                        frame.items.extend(items);
                    }
                }
                ("options", Some(inner)) => self.options(unit, inner, frame),
                _ => {}
            }
        }
    }

    fn options(&mut self, unit: &Unit<'_>, body: Code<'_>, frame: &mut Frame) {
        for call in body.calls() {
            let items = match call.short() {
                "withCredentials" => self.bindings(unit, &call),
                "withAWS" | "withKubeConfig" => self.access(unit, &call, call.short()),
                "sshagent" => self.ssh_agent(unit, &call),
                "catchError" | "warnError" => vec![super::effects::soft(&call)],
                _ => continue,
            };
            frame.items.extend(items);
        }
    }

    /// Stages one after another: an approval in one holds for the later ones.
    fn stages(&mut self, unit: &Unit<'_>, body: Code<'_>, frame: &mut Frame) {
        for call in body.calls() {
            if call.name == "stage" {
                self.declared_stage(unit, &call, frame);
            } else if let (true, Some(inner)) = (
                matches!(call.name.as_str(), "parallel" | "matrix" | "stages"),
                call.body,
            ) {
                self.stages(unit, inner, frame);
            }
        }
    }

    fn declared_stage(&mut self, unit: &Unit<'_>, call: &Call<'_>, around: &mut Frame) {
        let Some(body) = call.body else {
            return;
        };
        if !self.spend(|| call.spot()) {
            return;
        }
        if around.depth > super::MAX_CALL_DEPTH {
            return self.bound(&call.spot(), "stages nest too deep".to_owned());
        }
        self.room(around, &call.spot());
        let name = call
            .named_or_first("name")
            .map_or_else(String::new, |name| unit.text_or_written(name));
        let own = around.items.len();
        let mut frame = around.stage(&name);
        frame.depth += 1;
        let inner = body.calls();
        let conditions = inner
            .iter()
            .filter(|it| it.name == "when")
            .filter_map(|it| it.body);
        let mut conditional = false;
        for condition in conditions {
            let (how, items) = when::read(&unit.scope, condition);
            conditional = true;
            if how == Narrows::ToBranch {
                frame.triggers = when::narrowed(&frame.triggers, how, &condition.spot());
            }
            frame.items.extend(items);
        }
        for input in inner.iter().filter(|it| it.name == "input") {
            frame.items.push(approval(unit, input));
        }
        self.head(unit, body, &mut frame);
        self.stage_content(unit, &inner, &mut frame, (around.slot_of(&name), name));
        if !conditional {
            let mut gates = frame.items.split_off(own.min(frame.items.len()));
            gates.retain(
                |item| matches!(&item.what, What::Gate(gate) if gate.kind == GateKind::Approval),
            );
            around.items.extend(gates);
        }
    }

    fn stage_content(
        &mut self,
        unit: &Unit<'_>,
        inner: &[Call<'_>],
        frame: &mut Frame,
        (slot, name): (String, String),
    ) {
        let has = |word: &str| inner.iter().any(|it| it.name == word && it.body.is_some());
        let nested = ["stages", "parallel", "matrix"]
            .iter()
            .any(|word| has(word));
        let spot = inner
            .iter()
            .find(|it| it.name == "steps")
            .or(inner.first())
            .map(Call::spot);
        let Some(spot) = spot else {
            return;
        };
        if has("steps") || has("post") || !nested {
            let mut work = self.begin(frame, (slot, format!("stage {name}")), spot);
            for call in inner {
                match (call.name.as_str(), call.body) {
                    ("steps", Some(body)) => self.walk(unit, body, frame, &mut work),
                    ("post", Some(body)) => self.post(unit, body, frame, &mut work),
                    _ => {}
                }
            }
            self.finish(work);
        }
        for call in inner.iter() {
            let Some(body) = call.body else {
                continue;
            };
            match call.name.as_str() {
                "stages" => self.stages(unit, body, frame),
                "parallel" => {
                    let length = frame.items.len();
                    self.stages(unit, body, frame);
                    frame.leave(length, false);
                }
                "matrix" => {
                    self.head(unit, body, frame);
                    self.stages(unit, body, frame);
                }
                _ => {}
            }
        }
    }

    fn post(&mut self, unit: &Unit<'_>, body: Code<'_>, frame: &mut Frame, work: &mut Work) {
        work.group = "post";
        self.walk(unit, body, frame, work);
        work.group = "steps";
    }
}

fn prefix(frame: &Frame) -> String {
    match frame.slot.is_empty() {
        true => String::new(),
        false => format!("{}/", frame.slot),
    }
}

/// `input { message '…' }`, `input 'message'`.
pub(super) fn approval(unit: &Unit<'_>, call: &Call<'_>) -> Item {
    let in_body = call.body.and_then(|body| {
        let inner = body.calls();
        inner
            .iter()
            .find(|it| it.name == "message")
            .and_then(|it| it.positional(0))
    });
    let question = call.named_or_first("message").or(in_body);
    let gate = Gate {
        kind: GateKind::Approval,
        name: question.map_or_else(String::new, |question| unit.text_or_written(question)),
    };
    Item::of("input", call.spot(), What::Gate(gate))
}
