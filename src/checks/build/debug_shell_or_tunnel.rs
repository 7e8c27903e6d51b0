//! # debug-shell-or-tunnel
//!
//! A job opens a shell for people outside, a tunnel, or talks to a place that
//! collects requests.
//!
//! ## Why it matters
//!
//! Who gets a shell in a job has its secrets, its token and its network. Such
//! steps are added to look into a failing build and stay; attackers add them
//! on purpose, and hide them in workflows with harmless names.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! - uses: mxschmitt/action-tmate@v3
//! ```
//!
//! Accepted: a run that is repeated on a machine of one's own; more output.
//!
//! ## What mends it
//!
//! Remove the step. For a look into a build, run it with debug output on a
//! branch without secrets.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.debug-shell-or-tunnel]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-7: insecure system configuration
//! - MITRE ATT&CK T1572: protocol tunneling
//! - CWE-489: active debug code

use crate::checks::support::build::{Detection, Line, Seen, Side, hosts_of, introduced, scripts};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeSource, Command, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "debug-shell-or-tunnel",
    title: "A job opens a shell or a tunnel to the outside",
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

/// Objects to every new shell, tunnel or collector of requests.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

const ACTIONS: &[&str] = &[
    "mxschmitt/action-tmate",
    "owenthereal/action-upterm",
    "lhotari/action-upterm",
    "csexton/debugger-action",
    "luchihoratiu/debug-via-ssh",
    "p3terx/ssh2actions",
    "valeriangalliat/action-sshd-cloudflared",
    "efrecon/sshd-cloudflared",
    "fawazahmed0/action-debug",
    "tete1030/safe-debugger-action",
    "wangyoucao577/action-debug",
    "vbem/ngrok-ssh",
    "appleboy/ngrok-action",
    "eternalphane/action-tmate",
    "namespacelabs/breakpoint-action",
    "runvnc/action-tmate",
];
const TUNNELS: &[&str] = &[
    "tmate",
    "upterm",
    "ngrok",
    "bore",
    "localtunnel",
    "lt",
    "gs-netcat",
    "chisel",
    "frpc",
    "inlets",
    "inlets-pro",
    "teleconsole",
    "pagekite",
    "rathole",
    "zrok",
    "sshx",
    "ttyd",
    "gotty",
];
/// Hosts that collect what is sent to them, or pass tunnels on.
const COLLECTORS: &[&str] = &[
    "webhook.site",
    "requestbin.com",
    "requestbin.net",
    "pipedream.net",
    "oast.fun",
    "oast.live",
    "oast.me",
    "oast.online",
    "oast.pro",
    "oast.site",
    "interact.sh",
    "interactsh.com",
    "burpcollaborator.net",
    "oastify.com",
    "transfer.sh",
    "pastebin.com",
    "paste.ee",
    "hastebin.com",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "serveo.net",
    "localhost.run",
    "beeceptor.com",
    "requestcatcher.com",
    "canarytokens.com",
    "dnslog.cn",
    "ceye.io",
    "file.io",
    "0x0.st",
    "termbin.com",
    "bashupload.com",
    "trycloudflare.com",
    "hookbin.com",
    "requestinspector.com",
    "mockbin.org",
    "getsession.org",
];

fn detect(side: Side<'_>) -> Vec<Detection> {
    let actions = side.all(|what| match what {
        What::Code(code) => match &code.source {
            CodeSource::Elsewhere { name, .. } => Some(name),
            _ => None,
        },
        _ => None,
    });
    let known = |name: &str| ACTIONS.iter().any(|it| it.eq_ignore_ascii_case(name));
    let of_actions = actions.filter(|(_, name)| known(name)).map(|(seen, name)| {
        let says = format!("opens a shell to the outside with {}", excerpt(name, 80));
        said(side, seen, name.to_ascii_lowercase(), &says)
    });
    let shells = scripts(side);
    let lines = shells.iter().flat_map(|shell| &shell.lines);
    let of_lines = lines.filter_map(|line| of_line(side, *line));
    of_actions.chain(of_lines).collect()
}

