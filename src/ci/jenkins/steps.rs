//! Steps, in scripted and declarative pipelines alike: what each does, and
//! what it puts around others. <https://www.jenkins.io/doc/pipeline/steps/>

use super::agent::by_label;
use super::call::{Call, Code, Piece};
use super::declarative::approval;
use super::when::{self, Narrows};
use super::work::{Frame, Reader, Unit, Work};
use super::{checkout, container, pod};
use crate::model::build::{
    Gate, GateKind, Guard, GuardKind, Item, Runner, RunnerKind, Transfer, TransferKind, Weakening,
    WeakeningKind, What,
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
        self.used.insert(call.short().to_owned());
        if work.called.insert(call.short().to_owned()) {
            self.walk(unit, *body, frame, work);
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

    /// What a step does by itself; what stands in its body inherits it.
    fn effects(
        &mut self,
        unit: &Unit<'_>,
        call: &Call<'_>,
        (frame, work): (&mut Frame, &mut Work),
    ) {
        let short = call.short();
        let items = match short {
            "withCredentials" => self.bindings(unit, call),
            "withAWS"
            | "withKubeConfig"
            | "kubernetesDeploy"
            | "withKubeCredentials"
            | "httpRequest"
            | "sshPublisherDesc"
            | "azureCLI"
            | "nexusArtifactUploader" => self.access(unit, call, short),
            "sshagent" => self.ssh_agent(unit, call),
            "withRegistry" | "withDockerRegistry" | "withDockerServer" => {
                container_login(unit, call)
            }
            "library" | "@Library" => self.libraries(unit, call),
            "input" => vec![approval(unit, call)],
            "inside" | "withRun" | "run" => options(unit, call),
            "image" if call.name.ends_with("docker.image") => Vec::new(),
            _ => Vec::new(),
        };
        for item in items {
            let order = work.order;
            frame.items.push(item.clone());
            self.add_item(work, Item { order, ..item });
        }
        self.own_effects(unit, call, work);
        self.docker(unit, call, work);
        for arg in &call.args {
            let text = unit
                .scope
                .text(arg.value)
                .filter(|text| pod::may_be_manifest(&text.text));
            if let Some(text) = text {
                for item in pod::items(unit, &text, &format!("{}/{short}", work.group)) {
                    self.add_item(work, item);
                }
            }
        }
    }

    /// What only the job itself has.
    fn own_effects(&mut self, unit: &Unit<'_>, call: &Call<'_>, work: &mut Work) {
        let (short, spot) = (call.short(), call.spot());
        match short {
            "sh" | "bat" | "powershell" | "pwsh" => self.shell(unit, call, work),
            "catchError" | "warnError" => {
                let item = soft(call);
                self.add_item(work, item);
            }
            "archiveArtifacts" | "stash" | "unstash" | "copyArtifacts" | "publishHTML"
            | "cache" => {
                if let Some(transfer) = transfer(unit, call) {
                    self.add(work, short, spot, What::Transfer(transfer));
                }
            }
            "checkout" | "git" => {
                let item = checkout::read(unit, call);
                self.add(work, short, spot, What::Checkout(item));
            }
            "junit" | "withSonarQubeEnv" | "waitForQualityGate" | "recordIssues"
            | "dependencyCheck" => {
                let kind = if short == "junit" {
                    GuardKind::Test
                } else {
                    GuardKind::Scan
                };
                let tool = short.to_owned();
                self.add(work, short, spot, What::Guard(Guard { kind, tool }));
            }
            "evaluate" | "parseClass" | "execute" | "@Grab" | "GroovyShell" => {
                self.setting(work, call, "groovy.evaluate", call.written());
            }
            _ if call.name.starts_with("Eval.") => {
                self.setting(work, call, "groovy.evaluate", call.written())
            }
            "containerTemplate" | "hostPathVolume" => {
                let mut items = Vec::new();
                container::template(unit, call, &mut items);
                for item in items {
                    self.add_item(work, item);
                }
            }
            "withEnv" => self.with_env(unit, call, work),
            _ => {}
        }
    }

    fn with_env(&mut self, unit: &Unit<'_>, call: &Call<'_>, work: &mut Work) {
        let Some(list) = call.named_or_first("overrides") else {
            return;
        };
        for text in list.many(&unit.scope) {
            let spot = unit.spot_of(&text).unwrap_or_else(|| call.spot());
            let Some((name, value)) = text.text.split_once('=') else {
                continue;
            };
            let slot = format!("environment/{name}");
            if let Some(item) = super::settings::variable(name, value, &slot, spot) {
                self.add_item(work, item);
            }
        }
    }
}

/// A failure inside does not count.
pub(super) fn soft(call: &Call<'_>) -> Item {
    let weakening = Weakening {
        kind: WeakeningKind::SoftFail,
        text: call.written(),
    };
    Item::of("steps/catchError", call.spot(), What::Weakening(weakening))
}

fn options(unit: &Unit<'_>, call: &Call<'_>) -> Vec<Item> {
    let Some(value) = call.named_or_first("args").filter(|_| call.chained) else {
        return Vec::new();
    };
    match unit.scope.text(value) {
        Some(text) => container::engine_options(&text.text, &value.spot()),
        None => Vec::new(),
    }
}

fn container_login(unit: &Unit<'_>, call: &Call<'_>) -> Vec<Item> {
    use crate::model::build::{Held, Login};
    let positional = |at| {
        call.positional(at)
            .filter(|value| value.entries().iter().all(|entry| entry.key.is_none()))
    };
    let url = call
        .named("url")
        .or(positional(0))
        .map(|url| unit.text_or_written(url));
    let Some(id) = call.named("credentialsId").or(positional(1)) else {
        return Vec::new();
    };
    let (spot, id) = (id.spot(), unit.text_or_written(id));
    let login = Login {
        registry: container::registry_host(&url.unwrap_or_default()),
        with: Held::Stored(id.clone()),
        on_command_line: false,
    };
    let slot = format!("steps/{}", call.short());
    let mut all = super::credentials::stored(&id, None, &slot, spot.clone());
    if call.short() != "withDockerServer" {
        all.push(Item::of(&slot, spot, What::Login(login)));
    }
    all
}

fn transfer(unit: &Unit<'_>, call: &Call<'_>) -> Option<Transfer> {
    let at = |key: &str| call.named(key).map(|value| unit.text_or_written(value));
    let first = || call.positional(0).map(|value| unit.text_or_written(value));
    let (kind, name) = match call.short() {
        "archiveArtifacts" | "publishHTML" => {
            (TransferKind::Upload, at("artifacts").or_else(first))
        }
        "stash" => (
            TransferKind::Upload,
            at("includes").or_else(|| at("name")).or_else(first),
        ),
        "unstash" => (TransferKind::Download, at("name").or_else(first)),
        "copyArtifacts" => (TransferKind::Download, at("projectName").or_else(first)),
        _ => (TransferKind::Cache, at("name").or_else(first)),
    };
    let name = name?;
    // A job that only the run names may be anybody's.
    let foreign = call.short() == "copyArtifacts" && name.contains("${");
    Some(Transfer {
        kind,
        name,
        foreign,
    })
}
