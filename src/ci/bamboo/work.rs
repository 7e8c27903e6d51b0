//! What tasks run: scripts, and the container around them.

use std::rc::Rc;

use super::tasks::{Tasks, list};
use super::templates;
use crate::ci::draft::Draft;
use crate::ci::image;
use crate::ci::shell::{self, Dialect, Script};
use crate::ci::values::Val;
use crate::model::build::{ImageRole, ImageUse, Item, Spot, What};

/// Bytes of script that count as one value of the budget.
const BYTES_PER_VALUE: usize = 16;

impl Tasks<'_, '_> {
    pub(super) fn script(&mut self, draft: &mut Draft, slot: &str, value: &Rc<Val>) {
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

    pub(super) fn shell(
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
    pub(super) fn docker(&mut self, draft: &mut Draft, docker: &Rc<Val>) {
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
