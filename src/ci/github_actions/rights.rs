//! What a job may do and know: `permissions`, `env`, secrets, `environment`.

use std::rc::Rc;

use super::contexts::{self, Context};
use super::expression::{Piece, fold, parse, pieces};
use super::flow::{Scope, Values};
use super::known::cloud_of_variable;
use super::source::{Reading, Source};
use crate::ci::yaml::tree::{Node, Value};
use crate::ci::{host, secret};
use crate::model::build::{
    CloudKey, Gate, GateKind, Identity, Level, Lifetime, Literal, Permission, SecretName,
    SecretUse, Target, TargetKind, Weakening, WeakeningKind, What,
};

/// What the job's token may do. `own` are the job's, else the workflow's; a
/// file that says nothing leaves it to the repository's settings.
pub(super) fn permissions(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    stated: Option<&Node>,
    job: &Node,
) {
    let all = |level| {
        What::Permission(Permission {
            scope: "*".to_owned(),
            level,
        })
    };
    let Some(stated) = stated else {
        return reading.note(source, "permissions", job, all(Level::Unstated));
    };
    match &stated.value {
        Value::Map(pairs) if pairs.is_empty() => {
            reading.note(source, "permissions", stated, all(Level::None))
        }
        Value::Map(_) => {
            for (scope, level) in stated.pairs() {
                permission(reading, source, scope, level);
            }
        }
        _ => match stated.text().unwrap_or_default() {
            "read-all" => reading.note(source, "permissions", stated, all(Level::Read)),
            "write-all" => {
                reading.note(source, "permissions", stated, all(Level::Write));
                may_ask(reading, source, stated);
            }
            "" | "~" | "null" => reading.note(source, "permissions", stated, all(Level::Unstated)),
            _ => reading.odd(
                source,
                "permissions",
                stated,
                "neither scopes nor read-all or write-all",
            ),
        },
    }
}

fn permission(reading: &mut Reading<'_, '_>, source: &Source, scope: &Node, level: &Node) {
    let name = scope.text().unwrap_or_default().to_owned();
    let slot = format!("permissions/{name}");
    let level_known = match level.text().unwrap_or_default() {
        "none" => Level::None,
        "read" => Level::Read,
        "write" => Level::Write,
        _ => return reading.odd(source, &slot, level, "neither none, read nor write"),
    };
    if name == "id-token" && level_known == Level::Write {
        may_ask(reading, source, level);
    }
    let what = What::Permission(Permission {
        scope: name,
        level: level_known,
    });
    reading.note(source, &slot, level, what);
}

fn may_ask(reading: &mut Reading<'_, '_>, source: &Source, node: &Node) {
    let what = What::Identity(Identity {
        cloud: "any",
        role: String::new(),
        subject: None,
    });
    reading.note(source, "permissions/id-token", node, what);
}

/// Reads `env:` as one more layer: what its variables hold.
pub(super) fn env(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &mut Scope,
    (slot, env): (&str, &Node),
) {
    let mut values = Values::new();
    if env.text().is_some() && !env.is_null() {
        secrets(reading, source, scope, (slot, env));
    }
    for (name, value) in env.pairs() {
        let Some(name) = name.text() else { continue };
        let slot = format!("{slot}/{name}");
        let Some(text) = value.text() else {
            reading.odd(source, &slot, value, "a variable that is no text");
            continue;
        };
        let flow = scope.flow(text);
        secrets_as(reading, source, scope, (&slot, value), Some(name));
        if let (Some(cloud), Some(SecretName::Named(_) | SecretName::Dynamic(_))) =
            (cloud_of_variable(name), flow.secrets.first())
        {
            let name = name.to_owned();
            reading.note(
                source,
                &slot,
                value,
                What::CloudKey(CloudKey { cloud, name }),
            );
        }
        if secret::is_secret_name(name) && !text.contains("${{") && secret::is_literal(text) {
            let name = name.to_owned();
            reading.note(source, &slot, value, What::Literal(Literal { name }));
        }
        if let Some(privilege) = host::engine_variable(name, text) {
            reading.note(source, &slot, value, What::Privilege(privilege));
        }
        debug(reading, source, (&slot, value), name);
        values.insert(name.to_owned(), flow);
    }
    scope.env.push(Rc::new(values));
}

fn debug(reading: &mut Reading<'_, '_>, source: &Source, (slot, value): (&str, &Node), name: &str) {
    let kind = match name {
        "ACTIONS_STEP_DEBUG" | "ACTIONS_RUNNER_DEBUG" => WeakeningKind::Debug,
        "ACTIONS_ALLOW_UNSECURE_COMMANDS" => WeakeningKind::Unsafe,
        _ => return,
    };
    if value.is_true() {
        let text = format!("{name}: {}", value.text().unwrap_or_default());
        reading.note(
            source,
            slot,
            value,
            What::Weakening(Weakening { kind, text }),
        );
    }
}

/// The secrets that a text names.
pub(super) fn secrets(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    at: (&str, &Node),
) {
    secrets_as(reading, source, scope, at, None);
}

fn secrets_as(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, node): (&str, &Node),
    variable: Option<&str>,
) {
    let Some(text) = node.text() else { return };
    let (mut line, mut counted) = (0, 0);
    for piece in pieces(text) {
        let Piece::Expression(inner, start) = piece else {
            continue;
        };
        let mut at = node.clone_place();
        line += text[counted..start].matches('\n').count();
        counted = start;
        at.line = node.line_of_text(line);
        for name in named(scope, inner, variable.is_some()) {
            let lifetime = lifetime(&name);
            let variable = variable.map(str::to_owned);
            reading.note(
                source,
                slot,
                &at,
                What::Secret(SecretUse {
                    name,
                    lifetime,
                    variable,
                }),
            );
        }
    }
}

