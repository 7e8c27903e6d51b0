//! Jobs that code makes on the controller (Job DSL), and code that changes
//! the controller itself. <https://jenkinsci.github.io/job-dsl-plugin/>

use std::collections::BTreeSet;

use super::agent::of_labels;
use super::call::{Call, Code};
use super::token::{Kind, Text};
use super::tree::Source;
use super::unit::{Unit, every_call};
use super::when;
use super::work::{Frame, Reader, Work};
use crate::model::build::{AccessGrant, Item, Literal, Setting, StartedBy, Trigger, What};

impl Reader<'_, '_> {
    /// `pipelineJob('name') { … }` and its like.
    pub(super) fn dsl_job(&mut self, unit: &Unit<'_>, call: &Call<'_>, around: &Frame) {
        let name = call
            .positional(0)
            .map_or_else(String::new, |name| unit.text_or_written(name));
        let Some(body) = call.body else {
            return;
        };
        let by_hand = Trigger {
            event: "manual".to_owned(),
            by: StartedBy::Maintainers,
            spot: call.spot(),
        };
        let slot = format!("jobs/{name}");
        let mut frame = Frame {
            slot: slot.clone(),
            triggers: std::iter::once(by_hand).chain(when::stated(body)).collect(),
            depth: around.depth,
            ..Frame::default()
        };
        for inner in body.calls() {
            if let ("label", Some(label)) = (inner.short(), inner.positional(0)) {
                frame.runner = Some(of_labels(&unit.text_or_written(label), label.spot()));
            }
        }
        if trusts_everyone(body) {
            frame.triggers.push(Trigger {
                event: "pull request from a fork".to_owned(),
                by: StartedBy::Outsiders,
                spot: call.spot(),
            });
        }
        let mut work = self.begin(&frame, (slot, format!("job {name}")), call.spot());
        let whole = every_call(body, 0, &mut |inner| {
            self.dsl_call(unit, inner, (&mut frame, &mut work))
        });
        if !whole {
            self.bound(&call.spot(), "calls nest too deep".to_owned());
        }
        self.finish(work);
    }

    fn dsl_call(
        &mut self,
        unit: &Unit<'_>,
        call: &Call<'_>,
        (frame, work): (&mut Frame, &mut Work),
    ) {
        if !self.spend(|| call.spot()) {
            return;
        }
        work.order += 1;
        let first = call.positional(0);
        let known = first.and_then(|first| unit.scope.known(first));
        match (call.short(), first) {
            ("shell" | "batchFile" | "powerShell", Some(_)) => self.shell(unit, call, work),
            ("script", Some(value)) => {
                if let Some(text) = unit.scope.text(value) {
                    self.inner_pipeline(unit, &text, (frame, work));
                }
            }
            ("sandbox", Some(value)) if value.written() == "false" => {
                self.setting(work, call, "jenkins.sandbox", "false".to_owned());
            }
            ("permission" | "permissionAll" | "permissions", _) => {
                if let Some(item) = permission(unit, call, &work.job.title) {
                    self.add_item(work, item);
                }
            }
            ("credentialsBinding", _) => self.dsl_bindings(unit, call, work),
            ("usernamePassword" | "usernameColonPassword", _) => {}
            ("env" | "stringParam" | "textParam", Some(name)) => {
                let name = unit.text_or_written(name);
                let value = call.positional(1).and_then(|value| unit.scope.known(value));
                if value.is_some_and(|value| super::settings::is_secret(&name, &value)) {
                    self.add(
                        work,
                        call.short(),
                        call.spot(),
                        What::Literal(Literal { name }),
                    );
                }
            }
            (name, _)
                if known
                    .as_ref()
                    .is_some_and(|value| super::settings::is_secret(name, value)) =>
            {
                let name = name.to_owned();
                self.add(
                    work,
                    call.short(),
                    call.spot(),
                    What::Literal(Literal { name }),
                );
            }
            _ => {}
        }
        if let Some(trust) = fork_trust(call) {
            self.setting(work, call, "jenkins.fork-trust", trust.to_owned());
        }
        if is_fork_discovery(call) {
            self.setting(work, call, "jenkins.fork-discovery", "on".to_owned());
        }
    }

    /// `credentialsBinding { string('VARIABLE', 'id') }`: the id comes last.
    fn dsl_bindings(&mut self, unit: &Unit<'_>, call: &Call<'_>, work: &mut Work) {
        for binding in call.body.map(Code::calls).unwrap_or_default() {
            let texts: Vec<_> = binding
                .args
                .iter()
                .map(|arg| unit.text_or_written(arg.value))
                .collect();
            let Some((id, variables)) = texts.split_last() else {
                continue;
            };
            let variable = variables.last().map(String::as_str);
            for item in
                super::credentials::stored(id, variable, "steps/credentialsBinding", binding.spot())
            {
                self.add_item(work, item);
            }
        }
    }

