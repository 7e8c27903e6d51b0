//! One capability of a job or file, named so that the same one is found in
//! another version.

use std::collections::BTreeMap;

use super::words::{image, of_target, privilege, shown, started_by, version};
use super::{CapabilityClass as Class, CapabilityClass};
use crate::model::build::{
    CheckoutSource, GateKind, GuardKind, Held, ImageRole, Item, Job, Level, Lifetime, RegistryKind,
    SecretName, Spot, TransferKind, UnresolvedKind, What,
};

/// One capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    /// What it is called: `secret PROD_KEY`.
    pub(super) noun: String,
    /// Its value, if it can change without becoming another: a version, a level.
    pub(super) value: String,
    /// The value in a sentence, where that is shorter.
    pub(super) said: String,
    /// How much a value is; what has none is only another.
    pub(super) rank: Option<u8>,
    /// Where it is written.
    pub(super) spot: Spot,
}

/// Capabilities by what makes them the same in another version.
pub(super) type Points = BTreeMap<(Class, String), Point>;

/// The capabilities of a job: its own triggers, and its items'.
pub(super) fn of_job(job: &Job) -> Points {
    let mut points = of_items(&job.items);
    for trigger in &job.triggers {
        let point = Point {
            noun: shown(&trigger.event),
            value: started_by(trigger.by).to_owned(),
            said: started_by(trigger.by).to_owned(),
            rank: Some(trigger.by as u8),
            spot: trigger.spot.clone(),
        };
        add(&mut points, (Class::Trigger, trigger.event.clone()), point);
    }
    points
}

/// The capabilities that items stand for; commands are counted elsewhere.
pub(super) fn of_items(items: &[Item]) -> Points {
    let mut points = Points::new();
    for item in items {
        if let Some(told) = told(&item.what) {
            let point = Point {
                noun: told.noun.clone(),
                said: told.said.unwrap_or_else(|| told.value.clone()),
                value: told.value,
                rank: told.rank,
                spot: item.spot.clone(),
            };
            add(
                &mut points,
                (told.class, told.key.unwrap_or(told.noun)),
                point,
            );
        }
    }
    points
}

/// Of two that are the same the stronger stands, else the first.
fn add(points: &mut Points, key: (Class, String), point: Point) {
    let known = points.get(&key);
    if known.is_none_or(|known| known.rank < point.rank) {
        points.insert(key, point);
    }
}

/// An item in words.
struct Told {
    class: CapabilityClass,
    noun: String,
    /// What makes it the same, if not the noun.
    key: Option<String>,
    value: String,
    /// The value in a sentence, where that is shorter.
    said: Option<String>,
    rank: Option<u8>,
}

fn plain(class: Class, noun: String) -> Option<Told> {
    Some(Told {
        class,
        noun,
        key: None,
        value: String::new(),
        said: None,
        rank: None,
    })
}

fn valued(class: Class, noun: String, value: String) -> Option<Told> {
    Some(Told {
        value,
        ..plain(class, noun)?
    })
}

fn told(what: &What) -> Option<Told> {
    match what {
        What::Permission(it) => Some(Told {
            rank: Some(it.level as u8),
            ..valued(
                Class::Permission,
                shown(&it.scope),
                level(it.level).to_owned(),
            )?
        }),
        What::Privilege(it) => plain(Class::Privilege, privilege(it)),
        What::Target(it) => plain(Class::Target, of_target(it)),
        What::Gate(it) => plain(Class::Gate, gate(it.kind, &it.name)),
        What::Condition(it) => plain(Class::Gate, format!("condition `{}`", shown(it))),
        What::Guard(it) => plain(
            Class::Guard,
            format!("{} {}", guard(it.kind), shown(&it.tool)),
        ),
        What::Image(_) | What::Code(_) | What::Checkout(_) => from_elsewhere(what),
        What::Secret(_) | What::Identity(_) | What::Login(_) | What::CloudKey(_) => {
            credential(what)
        }
        What::Literal(it) => plain(
            Class::Credential,
            format!("credential in clear {}", shown(&it.name)),
        ),
        // Commands are counted, and what is pasted into them is for rules.
        What::Command(_) | What::Template(_) => None,
        _ => setting(what),
    }
}

fn credential(what: &What) -> Option<Told> {
    match what {
        What::Secret(it) if it.lifetime == Lifetime::Run => None,
        What::Secret(it) => plain(
            Class::Secret,
            match &it.name {
                SecretName::Named(name) => format!("secret {}", shown(name)),
                SecretName::Dynamic(text) => format!("a secret named by `{}`", shown(text)),
                SecretName::Inherited => "every secret of its caller".to_owned(),
                SecretName::All => "every secret".to_owned(),
            },
        ),
        What::Identity(it) => valued(
            Class::Credential,
            format!("identity {} at {}", shown(&it.role), it.cloud),
            it.subject.as_deref().map(shown).unwrap_or_default(),
        ),
        What::Login(it) => valued(
            Class::Credential,
            format!("login to {}", shown(&it.registry)),
            held(&it.with),
        ),
        What::CloudKey(it) => plain(
            Class::Credential,
            format!("long-lived {} key {}", it.cloud, shown(&it.name)),
        ),
        _ => None,
    }
}

