//! The instructions of a stage, one by one.
//! <https://docs.docker.com/reference/dockerfile/>.

use super::lines::{Heredoc, Instruction, take_keyword};
use super::stage::{Stage, Variables, stage_of};
use crate::ci::closure::Closure;
use crate::ci::expand::expand;
use crate::ci::notes::{Notes, unresolved};
use crate::ci::secret::{is_literal, is_secret_file, is_secret_name, without_login};
use crate::ci::shell::{self, Dialect, Script};
use crate::ci::words::quoted;
use crate::ci::{host, image};
use crate::model::build::{
    ImageRole, ImageUse, Lifetime, Literal, Privilege, SecretName, SecretUse, Setting,
    UnresolvedKind, What,
};

/// What an instruction may look at beside its stage.
pub(super) struct Context<'c, 's, 'f> {
    /// The stages before it.
    pub(super) earlier: &'c [Stage<'s>],
    /// `ARG` before the first stage.
    pub(super) global: &'c Variables,
    /// The tree.
    pub(super) closure: &'c mut Closure<'f>,
    /// How many files led here.
    pub(super) depth: usize,
}

/// Notes what an instruction does.
pub(super) fn apply(stage: &mut Stage<'_>, it: &Instruction, context: &mut Context<'_, '_, '_>) {
    match it.keyword.as_str() {
        "RUN" => {
            run_flags(stage, it, context);
            script(stage, it, "run", context);
        }
        "CMD" => script(stage, it, "cmd", context),
        "ENTRYPOINT" => script(stage, it, "entrypoint", context),
        "HEALTHCHECK" => healthcheck(stage, it, context),
        "USER" => user(stage, it),
        "COPY" | "ADD" => copy(stage, it, context),
        "ARG" => arguments(stage, it, context.global),
        "ENV" => environment(stage, it),
        "SHELL" => stage.dialect = dialect(&it.text()),
        "ONBUILD" => onbuild(stage, it, context),
        "EXPOSE" | "LABEL" | "MAINTAINER" | "STOPSIGNAL" | "VOLUME" | "WORKDIR" => {}
        other => {
            let what = unresolved(
                UnresolvedKind::Form,
                other,
                "it is no instruction of a Dockerfile",
            );
            stage.notes.on(it.line, "instruction", what);
        }
    }
}

fn dialect(text: &str) -> Dialect {
    let text = text.to_ascii_lowercase();
    if text.contains("powershell") || text.contains("pwsh") {
        Dialect::PowerShell
    } else if text.contains("cmd") {
        Dialect::Batch
    } else {
        Dialect::Posix
    }
}

/// What images are built from this one will do.
fn onbuild(stage: &mut Stage<'_>, it: &Instruction, context: &mut Context<'_, '_, '_>) {
    let mut inner = Instruction {
        line: it.line,
        pieces: it.pieces.clone(),
        ..Instruction::default()
    };
    take_keyword(&mut inner);
    inner.heredocs = it
        .heredocs
        .iter()
        .map(|heredoc| Heredoc {
            word: heredoc.word.clone(),
            line: heredoc.line,
            lines: heredoc.lines.clone(),
        })
        .collect();
    if inner.keyword == "ONBUILD" {
        return;
    }
    let (before, variables) = (stage.notes.items.len(), stage.variables.clone());
    apply(stage, &inner, context);
    stage.variables = variables;
    for item in stage.notes.items.iter_mut().skip(before) {
        item.slot = format!("onbuild/{}", item.slot);
    }
}

/// `RUN --mount=… --network=… --security=…`.
fn run_flags(stage: &mut Stage<'_>, it: &Instruction, context: &Context<'_, '_, '_>) {
    if it.flag("--security").any(|value| value == "insecure") {
        stage.notes.on(
            it.line,
            "run/security",
            What::Privilege(Privilege::Privileged),
        );
    }
    if it.flag("--network").any(|value| value == "host") {
        let what = What::Privilege(Privilege::HostNamespace("network"));
        stage.notes.on(it.line, "run/network", what);
    }
    for mount in it.flag("--mount") {
        let parts: Vec<_> = mount
            .split(',')
            .filter_map(|part| part.split_once('='))
            .collect();
        let part = |names: &[&str]| {
            let mut own = parts.iter().filter(|(name, _)| names.contains(name));
            own.next().map(|(_, value)| value.trim_matches('"'))
        };
        let target = part(&["target", "dst", "destination"]).unwrap_or_default();
        let kind = part(&["type"]).unwrap_or("bind");
        if matches!(kind, "secret" | "ssh") {
            let base = target.rsplit('/').next().unwrap_or_default();
            let default = if kind == "ssh" { "ssh" } else { base };
            let secret = SecretUse {
                name: SecretName::Named(part(&["id"]).unwrap_or(default).to_owned()),
                lifetime: Lifetime::Lasting,
                variable: part(&["env"]).map(str::to_owned),
            };
            stage.notes.on(it.line, "run/mount", What::Secret(secret));
        }
        if let Some(from) = part(&["from"]) {
            copied(
                stage,
                it.line,
                &format!("run/mount/{target}"),
                from,
                context,
            );
        }
    }
}

