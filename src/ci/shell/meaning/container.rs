//! Container engines: what is run, built, pulled and pushed.

use super::{Context, mounts, positional};
use crate::model::build::{Command, GuardKind, ImageRole, Privilege, TargetKind, What, Word};

const ENGINES: &[&str] = &[
    "docker",
    "podman",
    "nerdctl",
    "buildah",
    "docker-compose",
    "podman-compose",
    "ctr",
    "crictl",
];
/// Options in front of the subcommand that take a value.
const GLOBAL: &[&str] = &[
    "-H",
    "--host",
    "--context",
    "-c",
    "--config",
    "-l",
    "--log-level",
    "--namespace",
    "-n",
    "--connection",
    "--storage-driver",
    "--root",
    "--runroot",
];
/// Options of `run` and `create` without a value.
const RUN_FLAGS: &[&str] = &[
    "--detach",
    "--interactive",
    "--tty",
    "--rm",
    "--privileged",
    "--init",
    "--read-only",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--publish-all",
    "--sig-proxy",
    "--disable-content-trust",
    "--quiet",
    "--replace",
    "--no-hosts",
    "--rmi",
    "--help",
    "--use-api-socket",
];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    let program = command.program();
    if !ENGINES.contains(&program) {
        return;
    }
    if let Some(host) = command
        .option(&["-H", "--host"])
        .filter(|_| program == "docker")
    {
        super::host::engine(context, host);
    }
    if program.ends_with("-compose") {
        compose(context, command.arguments());
        return;
    }
    let Some((name, rest)) = subcommand(command) else {
        return;
    };
    match name {
        "run" | "create" => run(context, rest),
        "pull" | "from" => first(context, rest, ImageRole::Pulled),
        "push" => first(context, rest, ImageRole::Pushed),
        "build" | "bud" | "b" => super::image_build::read(context, rest),
        "bake" => files(context, &["-f", "--file"], "bake file"),
        "compose" => compose(context, rest),
        "imagetools" => imagetools(context, rest),
        "stack" => files(context, &["-c", "--compose-file"], "compose file"),
        "use" => context_name(context, rest),
        "trust" if rest.first().is_some_and(|it| it.text == "sign") => {
            super::guard::put(context, GuardKind::Sign, "docker trust sign");
        }
        _ => {}
    }
}

/// The subcommand and what is behind it; groups such as `image` are skipped.
fn subcommand(command: &Command) -> Option<(&str, &[Word])> {
    let words = command.arguments();
    let mut at = 0;
    let mut groups = 0;
    loop {
        let text = words.get(at)?.text.as_str();
        if text.starts_with('-') {
            at += if GLOBAL.contains(&text) && groups == 0 {
                2
            } else {
                1
            };
        } else if matches!(
            text,
            "container" | "image" | "images" | "buildx" | "builder" | "context"
        ) && groups < 2
        {
            groups += 1;
            at += 1;
        } else {
            return Some((text, words.get(at + 1..).unwrap_or_default()));
        }
    }
}

fn context_name(context: &mut Context<'_>, rest: &[Word]) {
    if context.command.line().contains("context use")
        && let Some(name) = rest.first()
    {
        context.target(TargetKind::Host, &name.text);
    }
}

fn first(context: &mut Context<'_>, rest: &[Word], role: ImageRole) {
    let words = positional(
        rest,
        &[
            "--platform",
            "--authfile",
            "--creds",
            "--cert-dir",
            "--format",
            "-f",
            "--name",
        ],
    );
    for word in words
        .into_iter()
        .take(if role == ImageRole::Pulled { 4 } else { 1 })
    {
        if word.text.contains("$@") || word.text.starts_with("$(") || word.text.starts_with('`') {
            context.unknown_image(role, &word.text);
        } else {
            context.image(role, word.text.trim_start_matches("docker://"));
        }
    }
}

