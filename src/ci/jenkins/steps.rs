//! Steps, in scripted and declarative pipelines alike: what each does, and
//! what it puts around others. <https://www.jenkins.io/doc/pipeline/steps/>

use super::agent::by_label;
use super::call::{Call, Code, Piece};
use super::unit::Unit;
use super::when::{self, Narrows};
use super::work::{Frame, Reader, Work};
use crate::model::build::{
    Gate, GateKind, Item, Runner, RunnerKind, Weakening, WeakeningKind, What,
};

impl Reader<'_, '_> {
    /// Follows statements, one after another.
    pub(super) fn walk(
        &mut self,
        unit: &Unit<'_>,
        code: Code<'_>,
        frame: &mut Frame,
        work: &mut Work,
    ) {
        frame.depth += 1;
        if frame.depth > super::MAX_CALL_DEPTH {
            frame.depth -= 1;
            return self.bound(
                &code.spot(),
                format!("calls nest deeper than {}", super::MAX_CALL_DEPTH),
            );
        }
        for statement in code.statements() {
            for piece in statement.pieces() {
                match piece {
                    Piece::Call(call) => self.step(unit, &call, frame, work),
                    Piece::Group(b'{', inner) => self.walk(unit, inner, frame, work),
                    Piece::Group(_, inner) => self.entries(unit, inner, frame, work),
                    Piece::Assign { name, value } => {
                        self.assigned(unit, &name, value, (frame, work))
                    }
                }
            }
        }
        frame.depth -= 1;
    }

    /// What stands in the brackets of a list, map or call.
    fn entries(&mut self, unit: &Unit<'_>, code: Code<'_>, frame: &mut Frame, work: &mut Work) {
        for arg in code.args() {
            if arg.value.may_hold_calls() {
                self.walk(unit, arg.value, frame, work);
            }
        }
    }

    fn assigned(
        &mut self,
        unit: &Unit<'_>,
        name: &str,
        value: Code<'_>,
        (frame, work): (&mut Frame, &mut Work),
    ) {
        let plain = unit.scope.known(value);
        if name == "currentBuild.result" && plain.as_deref() == Some("SUCCESS") {
            let text = "currentBuild.result = 'SUCCESS'".to_owned();
            let kind = WeakeningKind::SoftFail;
            return self.add(
                work,
                "result",
                value.spot(),
                What::Weakening(Weakening { kind, text }),
            );
        }
        let Some(text) = plain else {
            return;
        };
        let variable = name.strip_prefix("env.").unwrap_or(name);
        let slot = format!("environment/{variable}");
        if let Some(item) = super::settings::variable(variable, &text, &slot, value.spot()) {
            frame.items.push(item.clone());
            self.add_item(work, item);
        }
    }

    fn step(&mut self, unit: &Unit<'_>, call: &Call<'_>, frame: &mut Frame, work: &mut Work) {
        if !self.spend(|| call.spot()) {
            return;
        }
        work.order += 1;
        match call.short() {
            "pipeline" if call.body.is_some() => {
                if let Some(body) = call.body {
                    self.declarative(unit, body, frame);
                }
            }
            "stage" if call.body.is_some() => self.scripted_stage(unit, call, frame),
            "node" => self.node(unit, call, (frame, work)),
            "podTemplate" => self.pod(unit, call, (frame, work)),
            "if" | "else" => self.condition(unit, call, (frame, work)),
            "load" => self.load(unit, call, (frame, work)),
            _ if unit.is_own_function(call) => {}
            "pipelineJob"
            | "freeStyleJob"
            | "job"
            | "multibranchPipelineJob"
            | "organizationFolder"
            | "multibranchWorkflowJob"
                if call.body.is_some() && call.positional(0).is_some() =>
            {
                self.dsl_job(unit, call, frame);
            }
            _ => {
                let length = frame.items.len();
                self.effects(unit, call, (frame, work));
                self.inside(unit, call, frame, work);
                let sure = !matches!(
                    call.short(),
                    "parallel" | "catch" | "while" | "for" | "each" | "case" | "switch"
                );
                frame.leave(length, sure);
                self.function(unit, call, (frame, work));
            }
        }
    }

    /// Arguments and body.
    fn inside(&mut self, unit: &Unit<'_>, call: &Call<'_>, frame: &mut Frame, work: &mut Work) {
        for arg in &call.args {
            if arg.value.may_hold_calls() {
                self.walk(unit, arg.value, frame, work);
            }
        }
        if let Some(body) = call.body {
            self.walk(unit, body, frame, work);
        }
    }