/// Files come from an image, unless it is a stage.
fn copied(stage: &mut Stage<'_>, line: u32, slot: &str, from: &str, context: &Context<'_, '_, '_>) {
    let value = |name: &str| stage.value(name);
    let name = expand(from, &value).unwrap_or_else(|| from.to_owned());
    let number = name.bytes().all(|byte| byte.is_ascii_digit());
    if number || stage_of(context.earlier, &name).is_some() {
        return;
    }
    if let Some(image) = image::parse(from, &value) {
        let role = ImageRole::CopiedFrom;
        stage
            .notes
            .on(line, slot, What::Image(ImageUse { role, image }));
    }
}

fn copy(stage: &mut Stage<'_>, it: &Instruction, context: &Context<'_, '_, '_>) {
    let text = it.text();
    let words =
        exec_form(&text).unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect());
    let Some((target, sources)) = words.split_last() else {
        return;
    };
    let slot = format!("{}/{target}", it.keyword.to_ascii_lowercase());
    let from_stage = it.flag("--from").next();
    if let Some(from) = from_stage {
        return copied(stage, it.line, &slot, from, context);
    }
    let mut setting = |name: &str, value: String| {
        let name = name.to_owned();
        let what = What::Setting(Setting { name, value });
        stage.notes.on(it.line, slot.clone(), what);
    };
    for source in sources
        .iter()
        .map(|source| source.trim_matches(['"', '\'']))
    {
        let lower = source.to_ascii_lowercase();
        let remote = ["http://", "https://", "ftp://", "git@", "git://", "ssh://"];
        if remote.iter().any(|start| lower.starts_with(start)) {
            let checked = it
                .flag("--checksum")
                .next()
                .map_or("", |_| " with a checksum");
            setting(
                "docker.add-url",
                format!("{}{checked}", without_login(source)),
            );
        } else if is_secret_file(source) {
            setting("docker.secret-file", source.to_owned());
        }
    }
}

fn user(stage: &mut Stage<'_>, it: &Instruction) {
    let written = it.text();
    let written = written.trim_matches(['"', '\'']);
    let known = expand(written, &|name| stage.value(name));
    let what = match known.as_deref().and_then(host::user) {
        Some(privilege) => What::Privilege(privilege),
        None => unresolved(
            UnresolvedKind::Value,
            written,
            "the user is not known before the build",
        ),
    };
    stage.notes.on(it.line, "user", what);
}

fn arguments(stage: &mut Stage<'_>, it: &Instruction, global: &Variables) {
    for (name, written) in assignments(&it.text()) {
        secret_argument(&mut stage.notes, it.line, "arg", &name, written.as_deref());
        let value = match &written {
            Some(text) => expand(text, &|name| stage.value(name)),
            None => global.get(&name).cloned().flatten(),
        };
        stage.variables.insert(name, value);
    }
}

fn environment(stage: &mut Stage<'_>, it: &Instruction) {
    let text = it.text();
    let mut all = assignments(&text);
    if all.first().is_some_and(|(_, value)| value.is_none()) {
        // The old form: `ENV name the rest`.
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
        all = vec![(name.to_owned(), Some(rest.trim().to_owned()))];
    }
    for (name, written) in all {
        let written = written.unwrap_or_default();
        secret_argument(&mut stage.notes, it.line, "env", &name, Some(&written));
        let value = expand(&written, &|name| stage.value(name));
        if let Some(privilege) = value
            .as_deref()
            .and_then(|value| host::engine_variable(&name, value))
        {
            stage
                .notes
                .on(it.line, format!("env/{name}"), What::Privilege(privilege));
        }
        stage.variables.insert(name, value);
    }
}

