//! Tools that copy, pull, push and build images without an engine.

use super::{Context, positional};
use crate::model::build::{ImageRole, Word};

const VALUED: &[&str] = &[
    "--platform",
    "--authfile",
    "--src-creds",
    "--dest-creds",
    "--format",
    "-o",
    "--src-tls-verify",
    "--creds",
    "--registry-config",
    "--artifact-type",
    "--annotation",
    "--sign-by",
    "--retry-times",
];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    let words = positional(command.arguments(), VALUED);
    let texts: Vec<String> = words.iter().map(|it| it.text.clone()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    match (command.program(), texts.as_slice()) {
        ("crane" | "oras" | "gcrane" | "skopeo", ["copy" | "cp" | "sync", from, to, ..])
        | ("regctl", ["image", "copy" | "cp", from, to, ..]) => {
            remote(context, ImageRole::Pulled, from);
            remote(context, ImageRole::Pushed, to);
        }
        ("crane" | "gcrane", ["pull" | "export", image, ..]) | ("oras", ["pull", image, ..]) => {
            remote(context, ImageRole::Pulled, image);
        }
        ("crane" | "gcrane", ["push", _, image, ..]) | ("oras", ["push", image, ..]) => {
            remote(context, ImageRole::Pushed, image);
        }
        ("crane", ["tag", image, tag, ..]) => {
            let name = image.split('@').next().unwrap_or(image);
            let slash = name.rfind('/').map_or(0, |at| at + 1);
            let end = name[slash..].find(':').map_or(name.len(), |at| slash + at);
            remote(
                context,
                ImageRole::Pushed,
                &format!("{}:{tag}", &name[..end]),
            );
        }
        ("executor" | "kaniko", _) => kaniko(context),
        ("pack", ["build", image, ..]) if command.has_flag("--publish") => {
            remote(context, ImageRole::Pushed, image);
        }
        _ => {}
    }
}

fn remote(context: &mut Context<'_>, role: ImageRole, text: &str) {
    let local = [
        "dir:",
        "oci:",
        "oci-archive:",
        "docker-archive:",
        "docker-daemon:",
        "containers-storage:",
    ];
    if !local.iter().any(|it| text.starts_with(it)) {
        context.image(role, text.strip_prefix("docker://").unwrap_or(text));
    }
}

fn kaniko(context: &mut Context<'_>) {
    let command = context.command;
    let destinations = command.options(&["--destination", "-d"]);
    if destinations.is_empty()
        && !command
            .words
            .iter()
            .any(|it: &Word| it.text.contains("kaniko"))
    {
        return;
    }
    for image in destinations {
        context.image(ImageRole::Pushed, image);
    }
    for image in command.options(&["--cache-repo"]) {
        context.image(ImageRole::Cache, image);
    }
    let file = command
        .option(&["--dockerfile", "-f"])
        .unwrap_or("Dockerfile");
    let file = file
        .replace("$CI_PROJECT_DIR/", "")
        .replace("${CI_PROJECT_DIR}/", "");
    context
        .reads
        .push(("Dockerfile", context.variables.fill(&file)));
}
