//! Stored credentials that a pipeline takes: `credentials('id')`,
//! `withCredentials`, `sshagent`, and the steps that take an id.
//! <https://plugins.jenkins.io/credentials-binding/>

use super::call::{Call, Code};
use super::unit::{Unit, every_call};
use super::work::{Frame, Reader};
use crate::model::build::{
    CloudKey, Identity, Item, Lifetime, SecretName, SecretUse, Spot, Target, TargetKind, What,
};

/// A stored credential, which is also something that is reached.
pub(super) fn stored(id: &str, variable: Option<&str>, slot: &str, spot: Spot) -> Vec<Item> {
    let dynamic = id.contains("${") || id.is_empty();
    let name = match dynamic {
        true => SecretName::Dynamic(id.to_owned()),
        false => SecretName::Named(id.to_owned()),
    };
    let secret = SecretUse {
        name,
        lifetime: Lifetime::Lasting,
        variable: variable.map(str::to_owned),
    };
    let target = Target {
        kind: TargetKind::Credential,
        name: id.to_owned(),
    };
    let mut all = vec![Item::of(slot, spot.clone(), What::Secret(secret))];
    all.extend(variable.and_then(cloud_of).map(|cloud| {
        let name = variable.unwrap_or_default().to_owned();
        Item::of(slot, spot.clone(), What::CloudKey(CloudKey { cloud, name }))
    }));
    all.push(Item::of(slot, spot, What::Target(target)));
    all
}

/// The cloud whose tools read a variable of this name.
pub(super) fn cloud_of(variable: &str) -> Option<&'static str> {
    match variable {
        "AWS_SECRET_ACCESS_KEY" | "AWS_ACCESS_KEY_ID" => Some("aws"),
        "GOOGLE_APPLICATION_CREDENTIALS" | "GOOGLE_CREDENTIALS" => Some("gcp"),
        "AZURE_CLIENT_SECRET" | "ARM_CLIENT_SECRET" | "AZURE_CREDENTIALS" => Some("azure"),
        "KUBECONFIG" | "KUBE_TOKEN" => Some("kubernetes"),
        _ => None,
    }
}

/// Variables of a binding that hold no secret.
const OPEN_VARIABLES: &[&str] = &["usernameVariable", "aliasVariable", "roleSessionName"];

impl Reader<'_, '_> {
    /// The credentials that a step's arguments bind.
    pub(super) fn bindings(&mut self, unit: &Unit<'_>, call: &Call<'_>) -> Vec<Item> {
        let slot = format!("steps/{}", call.short());
        let mut all = Vec::new();
        for arg in &call.args {
            for binding in arg.value.entries() {
                self.binding(unit, binding.value, &slot, &mut all);
            }
        }
        if all.is_empty() {
            all.push(super::agent::unknown(&slot, call.spot(), call.written()));
        }
        all
    }

    /// `string(credentialsId: 'x', variable: 'Y')`, `[$class: …, credentialsId: 'x', …]`.
    fn binding(&mut self, unit: &Unit<'_>, value: Code<'_>, slot: &str, all: &mut Vec<Item>) {
        let calls = value.calls();
        let args = match calls.first() {
            Some(call) => call.args.clone(),
            None => value.entries(),
        };
        let id = args
            .iter()
            .find(|arg| matches!(arg.key.as_deref(), Some("credentialsId" | "credentialId")));
        let Some(id) = id else {
            return all.push(super::agent::unknown(slot, value.spot(), value.written()));
        };
        let spot = id.value.spot();
        let id = unit.text_or_written(id.value);
        let is_secret = |key: &str| key.ends_with("ariable") && !OPEN_VARIABLES.contains(&key);
        let variables = args
            .iter()
            .filter(|arg| arg.key.as_deref().is_some_and(is_secret));
        let mut variables: Vec<_> = variables
            .map(|arg| unit.text_or_written(arg.value))
            .collect();
        let kind = calls.first().map_or("", |call| call.short());
        let class = args
            .iter()
            .find(|arg| arg.key.as_deref() == Some("$class"))
            .map(|arg| unit.text_or_written(arg.value));
        if variables.is_empty()
            && (kind == "aws" || class.is_some_and(|class| class.contains("AmazonWeb")))
        {
            variables = vec!["AWS_SECRET_ACCESS_KEY".to_owned()];
        }
        if variables.is_empty() {
            all.extend(stored(&id, None, slot, spot.clone()));
        }
        for variable in variables {
            all.extend(stored(&id, Some(&variable), slot, spot.clone()));
        }
    }

