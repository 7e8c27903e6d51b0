//! # remote-code-piped
//!
//! Code that was just downloaded is run without a look at it.
//!
//! ## Why it matters
//!
//! Whoever controls the host, its name, or the connection decides at each run
//! what the build does, with all that it reaches. Codecov's uploader (2021) was
//! changed on the server and sent the secrets of thousands of builds away.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! - run: curl -fsSL https://tool.example/install.sh | sh
//! ```
//!
//! Accepted: a package of a fixed version; a download that is checked before it
//! runs (`sha256sum -c`, `gpg --verify`, `cosign verify-blob`); a host of
//! `[sources] hosts`; without that list, some well-known installers.
//!
//! ## What mends it
//!
//! Download a fixed version to a file, check its sum in the same script, then
//! run it: `echo "SUM  install.sh" | sha256sum -c - && sh install.sh`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.remote-code-piped]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-494: download of code without integrity check
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - OWASP CICD-SEC-9: improper artifact integrity validation

use crate::checks::support::build::{
    Detection, Host, Line, Shell, Side, hosts_of, introduced, is_downloader, is_local, scripts,
};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Command, GuardKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "remote-code-piped",
    title: "Downloaded code is run without a check",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "docker",
        "compose",
        "kubernetes",
    ],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every new run of unchecked code.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

/// Where tools are normally installed from, by the beginning of the address
/// behind `https://`. Counts only where the policy has no list of hosts.
const INSTALLERS: &[&str] = &[
    "sh.rustup.rs",
    "static.rust-lang.org/",
    "get.haskellstack.org",
    "get-ghcup.haskell.org",
    "install.python-poetry.org",
    "astral.sh/uv/",
    "deb.nodesource.com/",
    "rpm.nodesource.com/",
    "get.docker.com",
    "bun.sh/install",
    "deno.land/install.sh",
    "raw.githubusercontent.com/Homebrew/install/",
    "raw.githubusercontent.com/nvm-sh/nvm/",
    "raw.githubusercontent.com/helm/helm/",
    "get.helm.sh/",
    "dl.k8s.io/",
    "go.dev/dl/",
    "bootstrap.pypa.io/",
    "get.sdkman.io",
    "nixos.org/nix/install",
    "install.determinate.systems/",
    "packages.microsoft.com/",
    "cli.github.com/",
];
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "fish"];
const INTERPRETERS: &[&str] = &[
    "python",
    "python3",
    "node",
    "ruby",
    "perl",
    "php",
    "deno",
    "bun",
    "pwsh",
    "powershell",
];
const EVALUATORS: &[&str] = &["eval", "source", ".", "iex", "invoke-expression"];

fn detect(side: Side<'_>) -> Vec<Detection> {
    let mut all = Vec::new();
    for shell in &scripts(side) {
        for line in &shell.lines {
            let found = piped(shell, *line).or_else(|| executed(side, shell, *line));
            all.extend(found.and_then(|(from, how)| told(side, from, how)));
        }
    }
    all
}

fn told(side: Side<'_>, from: Line<'_>, how: &str) -> Option<Detection> {
    let host = hosts_of(from.command).into_iter().next();
    let trust = host
        .as_ref()
        .map_or(Trust::NoList, |host| side.sources().host(&host.name));
    let usual = host
        .as_ref()
        .is_some_and(|it| is_installer(it) || is_local(&it.name));
    if trust == Trust::Listed || (trust == Trust::NoList && usual) {
        return None;
    }
    let shown = host
        .as_ref()
        .map_or_else(|| from.command.line(), |host| host.url.clone());
    let detection = Detection::at(side, from.seen, shown.clone());
    let open = host
        .as_ref()
        .is_some_and(|host| host.in_clear || host.is_address());
    let exposed =
        detection.exposure.production() || from.has_secrets() || detection.exposure.writes;
    let severity = if open || exposed {
        Severity::High
    } else {
        Severity::Medium
    };
    let clear = if open {
        ", over a connection that anybody on the way can change"
    } else {
        ""
    };
    Some(
        detection
            .severity(severity)
            .says(format!("{} {how} {}{clear}", from.seen.whose(), excerpt(&shown, 120)))
            .mend("download a fixed version to a file and check it before it runs: `echo \"SUM  FILE\" | sha256sum -c -`"),
    )
}

fn is_installer(host: &Host) -> bool {
    let rest = host.url.strip_prefix("https://");
    rest.is_some_and(|rest| INSTALLERS.iter().any(|start| rest.starts_with(start)))
}

