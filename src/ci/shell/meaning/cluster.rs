//! Clients of clusters: contexts, namespaces, servers, images that are set.

use super::{Context, positional};
use crate::model::build::{ImageRole, TargetKind};

const VALUED: &[&str] = &[
    "-n",
    "--namespace",
    "--context",
    "--kube-context",
    "--server",
    "-s",
    "--kubeconfig",
    "-f",
    "--filename",
    "-l",
    "-o",
    "--cluster",
    "--set",
    "--values",
    "--version",
    "--timeout",
    "-c",
    "--container",
    "--project",
    "--region",
    "--zone",
    "--name",
    "--selector",
];

pub(super) fn read(context: &mut Context<'_>) {
    match context.command.program() {
        "kubectl" | "oc" | "kustomize" | "k" => kubectl(context),
        "helm" | "helmfile" | "helm3" => helm(context),
        "argocd" => argocd(context),
        "flux" => {
            targets(context, TargetKind::Cluster, &["--context", "--server"]);
            targets(context, TargetKind::Namespace, &["-n", "--namespace"]);
        }
        "gcloud" => get_credentials(context),
        "aws" if context.command.line().contains("eks update-kubeconfig") => {
            targets(context, TargetKind::Cluster, &["--name"]);
        }
        "az" if context.command.line().contains("aks get-credentials") => {
            targets(context, TargetKind::Cluster, &["-n", "--name"]);
        }
        _ => {}
    }
    for (name, value) in super::assignments(context.command) {
        if name == "KUBE_CONTEXT" || name == "KUBECONTEXT" {
            context.target(TargetKind::Cluster, &value.text);
        }
    }
}

fn targets(context: &mut Context<'_>, kind: TargetKind, options: &[&str]) {
    for name in context.command.options(options) {
        context.target(kind, name);
    }
}

fn get_credentials(context: &mut Context<'_>) {
    let command = context.command;
    let words = positional(command.arguments(), VALUED);
    let at = words.iter().position(|it| it.text == "get-credentials");
    let name = at
        .and_then(|at| words.get(at + 1))
        .map(|it| it.text.clone());
    if let Some(name) = name {
        context.target(TargetKind::Cluster, &name);
    }
}

fn kubectl(context: &mut Context<'_>) {
    let command = context.command;
    targets(
        context,
        TargetKind::Cluster,
        &["--context", "--cluster", "--server", "-s"],
    );
    targets(context, TargetKind::Namespace, &["-n", "--namespace"]);
    let words = positional(command.arguments(), VALUED);
    let texts: Vec<&str> = words.iter().map(|it| it.text.as_str()).collect();
    match texts.as_slice() {
        ["config", "use-context" | "use", name, ..] => context.target(TargetKind::Cluster, name),
        ["project", name, ..] if command.program() == "oc" => {
            context.target(TargetKind::Namespace, name);
        }
        ["login", server, ..] if command.program() == "oc" => {
            context.target(TargetKind::Cluster, server);
        }
        ["set", "image", rest @ ..] | ["edit", "set", "image", rest @ ..] => {
            for pair in rest {
                if let Some((_, image)) = pair.split_once('=') {
                    context.image(ImageRole::Deployed, image);
                }
            }
        }
        ["run", ..] | ["create", ..] | ["debug", ..] => {
            for image in command.options(&["--image"]) {
                context.image(ImageRole::Deployed, image);
            }
        }
        _ => {}
    }
    if matches!(texts.first(), Some(&("apply" | "create" | "replace"))) {
        for file in command.options(&["-f", "--filename", "-k", "--kustomize"]) {
            context
                .reads
                .push(("manifest", context.variables.fill(file)));
        }
    }
}

fn helm(context: &mut Context<'_>) {
    targets(
        context,
        TargetKind::Cluster,
        &["--kube-context", "--kube-apiserver"],
    );
    targets(context, TargetKind::Namespace, &["-n", "--namespace"]);
    if context.command.program() == "helmfile" {
        targets(context, TargetKind::Environment, &["-e", "--environment"]);
    }
    for file in context.command.options(&["-f", "--values"]) {
        context.reads.push(("values", context.variables.fill(file)));
    }
}

fn argocd(context: &mut Context<'_>) {
    targets(
        context,
        TargetKind::Cluster,
        &["--server", "--dest-server", "--dest-name"],
    );
    targets(context, TargetKind::Namespace, &["--dest-namespace"]);
    let words = positional(context.command.arguments(), VALUED);
    let texts: Vec<&str> = words.iter().map(|it| it.text.as_str()).collect();
    if let ["login", server, ..] = texts.as_slice() {
        context.target(TargetKind::Cluster, server);
    }
}