    /// A pipeline that stands in a string of the job.
    fn inner_pipeline(
        &mut self,
        unit: &Unit<'_>,
        text: &Text,
        (frame, work): (&mut Frame, &mut Work),
    ) {
        let lines = text
            .lines
            .iter()
            .map(|line| unit.source.line(*line))
            .collect();
        let depth = unit.source.depth;
        let source = Source::inside(&unit.source.path, &text.text, lines, depth);
        self.faults(&source);
        let inner = Unit::of(&source);
        frame.triggers.extend(when::stated(Code::all(&source)));
        self.top(&inner, frame, work);
    }

    /// What code says that changes the controller by its own classes.
    pub(super) fn controller_code(&mut self, unit: &Unit<'_>) {
        let mut items = Vec::new();
        every_call(Code::all(unit.source), 0, &mut |call| {
            let Some((name, value)) = controller_setting(unit, call) else {
                return;
            };
            let setting = Setting {
                name: name.to_owned(),
                value,
            };
            items.push(Item::of(name, call.spot(), What::Setting(setting)));
        });
        self.items.extend(items);
    }
}

/// Jenkins' own methods that weaken it, by name: what `init.groovy.d` calls.
fn controller_setting(unit: &Unit<'_>, call: &Call<'_>) -> Option<(&'static str, String)> {
    let value = || {
        call.positional(0)
            .map_or_else(String::new, |first| unit.text_or_written(first))
    };
    Some(match call.short() {
        "setNumExecutors" => ("jenkins.controller-executors", value()),
        "setAuthorizationStrategy" => ("jenkins.authorization", strategy(&value())),
        "setCrumbIssuer" => ("jenkins.crumb-issuer", value()),
        "approveSignature" => ("jenkins.script-approval", value()),
        "setAllowsSignup" => ("jenkins.signup", value()),
        _ => return None,
    })
}

fn strategy(written: &str) -> String {
    let name = written.to_ascii_lowercase();
    let known = [
        ("unsecured", "unsecured"),
        ("fullcontrolonceloggedin", "loggedInUsersCanDoAnything"),
        ("legacy", "legacy"),
    ];
    let known = known.iter().find(|(part, _)| name.contains(part));
    known.map_or_else(|| written.to_owned(), |(_, own)| (*own).to_owned())
}

fn trusts_everyone(body: Code<'_>) -> bool {
    let mut found = false;
    every_call(body, 0, &mut |call| {
        found |= fork_trust(call) == Some("everyone")
    });
    found
}

/// Whose proposals from forks run with the pipeline that they bring.
/// <https://plugins.jenkins.io/github-branch-source/>
fn fork_trust(call: &Call<'_>) -> Option<&'static str> {
    let own = |text: &str| {
        let name = text.to_ascii_lowercase();
        let known = [
            ("trusteveryone", "everyone"),
            ("trustcontributors", "contributors"),
            ("trustpermission", "permission"),
            ("trustmembers", "members"),
            ("trustnobody", "nobody"),
        ];
        known
            .iter()
            .find(|(part, _)| name.contains(part))
            .map(|(_, trust)| *trust)
    };
    let of_texts = || {
        let texts = call
            .args
            .iter()
            .flat_map(|arg| arg.value.items)
            .filter_map(|item| match item.kind() {
                Some(Kind::Text(text)) => Some(text.text.as_str()),
                _ => None,
            });
        texts.filter(|text| text.len() < 200).find_map(own)
    };
    own(&call.name).or_else(of_texts)
}

fn is_fork_discovery(call: &Call<'_>) -> bool {
    let name = call.name.to_ascii_lowercase();
    name.contains("forkpullrequestdiscovery")
        || name.contains("forkdiscovery")
        || name.contains("forkmergerequestdiscovery")
}

/// `permission('hudson.model.Item.Build', 'anonymous')`, `permission('…:user')`,
/// `permissionAll('user')`, `permissions('user', ['…'])`.
fn permission(unit: &Unit<'_>, call: &Call<'_>, within: &str) -> Option<Item> {
    let texts = |at| {
        call.positional(at)
            .map(|value| value.many(&unit.scope))
            .unwrap_or_default()
    };
    let text = |at| texts(at).into_iter().next().map(|text| text.text);
    let (subject, verbs): (String, Vec<String>) = match call.short() {
        "permissionAll" => (text(0)?, vec!["*".to_owned()]),
        "permissions" => (
            text(0)?,
            texts(1).into_iter().map(|text| text.text).collect(),
        ),
        _ => match (text(0)?, text(1)) {
            (verb, Some(subject)) => (subject, vec![verb]),
            (both, None) => {
                let (verb, subject) = both.rsplit_once(':')?;
                (subject.to_owned(), vec![verb.to_owned()])
            }
        },
    };
    let grant = AccessGrant {
        subject,
        verbs: verbs
            .into_iter()
            .map(|verb| short_permission(&verb))
            .collect::<BTreeSet<_>>(),
        resources: BTreeSet::from(["job".to_owned()]),
        within: within.to_owned(),
    };
    Some(Item::of("permission", call.spot(), What::Access(grant)))
}

/// `Item.Build` of `hudson.model.Item.Build`.
fn short_permission(name: &str) -> String {
    name.trim_start_matches("hudson.model.")
        .trim_start_matches("com.cloudbees.plugins.")
        .to_owned()
}
