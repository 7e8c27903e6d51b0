//! Bake files, as far as they can be read without evaluating HCL: images,
//! Dockerfiles, rights. <https://docs.docker.com/build/bake/reference/>.
//!
//! HCL is read line by line: blocks and `name = value`. What a value computes
//! is not resolved.

use std::collections::BTreeMap;

use bstr::BStr;

use crate::ci::closure::{Closure, normal};
use crate::ci::expand::expand;
use crate::ci::image;
use crate::ci::notes::{Notes, sorted, unresolved};
use crate::ci::secret::{is_literal, is_secret_name};
use crate::ci::yaml::json_tree::parse_either;
use crate::ci::yaml::tree::Node;
use crate::model::build::{
    Blueprint, ImageRole, ImageUse, Job, JobKind, Lifetime, Literal, Privilege, SecretName,
    SecretUse, UnresolvedKind, What,
};
use crate::model::text::escape;

/// One `name = value` of a block, strings of lists one by one.
struct Entry {
    line: u32,
    key: String,
    value: String,
}

/// A block: `target "app"`.
struct Block {
    kind: String,
    name: String,
    line: u32,
    entries: Vec<Entry>,
}

/// Reads `docker-bake.hcl` or `docker-bake.json`.
pub(super) fn read(text: &str, blueprint: &mut Blueprint, closure: &mut Closure<'_>) {
    let path = blueprint.path.clone();
    let json = path.to_ascii_lowercase().ends_with(b".json");
    let blocks = if json {
        json_blocks(text)
    } else {
        Some(hcl_blocks(text))
    };
    let Some(blocks) = blocks else {
        let mut notes = Notes::new(&path);
        notes.on(
            1,
            "file",
            unresolved(UnresolvedKind::Form, "the file", "it is not JSON"),
        );
        blueprint.items = notes.items;
        return;
    };
    let defaults: BTreeMap<_, _> = blocks
        .iter()
        .filter(|block| block.kind == "variable")
        .filter_map(|block| {
            let default = block.entries.iter().find(|entry| entry.key == "default")?;
            Some((block.name.clone(), default.value.clone()))
        })
        .collect();
    let mut jobs = Vec::new();
    for block in blocks.iter().filter(|block| block.kind == "target") {
        let mut notes = Notes::new(&path);
        target(block, &defaults, &mut notes, closure);
        jobs.push(Job {
            slot: format!("target/{}", block.name),
            title: format!("target {}", escape(&block.name)),
            kind: JobKind::ImageBuild,
            spot: notes.spot(block.line, 1),
            triggers: Vec::new(),
            runner: None,
            items: notes.items,
        });
    }
    blueprint.jobs = sorted(jobs);
}

fn target(
    block: &Block,
    defaults: &BTreeMap<String, String>,
    notes: &mut Notes<'_>,
    closure: &mut Closure<'_>,
) {
    let value = |name: &str| defaults.get(name).cloned();
    let own = |key: &str| block.entries.iter().find(|entry| entry.key == key);
    let context = own("context").map_or(".", |entry| entry.value.as_str());
    for entry in &block.entries {
        let line = entry.line;
        let known = expand(&entry.value, &value);
        let written = known.as_deref().unwrap_or(&entry.value);
        match entry.key.as_str() {
            "dockerfile" => dockerfile(entry, context, written, notes, closure),
            "tags" => images(notes, entry, &entry.value, ImageRole::Pushed, &value),
            "cache-from" => {
                let reference = written
                    .split(',')
                    .find_map(|part| part.strip_prefix("ref="));
                let typed = written.contains("type=");
                if let Some(name) = reference.or((!typed).then_some(written)) {
                    images(notes, entry, name, ImageRole::Cache, &value);
                }
            }
            "entitlements" if written == "security.insecure" => {
                notes.on(line, "entitlements", What::Privilege(Privilege::Privileged));
            }
            "entitlements" | "network" if written == "network.host" || written == "host" => {
                let what = What::Privilege(Privilege::HostNamespace("network"));
                notes.on(line, entry.key.clone(), what);
            }
            "secret" => secret(notes, entry),
            "inherits" | "matrix" => {}
            key if key.starts_with("contexts.") => {
                if let Some(name) = written.strip_prefix("docker-image://") {
                    images(notes, entry, name, ImageRole::Base, &value);
                }
            }
            "args.BUILDKIT_SYNTAX" => {
                images(notes, entry, &entry.value, ImageRole::Frontend, &value)
            }
            key => {
                let name = key
                    .strip_prefix("args.")
                    .filter(|name| is_secret_name(name));
                if let Some(name) = name.filter(|_| is_literal(written)) {
                    let name = name.to_owned();
                    notes.on(line, key, What::Literal(Literal { name }));
                }
            }
        }
    }
}

fn images(
    notes: &mut Notes<'_>,
    entry: &Entry,
    text: &str,
    role: ImageRole,
    value: &dyn Fn(&str) -> Option<String>,
) {
    if let Some(image) = image::parse(text, value) {
        let what = What::Image(ImageUse { role, image });
        notes.on(entry.line, entry.key.clone(), what);
    }
}

