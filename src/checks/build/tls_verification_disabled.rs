//! # tls-verification-disabled
//!
//! A command, variable or setting stops checking whom it talks to.
//!
//! ## Why it matters
//!
//! Without the check of certificates, host keys or package signatures, anybody
//! on the way decides what the build downloads, and reads what it sends.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! - run: scp -o StrictHostKeyChecking=no app.tar deploy@web.example.com:
//! ```
//!
//! Accepted: the host's key in `known_hosts`; the company's certificate
//! authority in the image (`--cacert`, `NODE_EXTRA_CA_CERTS`,
//! `GIT_SSL_CAINFO`). `localhost` may do without.
//!
//! ## What mends it
//!
//! Remove the switch, and give the client what it needs to check: the
//! authority's certificate, the host's key, the repository's signing key.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.tls-verification-disabled]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-295: improper certificate validation
//! - CWE-322: key exchange without entity authentication
//! - OWASP CICD-SEC-7: insecure system configuration

use crate::checks::support::build::{
    Detection, Line, Side, hosts_of, introduced, is_local, scripts,
};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Command, RegistryKind, Setting, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "tls-verification-disabled",
    title: "The other side of a connection is no longer checked",
    severity: Severity::High,
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

/// Objects to every new switch that stops a verification.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

/// Flags of single programs.
const FLAGS: &[(&[&str], &[&str])] = &[
    (
        &["curl"],
        &["-k", "--insecure", "--proxy-insecure", "--doh-insecure"],
    ),
    (&["wget"], &["--no-check-certificate"]),
    (&["http", "https"], &["--verify=no", "--verify=false"]),
    (
        &["docker", "podman", "buildah", "skopeo", "nerdctl"],
        &[
            "--tls-verify=false",
            "--src-tls-verify=false",
            "--dest-tls-verify=false",
            "--insecure-registry",
        ],
    ),
    (
        &["crane", "oras", "cosign", "regctl", "gcrane"],
        &[
            "--insecure",
            "--plain-http",
            "--allow-insecure-registry",
            "--insecure-ignore-tlog",
        ],
    ),
    (
        &["executor"],
        &[
            "--skip-tls-verify",
            "--skip-tls-verify-pull",
            "--insecure",
            "--insecure-pull",
            "--skip-tls-verify-registry",
        ],
    ),
    (
        &["kubectl", "oc", "helm", "flux", "helmfile"],
        &[
            "--insecure-skip-tls-verify",
            "--insecure-skip-tls-verify=true",
            "--insecure-skip-tls-verify-backend",
        ],
    ),
    (&["argocd"], &["--insecure", "--plaintext"]),
    (&["vault"], &["-tls-skip-verify"]),
    (&["aws"], &["--no-verify-ssl"]),
    (&["cf"], &["--skip-ssl-validation"]),
    (
        &["Invoke-WebRequest", "Invoke-RestMethod", "iwr", "irm"],
        &["-SkipCertificateCheck"],
    ),
];

/// Variables, and the values that switch a verification off.
const VARIABLES: &[(&str, &[&str])] = &[
    ("GIT_SSL_NO_VERIFY", &["1", "true", "yes"]),
    ("NODE_TLS_REJECT_UNAUTHORIZED", &["0"]),
    ("PYTHONHTTPSVERIFY", &["0"]),
    ("NPM_CONFIG_STRICT_SSL", &["false"]),
    ("ANSIBLE_HOST_KEY_CHECKING", &["false", "0", "no"]),
    ("VAULT_SKIP_VERIFY", &["1", "true"]),
    ("DOCKER_TLS_VERIFY", &["0"]),
    ("CURL_INSECURE", &["1", "true"]),
    ("SSL_NO_VERIFY", &["1", "true"]),
    ("GOSUMDB", &["off"]),
];

/// Parts of words that switch one off wherever they stand.
const WORDS: &[&str] = &[
    "stricthostkeychecking=no",
    "stricthostkeychecking=off",
    "stricthostkeychecking=accept-new",
    "stricthostkeychecking no",
    "userknownhostsfile=/dev/null",
    "userknownhostsfile /dev/null",
    "http.sslverify=false",
    "sslverify=false",
    "-dmaven.wagon.http.ssl.insecure=true",
    "servercertificatevalidationcallback",
];

fn detect(side: Side<'_>) -> Vec<Detection> {
    let shells = scripts(side);
    let lines = shells.iter().flat_map(|shell| &shell.lines);
    let of_lines = lines.filter_map(|line| of_line(side, *line));
    let registries = side.all(|what| match what {
        What::Registry(it) if it.kind == RegistryKind::Unverified => Some(it),
        _ => None,
    });
    let of_registries = registries
        .filter(|(_, it)| !is_local(&it.url))
        .map(|(seen, it)| {
            let feature = format!("{} {}", it.ecosystem, it.url);
            said(
                Detection::at(side, seen, feature),
                &seen.whose(),
                &format!(
                    "{} packages are taken without verification ({})",
                    it.ecosystem,
                    excerpt(&it.url, 80)
                ),
            )
        });
    let settings = side.all(|what| match what {
        What::Setting(it) => of_setting(it),
        _ => None,
    });
    let of_settings = settings.map(|(seen, switch)| {
        let says = format!("{} switches a verification off", excerpt(&switch, 80));
        said(Detection::at(side, seen, switch), &seen.whose(), &says)
    });
    of_lines.chain(of_registries).chain(of_settings).collect()
}