    /// A function of the same source, once for each job that calls it.
    fn function(
        &mut self,
        unit: &Unit<'_>,
        call: &Call<'_>,
        (frame, work): (&mut Frame, &mut Work),
    ) {
        let Some(body) = unit.functions.get(call.short()).filter(|_| !call.defines) else {
            return;
        };
        let name = call.short().to_owned();
        self.used.insert(name.clone());
        if !self.active.contains(&name) && work.called.insert(name.clone()) {
            self.active.push(name);
            self.walk(unit, *body, frame, work);
            self.active.pop();
        }
    }

    fn scripted_stage(&mut self, unit: &Unit<'_>, call: &Call<'_>, around: &mut Frame) {
        let name = call
            .named_or_first("name")
            .map_or_else(String::new, |name| unit.text_or_written(name));
        self.room(around, &call.spot());
        let (own, jobs) = (around.items.len(), self.jobs.len());
        let mut frame = around.stage(&name);
        let named = (around.slot_of(&name), format!("stage {name}"));
        let mut work = self.begin(&frame, named, call.spot());
        if let Some(body) = call.body {
            self.walk(unit, body, &mut frame, &mut work);
        }
        if work.has_own() || self.jobs.len() == jobs {
            self.finish(work);
        }
        frame.leave(own, true);
        around.items.extend(frame.items.split_off(own));
    }

    fn node(&mut self, unit: &Unit<'_>, call: &Call<'_>, (frame, work): (&mut Frame, &mut Work)) {
        let before = frame.runner.clone();
        let length = frame.items.len();
        let runner = match call.named_or_first("label") {
            Some(label) => by_label(unit, label, frame),
            None => Runner {
                kind: RunnerKind::Any,
                labels: Vec::new(),
                spot: call.spot(),
            },
        };
        self.give_new(frame, work, length);
        let in_pod = before
            .as_ref()
            .is_some_and(|before| before.kind == RunnerKind::Container);
        let runner = match (in_pod, runner.kind) {
            (true, RunnerKind::Dynamic | RunnerKind::SelfHosted) => before.clone(),
            _ => Some(runner),
        };
        if !work.has_own()
            || work.job.runner.is_none()
            || runner
                .as_ref()
                .is_some_and(|it| it.kind == RunnerKind::Controller)
        {
            work.job.runner = runner.clone();
        }
        frame.runner = runner;
        if let Some(body) = call.body {
            self.walk(unit, body, frame, work);
        }
        frame.leave(length, true);
        frame.runner = before;
    }

    fn pod(&mut self, unit: &Unit<'_>, call: &Call<'_>, (frame, work): (&mut Frame, &mut Work)) {
        let before = frame.runner.clone();
        let length = frame.items.len();
        self.pod_template(unit, call, frame);
        self.give_new(frame, work, length);
        frame.runner = Some(Runner {
            kind: RunnerKind::Container,
            labels: Vec::new(),
            spot: call.spot(),
        });
        work.job.runner = frame.runner.clone();
        if let Some(body) = call.body {
            self.walk(unit, body, frame, work);
        }
        frame.leave(length, true);
        frame.runner = before;
    }

    /// The job that is read has what its frame was given since.
    fn give_new(&mut self, frame: &Frame, work: &mut Work, length: usize) {
        for item in frame.items.iter().skip(length) {
            self.add_item(work, item.clone());
        }
    }

    fn condition(
        &mut self,
        unit: &Unit<'_>,
        call: &Call<'_>,
        (frame, work): (&mut Frame, &mut Work),
    ) {
        let (triggers, length) = (frame.triggers.clone(), frame.items.len());
        let narrows = call
            .args
            .first()
            .map_or(Narrows::No, |arg| when::of_expression(arg.value));
        if let (Narrows::ToBranch, Some(arg)) = (narrows, call.args.first()) {
            let spot = arg.value.spot();
            frame.triggers = when::narrowed(&frame.triggers, narrows, &spot);
            let gate = Gate {
                kind: GateKind::Condition,
                name: arg.value.written(),
            };
            frame.items.push(Item::of("if", spot, What::Gate(gate)));
        }
        self.inside(unit, call, frame, work);
        frame.triggers = triggers;
        frame.leave(length, false);
    }
}