/// A download whose output an interpreter reads.
fn piped<'a>(shell: &Shell<'a>, line: Line<'a>) -> Option<(Line<'a>, &'static str)> {
    let program = line.command.program().to_ascii_lowercase();
    let program = program.as_str();
    let downloads = |it: &Line<'a>| is_downloader(it.command.program());
    if matches!(program, "iex" | "invoke-expression") {
        // `iex ((New-Object Net.WebClient).DownloadString('https://…'))` on one line.
        let line_of = line.seen.item.spot.line;
        let mut same = shell
            .lines
            .iter()
            .filter(|it| it.seen.item.spot.line == line_of);
        let found = same.find(|it| {
            it.command
                .words
                .iter()
                .any(|word| word.text.contains("://"))
        });
        if let Some(found) = found {
            return Some((*found, "runs what it gets from"));
        }
    }
    if EVALUATORS.contains(&program) {
        let mut all = shell.within(line);
        all.extend(shell.feeding(line));
        let inner: Vec<_> = all.iter().flat_map(|it| shell.feeding(*it)).collect();
        all.extend(inner);
        return all
            .into_iter()
            .find(downloads)
            .map(|it| (it, "runs what it gets from"));
    }
    let is_shell = SHELLS.contains(&program);
    if !is_shell && !INTERPRETERS.contains(&program) {
        return None;
    }
    if reads_input(line.command, is_shell) {
        let fed = shell.feeding(line).into_iter().find(downloads);
        if let Some(from) = fed {
            return Some((from, "pipes into an interpreter what it gets from"));
        }
    }
    let code = line.command.arguments().iter().any(|it| {
        ["$(", "`", "<("]
            .iter()
            .any(|start| it.text.starts_with(start))
    });
    let inner = shell
        .within(line)
        .into_iter()
        .find(downloads)
        .filter(|_| code);
    inner.map(|it| (it, "runs what it gets from"))
}

/// Whether an interpreter takes its code from its input.
fn reads_input(command: &Command, is_shell: bool) -> bool {
    let words = command.arguments();
    let Some(first) = words
        .iter()
        .find(|it| !is_shell || it.text == "-s" || it.text == "-" || !it.text.starts_with('-'))
    else {
        return !command.has_flag("-c");
    };
    first.text == "-" || first.text == "/dev/stdin" || (is_shell && first.text.starts_with("-s"))
}

/// A file that was downloaded and is run, without a verification in its step.
fn executed<'a>(
    side: Side<'a>,
    shell: &Shell<'a>,
    line: Line<'a>,
) -> Option<(Line<'a>, &'static str)> {
    let file = written(line)?;
    let name = |text: &str| text.trim_start_matches("./").to_owned();
    let file = name(&file);
    let runs = |it: &&Line<'a>| {
        let command = it.command;
        let first = command.words.first().map(|word| name(&word.text));
        let makes_runnable = command.program() == "chmod"
            && command
                .arguments()
                .first()
                .is_some_and(|mode| mode.text.contains('x') || mode.text.contains('7'));
        let interprets =
            SHELLS.contains(&command.program()) || INTERPRETERS.contains(&command.program());
        let argument = command
            .arguments()
            .iter()
            .any(|word| name(&word.text) == file);
        first.as_deref() == Some(file.as_str()) || (argument && (makes_runnable || interprets))
    };
    let later = shell
        .lines
        .iter()
        .filter(|it| it.command.position > line.command.position);
    let mut later = later.filter(runs);
    later.next()?;
    (!is_verified(side, line)).then_some((line, "runs, without a check, a file that it gets from"))
}

/// The file that a download writes.
fn written(line: Line<'_>) -> Option<String> {
    let command = line.command;
    let program = command.program();
    if !is_downloader(program) {
        return None;
    }
    let options: &[&str] = if program.starts_with("wget") {
        &["-O", "--output-document"]
    } else {
        &["-o", "--output", "-OutFile", "-Destination"]
    };
    let redirect = command.redirects.iter().find(|it| it.operator == ">");
    let named = command.option(options).map(str::to_owned);
    let named = named.or_else(|| redirect.map(|it| it.target.text.clone()));
    let by_url = || {
        let host = hosts_of(command).into_iter().next()?;
        let keeps = program.starts_with("wget")
            || command.has_flag("-O")
            || command.has_flag("--remote-name");
        let last = host.url.rsplit('/').next().map(str::to_owned);
        last.filter(|it| keeps && !it.is_empty())
    };
    named
        .or_else(by_url)
        .filter(|it| it != "-" && it != "/dev/null")
}

fn is_verified(side: Side<'_>, line: Line<'_>) -> bool {
    let _ = side;
    let items = match line.seen.job {
        Some(job) => &job.items,
        None => &line.seen.blueprint.items,
    };
    let mut items = items
        .iter()
        .filter(|item| item.order == line.seen.item.order);
    items.any(|item| matches!(&item.what, What::Guard(guard) if guard.kind == GuardKind::Verify))
}