fn said(detection: Detection, whose: &str, says: &str) -> Detection {
    detection
        .severity(Severity::High)
        .says(format!("in {whose}, {says}"))
        .mend("remove the switch, and give the client what it needs to check: the authority's certificate, the host's key, the signing key")
}

fn of_setting(setting: &Setting) -> Option<String> {
    if setting.name == "kubernetes.insecure-skip-tls-verify" {
        return Some("insecure-skip-tls-verify".to_owned());
    }
    let name = setting.name.strip_prefix("env.")?;
    variable(name, &setting.value)
}

fn variable(name: &str, value: &str) -> Option<String> {
    let (_, off) = VARIABLES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let value = value.trim().to_ascii_lowercase();
    off.contains(&value.as_str())
        .then(|| format!("{name}={value}"))
}

fn of_line(side: Side<'_>, line: Line<'_>) -> Option<Detection> {
    let command = line.command;
    let hosts = hosts_of(command);
    if !hosts.is_empty() && hosts.iter().all(|host| is_local(&host.name)) {
        return None;
    }
    let switch = switch(command)?;
    let host = hosts.first().map_or("", |host| host.name.as_str());
    let program = command.program();
    let feature = format!("{program} {switch} {host}");
    let to = match host {
        "" => String::new(),
        host => format!(" and talks to {}", excerpt(host, 80)),
    };
    let says = match program {
        "" | "export" | "set" | "declare" | "local" => {
            format!("{} switches a verification off", excerpt(&switch, 80))
        }
        _ => format!(
            "`{}` is told not to verify ({}){to}",
            excerpt(program, 40),
            excerpt(&switch, 80)
        ),
    };
    Some(said(
        Detection::at(side, line.seen, feature),
        &line.seen.whose(),
        &says,
    ))
}

/// What in a command switches a verification off.
fn switch(command: &Command) -> Option<String> {
    let program = command.program();
    let own = FLAGS
        .iter()
        .find(|(programs, _)| programs.contains(&program));
    let flag = own.and_then(|(_, flags)| flags.iter().find(|flag| has(command, flag)));
    if let Some(flag) = flag {
        return Some((*flag).to_owned());
    }
    let set = command
        .variables
        .iter()
        .find_map(|(name, value)| variable(name, &value.text));
    let exported = command.arguments().iter().find_map(|word| {
        let (name, value) = word.text.split_once('=')?;
        variable(name, value)
    });
    // These two are told as registries.
    let own = |it: &String| !it.starts_with("GOSUMDB") && !it.starts_with("NPM_CONFIG");
    if let Some(found) = set.or(exported).filter(own) {
        return Some(found);
    }
    if program == "git" {
        let words: Vec<_> = command
            .arguments()
            .iter()
            .map(|it| it.text.to_ascii_lowercase())
            .collect();
        let off = words.windows(2).any(|pair| {
            pair[0].ends_with(".sslverify") && matches!(pair[1].as_str(), "false" | "0")
        });
        if off {
            return Some("http.sslVerify false".to_owned());
        }
    }
    let values = command.variables.iter().map(|(_, word)| word);
    let targets = command.redirects.iter().map(|it| &it.target);
    let mut words = command.words.iter().chain(values).chain(targets);
    words.find_map(|word| {
        let lower = word.text.to_ascii_lowercase();
        let part = WORDS.iter().find(|part| lower.contains(**part))?;
        // A sentence that only names it is not it.
        let named_only = matches!(program, "grep" | "sed") && !lower.starts_with("stricthost");
        let at = lower.find(*part).filter(|_| !named_only)?;
        word.text.get(at..at + part.len()).map(str::to_owned)
    })
}

fn has(command: &Command, flag: &str) -> bool {
    if flag.starts_with("--") || flag.len() > 2 {
        return command.arguments().iter().any(|it| it.text == flag);
    }
    let letter = flag.trim_start_matches('-');
    // Letters behind one that takes a value belong to the value.
    let valued = [
        "o", "H", "X", "d", "u", "T", "F", "A", "e", "x", "b", "c", "K", "m", "w", "E",
    ];
    command.arguments().iter().any(|it| {
        let letters = it
            .text
            .strip_prefix('-')
            .filter(|rest| !rest.starts_with('-'));
        letters.is_some_and(|letters| {
            let before = letters.split(letter).next().unwrap_or_default();
            letters.contains(letter)
                && !before
                    .chars()
                    .any(|it| valued.contains(&it.to_string().as_str()))
        })
    })
}
