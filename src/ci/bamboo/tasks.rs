//! Tasks: what a job or a deployment does, one after the other.

use std::rc::Rc;

use super::templates::{self, Variables};
use crate::ci::closure::Closure;
use crate::ci::draft::Draft;
use crate::ci::secret_words::is_secret;
use crate::ci::shell::Dialect;
use crate::ci::values::{Budget, Val};
use crate::model::build::{
    Checkout, CheckoutSource, CodeKind, CodeSource, CodeUse, Guard, GuardKind, Pin, Spot, Target,
    TargetKind, Transfer, TransferKind, Weakening, WeakeningKind, What,
};

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