fn run(context: &mut Context<'_>, rest: &[Word]) {
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        let text = word.text.as_str();
        if !text.starts_with('-') {
            context.image(ImageRole::Pulled, text);
            return;
        }
        let (name, value, used) = option(rest, at);
        option_of_run(context, name, value);
        at += used;
    }
}

/// An option of `run`, its value, and how many words it takes.
fn option(rest: &[Word], at: usize) -> (&str, &str, usize) {
    let text = rest[at].text.as_str();
    if let Some((name, value)) = text.split_once('=').filter(|_| text.starts_with("--")) {
        return (name, value, 1);
    }
    let letters = text.strip_prefix('-').unwrap_or(text);
    let group = !letters.starts_with('-') && letters.chars().all(|it| "ditPq".contains(it));
    if group || RUN_FLAGS.contains(&text) {
        return (text, "", 1);
    }
    if !text.starts_with("--") && text.len() > 2 && text.is_char_boundary(2) {
        return (&text[..2], &text[2..], 1);
    }
    let value = rest.get(at + 1).map_or("", |it| it.text.as_str());
    (text, value, 2)
}

fn option_of_run(context: &mut Context<'_>, name: &str, value: &str) {
    let value = context.variables.fill(value);
    let privilege = match name {
        "--privileged" if value != "false" => Some(Privilege::Privileged),
        "--cap-add" => mounts::of_capability(&value),
        "--network" | "--net" if value == "host" => Some(Privilege::HostNamespace("network")),
        "--pid" if value == "host" => Some(Privilege::HostNamespace("pid")),
        "--ipc" if value == "host" => Some(Privilege::HostNamespace("ipc")),
        "--uts" if value == "host" => Some(Privilege::HostNamespace("uts")),
        "--userns" if value == "host" => Some(Privilege::HostNamespace("user")),
        "--device" => Some(Privilege::Device(value)),
        "--security-opt" => mounts::of_security(&value),
        "-v" | "--volume" => mounts::of_volume(&value),
        "--mount" => mounts::of_mount(&value),
        "--use-api-socket" => Some(Privilege::EngineSocket("--use-api-socket".to_owned())),
        "-u" | "--user" => Some(match value.split(':').next() {
            Some("0" | "root") => Privilege::Root,
            _ => Privilege::NotRoot,
        }),
        _ => None,
    };
    if let Some(privilege) = privilege {
        context.privilege(privilege);
    }
}

fn files(context: &mut Context<'_>, options: &[&str], how: &'static str) {
    for file in context.command.options(options) {
        context.reads.push((how, context.variables.fill(file)));
    }
}

fn compose(context: &mut Context<'_>, rest: &[Word]) {
    files(context, &["-f", "--file"], "compose file");
    if context.command.options(&["-f", "--file"]).is_empty() {
        for name in [
            "compose.yaml",
            "compose.yml",
            "docker-compose.yml",
            "docker-compose.yaml",
        ] {
            context.reads.push(("compose file", name.to_owned()));
        }
    }
    let words = positional(
        rest,
        &[
            "-f",
            "--file",
            "-p",
            "--project-name",
            "--profile",
            "--env-file",
        ],
    );
    if words.first().is_some_and(|it| it.text == "run") {
        let volumes = context.command.options(&["-v", "--volume"]);
        for privilege in volumes.into_iter().filter_map(mounts::of_volume) {
            context.means.push(What::Privilege(privilege));
        }
    }
}

fn imagetools(context: &mut Context<'_>, rest: &[Word]) {
    if rest.first().is_none_or(|it| it.text != "create") {
        return;
    }
    for tag in context.command.options(&["-t", "--tag"]) {
        context.image(ImageRole::Pushed, tag);
    }
    let valued = ["-t", "--tag", "-f", "--file", "--builder", "--annotation"];
    for word in positional(&rest[1..], &valued) {
        context.image(ImageRole::Pulled, &word.text);
    }
}
