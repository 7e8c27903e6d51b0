//! Tasks: what a job or a deployment does, one after the other.

use std::rc::Rc;

use super::templates::{self, Variables};
use crate::ci::closure::Closure;
use crate::ci::draft::Draft;
use crate::ci::image;
use crate::ci::secret_words::is_secret;
use crate::ci::shell::{self, Dialect, Script};
use crate::ci::values::{Budget, Val};
use crate::model::build::{
    Checkout, CheckoutSource, CodeKind, CodeSource, CodeUse, Guard, GuardKind, ImageRole, ImageUse,
    Item, Pin, Runner, RunnerKind, Spot, Target, TargetKind, Transfer, TransferKind, Weakening,
    WeakeningKind, What,
};

/// Bytes of script that count as one value of the budget.
const BYTES_PER_VALUE: usize = 16;

/// How tasks are read.
pub(super) struct Tasks<'a, 'f> {
    pub(super) closure: &'a mut Closure<'f>,
    pub(super) budget: &'a Budget,
    pub(super) variables: &'a Variables,
}

impl Tasks<'_, '_> {
    /// `docker`, `tasks`, `final-tasks` and artifacts of a job or an environment.
    pub(super) fn all(&mut self, draft: &mut Draft, job: &Val) {
        self.variables.reach(draft);
        if let Some(docker) = job.get("docker") {
            self.docker(draft, docker);
        }
        for one in list(job, "artifact-subscriptions") {
            let name = one.text_of("artifact").unwrap_or_default();
            transfer(
                draft,
                "artifact-subscriptions",
                &one.spot,
                (TransferKind::Download, name),
            );
        }
        // Version 1 of the format has scripts without tasks around them.
        if let Some(scripts) = job.get("scripts") {
            self.script(draft, "script", scripts);
        }
        for key in ["tasks", "final-tasks"] {
            for task in list(job, key) {
                if !self.budget.spend(1) {
                    return;
                }
                self.task(draft, key, &task);
            }
        }
        for one in list(job, "artifacts") {
            let named = one.pairs().first().map(|(name, _)| name.text.as_str());
            let name = one.text_of("name").or(named).unwrap_or_default();
            transfer(draft, "artifacts", &one.spot, (TransferKind::Upload, name));
        }
    }

    fn task(&mut self, draft: &mut Draft, list: &str, task: &Rc<Val>) {
        if let Some(word) = task.text() {
            if word == "checkout" {
                checkout(draft, list, task);
            }
            return;
        }
        for (name, value) in task.pairs() {
            let slot = format!("{list}/{}", name.text);
            let described = value.text_of("description");
            let slot = described.map_or(slot.clone(), |text| format!("{slot}/{text}"));
            self.one(draft, &slot, (&name.text, &name.spot), value);
            draft.order += 1;
        }
        if task.pairs().is_empty() {
            draft.odd_form(list, &task.spot, "Bamboo wants a task's name here");
        }
    }

    fn one(&mut self, draft: &mut Draft, slot: &str, (kind, spot): (&str, &Spot), value: &Rc<Val>) {
        self.credentials(draft, slot, value);
        match kind {
            "script" => self.script(draft, slot, value),
            "checkout" => checkout(draft, slot, value),
            "command" => {
                let parts =
                    ["executable", "argument"].map(|key| value.text_of(key).unwrap_or_default());
                self.shell(draft, slot, (&parts.join(" "), spot), Dialect::Posix);
            }
            "maven" | "ant" | "gradle" | "npm" => {
                let keys = ["goal", "target", "tasks", "command"];
                let told = keys
                    .iter()
                    .find_map(|key| value.text_of(key))
                    .unwrap_or_default();
                let program = if kind == "maven" { "mvn" } else { kind };
                self.shell(
                    draft,
                    slot,
                    (&format!("{program} {told}"), spot),
                    Dialect::Posix,
                );
            }
            "ssh" | "scp" => {
                if let Some(host) = value.get("host") {
                    let name = self.variables.fill(host.text().unwrap_or_default());
                    let target = Target {
                        kind: TargetKind::Host,
                        name,
                    };
                    draft.add(slot, &host.spot, What::Target(target));
                }
                if let Some(command) = value.get("command") {
                    self.script(draft, slot, command);
                }
            }
            "inject-variables" => {
                let file = value.text().or(value.text_of("file")).unwrap_or_default();
                transfer(draft, slot, spot, (TransferKind::Variables, file));
            }
            "artifact-download" => {
                let from = value
                    .text_of("source-plan")
                    .unwrap_or("artifacts of this plan");
                transfer(draft, slot, spot, (TransferKind::Download, from));
            }
            "test-parser" => {
                let tool = value
                    .text()
                    .or(value.text_of("type"))
                    .unwrap_or("test-parser");
                let (kind, tool) = (GuardKind::Test, tool.to_owned());
                draft.add(slot, spot, What::Guard(Guard { kind, tool }));
            }
            "any-task" => plugin(
                draft,
                slot,
                spot,
                value.text_of("plugin-key").unwrap_or_default(),
            ),
            _ if BUILT_IN.contains(&kind) => {}
            _ => plugin(draft, slot, spot, kind),
        }
        let ignored = value
            .get("ignore-failure")
            .or(value.get("ignore-exit-code"));
        if let Some(ignored) = ignored.filter(|it| it.is_true()) {
            let (kind, text) = (WeakeningKind::SoftFail, "ignore-failure: true".to_owned());
            draft.add(
                slot,
                &ignored.spot,
                What::Weakening(Weakening { kind, text }),
            );
        }
        for condition in list(value, "conditions") {
            draft.add(slot, &condition.spot, What::Condition(said(&condition, 0)));
        }
    }