fn dockerfile(
    entry: &Entry,
    context: &str,
    name: &str,
    notes: &mut Notes<'_>,
    closure: &mut Closure<'_>,
) {
    let spot = notes.spot(entry.line, 1);
    let path = normal(BStr::new(context.as_bytes()), BStr::new(name.as_bytes()));
    match path {
        Some(path) if !name.contains('$') && !context.contains([':', '$']) => {
            if let Err(missing) = closure.open(&spot, "Dockerfile", path.as_ref(), 1) {
                notes.put(spot, "dockerfile", What::Unresolved(missing));
            }
        }
        _ => {
            closure.dynamic(&spot, "Dockerfile", name);
            let why = "which Dockerfile is built is not known before the build";
            notes.put(
                spot,
                "dockerfile",
                unresolved(UnresolvedKind::Value, name, why),
            );
        }
    }
}

/// `id=npm,env=NPM_TOKEN`.
fn secret(notes: &mut Notes<'_>, entry: &Entry) {
    let part = |name: &str| {
        let mut parts = entry.value.split(',');
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    if let Some(name) = part("env").or_else(|| part("id")) {
        let secret = SecretUse {
            name: SecretName::Named(name.to_owned()),
            lifetime: Lifetime::Lasting,
            variable: None,
        };
        notes.on(entry.line, "secret", What::Secret(secret));
    }
}

/// Blocks of HCL. Nested maps such as `args = { … }` become `args.NAME`.
fn hcl_blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside: Option<String> = None;
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        let number = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '/']) {
            continue;
        }
        if let Some((kind, name)) = header(line) {
            let entries = Vec::new();
            blocks.push(Block {
                kind,
                name,
                line: number,
                entries,
            });
            (open, inside) = (true, None);
            continue;
        }
        let Some(block) = blocks.last_mut().filter(|_| open) else {
            continue;
        };
        let (key, value) = match line.split_once('=') {
            Some((key, value)) if is_key(key.trim()) => {
                (key.trim().trim_matches('"').to_owned(), value.trim())
            }
            _ if line.starts_with(['}', ']']) => {
                open = inside.take().is_some();
                continue;
            }
            _ => (inside.clone().unwrap_or_default(), line),
        };
        let key = match &inside {
            Some(outer) if *outer != key => format!("{outer}.{key}"),
            _ => key,
        };
        let opens = (value.starts_with('{') && !value.contains('}'))
            || (value.starts_with('[') && !value.contains(']'));
        if opens {
            inside = Some(key.clone());
        }
        for value in values(value) {
            let (key, line) = (key.clone(), number);
            block.entries.push(Entry { line, key, value });
        }
    }
    blocks
}

fn header(line: &str) -> Option<(String, String)> {
    let rest = line.split_once('{')?.0.trim();
    let (kind, name) = rest.split_once(char::is_whitespace)?;
    let known = ["target", "variable", "group", "function"].contains(&kind);
    known.then(|| (kind.to_owned(), name.trim().trim_matches('"').to_owned()))
}

fn is_key(text: &str) -> bool {
    let text = text.trim_matches('"');
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !text.is_empty() && text.bytes().all(inside)
}

/// The strings of a value; a value that is computed stays as it is written.
fn values(text: &str) -> Vec<String> {
    let strings: Vec<_> = text
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    let bare = text.trim_end_matches(',').trim();
    match strings.as_slice() {
        [] if bare.is_empty() || bare.starts_with(['{', '[']) => Vec::new(),
        [] if is_key(bare) && !matches!(bare, "true" | "false" | "null") => {
            vec![format!("${{{bare}}}")]
        }
        [] => vec![bare.to_owned()],
        _ => strings,
    }
}

fn json_blocks(text: &str) -> Option<Vec<Block>> {
    let roots = parse_either(text.as_bytes()).ok()?;
    let mut blocks = Vec::new();
    for kind in ["variable", "target"] {
        let of = roots.first().and_then(|root| root.get(kind));
        for (name, body) in of.map(Node::pairs).unwrap_or_default() {
            let mut entries = Vec::new();
            for (key, value) in body.pairs() {
                let key = key.text().unwrap_or_default();
                entries.extend(json_entries(key, value));
            }
            blocks.push(Block {
                kind: kind.to_owned(),
                name: name.text().unwrap_or_default().to_owned(),
                line: name.line,
                entries,
            });
        }
    }
    Some(blocks)
}

fn json_entries(key: &str, value: &Node) -> Vec<Entry> {
    let entry = |key: String, node: &Node| {
        let value = node.text()?.to_owned();
        Some(Entry {
            line: node.line,
            key,
            value,
        })
    };
    let inner = value.own_pairs().iter();
    let inner = inner.filter_map(|(name, one)| entry(format!("{key}.{}", name.text()?), one));
    let own = value
        .one_or_many()
        .into_iter()
        .filter_map(|one| entry(key.to_owned(), one));
    own.chain(inner).collect()
}
