//! Whether Apache lets somebody in who proved nothing: the directives
//! `Require` of mod_authz_core, those of the innermost section that has any.

use super::super::{found, ok, unknown_at};
use super::certificate::Certificate;
use super::host::{Host, flat};
use super::syntax::Directive;
use super::variables::{Variables, Word};
use crate::forge::{Diagnosis, Level};

const ID: &str = "apache-authentication";

/// Who comes in, the fewest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gate {
    /// Nobody.
    Closed,
    /// Whoever proved who they are.
    Proved,
    /// Not understood.
    Unclear,
    /// Everybody, or everybody at an address.
    Open,
}

/// What a host asks for.
pub(super) struct Access {
    /// Who can push.
    pub(super) gate: Gate,
    has_require: bool,
    takes_passwords: bool,
}

impl Access {
    /// What holds for a push to a host.
    pub(super) fn of(
        host: &Host<'_>,
        certificate: &Certificate,
        variables: &Variables<'_>,
    ) -> Self {
        let judge = Judge {
            certificate,
            variables,
        };
        let mut levels = host.levels.iter().rev().map(|level| requires_of(level));
        let requires = levels.find(|found| !found.is_empty()).unwrap_or_default();
        let kind = host
            .last("authtype")
            .map(|one| one.argument(0).to_ascii_lowercase());
        let takes_passwords = matches!(kind.as_deref(), Some("basic" | "digest"));
        let provider = host.last("authbasicprovider");
        let mut gate = match requires.is_empty() {
            true => Gate::Open,
            false => judge.any(&requires),
        };
        if gate == Gate::Proved && takes_passwords && provider.is_some_and(|one| one.says("anon")) {
            gate = Gate::Open;
        }
        if !host.unclear.is_empty() {
            gate = Gate::Unclear;
        }
        if certificate.is_required {
            gate = gate.min(Gate::Proved);
        }
        Self {
            gate,
            has_require: !requires.is_empty(),
            takes_passwords,
        }
    }

    /// Whether people come in, and by what.
    pub(super) fn lines(&self, host: &Host<'_>, certificate: &Certificate) -> Vec<Diagnosis> {
        let mut lines = vec![self.line(host, certificate)];
        if self.takes_passwords {
            let at = host
                .last("authtype")
                .unwrap_or(host.alias)
                .place
                .to_string();
            let message =
                "AuthType Basic or Digest lets passwords in; the hook is told and refuses them";
            let remedy =
                "leave the file of AuthUserFile empty, and let people in by token or certificate";
            lines.push(found(
                ("apache-passwords", Level::Warning),
                &at,
                message,
                remedy,
            ));
        }
        lines
    }

    fn line(&self, host: &Host<'_>, certificate: &Certificate) -> Diagnosis {
        let place = host.alias.place.to_string();
        match self.gate {
            Gate::Closed => ok(ID, &place, "nobody can push here"),
            Gate::Proved if certificate.is_required => {
                ok(ID, &place, "nobody comes in without a certificate")
            }
            Gate::Proved => ok(ID, &place, "nobody comes in without proving who they are"),
            Gate::Unclear => {
                let last = host.last("require");
                let strange = host.unclear.first().copied().or(last);
                let strange = strange.map(|one| one.place.to_string());
                let message = "who is let in is decided by something that is not understood";
                unknown_at(ID, &strange.unwrap_or(place), message)
            }
            Gate::Open => {
                let why = match self.has_require {
                    true => "Require lets in whoever proves nothing",
                    false => "no Require holds for git-http-backend",
                };
                let message = format!("anybody can push here: {why}");
                let remedy = format!(
                    "<Location {}> Require valid-user </Location> with an AuthType, or SSLVerifyClient require",
                    crate::model::text::excerpt(host.alias.argument(0), 80)
                );
                found((ID, Level::Problem), &place, message, remedy)
            }
        }
    }
}

/// The directives `Require` of a level, with their containers.
fn requires_of(level: &[Directive]) -> Vec<&Directive> {
    let names = ["require", "requireany", "requireall", "requirenone"];
    let mut all = flat(level);
    all.retain(|one| names.contains(&one.name.as_str()));
    all
}

struct Judge<'a> {
    certificate: &'a Certificate,
    variables: &'a Variables<'a>,
}

impl Judge<'_> {
    /// One is enough. What only takes away adds nothing.
    fn any(&self, all: &[&Directive]) -> Gate {
        let gates = all.iter().filter_map(|one| self.one(one));
        gates.max().unwrap_or(Gate::Closed)
    }

    fn all(&self, all: &[&Directive]) -> Gate {
        let gates = all.iter().filter_map(|one| self.one(one));
        gates.min().unwrap_or(Gate::Open)
    }

    fn one(&self, one: &Directive) -> Option<Gate> {
        let inside: Vec<_> = flat(one.inside());
        match one.name.as_str() {
            "requireany" => Some(self.any(&inside)),
            "requireall" => Some(self.all(&inside)),
            "requirenone" => None,
            "require" => self.require(one),
            _ => Some(Gate::Unclear),
        }
    }

    fn require(&self, one: &Directive) -> Option<Gate> {
        Some(match one.argument(0).to_ascii_lowercase().as_str() {
            "not" => return None,
            "all" if one.says("denied") => Gate::Closed,
            "all" | "ip" | "host" | "local" | "forward-dns" | "ssl" => Gate::Open,
            "method" => Gate::Open,
            "valid-user" | "user" | "group" | "ldap-user" | "ldap-group" | "ldap-dn"
            | "ldap-attribute" | "dbm-group" | "file-group" | "file-owner" | "unix-group" => {
                Gate::Proved
            }
            "ssl-verify-client" if self.certificate.is_verified => Gate::Proved,
            "env" => {
                let words = one
                    .arguments
                    .iter()
                    .skip(1)
                    .map(|name| self.variables.word(name));
                words.map(of_word).max().unwrap_or(Gate::Unclear)
            }
            _ => Gate::Unclear,
        })
    }
}

fn of_word(word: Option<Word>) -> Gate {
    match word {
        Some(Word::Operator) => Gate::Proved,
        Some(Word::Client) => Gate::Open,
        Some(Word::Constant | Word::Unknown) | None => Gate::Unclear,
    }
}