    /// Keys of a task that are named like credentials.
    fn credentials(&self, draft: &mut Draft, slot: &str, value: &Val) {
        for (name, inner) in value.pairs() {
            if name.text == "scripts" || name.text == "description" {
                continue;
            }
            if inner.is_map() && self.budget.spend(1) {
                for (name, inner) in inner.pairs() {
                    if is_secret(&name.text) {
                        templates::credential(draft, slot, inner, &name.text);
                    }
                }
            } else if is_secret(&name.text) {
                templates::credential(draft, slot, inner, &name.text);
            }
        }
    }

    fn script(&mut self, draft: &mut Draft, slot: &str, value: &Rc<Val>) {
        let dialect = dialect(value.text_of("interpreter").unwrap_or_default());
        if let Some(file) = value.get("file") {
            let text = file.text().unwrap_or_default();
            let argument = value.text_of("argument").unwrap_or_default();
            let called = format!("./{} {argument}", text.trim_start_matches("./"));
            self.shell(draft, slot, (called.trim_end(), &file.spot), dialect);
        }
        let scripts = if value.is_map() {
            value.get("scripts").or(value.get("body")).cloned()
        } else {
            Some(value.clone())
        };
        let mut text = String::new();
        let mut lines = Vec::new();
        let parts = scripts.map(|it| it.one_or_many()).unwrap_or_default();
        for one in &parts {
            let Some(own) = one.text() else {
                draft.odd_form(slot, &one.spot, "a script is text");
                continue;
            };
            templates::script(draft, slot, one, self.variables);
            for (at, line) in own.trim_end_matches('\n').split('\n').enumerate() {
                text.push_str(line);
                text.push('\n');
                lines.push(one.line_of_text(at));
            }
        }
        if let Some(first) = parts.first() {
            let line = |at: usize| lines.get(at).copied().unwrap_or(first.spot.line);
            let items = self.read((&text, &first.spot), slot, dialect, (draft, &line));
            draft.items.extend(items);
        }
    }

    fn shell(
        &mut self,
        draft: &mut Draft,
        slot: &str,
        (text, spot): (&str, &Spot),
        dialect: Dialect,
    ) {
        let items = self.read((text, spot), slot, dialect, (draft, &|_| spot.line));
        draft.items.extend(items);
    }

    fn read(
        &mut self,
        (text, spot): (&str, &Spot),
        slot: &str,
        dialect: Dialect,
        (draft, line): (&mut Draft, &dyn Fn(usize) -> u32),
    ) -> Vec<Item> {
        if !self.budget.spend(text.len() / BYTES_PER_VALUE + 1) {
            return Vec::new();
        }
        let script = Script {
            text,
            path: &spot.path,
            line,
            column: spot.column,
            slot,
            order: draft.order,
            script: draft.scripts,
            dialect,
            depth: 0,
        };
        let items = shell::read(&script, self.closure);
        draft.count(&items);
        items
    }

