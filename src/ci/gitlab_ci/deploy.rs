//! Where a job deploys to and what must happen before: `environment`, `needs`,
//! gates, `secrets`, `id_tokens`.

use std::rc::Rc;

use super::kinds::{BRANCH, MERGE_REQUEST, NONE};
use super::root::Root;
use super::rules::Started;
use super::secrets::Secrets;
use crate::ci::draft::Draft;
use crate::ci::values::Val;
use crate::model::build::{
    Gate, GateKind, Identity, Lifetime, SecretName, SecretUse, Spot, Target, TargetKind, Transfer,
    TransferKind, Weakening, WeakeningKind, What,
};

/// `environment`, as text or mapping.
pub(super) fn environment(root: &Root<'_>, draft: &mut Draft, value: &Rc<Val>) {
    let name = if value.is_map() {
        root.child(value, "name")
    } else {
        Some(value.clone())
    };
    let slot = "environment";
    if let Some((spot, text)) = name.as_ref().and_then(|it| Some((&it.spot, it.text()?))) {
        target(draft, slot, spot, (TargetKind::Environment, text));
        gate(draft, slot, spot, (GateKind::Approval, text));
    }
    let nested = root.child(value, "kubernetes");
    let of = |key| nested.as_ref().and_then(|nested| root.child(nested, key));
    let more = [
        (
            TargetKind::Environment,
            root.child(value, "deployment_tier"),
            "environment/deployment_tier",
        ),
        (
            TargetKind::Namespace,
            of("namespace"),
            "environment/kubernetes/namespace",
        ),
        (
            TargetKind::Cluster,
            of("agent"),
            "environment/kubernetes/agent",
        ),
    ];
    for (kind, value, slot) in more {
        if let Some((spot, text)) = value.as_ref().and_then(|it| Some((&it.spot, it.text()?))) {
            target(draft, slot, spot, (kind, text));
        }
    }
}

fn target(draft: &mut Draft, slot: &str, spot: &Spot, (kind, name): (TargetKind, &str)) {
    let name = name.to_owned();
    draft.add(slot, spot, What::Target(Target { kind, name }));
}

fn gate(draft: &mut Draft, slot: &str, spot: &Spot, (kind, name): (GateKind, &str)) {
    let name = name.to_owned();
    draft.add(slot, spot, What::Gate(Gate { kind, name }));
}

fn weak(draft: &mut Draft, slot: &str, spot: &Spot, (kind, text): (WeakeningKind, &str)) {
    let text = text.to_owned();
    draft.add(slot, spot, What::Weakening(Weakening { kind, text }));
}

/// What `rules`, `only`, `when` and `allow_failure` say. `begin` is the job's beginning.
pub(super) fn gates(draft: &mut Draft, started: &Started, begin: &Spot) {
    let spot = started.spot.as_ref().unwrap_or(begin);
    for (event, _) in started.manual.events() {
        gate(draft, "when", spot, (GateKind::Manual, event));
    }
    if started.manual != NONE && started.blocking {
        gate(draft, "when", spot, (GateKind::Manual, BLOCKS));
    }
    let restricted = !started.kinds.has(BRANCH.or(MERGE_REQUEST));
    for (spot, text) in &started.conditions {
        draft.add("rules", spot, What::Condition(text.clone()));
        if restricted {
            gate(draft, "rules", spot, (GateKind::Condition, text));
        }
    }
    for (spot, text) in &started.narrowed {
        weak(
            draft,
            "rules/changes",
            spot,
            (WeakeningKind::Narrowed, text),
        );
    }
    if started.kinds == NONE {
        weak(
            draft,
            "rules",
            spot,
            (WeakeningKind::Disabled, "no pipeline runs it"),
        );
    }
    if let Some(spot) = &started.soft {
        weak(
            draft,
            "allow_failure",
            spot,
            (WeakeningKind::SoftFail, "allow_failure: true"),
        );
    }
    if let Some(spot) = &started.always {
        weak(draft, "when", spot, (WeakeningKind::Always, "when: always"));
    }
}

/// The name of the gate that a manual job is for the stages behind it.
pub(super) const BLOCKS: &str = "the stages behind it wait";