    /// `environment { X = credentials('id') }`, where `X_PSW` holds a password.
    pub(super) fn environment(
        &mut self,
        unit: &Unit<'_>,
        name: &str,
        value: Code<'_>,
        frame: &mut Frame,
    ) {
        if !self.room(frame, &value.spot()) {
            return;
        }
        let slot = format!("environment/{name}");
        frame.items.retain(|item| item.slot != slot);
        let mut taken = None;
        every_call(value, 0, &mut |call| {
            if call.short() == "credentials" {
                taken = Some((
                    call.positional(0).map(|id| unit.text_or_written(id)),
                    call.spot(),
                ));
            }
        });
        let spot = value.spot();
        if let Some((id, spot)) = taken {
            let id = id.unwrap_or_default();
            frame
                .items
                .extend(stored(&id, Some(name), &slot, spot.clone()));
            let password = SecretUse {
                name: SecretName::Named(id),
                lifetime: Lifetime::Lasting,
                variable: Some(format!("{name}_PSW")),
            };
            frame
                .items
                .push(Item::of(&slot, spot, What::Secret(password)));
            return;
        }
        let text = unit.scope.text(value);
        let plain = text.as_ref().filter(|text| text.pasted.is_empty());
        frame.items.extend(
            plain.and_then(|text| super::settings::variable(name, &text.text, &slot, spot)),
        );
    }

    /// Steps with ids of credentials and clusters in their arguments.
    pub(super) fn access(&mut self, unit: &Unit<'_>, call: &Call<'_>, short: &str) -> Vec<Item> {
        let slot = format!("steps/{short}");
        let at = |key: &str| {
            call.named(key)
                .map(|value| (unit.text_or_written(value), value.spot()))
        };
        let mut all = Vec::new();
        for key in [
            "credentialsId",
            "credentials",
            "kubeconfigId",
            "credentialId",
            "serviceAccountCredentialId",
        ] {
            if let Some((id, spot)) = at(key) {
                let cloud = match short {
                    "withAWS" => Some(("aws", "AWS_SECRET_ACCESS_KEY")),
                    "withKubeConfig"
                    | "kubernetesDeploy"
                    | "withKubeCredentials"
                    | "kubeconfig" => Some(("kubernetes", "KUBECONFIG")),
                    _ => None,
                };
                all.extend(stored(&id, None, &slot, spot.clone()));
                all.extend(cloud.map(|(cloud, name)| {
                    let name = name.to_owned();
                    Item::of(&slot, spot, What::CloudKey(CloudKey { cloud, name }))
                }));
            }
        }
        let targets = [
            ("serverUrl", TargetKind::Cluster),
            ("contextName", TargetKind::Cluster),
            ("clusterName", TargetKind::Cluster),
            ("namespace", TargetKind::Namespace),
            ("profile", TargetKind::Account),
            ("roleAccount", TargetKind::Account),
            ("configName", TargetKind::Host),
        ];
        for (key, kind) in targets {
            all.extend(
                at(key)
                    .map(|(name, spot)| Item::of(&slot, spot, What::Target(Target { kind, name }))),
            );
        }
        all.extend(
            at("role")
                .filter(|_| short == "withAWS")
                .map(|(role, spot)| {
                    let identity = Identity {
                        cloud: "aws",
                        role,
                        subject: None,
                    };
                    Item::of(&slot, spot, What::Identity(identity))
                }),
        );
        all
    }

    /// `sshagent(['id'])`, `sshagent(credentials: ['id'])`.
    pub(super) fn ssh_agent(&mut self, unit: &Unit<'_>, call: &Call<'_>) -> Vec<Item> {
        let Some(list) = call.named_or_first("credentials") else {
            return Vec::new();
        };
        let entries = list.entries().into_iter();
        entries
            .flat_map(|id| {
                stored(
                    &unit.text_or_written(id.value),
                    None,
                    "steps/sshagent",
                    id.value.spot(),
                )
            })
            .collect()
    }
}
