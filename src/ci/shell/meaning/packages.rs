//! Where packages come from, as a command line or a variable says it.

use super::{Context, assignments, positional};
use crate::ci::secret::without_login;
use crate::model::build::{Registry, RegistryKind, What};

use RegistryKind::{Besides, Instead, Unverified};

/// Programs, options with a value, and what they bring about.
const OPTIONS: &[(&[&str], &[&str], &str, RegistryKind)] = &[
    (
        &[
            "pip",
            "pip3",
            "uv",
            "python",
            "python3",
            "pipenv",
            "pdm",
            "pip-compile",
        ],
        &["--index-url", "-i", "--index", "--default-index"],
        "pip",
        Instead,
    ),
    (
        &["pip", "pip3", "uv", "python", "python3", "pip-compile"],
        &["--extra-index-url", "--find-links"],
        "pip",
        Besides,
    ),
    (
        &["pip", "pip3", "uv", "python", "python3"],
        &["--trusted-host", "--allow-insecure-host"],
        "pip",
        Unverified,
    ),
    (
        &["npm", "yarn", "pnpm", "npx", "lerna", "bun"],
        &["--registry"],
        "npm",
        Instead,
    ),
    (&["cargo"], &["--index", "--registry"], "cargo", Instead),
    (&["gem"], &["--source", "-s"], "gem", Besides),
    (
        &["dotnet", "nuget"],
        &["--source", "-s", "-Source"],
        "nuget",
        Instead,
    ),
    (&["apk"], &["--repository", "-X"], "apk", Besides),
    (
        &["conda", "mamba", "micromamba"],
        &["-c", "--channel"],
        "conda",
        Besides,
    ),
    (&["helm"], &["--repo"], "helm", Instead),
];

/// Flags that switch a verification off.
const FLAGS: &[(&[&str], &str, &str)] = &[
    (&["apt-get", "apt"], "--allow-unauthenticated", "apt"),
    (&["apt-get", "apt"], "--force-yes", "apt"),
    (&["apt-get", "apt"], "--allow-insecure-repositories", "apt"),
    (&["yum", "dnf", "microdnf"], "--nogpgcheck", "yum"),
    (&["zypper"], "--no-gpg-checks", "zypper"),
    (&["apk"], "--allow-untrusted", "apk"),
    (
        &["mvn", "mvnw"],
        "-Dmaven.wagon.http.ssl.insecure=true",
        "maven",
    ),
    (&["gem"], "--no-verify", "gem"),
    (&["helm"], "--insecure-skip-tls-verify", "helm"),
];

/// Variables, and what they bring about.
const VARIABLES: &[(&str, &str, RegistryKind)] = &[
    ("PIP_INDEX_URL", "pip", Instead),
    ("PIP_EXTRA_INDEX_URL", "pip", Besides),
    ("PIP_TRUSTED_HOST", "pip", Unverified),
    ("UV_INDEX_URL", "pip", Instead),
    ("UV_DEFAULT_INDEX", "pip", Instead),
    ("UV_EXTRA_INDEX_URL", "pip", Besides),
    ("UV_INSECURE_HOST", "pip", Unverified),
    ("NPM_CONFIG_REGISTRY", "npm", Instead),
    ("npm_config_registry", "npm", Instead),
    ("YARN_REGISTRY", "npm", Instead),
    ("YARN_NPM_REGISTRY_SERVER", "npm", Instead),
    ("GOPROXY", "go", Instead),
    ("GOINSECURE", "go", Unverified),
    ("GONOSUMDB", "go", Unverified),
    ("GONOSUMCHECK", "go", Unverified),
];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    let program = command.program();
    for (programs, options, ecosystem, kind) in OPTIONS {
        if programs.contains(&program) && is_package_command(context) {
            for url in command.options(options) {
                put(context, ecosystem, *kind, url);
            }
        }
    }
    for (programs, flag, ecosystem) in FLAGS {
        if programs.contains(&program) && command.arguments().iter().any(|it| it.text == *flag) {
            put(context, ecosystem, Unverified, flag);
        }
    }
    for (name, value) in assignments(command) {
        variable(context, &name, &value.text);
    }
    settings(context);
}