fn said(side: Side<'_>, seen: Seen<'_>, feature: String, says: &str) -> Detection {
    let detection = Detection::at(side, seen, feature);
    let near = detection.exposure.own_machines || detection.exposure.production();
    let severity = if near {
        Severity::Critical
    } else {
        Severity::High
    };
    detection
        .severity(severity)
        .says(format!("{} {says}", seen.whose()))
        .mend("remove it; to look into a failing build, run it with debug output on a branch without secrets")
}

fn of_line(side: Side<'_>, line: Line<'_>) -> Option<Detection> {
    let command = line.command;
    let program = command.program();
    let starts = !command
        .arguments()
        .iter()
        .any(|it| matches!(it.text.as_str(), "--version" | "version" | "--help"));
    if let Some(tool) = tunnel(command).filter(|_| starts) {
        let says = format!(
            "opens a shell or tunnel to the outside with {}",
            excerpt(&tool, 40)
        );
        return Some(said(side, line.seen, tool, &says));
    }
    if reverse_shell(command) {
        let says = "opens a shell over the network (`/dev/tcp` or `-e`)";
        return Some(said(
            side,
            line.seen,
            format!("reverse shell {program}"),
            says,
        ));
    }
    let collects = |name: &str| {
        COLLECTORS.iter().any(|it| {
            name == *it
                || name
                    .strip_suffix(it)
                    .is_some_and(|rest| rest.ends_with('.'))
        })
    };
    let mut hosts = hosts_of(command).into_iter();
    let host = hosts
        .find(|host| collects(&host.name) && side.sources().host(&host.name) != Trust::Listed)?;
    let says = format!(
        "talks to {}, which collects requests or passes tunnels on",
        excerpt(&host.name, 80)
    );
    Some(said(side, line.seen, host.name.clone(), &says))
}

fn tunnel(command: &Command) -> Option<String> {
    let program = command.program();
    let words = command.arguments();
    let first = words
        .iter()
        .find(|it| !it.text.starts_with('-'))
        .map_or("", |it| it.text.as_str());
    if TUNNELS.contains(&program) {
        return Some(program.to_owned());
    }
    match program {
        "npx" | "bunx" | "pnpm" if matches!(first, "localtunnel" | "ngrok" | "lt") => {
            Some(first.to_owned())
        }
        "cloudflared" if first == "tunnel" => Some("cloudflared tunnel".to_owned()),
        "code" if first == "tunnel" => Some("code tunnel".to_owned()),
        "ssh" if forwards_back(command) => Some("ssh -R".to_owned()),
        _ => None,
    }
}

/// `-R` among the options in front of the host.
fn forwards_back(command: &Command) -> bool {
    let valued = [
        "-i", "-p", "-o", "-l", "-F", "-J", "-L", "-D", "-b", "-c", "-E", "-e", "-m", "-S", "-W",
        "-w",
    ];
    let mut words = command.arguments().iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if !text.starts_with('-') {
            return false;
        }
        let group = text.len() > 1 && text[1..].chars().all(|it| "NfTRnqvCAtg4".contains(it));
        if text.starts_with("-R") || (group && text.contains('R')) {
            return true;
        }
        if valued.contains(&text) {
            words.next();
        }
    }
    false
}

/// A shell whose input and output are a connection. To try a port with
/// `/dev/tcp` is common and no shell.
fn reverse_shell(command: &Command) -> bool {
    let program = command.program();
    let words = command.arguments();
    let targets = command.redirects.iter().map(|it| it.target.text.as_str());
    let mut devices = targets.filter_map(|text| text.split_once("/dev/tcp/"));
    let device =
        devices.any(|(_, host)| !host.starts_with("localhost") && !host.starts_with("127."));
    let is_shell = matches!(program, "bash" | "sh" | "zsh" | "dash");
    let netcat = matches!(program, "nc" | "ncat" | "netcat");
    let executes = words
        .iter()
        .enumerate()
        .any(|(at, it)| match it.text.as_str() {
            "-e" | "--exec" | "--sh-exec" => true,
            "-c" => words
                .get(at + 1)
                .is_some_and(|next| next.text.contains("sh")),
            _ => false,
        });
    let socat = program == "socat"
        && words
            .iter()
            .any(|it| it.text.to_ascii_uppercase().starts_with("EXEC:"));
    (device && is_shell) || (netcat && executes) || socat
}