/// `needs` and `dependencies`. `earlier`: whether there are stages before its own.
pub(super) fn needs(root: &Root<'_>, draft: &mut Draft, job: &Val, begin: &Spot, earlier: bool) {
    let Some(needs) = root.child(job, "needs") else {
        if earlier {
            gate(draft, "stage", begin, (GateKind::Needs, "earlier stages"));
        }
        for one in root
            .child(job, "dependencies")
            .map(|it| root.flat(&it))
            .unwrap_or_default()
        {
            download(
                draft,
                "dependencies",
                &one.spot,
                (one.text().unwrap_or_default(), false),
            );
        }
        return;
    };
    for one in root.flat(&needs) {
        let text = |key: &str| {
            root.child(&one, key)
                .and_then(|it| it.text().map(str::to_owned))
        };
        let artifacts = root
            .child(&one, "artifacts")
            .is_none_or(|it| !it.is_false());
        let name = one.text().map(str::to_owned).or_else(|| text("job"));
        if let Some(project) = text("project") {
            let version = text("ref").unwrap_or_default();
            let what = format!("{project}@{version} {}", name.unwrap_or_default());
            download(draft, "needs", &one.spot, (&what, version.contains('$')));
        } else if let Some(pipeline) = text("pipeline") {
            let what = format!("pipeline {pipeline} {}", name.unwrap_or_default());
            download(
                draft,
                "needs",
                &one.spot,
                (what.trim(), pipeline.contains('$')),
            );
        } else if let Some(name) = name {
            let optional = root.child(&one, "optional").is_some_and(|it| it.is_true());
            if !optional {
                gate(draft, "needs", &one.spot, (GateKind::Needs, &name));
            }
            if artifacts {
                download(draft, "needs", &one.spot, (&name, false));
            }
        }
    }
}

fn download(draft: &mut Draft, slot: &str, spot: &Spot, (name, foreign): (&str, bool)) {
    let transfer = Transfer {
        kind: TransferKind::Download,
        name: name.to_owned(),
        foreign,
    };
    draft.add(slot, spot, What::Transfer(transfer));
}

/// `secrets`: variables whose values come from a vault.
pub(super) fn vault(
    root: &Root<'_>,
    draft: &mut Draft,
    value: &Rc<Val>,
    secrets: &mut Secrets<'_>,
) {
    for (name, source) in value.pairs() {
        let source = root.resolve(source);
        let providers = [
            "vault",
            "azure_key_vault",
            "gcp_secret_manager",
            "aws_secrets_manager",
            "akeyless",
            "gitlab_secrets_manager",
        ];
        let provider = providers.iter().find_map(|key| root.child(&source, key));
        let told = provider.as_ref().and_then(|it| {
            let keys = ["name", "path", "secret_id"];
            let inner = keys.iter().find_map(|key| it.text_of(key));
            it.text().or(inner)
        });
        secrets.hold(&name.text);
        let secret = SecretUse {
            name: SecretName::Named(told.unwrap_or(&name.text).to_owned()),
            lifetime: Lifetime::Lasting,
            variable: Some(name.text.clone()),
        };
        draft.add(
            &format!("secrets/{}", name.text),
            &name.spot,
            What::Secret(secret),
        );
    }
}

/// `id_tokens`: what OIDC providers take for a login.
pub(super) fn identities(
    root: &Root<'_>,
    draft: &mut Draft,
    value: &Rc<Val>,
    secrets: &mut Secrets<'_>,
) {
    for (name, token) in value.pairs() {
        secrets.hold(&name.text);
        let token = root.resolve(token);
        let audiences = root
            .child(&token, "aud")
            .map(|it| root.flat(&it))
            .unwrap_or_default();
        for audience in &audiences {
            let role = audience.text().unwrap_or_default();
            let identity = Identity {
                cloud: provider(role),
                role: role.to_owned(),
                subject: None,
            };
            let slot = format!("id_tokens/{}", name.text);
            draft.add(&slot, &audience.spot, What::Identity(identity));
        }
    }
}

fn provider(audience: &str) -> &'static str {
    let known = [
        ("amazonaws", "aws"),
        ("googleapis", "gcp"),
        ("AzureAD", "azure"),
        ("microsoft", "azure"),
        ("vault", "vault"),
        ("sigstore", "sigstore"),
    ];
    let found = known.iter().find(|(part, _)| audience.contains(part));
    found.map_or("any", |(_, cloud)| cloud)
}