/// `-i` of `pip install`, not of `python -i`.
fn is_package_command(context: &Context<'_>) -> bool {
    let command = context.command;
    match command.program() {
        "python" | "python3" => command.line().contains("-m pip"),
        "dotnet" => command.line().contains("restore") || command.line().contains(" add "),
        "conda" | "mamba" | "micromamba" => {
            command.line().contains("install") || command.line().contains("create")
        }
        "gem" => command.line().contains("install"),
        _ => true,
    }
}

fn put(context: &mut Context<'_>, ecosystem: &'static str, kind: RegistryKind, url: &str) {
    let url = without_login(&context.variables.fill(url));
    context.means.push(What::Registry(Registry {
        ecosystem,
        kind,
        url,
    }));
}

fn variable(context: &mut Context<'_>, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    if let Some((_, ecosystem, kind)) = VARIABLES.iter().find(|(known, _, _)| *known == name) {
        let proxies = value.split([',', '|']).map(str::trim);
        let usual = ["direct", "off", "https://proxy.golang.org"];
        let shown: Vec<&str> = match name {
            "GOPROXY" => proxies.filter(|it| !usual.contains(it)).collect(),
            _ => vec![value],
        };
        for url in shown {
            put(context, ecosystem, *kind, url);
        }
        return;
    }
    let insecure = match name {
        "GOFLAGS" => value.contains("-insecure"),
        "GOSUMDB" => value == "off",
        "NPM_CONFIG_STRICT_SSL" | "npm_config_strict_ssl" => value == "false",
        _ => false,
    };
    if insecure {
        let ecosystem = if name.starts_with("GO") { "go" } else { "npm" };
        put(context, ecosystem, Unverified, &format!("{name}={value}"));
    } else if name.starts_with("CARGO_REGISTRIES_") && name.ends_with("_INDEX") {
        put(context, "cargo", Besides, value);
    }
}

/// `npm config set registry …`, `helm repo add …`, `nuget add source …`.
fn settings(context: &mut Context<'_>) {
    let command = context.command;
    let words = positional(command.arguments(), &["--name", "-n", "-L", "--location"]);
    let texts: Vec<String> = words.iter().map(|it| it.text.clone()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    match (command.program(), texts.as_slice()) {
        ("npm" | "pnpm" | "yarn", ["config", "set", rest @ ..]) => {
            let joined = rest.join("=");
            let (name, value) = joined.split_once('=').unwrap_or((&joined, ""));
            let name = name.rsplit(':').next().unwrap_or(name);
            if matches!(name, "registry" | "npmRegistryServer") {
                put(context, "npm", Instead, value);
            } else if matches!(name, "strict-ssl" | "enableStrictSsl") && value == "false" {
                put(context, "npm", Unverified, "strict-ssl=false");
            }
        }
        ("helm" | "helm3", ["repo", "add", _, url, ..]) => put(context, "helm", Besides, url),
        ("dotnet" | "nuget", ["nuget", "add", "source", url, ..] | ["sources", "add", url, ..]) => {
            put(context, "nuget", Besides, url);
        }
        ("pip" | "pip3", ["config", "set", name, url, ..]) => {
            let kind = match name.rsplit('.').next() {
                Some("index-url") => Instead,
                Some("extra-index-url") => Besides,
                Some("trusted-host") => Unverified,
                _ => return,
            };
            put(context, "pip", kind, url);
        }
        ("go", ["env", ..]) => {
            for word in words.iter().map(|it| it.text.clone()).collect::<Vec<_>>() {
                if let Some((name, value)) = word.split_once('=') {
                    variable(context, name, value);
                }
            }
        }
        ("add-apt-repository" | "apt-add-repository", [name, ..]) => {
            put(context, "apt", Besides, name)
        }
        _ => {}
    }
}
