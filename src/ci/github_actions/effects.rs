//! What a step that uses a well-known action does: logins, identities, keys,
//! guards, transfers, pushed images.

use super::container;
use super::expression::{Expr, Piece, fold, parse, pieces};
use super::flow::Scope;
use super::inputs::With;
use super::known;
use super::source::{Reading, Source};
use crate::ci::yaml::tree::Node;
use crate::model::build::{
    CloudKey, Guard, GuardKind, Held, Identity, ImageRole, Literal, Login, SecretName, Setting,
    StartedBy, Transfer, TransferKind, What,
};

/// What harden-runner does with connections that are not listed.
const EGRESS: &str = "egress-policy";

type At<'a> = (&'a str, &'a str, &'a Node);

/// Reads a step: `at` is its slot, the action in lower case and `uses`.
pub(super) fn read(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    at: At<'_>,
    with: &With<'_>,
) {
    let (slot, action, uses) = at;
    if let Some(kind) = known::guard(action) {
        let guard = Guard {
            kind,
            tool: action.to_owned(),
        };
        reading.note(source, &format!("{slot}/uses"), uses, What::Guard(guard));
        if kind == GuardKind::Harden
            && let Some(value) = with.get(EGRESS)
        {
            let setting = Setting {
                name: format!("guard.{EGRESS}"),
                value: value.text().unwrap_or_default().to_owned(),
            };
            reading.note(
                source,
                &format!("{slot}/with/{EGRESS}"),
                value,
                What::Setting(setting),
            );
        }
    }
    login(reading, source, scope, at, with);
    for (input, cloud) in known::keys(action) {
        let Some(value) = with.get(input) else {
            continue;
        };
        let name = match held(scope, value.text().unwrap_or_default()) {
            Held::Stored(name) => name,
            Held::InClear => input.to_owned(),
            Held::ShortLived(_) | Held::Unknown(_) => continue,
        };
        reading.note(
            source,
            &format!("{slot}/with/{input}"),
            value,
            What::CloudKey(CloudKey { cloud, name }),
        );
    }
    for (input, cloud) in known::roles(action) {
        let by_secret = with.get("client-secret").is_some() || with.get("creds").is_some();
        let Some(value) = with.get(input).filter(|_| !by_secret) else {
            continue;
        };
        let role = scope.written_out(value.text().unwrap_or_default());
        let identity = Identity {
            cloud,
            role,
            subject: None,
        };
        reading.note(
            source,
            &format!("{slot}/with/{input}"),
            value,
            What::Identity(identity),
        );
    }
    transfer(reading, source, scope, at, with);
    images(reading, source, scope, at, with);
}

fn login(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, action, uses): At<'_>,
    with: &With<'_>,
) {
    let registry = match action {
        "docker/login-action" | "redhat-actions/podman-login" => with.text("registry"),
        "azure/docker-login" => with.text("login-server"),
        "aws-actions/amazon-ecr-login" => {
            let registries = with.text("registries").unwrap_or("amazon ecr");
            let login = Login {
                registry: registries.to_owned(),
                with: Held::ShortLived("ecr".to_owned()),
                on_command_line: false,
            };
            return reading.note(source, &format!("{slot}/uses"), uses, What::Login(login));
        }
        _ => return,
    };
    let registry = registry
        .filter(|registry| !registry.is_empty())
        .unwrap_or("docker.io");
    let password = with.get("password");
    let at = password.unwrap_or(uses);
    let held = match password.and_then(Node::text) {
        Some(text) => held(scope, text),
        // docker/login-action asks AWS itself if it is given no password.
        None => Held::Unknown(String::new()),
    };
    let slot = format!("{slot}/with/password");
    if held == Held::InClear {
        reading.note(
            source,
            &slot,
            at,
            What::Literal(Literal {
                name: "password".to_owned(),
            }),
        );
    }
    let login = Login {
        registry: scope.written_out(registry),
        with: held,
        on_command_line: false,
    };
    reading.note(source, &slot, at, What::Login(login));
}

