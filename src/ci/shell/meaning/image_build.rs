//! Builds of images by an engine: what they push, read and may do.

use super::{Context, mounts, positional};
use crate::model::build::{ImageRole, Privilege, Word};

/// Options with a value of their own.
const BUILD_VALUED: &[&str] = &[
    "-f",
    "--file",
    "-t",
    "--tag",
    "--build-arg",
    "--build-context",
    "--cache-from",
    "--cache-to",
    "--label",
    "--network",
    "--target",
    "--platform",
    "--progress",
    "--secret",
    "--ssh",
    "-o",
    "--output",
    "--add-host",
    "--iidfile",
    "--metadata-file",
    "--builder",
    "--allow",
    "--attest",
    "--provenance",
    "--sbom",
    "--shm-size",
    "--ulimit",
    "--annotation",
    "-m",
    "--memory",
    "--cpuset-cpus",
    "--isolation",
    "--security-opt",
    "--cgroup-parent",
    "--layers",
    "--authfile",
    "--format",
    "-v",
    "--volume",
];

pub(super) fn read(context: &mut Context<'_>, rest: &[Word]) {
    let command = context.command;
    let pushes = command.has_flag("--push")
        || command
            .options(&["-o", "--output"])
            .iter()
            .any(|it| it.contains("type=registry") || it.contains("push=true"));
    if pushes {
        for tag in command.options(&["-t", "--tag"]) {
            context.image(ImageRole::Pushed, tag);
        }
    }
    for cache in command.options(&["--cache-from"]) {
        let named = cache.split(',').find_map(|part| part.strip_prefix("ref="));
        if named.is_some() || !cache.contains("type=") {
            context.image(ImageRole::Cache, named.unwrap_or(cache));
        }
    }
    for argument in command.options(&["--build-arg"]) {
        if let Some(frontend) = argument.strip_prefix("BUILDKIT_SYNTAX=") {
            context.image(ImageRole::Frontend, frontend);
        }
    }
    for named in command.options(&["--build-context"]) {
        let image = named.split_once("docker-image://").map(|(_, image)| image);
        if let Some(image) = image {
            context.image(ImageRole::Base, image);
        }
    }
    rights(context);
    let file = command.option(&["-f", "--file"]).map(str::to_owned);
    let folder = positional(rest, BUILD_VALUED);
    let folder = folder.last().map_or(".", |it| it.text.as_str());
    let file = file.unwrap_or_else(|| format!("{folder}/Dockerfile"));
    context
        .reads
        .push(("Dockerfile", context.variables.fill(&file)));
}

fn rights(context: &mut Context<'_>) {
    let command = context.command;
    if command.option(&["--network"]) == Some("host") {
        context.privilege(Privilege::HostNamespace("network"));
    }
    for allowed in command.options(&["--allow"]) {
        match allowed {
            "network.host" => context.privilege(Privilege::HostNamespace("network")),
            "security.insecure" => context.privilege(Privilege::Unconfined(allowed.to_owned())),
            _ => {}
        }
    }
    let volumes = command.options(&["-v", "--volume"]);
    for privilege in volumes.into_iter().filter_map(mounts::of_volume) {
        context.privilege(privilege);
    }
    for option in command.options(&["--security-opt"]) {
        if let Some(privilege) = mounts::of_security(option) {
            context.privilege(privilege);
        }
    }
}