/// The secrets that an expression names; through `inputs` too, if it fills a variable.
fn named(scope: &Scope, inner: &str, through: bool) -> Vec<SecretName> {
    let expr = parse(inner);
    let mut all = Vec::new();
    for path in expr.paths() {
        let direct = matches!(contexts::of(path, false), Context::Secret(_));
        if !direct && !through {
            continue;
        }
        for mut name in scope.of_path(path).secrets {
            if let SecretName::Dynamic(text) = &mut name {
                *text = fold(inner);
            }
            if !all.contains(&name) {
                all.push(name);
            }
        }
    }
    all
}

/// How long a secret is good for.
pub(super) fn lifetime(name: &SecretName) -> Lifetime {
    match name {
        SecretName::Named(name) if name.eq_ignore_ascii_case("GITHUB_TOKEN") => Lifetime::Run,
        _ => Lifetime::Lasting,
    }
}

/// The environment that a job deploys to, which may ask for an approval.
pub(super) fn environment(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    node: &Node,
) {
    let name = node.get("name").unwrap_or(node);
    let Some(text) = name.text() else {
        return reading.odd(source, "environment", node, "no name");
    };
    let names = scope
        .flow(text)
        .texts
        .unwrap_or_else(|| vec![text.to_owned()]);
    for name_known in names.into_iter().filter(|name| !name.is_empty()) {
        let target = Target {
            kind: TargetKind::Environment,
            name: name_known.clone(),
        };
        reading.note(source, "environment", name, What::Target(target));
        let gate = Gate {
            kind: GateKind::Approval,
            name: name_known,
        };
        reading.note(source, "environment", name, What::Gate(gate));
    }
}

impl Node {
    /// A node that stands at the same place and says nothing.
    pub(super) fn clone_place(&self) -> Self {
        Self {
            line: self.line,
            column: self.column,
            tag: None,
            value: Value::List(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{all, job, steps};
    use crate::model::build::{Level, Lifetime, SecretName, What};

    fn permissions(file: &str, own: &str) -> Vec<(String, Level)> {
        let text = format!(
            "on: push\n{file}\njobs: {{a: {{{own} runs-on: ubuntu-latest, steps: [{{run: x}}]}}}}\n"
        );
        all(&job(&text), |what| match what {
            What::Permission(one) => Some((one.scope.clone(), one.level)),
            _ => None,
        })
    }

    #[test]
    fn a_jobs_permissions_replace_the_files() {
        let star = |level| vec![("*".to_owned(), level)];
        assert_eq!(permissions("", ""), star(Level::Unstated));
        assert_eq!(permissions("permissions: {}", ""), star(Level::None));
        assert_eq!(
            permissions("permissions: write-all", ""),
            star(Level::Write)
        );
        assert_eq!(
            permissions("permissions: write-all", "permissions: read-all,"),
            star(Level::Read)
        );
        assert_eq!(
            permissions(
                "permissions: {contents: write}",
                "permissions: {packages: write, contents: read},"
            ),
            [
                ("packages".to_owned(), Level::Write),
                ("contents".to_owned(), Level::Read)
            ]
        );
    }

    fn secrets(job: &crate::model::build::Job) -> Vec<(SecretName, Lifetime, Option<String>, u32)> {
        let told = job.items.iter().filter_map(|item| match &item.what {
            What::Secret(one) => Some((
                one.name.clone(),
                one.lifetime,
                one.variable.clone(),
                item.spot.line,
            )),
            _ => None,
        });
        told.collect()
    }

    #[test]
    fn every_form_of_reaching_a_secret_is_seen() {
        let job = steps(
            "push",
            "- run: |\n    a\n    curl -H '${{ secrets.A }}' x\n  env:\n    T: ${{ github.token }}\n    D: ${{ secrets[matrix.x] }}\n- run: echo '${{ toJSON(secrets) }}' '${{ secrets['B'] }}'",
        );
        let named = |name: &str| SecretName::Named(name.to_owned());
        assert_eq!(
            secrets(&job),
            [
                (named("GITHUB_TOKEN"), Lifetime::Run, Some("T".into()), 10),
                (
                    SecretName::Dynamic("secrets[matrix.x]".into()),
                    Lifetime::Lasting,
                    Some("D".into()),
                    11
                ),
                (named("A"), Lifetime::Lasting, None, 8),
                (SecretName::All, Lifetime::Lasting, None, 12),
                (named("B"), Lifetime::Lasting, None, 12),
            ]
        );
    }

    #[test]
    fn what_a_file_gives_to_all_jobs_stands_at_each() {
        let text = "on: push\nenv: {AWS_SECRET_ACCESS_KEY: '${{ secrets.KEY }}', ACTIONS_STEP_DEBUG: true}\njobs: {a: {runs-on: ubuntu-latest, environment: {name: prod}, steps: [{run: x}]}}\n";
        let job = job(text);
        assert_eq!(
            job.secret_in("AWS_SECRET_ACCESS_KEY")
                .map(|it| it.name.clone()),
            Some(SecretName::Named("KEY".into()))
        );
        assert!(
            job.items
                .iter()
                .any(|item| matches!(&item.what, What::CloudKey(key) if key.cloud == "aws"))
        );
        assert!(
            job.items
                .iter()
                .any(|item| matches!(&item.what, What::Weakening(_)))
        );
        assert!(
            job.items
                .iter()
                .any(|item| matches!(&item.what, What::Target(target) if target.name == "prod"))
        );
        assert!(
            job.items
                .iter()
                .any(|item| matches!(&item.what, What::Gate(gate) if gate.name == "prod"))
        );
    }
}