fn from_elsewhere(what: &What) -> Option<Told> {
    match what {
        What::Image(it) => {
            let (name, version, said) = image(&it.image);
            let role = match it.role {
                ImageRole::Pushed => "pushed image",
                ImageRole::Base => "base image",
                ImageRole::Service => "service image",
                _ => "image",
            };
            Some(Told {
                key: Some(format!("{role} {name}")),
                said: Some(said),
                ..valued(Class::Image, format!("{role} {}", shown(&name)), version)?
            })
        }
        What::Code(it) => {
            let kind = format!("{:?}", it.kind).to_lowercase();
            let noun = format!("{kind} {}", shown(&it.source.to_string()));
            Some(Told {
                said: Some(version(&it.version, it.comment.as_deref())),
                ..valued(Class::Code, noun, it.version.clone())?
            })
        }
        What::Checkout(it) => plain(
            Class::Code,
            match &it.source {
                CheckoutSource::Own => return None,
                CheckoutSource::Proposed(text) => {
                    format!("a checkout of proposed code `{}`", shown(text))
                }
                CheckoutSource::Fixed(text) => format!("a checkout of {}", shown(text)),
                CheckoutSource::Other(text) => format!("a checkout of repository {}", shown(text)),
                CheckoutSource::Dynamic(text) => format!("a checkout of `{}`", shown(text)),
            },
        ),
        _ => None,
    }
}

fn setting(what: &What) -> Option<Told> {
    let class = Class::Setting;
    match what {
        What::Weakening(it) => plain(
            Class::Setting,
            format!("{} `{}`", weakening(it.kind), shown(&it.text)),
        ),
        What::Transfer(it) => {
            let foreign = if it.foreign {
                " of less trusted runs"
            } else {
                ""
            };
            plain(
                class,
                format!("{} {}{foreign}", transfer(it.kind), shown(&it.name)),
            )
        }
        What::Agent(it) => valued(
            class,
            format!("coding agent {}", shown(&it.tool)),
            shown(&it.may.iter().cloned().collect::<Vec<_>>().join(", ")),
        ),
        What::Access(it) => {
            let list = |all: &std::collections::BTreeSet<String>| {
                shown(&all.iter().cloned().collect::<Vec<_>>().join(", "))
            };
            let noun = format!("grant to {} in {}", shown(&it.subject), shown(&it.within));
            let value = format!("{} on {}", list(&it.verbs), list(&it.resources));
            Some(Told {
                key: Some(format!("{noun}\n{}", list(&it.resources))),
                ..valued(Class::Permission, noun, value)?
            })
        }
        What::Registry(it) => {
            let how = match it.kind {
                RegistryKind::Instead => "instead of the usual source",
                RegistryKind::Besides => "besides the usual source",
                RegistryKind::Unverified => "without verification",
            };
            let noun = format!("{} packages from {} {how}", it.ecosystem, shown(&it.url));
            plain(Class::Code, noun)
        }
        What::Setting(it) => valued(
            class,
            format!("setting {}", shown(&it.name)),
            shown(&it.value),
        ),
        What::Unresolved(it) => plain(
            class,
            format!(
                "{} that cannot be told: {} ({})",
                unresolved(it.kind),
                shown(&it.text),
                shown(&it.why)
            ),
        ),
        _ => None,
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::None => "none",
        Level::Read => "read",
        Level::Unstated => "the forge's default",
        Level::Write => "write",
    }
}

fn gate(kind: GateKind, name: &str) -> String {
    let name = shown(name);
    match kind {
        GateKind::Needs => format!("job {name}"),
        GateKind::Condition => format!("condition `{name}`"),
        GateKind::Manual => format!("a start by hand {name}").trim_end().to_owned(),
        GateKind::Approval => format!("approval {name}").trim_end().to_owned(),
    }
}

fn guard(kind: GuardKind) -> &'static str {
    match kind {
        GuardKind::Scan => "scan",
        GuardKind::Test => "test",
        GuardKind::Sign => "signing by",
        GuardKind::Verify => "verification by",
        GuardKind::Harden => "hardening by",
    }
}

fn held(held: &Held) -> String {
    match held {
        Held::InClear => "a password in clear".to_owned(),
        Held::Stored(name) => format!("stored password {}", shown(name)),
        Held::ShortLived(name) => format!("short-lived token {}", shown(name)),
        Held::Unknown(text) => format!("`{}`", shown(text)),
    }
}

fn weakening(kind: crate::model::build::WeakeningKind) -> &'static str {
    use crate::model::build::WeakeningKind as Kind;
    match kind {
        Kind::SoftFail => "a failure that does not count",
        Kind::Disabled => "a switch that stops it",
        Kind::Always => "a run whatever failed before",
        Kind::Debug => "debug output",
        Kind::Narrowed => "a limit on when it runs",
        Kind::Unsafe => "an unsafe switch",
    }
}

fn transfer(kind: TransferKind) -> &'static str {
    match kind {
        TransferKind::Download => "artifact in",
        TransferKind::Upload => "artifact out",
        TransferKind::Cache => "cache",
        TransferKind::Variables => "variables from",
    }
}

fn unresolved(kind: UnresolvedKind) -> &'static str {
    match kind {
        UnresolvedKind::Include => "a file",
        UnresolvedKind::Generated => "generated configuration",
        UnresolvedKind::Value => "a value",
        UnresolvedKind::Form => "a form",
    }
}
