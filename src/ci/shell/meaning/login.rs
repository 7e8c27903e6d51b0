//! Logins to image registries.

use super::{Context, positional};
use crate::model::build::{Command, Held, Login, What, Word};

const ENGINES: &[&str] = &[
    "docker", "podman", "nerdctl", "buildah", "oras", "crane", "skopeo", "regctl", "helm",
    "kaniko", "cosign", "ko",
];
const VALUED: &[&str] = &[
    "-u",
    "-p",
    "--username",
    "--password",
    "--authfile",
    "--cert-dir",
    "--config",
    "-H",
    "--user",
    "--pass",
    "--context",
    "--registry-config",
    "--ca-file",
    "--cert-file",
    "--key-file",
    "--host",
];
/// Variables of a run that end with it.
const RUN_TOKENS: &[&str] = &[
    "CI_JOB_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "CI_DEPENDENCY_PROXY_PASSWORD",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
];
/// What prints a token that ends soon.
const ISSUERS: &[&str] = &[
    "ecr get-login-password",
    "ecr-public get-login-password",
    "auth print-access-token",
    "auth application-default print-access-token",
    "acr login",
    "account get-access-token",
    "oauth-token",
];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    let program = command.program();
    let is_login = |words: &[&Word]| {
        let first = words.first().map(|it| it.text.as_str());
        let second = words.get(1).map(|it| it.text.as_str());
        match first {
            Some("login") => Some(1),
            Some("registry" | "auth") if second == Some("login") => Some(2),
            _ => None,
        }
    };
    if !ENGINES.contains(&program) {
        return;
    }
    let words = positional(command.arguments(), VALUED);
    let Some(skip) = is_login(&words) else {
        return;
    };
    let registry = words.get(skip).map_or("docker.io", |it| it.text.as_str());
    let registry = host_of(&context.variables.fill(registry));
    let option = ["-p", "--password", "--pass"];
    let on_line = password_word(command, &option);
    let on_command_line = on_line.is_some();
    let with = match on_line {
        Some(word) => held(word, context),
        None => from_input(context),
    };
    context.means.push(What::Login(Login {
        registry,
        with,
        on_command_line,
    }));
}

fn host_of(registry: &str) -> String {
    let bare = registry.split("://").last().unwrap_or(registry);
    let bare = bare.strip_prefix("oci:").unwrap_or(bare).trim_matches('/');
    let host = match bare.starts_with("${{") {
        true => bare,
        false => bare.split('/').next().unwrap_or(bare),
    };
    match host {
        "index.docker.io" | "registry-1.docker.io" | "hub.docker.com" | "" => {
            "docker.io".to_owned()
        }
        other => other.to_owned(),
    }
}

/// The word that holds the value of an option, whatever its spelling; of a
/// joined spelling the name is cut away.
fn password_word(command: &Command, names: &[&str]) -> Option<Word> {
    let words = command.arguments();
    words.iter().enumerate().find_map(|(at, word)| {
        names.iter().find_map(|name| {
            let rest = word.text.strip_prefix(name)?;
            if rest.is_empty() {
                return words.get(at + 1).cloned();
            }
            let short = !name.starts_with("--");
            let text = rest.strip_prefix('=').or(short.then_some(rest))?;
            Some(Word {
                text: text.to_owned(),
                ..word.clone()
            })
        })
    })
}

/// What a piped password is.
fn from_input(context: &Context<'_>) -> Held {
    let here = context
        .command
        .redirects
        .iter()
        .find(|it| it.operator == "<<<");
    if let Some(here) = here {
        return held(here.target.clone(), context);
    }
    let Some(feeding) = context.feeding else {
        return Held::Unknown("no password on the line".to_owned());
    };
    if let Some(token) = issued(feeding) {
        return token;
    }
    match feeding.program() {
        "echo" | "printf" | "Write-Output" | "Write-Host" => {
            let words = feeding.arguments().iter();
            let mut words =
                words.filter(|it| !it.text.starts_with('-') && !it.text.starts_with('%'));
            words.next_back().map_or_else(
                || Held::Unknown(feeding.line()),
                |word| held(word.clone(), context),
            )
        }
        _ if feeding.words.first().is_some_and(|it| !it.plain) => {
            held(feeding.words[0].clone(), context)
        }
        _ => Held::Unknown(feeding.line()),
    }
}

fn issued(command: &Command) -> Option<Held> {
    let line = command.line();
    let known = ISSUERS.iter().find(|it| line.contains(*it))?;
    let program = command.program().to_owned();
    Some(Held::ShortLived(format!("{program} {known}")))
}

fn held(word: Word, context: &Context<'_>) -> Held {
    if let Some(known) = context.variables.known(&word) {
        return match known.trim().is_empty() {
            true => Held::Unknown(word.text),
            false => Held::InClear,
        };
    }
    if let Some(token) = context.within.iter().find_map(|it| issued(it)) {
        return token;
    }
    from_name(&word)
}

fn from_name(word: &Word) -> Held {
    if let Some(at) = word.text.find("${{") {
        let inner = word.text[at + 3..]
            .split("}}")
            .next()
            .unwrap_or_default()
            .trim();
        let is_own = inner == "github.token" || inner.eq_ignore_ascii_case("secrets.GITHUB_TOKEN");
        if is_own {
            return Held::ShortLived("GITHUB_TOKEN".to_owned());
        }
        return match inner.strip_prefix("secrets.") {
            Some(name) => Held::Stored(name.trim().to_owned()),
            None => Held::Unknown(inner.to_owned()),
        };
    }
    match word.variables.first() {
        Some(name) if RUN_TOKENS.contains(&name.as_str()) => Held::ShortLived(name.clone()),
        Some(name) if name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_') => {
            Held::Stored(name.clone())
        }
        _ => Held::Unknown(word.text.clone()),
    }
}