/// With what somebody logs in, by the text of the password.
fn held(scope: &Scope, text: &str) -> Held {
    let flow = scope.flow(text);
    let mut names = flow.secrets.iter();
    match names.next() {
        Some(SecretName::Named(name)) if name.eq_ignore_ascii_case("GITHUB_TOKEN") => {
            return Held::ShortLived("GITHUB_TOKEN".to_owned());
        }
        Some(SecretName::Named(name) | SecretName::Dynamic(name)) => {
            return Held::Stored(name.clone());
        }
        Some(SecretName::All | SecretName::Inherited) => return Held::Stored("secrets".to_owned()),
        None => {}
    }
    if flow
        .texts
        .is_some_and(|texts| texts.iter().any(|text| !text.is_empty()))
    {
        return Held::InClear;
    }
    let expressions = pieces(text);
    let of_step = expressions.iter().any(|piece| match piece {
        Piece::Expression(inner, _) => {
            matches!(parse(inner), Expr::Path(path) if path.is_of("steps"))
        }
        Piece::Text(_) => false,
    });
    match of_step {
        true => Held::ShortLived(fold(text)),
        false => Held::Unknown(fold(text)),
    }
}

fn transfer(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, action, uses): At<'_>,
    with: &With<'_>,
) {
    let text = |name: &str| with.text(name).map(|text| scope.written_out(text));
    let name = |names: &[&str]| names.iter().find_map(|name| text(name)).unwrap_or_default();
    let open = reading
        .triggers
        .iter()
        .any(|trigger| trigger.by == StartedBy::Outsiders);
    let other_run = with.get("run-id").is_some() || action == "dawidd6/action-download-artifact";
    let (kind, name, foreign) = match action {
        "actions/upload-artifact" => (TransferKind::Upload, name(&["name", "path"]), false),
        "actions/download-artifact" | "dawidd6/action-download-artifact" => (
            TransferKind::Download,
            name(&["name", "pattern", "path"]),
            open && other_run,
        ),
        "actions/cache"
        | "actions/cache/restore"
        | "actions/cache/save"
        | "swatinem/rust-cache" => (TransferKind::Cache, name(&["key", "shared-key"]), false),
        _ if action.contains("/setup-") => {
            let cache = ["cache", "enable-cache"]
                .iter()
                .find_map(|name| with.get(name));
            match cache.filter(|cache| !cache.is_false() && !cache.is_null()) {
                Some(cache) => (
                    TransferKind::Cache,
                    scope.written_out(cache.text().unwrap_or_default()),
                    false,
                ),
                None => return,
            }
        }
        _ => return,
    };
    let what = What::Transfer(Transfer {
        kind,
        name: fold(&name),
        foreign,
    });
    reading.note(source, &format!("{slot}/uses"), uses, what);
}

fn images(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, action, uses): At<'_>,
    with: &With<'_>,
) {
    if !matches!(
        action,
        "docker/build-push-action" | "depot/build-push-action"
    ) {
        return;
    }
    build_file(reading, source, (slot, uses), scope, with);
    let push = with.get("push").is_some_and(|push| !push.is_false())
        || with
            .text("outputs")
            .is_some_and(|text| text.contains("type=registry") || text.contains("push=true"));
    if let Some(tags) = with.get("tags").filter(|_| push) {
        each(
            reading,
            source,
            scope,
            (&format!("{slot}/with/tags"), tags),
            ImageRole::Pushed,
        );
    }
    for key in ["cache-from", "build-contexts"] {
        let Some(value) = with.get(key) else { continue };
        let (prefix, role) = match key {
            "cache-from" => ("ref=", ImageRole::Cache),
            _ => ("docker-image://", ImageRole::Base),
        };
        let text = value.text().unwrap_or_default();
        let references = text
            .split(['\n', ','])
            .filter_map(|part| Some(part.split_once(prefix)?.1));
        let joined: Vec<_> = references.collect();
        let node = at_text(value, joined.join("\n"));
        each(
            reading,
            source,
            scope,
            (&format!("{slot}/with/{key}"), &node),
            role,
        );
    }
}

