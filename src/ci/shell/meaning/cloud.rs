//! Clients of clouds: accounts, keys and short-lived identities.

use super::{Context, assignments};
use crate::model::build::{CloudKey, Identity, TargetKind, What};

/// Variables that hold a lasting key.
const KEYS: &[(&str, &str)] = &[
    ("AWS_SECRET_ACCESS_KEY", "aws"),
    ("ARM_CLIENT_SECRET", "azure"),
    ("AZURE_CLIENT_SECRET", "azure"),
    ("GOOGLE_CREDENTIALS", "gcp"),
    ("CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", "gcp"),
    ("DIGITALOCEAN_ACCESS_TOKEN", "digitalocean"),
    ("HCLOUD_TOKEN", "hetzner"),
];
const ACCOUNTS: &[&str] = &[
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "CLOUDSDK_CORE_PROJECT",
    "GOOGLE_CLOUD_PROJECT",
    "ARM_SUBSCRIPTION_ID",
    "AZURE_SUBSCRIPTION_ID",
];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    for (name, value) in assignments(command) {
        if ACCOUNTS.contains(&name.as_str()) {
            context.target(TargetKind::Account, &value.text);
        }
        if let Some((_, cloud)) = KEYS.iter().find(|(key, _)| *key == name)
            && !value.text.is_empty()
            && command.inside.is_none()
            && !from_sts(context)
        {
            key(context, cloud, &name);
        }
    }
    let line = command.line();
    match command.program() {
        "aws" => aws(context, &line),
        "gcloud" | "gsutil" | "bq" => gcloud(context, &line),
        "az" => az(context, &line),
        _ => {}
    }
}

/// `export AWS_SECRET_ACCESS_KEY=$(aws sts …)` and the like end with the session.
fn from_sts(context: &Context<'_>) -> bool {
    let mut within = context.within.iter();
    within.any(|it| it.line().contains("sts ") || it.program() == "jq")
}

fn key(context: &mut Context<'_>, cloud: &'static str, name: &str) {
    let name = name.to_owned();
    context.means.push(What::CloudKey(CloudKey { cloud, name }));
}

fn accounts(context: &mut Context<'_>, options: &[&str]) {
    for name in context.command.options(options) {
        context.target(TargetKind::Account, name);
    }
}

fn identity(context: &mut Context<'_>, cloud: &'static str, role: &str) {
    context.means.push(What::Identity(Identity {
        cloud,
        role: role.to_owned(),
        subject: None,
    }));
}

fn aws(context: &mut Context<'_>, line: &str) {
    accounts(context, &["--profile"]);
    if line.contains("configure set aws_secret_access_key") {
        key(context, "aws", "aws_secret_access_key");
    }
    if line.contains("sts assume-role-with-web-identity") {
        let role = context.command.option(&["--role-arn"]).unwrap_or_default();
        let role = context.variables.fill(role);
        identity(context, "aws", &role);
    }
}

fn gcloud(context: &mut Context<'_>, line: &str) {
    accounts(context, &["--project"]);
    if let Some((_, name)) = line.split_once("config set project ") {
        let name = name.split(' ').next().unwrap_or_default().to_owned();
        context.target(TargetKind::Account, &name);
    }
    if line.contains("auth activate-service-account") {
        key(context, "gcp", "service account key");
    }
    if line.contains("auth login --cred-file") {
        identity(context, "gcp", "credential file");
    }
}

fn az(context: &mut Context<'_>, line: &str) {
    accounts(context, &["--subscription"]);
    if line.contains("account set") {
        accounts(context, &["-s"]);
    }
    if line.starts_with("az login") {
        if line.contains("--federated-token") {
            identity(context, "azure", "federated token");
        } else if line.contains("--service-principal") {
            key(context, "azure", "service principal");
        }
    }
}
