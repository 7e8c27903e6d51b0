//! Capabilities in words, and text from files cut and made safe to show.

use super::{CapabilityClass as Class, Direction};
use crate::model::build::{
    ImageName, Privilege, Runner, RunnerKind, StartedBy, Target, TargetKind,
};
use crate::model::text::excerpt;

/// Most characters of a name that a sentence shows.
const MAX_NAME: usize = 80;

/// Text from a file, safe to show.
pub(super) fn shown(text: &str) -> String {
    excerpt(text, MAX_NAME)
}

/// What somebody gains, loses or changes, as a sentence without a full stop.
pub(super) fn sentence(
    (class, direction): (Class, Direction),
    owner: &str,
    noun: &str,
    (old, new): (&str, &str),
) -> String {
    let condition = noun
        .strip_prefix("condition ")
        .filter(|_| class == Class::Gate);
    let noun = condition.unwrap_or(noun);
    let (gains, loses) = match condition {
        Some(_) => ("runs only if", "no longer runs only if"),
        None => verbs(class),
    };
    let with = |value: &str| match (class, value) {
        (_, "") => noun.to_owned(),
        (Class::Image | Class::Code, value) => format!("{noun} at {value}"),
        (Class::Permission | Class::Setting, value) => format!("{noun}: {value}"),
        (_, value) => format!("{noun} ({value})"),
    };
    match direction {
        Direction::Gained if old.is_empty() => format!("{owner} {gains} {}", with(new)),
        Direction::Gained => format!("{owner} {gains} {} instead of {old}", with(new)),
        Direction::Lost if new.is_empty() => format!("{owner} {loses} {}", with(old)),
        Direction::Lost => format!("{owner} {loses} {}, {new} is left", with(old)),
        Direction::Changed if old.is_empty() => {
            format!("{owner} {gains} {} where there was none", with(new))
        }
        Direction::Changed if new.is_empty() => format!("{owner} {loses} {old} of {noun}"),
        Direction::Changed => format!("{owner} {gains} {} instead of {old}", with(new)),
    }
}

fn verbs(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::Trigger => ("can be started by", "can no longer be started by"),
        Class::Permission => ("gains permission", "loses permission"),
        Class::Target => ("reaches", "no longer reaches"),
        Class::Gate => ("waits for", "no longer waits for"),
        Class::Guard => ("runs", "no longer runs"),
        Class::Code | Class::Image => ("uses", "no longer uses"),
        Class::Setting => ("has", "no longer has"),
        _ => ("gains", "loses"),
    }
}

/// Who can start something, in brackets behind it.
pub(super) fn started_by(by: StartedBy) -> &'static str {
    match by {
        StartedBy::Maintainers => "maintainers",
        StartedBy::Writers => "whoever may push",
        StartedBy::Forks => "whoever proposes, without secrets",
        StartedBy::Outsiders => "anybody, with the repository's rights",
    }
}

/// Where a job runs.
pub(super) fn runner(runner: &Runner) -> String {
    let labels = shown(&runner.labels.join(", "));
    let kind = match runner.kind {
        RunnerKind::Hosted => "a machine of the forge",
        RunnerKind::Container => "a container of its own",
        RunnerKind::Any => "any agent",
        RunnerKind::SelfHosted => "own machines",
        RunnerKind::Controller => "the CI server itself",
        RunnerKind::Dynamic => "what only the run knows",
    };
    if labels.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind} ({labels})")
    }
}

/// Digits of a commit or digest that a sentence shows.
const DIGITS: usize = 10;

/// A version in a sentence, with the comment beside it that names it better.
pub(super) fn version(version: &str, comment: Option<&str>) -> String {
    let hex = version.len() >= 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    let short = if hex { &version[..DIGITS] } else { version };
    match comment {
        Some(comment) if hex => format!("{short} ({})", shown(comment)),
        _ => shown(short),
    }
}

/// Name and version of an image, and the version in a sentence.
pub(super) fn image(image: &ImageName) -> (String, String, String) {
    let known = match image {
        ImageName::Unresolved(text) => return (text.clone(), String::new(), String::new()),
        ImageName::Known(known) => known,
    };
    let short = |digest: &str| match digest.split_once(':') {
        Some((kind, hex)) => format!("{}:{}", shown(kind), excerpt(hex, DIGITS)),
        None => excerpt(digest, DIGITS),
    };
    let joined = |digest: Option<String>| match (known.tag.clone(), digest) {
        (Some(tag), Some(digest)) => format!("{tag}@{digest}"),
        (tag, digest) => tag.or(digest).unwrap_or_else(|| "latest".to_owned()),
    };
    let full = joined(known.digest.clone());
    let said = shown(&joined(known.digest.as_deref().map(short)));
    (known.name(), full, said)
}

pub(super) fn of_target(target: &Target) -> String {
    let kind = match target.kind {
        TargetKind::Environment => "environment",
        TargetKind::Namespace => "namespace",
        TargetKind::Cluster => "cluster",
        TargetKind::Host => "host",
        TargetKind::Account => "account",
        TargetKind::Credential => "stored credential",
        TargetKind::Network => "network",
    };
    format!("{kind} {}", shown(&target.name))
}

pub(super) fn privilege(privilege: &Privilege) -> String {
    match privilege {
        Privilege::Privileged => "privileged mode".to_owned(),
        Privilege::DockerInDocker => "a privileged engine beside it".to_owned(),
        Privilege::Capability(name) => format!("capability {}", shown(name)),
        Privilege::Unconfined(how) => format!("freedom from confinement ({})", shown(how)),
        Privilege::Device(name) => format!("device {} of the host", shown(name)),
        Privilege::HostNamespace(name) => format!("the host's {name} namespace"),
        Privilege::EngineSocket(path) => format!("the container engine's socket {}", shown(path)),
        Privilege::HostPath(path) => format!("the host's path {}", shown(path)),
        Privilege::OpenEngineApi(url) => {
            format!("a container engine without TLS at {}", shown(url))
        }
        Privilege::Root => "user root".to_owned(),
        Privilege::NotRoot => "a user other than root".to_owned(),
    }
}
