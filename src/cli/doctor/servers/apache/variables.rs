//! Who sets the variables that the hook reads: the operator, or the client by
//! a header that Apache copies. No value is shown.

use super::super::{found, ok, unknown_at};
use super::certificate::Certificate;
use super::host::{Host, flat};
use super::rewrite::by_rule;
use super::syntax::Directive;
use crate::auth::web::METHOD;
use crate::forge::{Diagnosis, Level};
use crate::model::authentication::Method;
use crate::model::text::excerpt;

const ID: &str = "apache-variables";
const SECRET_ID: &str = "apache-authorization";

/// Whose word a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    /// What Apache looked up or checked.
    Operator,
    /// The same for everybody.
    Constant,
    Unknown,
    Client,
}

/// One place that sets a variable.
pub(super) struct Setter<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    pub(super) word: Word,
    /// The value is what the client proves itself by.
    pub(super) is_secret: bool,
    pub(super) by: &'a Directive,
}

/// Every place that sets one.
pub(super) struct Variables<'a>(Vec<Setter<'a>>);

impl<'a> Variables<'a> {
    /// Those that hold for a push to a host.
    pub(super) fn of(host: &Host<'a>) -> Self {
        let mut found = Vec::new();
        for level in &host.levels {
            let mut conditions = Vec::new();
            for one in flat(level) {
                match one.name.as_str() {
                    "setenv" => found.push(Setter {
                        name: one.argument(0),
                        value: one.argument(1),
                        word: Word::Constant,
                        is_secret: false,
                        by: one,
                    }),
                    "passenv" => found.extend(one.arguments.iter().map(|name| unknown(name, one))),
                    "setenvif" | "setenvifnocase" => {
                        found.extend(by_attribute(one, one.argument(0), 2))
                    }
                    "browsermatch" | "browsermatchnocase" => {
                        found.extend(by_attribute(one, "User-Agent", 1))
                    }
                    "setenvifexpr" => found.extend(by_attribute(one, one.argument(0), 1)),
                    "rewritecond" => conditions.push(one),
                    "rewriterule" => {
                        found.extend(by_rule(one, &conditions));
                        conditions.clear();
                    }
                    _ => {}
                }
            }
        }
        Self(found)
    }

    /// Whose word a variable is, at worst.
    pub(super) fn word(&self, name: &str) -> Option<Word> {
        let setters = self
            .0
            .iter()
            .filter(|one| one.name.eq_ignore_ascii_case(name));
        setters.map(|one| one.word).max()
    }

    /// Whether something sets it.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.word(name).is_some()
    }

    /// Every line about variables and secrets.
    pub(super) fn lines(&self, host: &Host<'_>, certificate: &Certificate) -> Vec<Diagnosis> {
        let place = host.alias.place.to_string();
        let mut secrets: Vec<_> = self
            .0
            .iter()
            .filter(|one| one.is_secret)
            .map(secret)
            .collect();
        if let Some(one) = host.last("cgipassauth").filter(|one| one.says("on")) {
            let message =
                "CGIPassAuth On hands passwords and tokens to the hook and all that it starts";
            let at = one.place.to_string();
            secrets.push(found(
                (SECRET_ID, Level::Problem),
                &at,
                message,
                "CGIPassAuth Off",
            ));
        }
        if secrets.is_empty() {
            secrets.push(ok(
                SECRET_ID,
                &place,
                "passwords and tokens go no further than Apache",
            ));
        }
        let believed = self
            .0
            .iter()
            .filter(|one| !one.is_secret && is_believed(one.name));
        let mut lines: Vec<_> = believed.filter_map(|one| one.line(certificate)).collect();
        lines.extend(host.named("requestheader").into_iter().filter_map(header));
        if lines.is_empty() {
            lines.push(ok(
                ID,
                &place,
                "no variable that the hook believes is the client's word",
            ));
        }
        secrets.extend(lines);
        secrets
    }
}