/// Each image of a list with one a line.
fn each(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, node): (&str, &Node),
    role: ImageRole,
) {
    let text = node.text().unwrap_or_default();
    for (line, one) in text.lines().enumerate() {
        for image in one
            .split(',')
            .map(str::trim)
            .filter(|image| !image.is_empty())
        {
            let mut at = at_text(node, image.to_owned());
            at.line = node.line_of_text(line);
            container::images(reading, source, scope, (slot, &at), role);
        }
    }
}

/// A text that stands where another does.
fn at_text(node: &Node, text: String) -> Node {
    let mut at = node.clone_place();
    at.value = crate::ci::yaml::tree::Value::Scalar {
        text,
        style: crate::ci::yaml::tree::Style::Quoted,
    };
    at
}

/// The Dockerfile that a build reads, if it stands in the tree.
fn build_file(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    (slot, uses): (&str, &Node),
    scope: &Scope,
    with: &With<'_>,
) {
    let known = |name: &str| {
        let flow = scope.flow(with.text(name)?);
        flow.texts?.into_iter().next()
    };
    let context = known("context").unwrap_or_else(|| ".".to_owned());
    if context.contains("://") {
        return reading
            .closure
            .elsewhere(&source.spot(uses), "build context", &context);
    }
    let path = known("file").unwrap_or_else(|| format!("{context}/Dockerfile"));
    if reading.closure.has(path.as_str().into()) {
        let spot = source.spot(uses);
        // That it stands there was just seen.
        let opened =
            reading
                .closure
                .open(&spot, "Dockerfile", path.as_str().into(), source.depth + 1);
        if let Err(why) = opened {
            super::uses::missing(reading, source, (slot, uses), why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::steps;
    use crate::model::build::{
        CloudKey, Guard, GuardKind, Held, ImageRole, Login, TransferKind, What,
    };

    #[test]
    fn well_known_actions_do_what_they_do() {
        let job = steps(
            "workflow_run",
            "- uses: docker/login-action@v3\n  with: {registry: ghcr.io, username: a, password: '${{ secrets.GITHUB_TOKEN }}'}\n- uses: docker/login-action@v3\n  with: {password: '${{ env.P }}'}\n  env: {P: '${{ secrets.HUB }}'}\n- uses: aws-actions/configure-aws-credentials@v4\n  with: {aws-secret-access-key: '${{ secrets.AWS }}'}\n- uses: aws-actions/configure-aws-credentials@v4\n  with: {role-to-assume: arn:x}\n- uses: github/codeql-action/analyze@v3\n- uses: actions/download-artifact@v4\n  with: {name: x, run-id: 1}\n- uses: docker/build-push-action@v6\n  with:\n    push: true\n    tags: |\n      ghcr.io/a/b:1\n      ghcr.io/a/b:latest",
        );
        let whats: Vec<_> = job.items.iter().map(|item| &item.what).collect();
        let login = |registry: &str, with| {
            What::Login(Login {
                registry: registry.to_owned(),
                with,
                on_command_line: false,
            })
        };
        for expected in [
            login("ghcr.io", Held::ShortLived("GITHUB_TOKEN".into())),
            login("docker.io", Held::Stored("HUB".into())),
            What::CloudKey(CloudKey {
                cloud: "aws",
                name: "AWS".into(),
            }),
            What::Guard(Guard {
                kind: GuardKind::Scan,
                tool: "github/codeql-action/analyze".into(),
            }),
        ] {
            assert!(whats.contains(&&expected), "{expected:?}");
        }
        assert!(
            whats
                .iter()
                .any(|what| matches!(what, What::Identity(it) if it.role == "arn:x"))
        );
        assert!(whats.iter().any(|what| matches!(what, What::Transfer(it) if it.kind == TransferKind::Download && it.foreign)));
        let pushed = job
            .items
            .iter()
            .filter(|item| matches!(&item.what, What::Image(it) if it.role == ImageRole::Pushed));
        assert_eq!(pushed.count(), 2);
    }
}
