//! What a job runs: `before_script`, `script`, `after_script`, `hooks`, `run`.

use std::rc::Rc;

use super::inputs;
use super::root::Root;
use super::secrets::Secrets;
use crate::ci::closure::Closure;
use crate::ci::draft::Draft;
use crate::ci::shell::{self, Dialect, Script};
use crate::ci::values::Val;
use crate::model::build::{
    CodeKind, CodeSource, CodeUse, Held, Item, Lifetime, Pin, Spot, Template, TemplateSource, What,
};

/// Bytes of script that count as one value of the budget.
const BYTES_PER_VALUE: usize = 16;

/// How the scripts of a job are read.
pub(super) struct Scripts<'r, 'c, 'f, 's, 'v> {
    pub(super) root: &'r Root<'r>,
    pub(super) closure: &'c mut Closure<'f>,
    pub(super) secrets: &'s mut Secrets<'v>,
    pub(super) dialect: Dialect,
    pub(super) depth: usize,
}

impl Scripts<'_, '_, '_, '_, '_> {
    /// Runs lists one behind the other in one shell.
    pub(super) fn run(&mut self, draft: &mut Draft, lists: &[(&str, Option<Rc<Val>>)]) {
        for (slot, list) in lists {
            let Some(list) = list else { continue };
            let lines = self.root.flat(list);
            for group in groups(&lines) {
                self.group(draft, slot, group);
            }
        }
    }

    fn group(&mut self, draft: &mut Draft, slot: &str, group: &[Rc<Val>]) {
        let Some(first) = group.first() else { return };
        let mut text = String::new();
        let mut lines = Vec::new();
        for one in group {
            let Some(own) = one.text() else {
                draft.odd_form(slot, &one.spot, "a script is text");
                continue;
            };
            for (at, line) in own.trim_end_matches('\n').split('\n').enumerate() {
                text.push_str(line);
                text.push('\n');
                lines.push(one.line_of_text(at));
            }
            self.templates(draft, slot, one, own);
            self.secrets.script(draft, slot, &one.spot, own);
        }
        if !self.root.budget.spend(text.len() / BYTES_PER_VALUE + 1) {
            return;
        }
        let script = Script {
            text: &text,
            path: &first.spot.path,
            line: &|line| lines.get(line).copied().unwrap_or(first.spot.line),
            column: first.spot.column,
            slot,
            order: draft.order,
            script: draft.scripts,
            dialect: self.dialect,
            depth: self.depth,
        };
        let items = shell::read(&script, self.closure);
        draft.count(&items);
        self.take(draft, items);
    }

    fn take(&mut self, draft: &mut Draft, items: Vec<Item>) {
        for item in &items {
            if let What::Command(command) = &item.what {
                let words = command.words.iter();
                let set = command.variables.iter().map(|(_, word)| word);
                let fed = command.redirects.iter().map(|it| &it.target);
                for word in words.chain(set).chain(fed) {
                    for name in &word.variables {
                        self.secrets.name(draft, &item.slot, &item.spot, name);
                    }
                }
            }
        }
        draft.items.extend(items);
    }

    fn templates(&self, draft: &mut Draft, slot: &str, value: &Val, text: &str) {
        for (at, line) in text.lines().enumerate() {
            for expression in inputs::expressions(line) {
                let spot = Spot {
                    line: value.line_of_text(at),
                    ..value.spot.clone()
                };
                let template = Template {
                    expression,
                    into: "script",
                    written_by: TemplateSource::Caller,
                };
                draft.add(slot, &spot, What::Template(template));
            }
        }
    }

    /// `run`: CI steps, each a script or code from elsewhere.
    pub(super) fn steps(&mut self, draft: &mut Draft, run: &Rc<Val>) {
        for step in self.root.flat(run) {
            let slot = match step.text_of("name") {
                Some(name) => format!("run/{name}"),
                None => "run".to_owned(),
            };
            self.run(draft, &[(&slot, self.root.child(&step, "script"))]);
            let Some(used) = self.root.child(&step, "step") else {
                continue;
            };
            let text = used.text().unwrap_or_default();
            let code = step_source(text);
            if matches!(code.source, CodeSource::Elsewhere { .. }) {
                self.closure.elsewhere(&used.spot, "step", text);
            }
            draft.add(&slot, &used.spot, What::Code(code));
        }
    }
}

/// Where a step comes from: `gitlab.com/group/project@v1`, `./local`.
fn step_source(text: &str) -> CodeUse {
    let local = text.starts_with("./") || text.starts_with("../");
    let (address, version) = text.split_once('@').unwrap_or((text, ""));
    let address = address.trim_start_matches("https://");
    let (host, name) = address.split_once('/').unwrap_or(("", address));
    CodeUse {
        kind: CodeKind::Component,
        source: if local {
            CodeSource::Workspace(text.to_owned())
        } else if text.contains('$') || text.is_empty() {
            CodeSource::Dynamic(text.to_owned())
        } else {
            CodeSource::Elsewhere {
                host: host.to_ascii_lowercase(),
                name: name.to_owned(),
                path: String::new(),
            }
        },
        pin: if local {
            Pin::Exact
        } else {
            Pin::of_git(version)
        },
        version: version.to_owned(),
        comment: None,
    }
}

/// Lines that stand in the same file, one behind the other.
fn groups(lines: &[Rc<Val>]) -> impl Iterator<Item = &[Rc<Val>]> {
    lines.chunk_by(|one, other| one.spot.path == other.spot.path)
}

/// Says of logins what the job's variables hold.
pub(super) fn settle_logins(items: &mut [Item]) {
    let secrets: Vec<_> = items
        .iter()
        .filter_map(|item| match &item.what {
            What::Secret(secret) => {
                let variable = secret.variable.clone()?;
                let run = secret.lifetime == Lifetime::Run;
                Some((variable, run))
            }
            _ => None,
        })
        .collect();
    for item in items {
        let What::Login(login) = &mut item.what else {
            continue;
        };
        let Held::Unknown(text) = &login.with else {
            continue;
        };
        let names = crate::ci::secret_words::expanded(text);
        let known = secrets
            .iter()
            .find(|(name, _)| names.contains(&name.as_str()));
        login.with = match known {
            Some((name, true)) => Held::ShortLived(name.clone()),
            Some((name, false)) => Held::Stored(name.clone()),
            None => continue,
        };
    }
}