    /// The container that the job runs in, and what it gets of its host.
    fn docker(&mut self, draft: &mut Draft, docker: &Rc<Val>) {
        let named = if docker.is_map() {
            docker.get("image").cloned()
        } else {
            Some(docker.clone())
        };
        let Some((spot, text)) = named.as_ref().and_then(|it| Some((&it.spot, it.text()?))) else {
            return draft.odd_form("docker", &docker.spot, "Bamboo wants an image's name here");
        };
        let text = self.variables.fill(text);
        if let Some(image) = image::parse(&text, &|_| None) {
            let role = ImageRole::Runs;
            draft.add("docker", spot, What::Image(ImageUse { role, image }));
        }
        let mut rights = Vec::new();
        for (host, inside) in docker
            .get("volumes")
            .map(|it| it.pairs())
            .unwrap_or_default()
        {
            let inside = inside.text().unwrap_or_default();
            rights.push((host.spot.clone(), format!("-v '{}:{inside}'", host.text)));
        }
        for argument in list(docker, "docker-run-arguments") {
            let text = argument.text().unwrap_or_default().to_owned();
            rights.push((argument.spot.clone(), text));
        }
        for (spot, text) in rights {
            let command = format!("docker run {text} image");
            let items = self.read(
                (&command, &spot),
                "docker",
                Dialect::Posix,
                (draft, &|_| spot.line),
            );
            let is_right = |item: &Item| {
                matches!(
                    item.what,
                    What::Privilege(_) | What::Target(_) | What::Literal(_)
                )
            };
            draft.items.extend(items.into_iter().filter(is_right));
        }
    }
}

const BUILT_IN: &[&str] = &[
    "clean",
    "vcs-tag",
    "vcs-branch",
    "vcs-push",
    "vcs-commit",
    "dump-variables",
    "nodejs",
    "grunt",
    "gulp",
    "bower",
    "mocha-runner",
    "mocha-parser",
    "nunit",
    "msbuild",
    "nant",
    "mstest",
    "vstest",
    "visual-studio",
    "build-warnings-parser",
    "aws-code-deploy",
    "docker-build",
    "conditions",
    "key",
];

fn plugin(draft: &mut Draft, slot: &str, spot: &Spot, key: &str) {
    let code = CodeUse {
        kind: CodeKind::Plugin,
        source: CodeSource::Elsewhere {
            host: String::new(),
            name: key.to_owned(),
            path: String::new(),
        },
        pin: Pin::None,
        version: String::new(),
        comment: None,
    };
    draft.add(slot, spot, What::Code(code));
}

fn checkout(draft: &mut Draft, slot: &str, value: &Val) {
    let source = match value.text_of("repository") {
        Some(name) => CheckoutSource::Other(name.to_owned()),
        None => CheckoutSource::Own,
    };
    let checkout = Checkout {
        source,
        keeps_credentials: false,
    };
    draft.add(slot, &value.spot, What::Checkout(checkout));
}

fn transfer(draft: &mut Draft, slot: &str, spot: &Spot, (kind, name): (TransferKind, &str)) {
    let transfer = Transfer {
        kind,
        name: name.to_owned(),
        foreign: false,
    };
    draft.add(slot, spot, What::Transfer(transfer));
}

fn dialect(interpreter: &str) -> Dialect {
    let upper = interpreter.to_ascii_uppercase();
    if upper.contains("POWER") {
        Dialect::PowerShell
    } else if upper.contains("CMD.EXE") || upper == "WINDOWS" {
        Dialect::Batch
    } else {
        Dialect::Posix
    }
}

/// Deepest nesting of a condition that is shown.
const MAX_SAID: usize = 6;

/// A value on one line.
fn said(value: &Val, depth: usize) -> String {
    let inner: Vec<_> = value
        .pairs()
        .iter()
        .take(MAX_SAID)
        .map(|(name, value)| match depth < MAX_SAID {
            true => format!("{}: {}", name.text, said(value, depth + 1)),
            false => name.text.clone(),
        })
        .collect();
    match value.text() {
        Some(text) => text.to_owned(),
        None => inner.join(", "),
    }
}

/// The items of a key's list.
pub(super) fn list(value: &Val, key: &str) -> Vec<Rc<Val>> {
    value.get(key).map(Val::one_or_many).unwrap_or_default()
}

/// Where a job or environment runs: what it requires of an agent.
pub(super) fn runner(job: &Val, spot: &Spot) -> Runner {
    let requirements = job.get("requirements");
    let mut labels = Vec::new();
    for one in list(job, "requirements") {
        match one.text() {
            Some(text) => labels.push(text.to_owned()),
            None => labels.extend(one.pairs().iter().map(|(name, value)| {
                let inner = value.text().or(value.text_of("value"));
                match inner {
                    Some(text) => format!("{}={text}", name.text),
                    None => name.text.clone(),
                }
            })),
        }
    }
    labels.sort();
    labels.dedup();
    let local =
        |label: &String| label.contains("agent.type=local") || label.contains("agentType=local");
    let kind = if labels.iter().any(local) {
        RunnerKind::Controller
    } else if labels.iter().any(|label| label.contains("${bamboo.")) {
        RunnerKind::Dynamic
    } else if labels.is_empty() {
        RunnerKind::Any
    } else {
        RunnerKind::SelfHosted
    };
    Runner {
        kind,
        labels,
        spot: requirements.map_or(spot, |it| &it.spot).clone(),
    }
}
