//! Hosts that are logged in to.

use super::{Context, assignments, positional};
use crate::model::build::{Privilege, TargetKind};

const SSH_VALUED: &[&str] = &[
    "-i",
    "-p",
    "-P",
    "-o",
    "-l",
    "-F",
    "-J",
    "-L",
    "-R",
    "-D",
    "-b",
    "-c",
    "-E",
    "-e",
    "-I",
    "-m",
    "-O",
    "-Q",
    "-S",
    "-W",
    "-w",
    "-B",
    "--rsh",
    "--exclude",
    "--include",
    "--chmod",
    "--filter",
    "--rsync-path",
];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    for (name, value) in assignments(command) {
        if name == "DOCKER_HOST" || name == "CONTAINER_HOST" {
            engine(context, &value.text);
        }
    }
    // sshpass stands in front of the program that it feeds.
    let words = &command.words;
    let at = words.iter().position(|it| {
        let name = it.text.rsplit('/').next().unwrap_or_default();
        matches!(
            name,
            "ssh" | "scp" | "rsync" | "sftp" | "ssh-copy-id" | "autossh" | "mosh"
        )
    });
    let Some(at) = at.filter(|at| *at == 0 || command.program() == "sshpass") else {
        return;
    };
    let program = words[at].text.rsplit('/').next().unwrap_or_default();
    let arguments = positional(&words[at + 1..], SSH_VALUED);
    if matches!(program, "scp" | "rsync") {
        for word in arguments {
            if let Some((host, _)) = word.text.split_once(':')
                && !host.contains('/')
                && !host.starts_with("${{")
            {
                login(context, host);
            } else if let Some(rest) = word.text.strip_prefix("rsync://") {
                login(context, rest.split('/').next().unwrap_or(rest));
            }
        }
    } else if let Some(host) = arguments.first() {
        login(context, host.text.trim_start_matches("ssh://"));
    }
}

fn login(context: &mut Context<'_>, text: &str) {
    let text = context.variables.fill(text);
    let host = text.rsplit('@').next().unwrap_or(&text);
    context.target(TargetKind::Host, host);
}

/// The engine that a client is pointed at.
pub(super) fn engine(context: &mut Context<'_>, address: &str) {
    let address = context.variables.fill(address);
    if let Some(host) = address.strip_prefix("ssh://") {
        login(context, host.split([':', '/']).next().unwrap_or(host));
    } else if let Some(rest) = address.strip_prefix("tcp://") {
        let rest = rest.split('/').next().unwrap_or(rest);
        if rest.ends_with(":2375") || !rest.contains(':') {
            context.privilege(Privilege::OpenEngineApi(address.clone()));
        }
        let host = rest.split(':').next().unwrap_or(rest);
        if !matches!(host, "docker" | "localhost" | "127.0.0.1" | "dind") {
            context.target(TargetKind::Host, host);
        }
    } else if address.starts_with("http://") {
        context.privilege(Privilege::OpenEngineApi(address));
    }
}
