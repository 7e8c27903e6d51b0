//! Credentials in clear on a line. Only where one stands is told, never what it is.

use super::{Context, assignments};
use crate::ci::is_named_like_secret;
use crate::ci::secret::{self, has_login};
use crate::ci::secret_words;
use crate::model::build::{Literal, What, Word};

/// Options whose value is a credential, with any program.
const OPTIONS: &[&str] = &[
    "--password",
    "--passwd",
    "--token",
    "--api-key",
    "--apikey",
    "--secret-key",
    "--access-token",
    "--auth-token",
    "--client-secret",
    "--passphrase",
    "--secret-access-key",
    "--admin-password",
    "--http-password",
    "--private-token",
    "--oauth-token",
];
/// Options of single programs whose value is a credential.
const OWN: &[(&str, &str)] = &[
    ("sshpass", "-p"),
    ("mysql", "-p"),
    ("mysqladmin", "-p"),
    ("mysqldump", "-p"),
    ("redis-cli", "-a"),
    ("7z", "-p"),
    ("zip", "-P"),
    ("snowsql", "-p"),
    ("sqlcmd", "-P"),
    ("ldapsearch", "-w"),
    ("smbclient", "-U"),
    ("ansible-vault", "--vault-password"),
];
/// What well-known credentials begin with, and how many letters follow at least.
const FORMS: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 36, "a GitHub token"),
    ("gho_", 36, "a GitHub token"),
    ("ghs_", 36, "a GitHub token"),
    ("github_pat_", 40, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("glrt-", 20, "a GitLab runner token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("npm_", 36, "an npm token"),
    ("pypi-AgEI", 40, "a PyPI token"),
    ("dckr_pat_", 20, "a Docker Hub token"),
    ("sk_live_", 20, "a Stripe key"),
    ("AIza", 35, "a Google key"),
    ("hvs.", 20, "a Vault token"),
];
fn is_literal(value: &str) -> bool {
    secret::is_literal(value) && secret_words::is_literal(value)
}

/// Programs whose `-u name:password` is a login.
const USERS: &[&str] = &["curl", "http", "https", "wget"];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    let is_login = command.arguments().iter().any(|it| it.text == "login");
    let mut names: Vec<String> = Vec::new();
    for (name, value) in assignments(command) {
        if value.plain && is_named_like_secret(&name) && is_literal(&value.text) {
            names.push(name);
        }
    }
    if !is_login {
        options(context, &mut names);
    }
    let targets = command.redirects.iter().map(|it| &it.target);
    let values = command.variables.iter().map(|(_, value)| value);
    for word in command.words.iter().chain(targets).chain(values) {
        if let Some(name) = of_word(word) {
            names.push(name);
        }
    }
    names.sort();
    names.dedup();
    for name in names {
        context.means.push(What::Literal(Literal { name }));
    }
}

fn options(context: &Context<'_>, names: &mut Vec<String>) {
    let command = context.command;
    let words = command.arguments();
    let program = command.program();
    let own = OWN
        .iter()
        .filter(|(name, _)| *name == program)
        .map(|(_, option)| *option);
    let all: Vec<&str> = OPTIONS.iter().copied().chain(own).collect();
    for (at, word) in words.iter().enumerate() {
        for name in &all {
            let Some(rest) = word.text.strip_prefix(name) else {
                continue;
            };
            let next = words.get(at + 1);
            let joined = !name.starts_with("--");
            let (text, plain) = match rest
                .strip_prefix('=')
                .or((joined && !rest.is_empty()).then_some(rest))
            {
                Some(value) => (value, word.plain),
                None if rest.is_empty() => {
                    next.map_or(("", false), |it| (it.text.as_str(), it.plain))
                }
                None => continue,
            };
            if plain && is_literal(text) && !text.starts_with('-') {
                names.push((*name).to_owned());
            }
        }
    }
    if USERS.contains(&program)
        && let Some(user) = command.option(&["-u", "--user"])
        && let Some((_, password)) = user.split_once(':')
        && is_literal(password)
        && !user.contains('$')
    {
        names.push("--user".to_owned());
    }
}

fn of_word(word: &Word) -> Option<String> {
    let text = word.text.as_str();
    if text.contains("PRIVATE KEY-----") && text.contains("-----BEGIN") {
        return Some("a private key".to_owned());
    }
    if has_login(text) {
        return Some("a login in an address".to_owned());
    }
    if let Some(name) = header(word) {
        return Some(name.to_owned());
    }
    let form = FORMS.iter().find(|(start, least, _)| {
        let found = text.match_indices(start);
        found.into_iter().any(|(at, _)| {
            let before = text[..at].bytes().next_back();
            let rest = &text.as_bytes()[at + start.len()..];
            let length = rest
                .iter()
                .take_while(|it| it.is_ascii_alphanumeric() || b"_-.".contains(it));
            before.is_none_or(|it| !it.is_ascii_alphanumeric()) && length.count() >= *least
        })
    });
    form.map(|(_, _, what)| (*what).to_owned())
}

/// `Authorization: Bearer …`, `PRIVATE-TOKEN: …`.
fn header(word: &Word) -> Option<&'static str> {
    let (name, value) = word.text.split_once(':')?;
    let known = [
        "Authorization",
        "Proxy-Authorization",
        "PRIVATE-TOKEN",
        "JOB-TOKEN",
        "X-Api-Key",
        "X-Auth-Token",
        "X-Vault-Token",
    ];
    let name = known
        .iter()
        .find(|it| it.eq_ignore_ascii_case(name.trim()))?;
    let value = value.trim();
    let kinds = ["bearer ", "basic ", "token "];
    let lower = value.to_ascii_lowercase();
    let kind = kinds.iter().find(|it| lower.starts_with(*it));
    let value = kind.map_or(value, |kind| value[kind.len()..].trim());
    (word.plain && value.len() >= 8 && is_literal(value)).then_some(name)
}