/// What the hook believes, or git is steered by.
fn is_believed(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let own = ["GIT_PROJECT_ROOT", "GIT_HTTP_EXPORT_ALL", "GIT_PROTOCOL"];
    let starts = [
        "REMOTE_",
        "AUTH_TYPE",
        "SSL_",
        "FORGEWARDEN",
        "GATEWAY_",
        "GIT_",
        "LD_",
        "PATH",
        "HTTPS",
    ];
    !own.contains(&name.as_str()) && starts.iter().any(|start| name.starts_with(start))
}

impl Setter<'_> {
    fn line(&self, certificate: &Certificate) -> Option<Diagnosis> {
        let (place, name) = (self.by.place.to_string(), excerpt(self.name, 60));
        let remedy = format!(
            "take it away, or set {name} only after a RewriteCond that looks a token up in a RewriteMap"
        );
        let message = match self.word {
            Word::Operator => return None,
            Word::Unknown => {
                return Some(unknown_at(
                    ID,
                    &place,
                    format!("where {name} comes from is not understood"),
                ));
            }
            Word::Client => format!("{name} is what the client claims, and the hook believes it"),
            Word::Constant if self.name == METHOD => match Method::named(self.value) {
                Some(Method::Password) => return None,
                Some(Method::ClientCertificate) if certificate.is_required => return None,
                _ => format!("{name} is the same for everybody, whatever they proved"),
            },
            Word::Constant => format!("{name} is the same for everybody, whoever they are"),
        };
        Some(found((ID, Level::Problem), &place, message, remedy))
    }
}

fn secret(one: &Setter<'_>) -> Diagnosis {
    let name = excerpt(one.name, 60);
    let message = format!(
        "{name} is the client's password or token, and the hook and all that it starts see it"
    );
    let remedy = format!("take {name} away here");
    found(
        (SECRET_ID, Level::Problem),
        &one.by.place.to_string(),
        message,
        remedy,
    )
}

/// A header that is set as if the client had sent it.
fn header(one: &Directive) -> Option<Diagnosis> {
    let writes = [
        "set",
        "add",
        "append",
        "merge",
        "setifempty",
        "edit",
        "edit*",
    ];
    let does = one.argument(0).to_ascii_lowercase();
    let name = one.argument(1).to_ascii_lowercase().replace('_', "-");
    let is_evidence = ["authorization", "remote-user", "auth-type"].contains(&name.as_str())
        || name.starts_with("ssl-client")
        || name.starts_with("forgewarden");
    (writes.contains(&does.as_str()) && is_evidence).then(|| {
        let message =
            "a header that says who somebody is is written here, and a client can send the same";
        let place = one.place.to_string();
        found(
            (ID, Level::Warning),
            &place,
            message,
            "take this RequestHeader away",
        )
    })
}

fn unknown<'a>(name: &'a str, by: &'a Directive) -> Setter<'a> {
    Setter {
        name,
        value: "",
        word: Word::Unknown,
        is_secret: false,
        by,
    }
}

/// Whether a text names a header that somebody proves themselves by.
pub(super) fn holds_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["authorization", "cookie", "private-token"]
        .iter()
        .any(|name| text.contains(name))
}

/// mod_setenvif: variables from an attribute of the request, which only the
/// addresses are not the client's word of.
fn by_attribute<'a>(by: &'a Directive, attribute: &'a str, skip: usize) -> Vec<Setter<'a>> {
    let addresses = ["remote_addr", "server_addr"];
    let word = match addresses.contains(&attribute.to_ascii_lowercase().as_str()) {
        true => Word::Operator,
        false => Word::Client,
    };
    let all = by.arguments.iter().skip(skip);
    let all = all.filter(|one| !one.starts_with('!'));
    let setter = |one: &'a String| {
        let (name, value) = one.split_once('=').unwrap_or((one, "1"));
        Setter {
            name,
            value,
            word,
            is_secret: holds_secret(attribute) && value.contains('$'),
            by,
        }
    };
    all.map(setter).collect()
}
