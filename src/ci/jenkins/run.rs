//! What runs other text: shell steps, `docker.…`, and Groovy files of the tree.

use super::call::{Call, Code};
use super::token::Text;
use super::tree::Source;
use super::unit::Unit;
use super::work::{Frame, Reader, Work};
use crate::ci::shell::{self, Dialect, Script};
use crate::ci::text::decode;
use crate::model::build::{ImageRole, Item, Template, What};

impl Reader<'_, '_> {
    /// `sh 'x'`, `sh(script: 'x')`, `bat`, `powershell`, `pwsh`.
    pub(super) fn shell(&mut self, unit: &Unit<'_>, call: &Call<'_>, work: &mut Work) {
        let Some(value) = call.named_or_first("script") else {
            return;
        };
        let Some(text) = unit.scope.text(value) else {
            self.pasted(unit, &value.written(), value.spot(), (call, work));
            return self.unresolved(work, call.short(), value.spot(), value.written());
        };
        for pasted in &text.pasted {
            let spot = unit.source.spot_of_line(pasted.line);
            self.pasted(unit, &pasted.expression, spot, (call, work));
        }
        self.script(unit, (call, &text, value.spot().column), work);
    }

    fn pasted(
        &mut self,
        unit: &Unit<'_>,
        expression: &str,
        spot: crate::model::build::Spot,
        (call, work): (&Call<'_>, &mut Work),
    ) {
        let template = Template {
            expression: expression.to_owned(),
            into: into(call.short()),
            written_by: unit.scope.written_by(expression),
        };
        self.add(work, call.short(), spot, What::Template(template));
    }

    fn script(
        &mut self,
        unit: &Unit<'_>,
        (call, text, column): (&Call<'_>, &Text, u32),
        work: &mut Work,
    ) {
        let source = unit.source;
        let line = |index: usize| {
            let own = text.lines.get(index).or(text.lines.last());
            own.map_or(1, |own| source.line(*own))
        };
        let slot = format!("{}/{}", work.group, call.short());
        let script = Script {
            text: &for_shell(text),
            path: &source.path,
            line: &line,
            column,
            slot: &slot,
            order: work.order,
            script: work.scripts,
            dialect: match call.short() {
                "bat" => Dialect::Batch,
                "powershell" | "pwsh" => Dialect::PowerShell,
                _ => Dialect::Posix,
            },
            depth: source.depth,
        };
        work.scripts += 1;
        for item in shell::read(&script, self.closure) {
            self.add_item(work, item);
        }
    }

    /// `docker.image('x').inside { … }` and its like.
    pub(super) fn docker(&mut self, unit: &Unit<'_>, call: &Call<'_>, work: &mut Work) {
        let value = match call.name.as_str() {
            "docker.image" => call.positional(0),
            _ => None,
        };
        let Some(value) = value else {
            return;
        };
        let item = unit.image(value, ImageRole::Runs);
        if let Some(Item { spot, what, .. }) = item {
            self.add(work, "image", spot, what);
        }
    }

    /// `load 'x.groovy'`: read where it is loaded.
    pub(super) fn load(
        &mut self,
        unit: &Unit<'_>,
        call: &Call<'_>,
        (frame, work): (&mut Frame, &mut Work),
    ) {
        let Some(value) = call.named_or_first("path") else {
            return;
        };
        let Some(path) = unit.scope.known(value) else {
            let written = unit.text_or_written(value);
            self.closure.dynamic(&value.spot(), "load", &written);
            self.setting(work, call, "groovy.evaluate", format!("load {written}"));
            return self.unresolved(work, "load", value.spot(), written);
        };
        let depth = unit.source.depth + 1;
        let opened = match self
            .closure
            .open(&value.spot(), "load", path.as_str().into(), depth)
        {
            Ok(opened) => opened,
            Err(unresolved) => {
                self.setting(work, call, "groovy.evaluate", format!("load {path}"));
                return self.add(work, "load", value.spot(), What::Unresolved(unresolved));
            }
        };
        let Ok(text) = decode(&opened.content) else {
            return self.unresolved(work, "load", value.spot(), path);
        };
        let source = Source::new(&opened.path, text, depth);
        self.faults(&source);
        let inner = Unit::of(&source);
        self.top(&inner, frame, work);
    }

    /// All of a source, its functions that nothing calls included.
    pub(super) fn top(&mut self, unit: &Unit<'_>, frame: &mut Frame, work: &mut Work) {
        let used = std::mem::take(&mut self.used);
        let called = std::mem::take(&mut work.called);
        let active = std::mem::take(&mut self.active);
        self.walk(unit, Code::all(unit.source), frame, work);
        let mut names: Vec<_> = unit.functions.keys().collect();
        names.sort();
        for name in names {
            if !self.used.contains(name) {
                let length = frame.items.len();
                self.active.push(name.clone());
                self.walk(unit, unit.functions[name], frame, work);
                self.active.pop();
                frame.leave(length, false);
            }
        }
        work.called = called;
        self.active = active;
        self.used = used;
    }
}

/// The text with what Groovy pastes as variables that a shell reads alike:
/// `${env.X}` as `${X}`, and any other expression as one name.
fn for_shell(text: &Text) -> String {
    let mut all = String::new();
    let mut end = 0;
    for pasted in &text.pasted {
        all.push_str(text.text.get(end..pasted.range.start).unwrap_or_default());
        let name = pasted.expression.strip_prefix("env.");
        let name = name.unwrap_or(&pasted.expression).chars().take(80);
        let letter = |letter: char| match letter.is_ascii_alphanumeric() || letter == '.' {
            true => letter,
            false => '_',
        };
        all.push_str("${");
        all.extend(name.map(letter));
        all.push('}');
        end = pasted.range.end;
    }
    all.push_str(text.text.get(end..).unwrap_or_default());
    all
}

fn into(step: &str) -> &'static str {
    match step {
        "bat" => "bat",
        "powershell" => "powershell",
        "pwsh" => "pwsh",
        _ => "sh",
    }
}