/// A secret that stands in the file, or is given to the build in a way that
/// stays in the image's history.
pub(super) fn secret_argument(
    notes: &mut Notes<'_>,
    line: u32,
    form: &str,
    name: &str,
    written: Option<&str>,
) {
    if !is_secret_name(name) {
        return;
    }
    let slot = format!("{form}/{name}");
    let what = match written {
        Some(text) if is_literal(text) => What::Literal(Literal {
            name: name.to_owned(),
        }),
        Some(text) if !text.contains('$') && form == "env" => return,
        _ => What::Setting(Setting {
            name: "docker.secret-argument".to_owned(),
            value: name.to_owned(),
        }),
    };
    notes.on(line, slot, what);
}

/// `name=value` words, quotes removed; the value is `None` without `=`.
pub(super) fn assignments(text: &str) -> Vec<(String, Option<String>)> {
    let mut all = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut letters = text.chars().chain([' ']);
    let mut begun = false;
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                begun = true;
            }
            (None, _) if letter.is_whitespace() => {
                if begun {
                    let word = std::mem::take(&mut word);
                    all.push(match word.split_once('=') {
                        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                        None => (word, None),
                    });
                }
                begun = false;
            }
            (None | Some('"'), '\\') => word.extend(letters.next()),
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    all
}

fn healthcheck(stage: &mut Stage<'_>, it: &Instruction, context: &mut Context<'_, '_, '_>) {
    let mut inner = Instruction {
        line: it.line,
        pieces: it.pieces.clone(),
        ..Instruction::default()
    };
    take_keyword(&mut inner);
    if inner.keyword == "CMD" {
        script(stage, &inner, "healthcheck", context);
    }
}

/// The words of `["a", "b"]`.
pub(super) fn exec_form(text: &str) -> Option<Vec<String>> {
    let list = text.starts_with('[').then(|| serde_json::from_str(text));
    list?.ok()
}

/// Reads shell text, or the words of a command.
fn script(stage: &mut Stage<'_>, it: &Instruction, slot: &str, context: &mut Context<'_, '_, '_>) {
    let (text, lines) = match exec_form(&it.text()) {
        Some(words) => (quoted(&words), vec![it.line]),
        None => shell_text(it),
    };
    let last = lines.last().copied().unwrap_or(it.line);
    let script = Script {
        text: &text,
        path: stage.notes.path,
        line: &|at| lines.get(at).copied().unwrap_or(last),
        column: 1,
        slot,
        order: stage.notes.order,
        script: stage.scripts,
        dialect: stage.dialect,
        depth: context.depth,
    };
    stage.scripts += 1;
    let items = shell::read(&script, context.closure);
    stage.notes.items.extend(items);
}

/// The text as a shell gets it, with the line of the file for each of its lines.
fn shell_text(it: &Instruction) -> (String, Vec<u32>) {
    let mut text = String::new();
    let mut lines = Vec::new();
    let alone = it.text().starts_with("<<");
    let body = it.heredocs.first();
    let shebang = body.and_then(|body| body.lines.first()?.strip_prefix("#!"));
    let is_shell = |line: &&str| {
        line.split_whitespace()
            .take(2)
            .any(|word| word.ends_with("sh"))
    };
    let program = shebang.filter(|line| !is_shell(line));
    match (alone, program) {
        (true, None) => {}
        (true, Some(program)) => {
            let word = body.map_or("", |body| body.word.as_str());
            text.push_str(&format!("{} <<'{word}'\n", program.trim()));
            lines.push(it.line);
        }
        (false, _) => {
            for (at, (line, piece)) in it.pieces.iter().enumerate() {
                let end = if at + 1 < it.pieces.len() {
                    "\\\n"
                } else {
                    "\n"
                };
                text.push_str(piece);
                text.push_str(end);
                lines.push(*line);
            }
        }
    }
    for heredoc in &it.heredocs {
        let mut line = heredoc.line;
        for body in &heredoc.lines {
            text.push_str(body);
            text.push('\n');
            lines.push(line);
            line = line.saturating_add(1);
        }
        if !alone || program.is_some() {
            text.push_str(&heredoc.word);
            text.push('\n');
            lines.push(line);
        }
    }
    (text, lines)
}
