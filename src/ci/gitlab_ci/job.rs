//! One job, with all that it inherits.

use std::rc::Rc;

use super::meaning::meaning;
use super::pipeline::Reader;
use super::root::Root;
use super::rules::{Started, started};
use super::scripts::{Scripts, settle_logins};
use super::secrets::Secrets;
use super::variables::Variables;
use super::{deploy, images, transfers};
use crate::ci::draft::Draft;
use crate::ci::shell::Dialect;
use crate::ci::values::{Name, Val};
use crate::model::build::{Guard, GuardKind, Job, JobKind, Runner, RunnerKind, Trigger, What};

/// Reads a job. `stage`: whether stages come before its own.
pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    name: &Name,
    value: &Rc<Val>,
    earlier: bool,
) -> Job {
    let root = reader.root;
    let started = started(root, value, reader.pipeline);
    let variables = Variables::of(root, value);
    let mut draft = Draft::default();
    let mut secrets = Secrets::new(&variables);
    for (spot, problem) in root.problems(&name.text) {
        draft.unresolved("extends", spot, problem.clone());
    }
    let tags = effective(root, value, "tags");
    let runner = runner(root, tags.as_ref(), &variables, name);
    meaning(&mut draft, &variables);
    around(root, &mut draft, value, (&variables, &mut secrets));
    deploy::gates(&mut draft, &started, &name.spot);
    deploy::needs(root, &mut draft, value, &name.spot, earlier);
    if is_known_scan(&name.text) {
        let guard = Guard {
            kind: GuardKind::Scan,
            tool: name.text.clone(),
        };
        draft.add("name", &name.spot, What::Guard(guard));
    }
    run(reader, &mut draft, value, (&mut secrets, dialect(&runner)));
    settle_logins(&mut draft.items);
    for (spot, problem) in root.take_missing() {
        draft.unresolved("reference", &spot, problem);
    }
    Job {
        slot: format!("{}/{}", reader.slot, name.text),
        title: reader.title(&name.text),
        kind: JobKind::Pipeline,
        spot: name.spot.clone(),
        triggers: triggers(&started, name),
        runner: Some(runner),
        items: draft.items,
    }
}

/// What stands around a job's scripts.
fn around(
    root: &Root<'_>,
    draft: &mut Draft,
    job: &Rc<Val>,
    (variables, secrets): (&Variables, &mut Secrets<'_>),
) {
    if let Some(image) = effective(root, job, "image").filter(|it| !it.is_null()) {
        images::of_job(root, draft, &image, variables);
        if let Some(text) = image.text().or(image.text_of("name")) {
            secrets.text(draft, "image", &image.spot, text);
        }
    }
    if let Some(services) = effective(root, job, "services") {
        images::services(root, draft, &services, variables);
    }
    if let Some(tokens) = effective(root, job, "id_tokens") {
        deploy::identities(root, draft, &tokens, secrets);
    }
    if let Some(vault) = root.child(job, "secrets") {
        deploy::vault(root, draft, &vault, secrets);
    }
    if let Some(environment) = root.child(job, "environment") {
        deploy::environment(root, draft, &environment);
    }
    if let Some(cache) = effective(root, job, "cache") {
        transfers::cache(root, draft, &cache);
    }
    if let Some(artifacts) = effective(root, job, "artifacts") {
        transfers::artifacts(root, draft, &artifacts);
    }
    transfers::published(root, draft, job);
}

fn run(
    reader: &mut Reader<'_, '_>,
    draft: &mut Draft,
    job: &Rc<Val>,
    (secrets, dialect): (&mut Secrets<'_>, Dialect),
) {
    let root = reader.root;
    let mut scripts = Scripts {
        root,
        closure: reader.closure,
        secrets,
        dialect,
        depth: 0,
    };
    let hooks = effective(root, job, "hooks");
    let hook = hooks.and_then(|hooks| root.child(&hooks, "pre_get_sources_script"));
    scripts.run(draft, &[("hooks/pre_get_sources_script", hook)]);
    let main = [
        ("before_script", effective(root, job, "before_script")),
        ("script", root.child(job, "script")),
    ];
    scripts.run(draft, &main);
    if let Some(run) = root.child(job, "run") {
        scripts.steps(draft, &run);
    }
    scripts.run(
        draft,
        &[("after_script", effective(root, job, "after_script"))],
    );
}

/// The value of a key at the job, else from `default`, else from the top level,
/// as far as the job inherits it.
fn effective(root: &Root<'_>, job: &Val, key: &str) -> Option<Rc<Val>> {
    if let Some(own) = root.child(job, key) {
        return Some(own);
    }
    let inherit = root
        .child(job, "inherit")
        .and_then(|inherit| root.child(&inherit, "default"));
    let inherits = match inherit {
        None => true,
        Some(it) if it.is_false() => false,
        Some(it) if it.is_true() => true,
        Some(list) => root.flat(&list).iter().any(|it| it.text() == Some(key)),
    };
    if !inherits {
        return None;
    }
    let default = root.get("default").and_then(|it| root.child(&it, key));
    let global = [
        "image",
        "services",
        "before_script",
        "after_script",
        "cache",
    ];
    default.or_else(|| root.get(key).filter(|_| global.contains(&key)))
}

fn runner(root: &Root<'_>, tags: Option<&Rc<Val>>, variables: &Variables, name: &Name) -> Runner {
    let mut labels = Vec::new();
    for tag in tags.map(|tags| root.flat(tags)).unwrap_or_default() {
        let text = tag.text().unwrap_or_default();
        labels.extend(
            variables
                .expand(text, MAX_LABELS)
                .unwrap_or_else(|| vec![text.to_owned()]),
        );
    }
    labels.sort();
    labels.dedup();
    let hosted = |label: &String| label.starts_with("saas-") || label.starts_with("gitlab-org");
    let kind = if labels.is_empty() {
        RunnerKind::Any
    } else if labels.iter().any(|label| label.contains('$')) {
        RunnerKind::Dynamic
    } else if labels.iter().any(hosted) {
        RunnerKind::Hosted
    } else {
        RunnerKind::SelfHosted
    };
    Runner {
        kind,
        labels,
        spot: tags.map_or(&name.spot, |tags| &tags.spot).clone(),
    }
}

/// Most tags that one tag with variables stands for.
const MAX_LABELS: usize = 50;

/// GitLab's runners for Windows take PowerShell.
fn dialect(runner: &Runner) -> Dialect {
    let windows = |label: &String| label.to_ascii_lowercase().contains("windows");
    match runner.labels.iter().any(windows) {
        true => Dialect::PowerShell,
        false => Dialect::Posix,
    }
}

fn triggers(started: &Started, name: &Name) -> Vec<Trigger> {
    let spot = started.spot.as_ref().unwrap_or(&name.spot);
    let all = started.kinds.events().map(|(event, by)| Trigger {
        event: event.to_owned(),
        by,
        spot: spot.clone(),
    });
    all.collect()
}

/// Jobs of GitLab's own security templates, which files override by their name.
fn is_known_scan(name: &str) -> bool {
    let known = [
        "sast",
        "secret_detection",
        "dependency_scanning",
        "container_scanning",
        "dast",
        "code_quality",
        "api_fuzzing",
        "kics-iac-sast",
        "semgrep-sast",
        "iac-sast",
    ];
    known.contains(&name) || name.starts_with("gemnasium") || name.ends_with("-sast")
}
