//! The FastCGI parameters that become the hook's variables: what they tell,
//! whose word they are, and which secrets they carry. No value is shown.

use super::super::{found, ok, unknown_at};
use super::access::Access;
use super::location::Location;
use super::origin::{Origin, Variables};
use super::syntax::Directive;
use crate::auth::web::{METHOD, TOKEN, USER};
use crate::forge::{Diagnosis, Level};

/// The name that people are known by.
const NAMES: [&str; 2] = ["REMOTE_USER", USER];

/// What the hook believes besides.
const WORDS: [&str; 6] = [
    METHOD,
    TOKEN,
    "AUTH_TYPE",
    "SSL_CLIENT_VERIFY",
    "SSL_CLIENT_S_DN",
    "SSL_CLIENT_M_SERIAL",
];

/// The header of passwords and tokens, as a variable.
const SECRET: &str = "HTTP_AUTHORIZATION";

const NAME_ID: &str = "nginx-remote-user";
/// The line about how somebody authenticated.
pub(super) const METHOD_ID: &str = "nginx-method";
const SECRET_ID: &str = "nginx-authorization";

/// Every line about the parameters of a location.
pub(super) fn lines(
    location: &Location<'_>,
    access: &Access,
    variables: &mut Variables<'_>,
) -> Vec<Diagnosis> {
    let mut given = Given {
        location,
        access,
        variables,
        parameters: location.parameters(),
    };
    let mut lines = given.names();
    lines.extend(given.words());
    lines.push(given.method());
    lines.push(given.secret());
    lines.push(given.duplicates());
    lines.push(given.underscores());
    lines
}

/// What a location gives.
pub(super) struct Given<'a, 'v, 'd> {
    location: &'a Location<'a>,
    pub(super) access: &'a Access,
    variables: &'v mut Variables<'d>,
    parameters: Vec<&'a Directive>,
}

impl<'a> Given<'a, '_, '_> {
    /// The parameters of a name.
    pub(super) fn of(&self, name: &str) -> Vec<&'a Directive> {
        let all = self.parameters.iter().filter(|one| one.argument(0) == name);
        all.copied().collect()
    }

    /// Where the location begins.
    pub(super) fn place(&self) -> String {
        self.location.place()
    }

    fn names(&mut self) -> Vec<Diagnosis> {
        let mut lines = Vec::new();
        for name in NAMES {
            for one in self.of(name) {
                lines.extend(self.name(name, one));
            }
        }
        if lines.is_empty() {
            lines.push(ok(
                NAME_ID,
                &self.place(),
                "the name of who pushes is not the client's word",
            ));
        }
        lines
    }

    fn name(&mut self, name: &str, one: &Directive) -> Option<Diagnosis> {
        let place = one.place.to_string();
        let (level, message) = match self.variables.origin(one.argument(1)) {
            Origin::Operator
                if self.access.unverified && one.argument(1).contains("$ssl_client") =>
            {
                (
                    Level::Problem,
                    format!("{name} is the name in a certificate that nobody verifies"),
                )
            }
            Origin::Operator => return None,
            Origin::Chosen if self.access.basic => return None,
            Origin::RemoteUser if self.access.checks_remote_user(self.location) => return None,
            Origin::Unknown => {
                let message = format!("where {name} comes from is not understood");
                return Some(unknown_at(NAME_ID, &place, message));
            }
            Origin::Client => (Level::Problem, format!("{name} is what the client claims")),
            Origin::Chosen | Origin::RemoteUser if self.access.request => (
                Level::Warning,
                format!(
                    "{name} is the name in the client's header, which is right only if the answerer of auth_request \
                     checks that name"
                ),
            ),
            Origin::Chosen | Origin::RemoteUser => (
                Level::Problem,
                format!(
                    "{name} is the name in the client's header, which no auth_basic checks here: anybody can be anybody"
                ),
            ),
        };
        let remedy = format!(
            "auth_request_set $user $upstream_http_x_user; and fastcgi_param {name} $user; of an answerer of your own, \
             or auth_basic in this location"
        );
        Some(found((NAME_ID, level), &place, message, remedy))
    }

    /// What the client must not say of how it authenticated.
    fn words(&mut self) -> Vec<Diagnosis> {
        let mut lines = Vec::new();
        for name in WORDS {
            for one in self.of(name) {
                let place = one.place.to_string();
                let value = one.argument(1);
                let is_unverified = self.access.unverified && value.contains("$ssl_client");
                match self.variables.origin(value) {
                    Origin::Operator | Origin::Chosen if !is_unverified => {}
                    Origin::Unknown => {
                        let message = format!("where {name} comes from is not understood");
                        lines.push(unknown_at(METHOD_ID, &place, message));
                    }
                    _ => {
                        let message =
                            format!("{name} is what the client claims, and the hook believes it");
                        let remedy = format!(
                            "take it from auth_request: auth_request_set $it $upstream_http_…; fastcgi_param {name} $it;"
                        );
                        lines.push(found((METHOD_ID, Level::Problem), &place, message, remedy));
                    }
                }
            }
        }
        lines
    }

    /// Whether the password or the token reaches the hook.
    fn secret(&self) -> Diagnosis {
        let given = self.of(SECRET);
        let remedy = "fastcgi_param HTTP_AUTHORIZATION \"\";";
        if let Some(one) = given.iter().find(|one| !one.argument(1).is_empty()) {
            let message =
                "the client's password or token is handed to the hook and all that it starts";
            return found(
                (SECRET_ID, Level::Problem),
                &one.place.to_string(),
                message,
                remedy,
            );
        }
        if !given.is_empty() || self.location.setting("fastcgi_pass_request_headers") == Some("off")
        {
            return ok(
                SECRET_ID,
                &self.place(),
                "passwords and tokens go no further than nginx",
            );
        }
        let message = "nginx passes the header Authorization on: the hook and all that it starts see passwords and tokens";
        found((SECRET_ID, Level::Problem), &self.place(), message, remedy)
    }

    /// Two values of one name: programs see one or the other.
    fn duplicates(&self) -> Diagnosis {
        let id = "nginx-duplicates";
        let names = NAMES
            .iter()
            .chain(&WORDS)
            .chain(&[SECRET, "REMOTE_ADDR", "GIT_PROJECT_ROOT"]);
        let mut doubled = names
            .map(|name| (name, self.of(name)))
            .filter(|(_, all)| all.len() > 1);
        match doubled.next() {
            None => ok(
                id,
                &self.place(),
                "nothing that the hook reads is set twice",
            ),
            Some((name, all)) => {
                let place = all.last().map_or(self.place(), |one| one.place.to_string());
                let first = all
                    .first()
                    .map_or(self.place(), |one| one.place.to_string());
                let message =
                    format!("{name} is set twice, first at {first}: programs see one or the other");
                let remedy = format!(
                    "leave one fastcgi_param {name}, and no include fastcgi_params beside it"
                );
                found((id, Level::Problem), &place, message, remedy)
            }
        }
    }

    fn underscores(&self) -> Diagnosis {
        let id = "nginx-underscores";
        for (name, wide) in [
            ("underscores_in_headers", "on"),
            ("ignore_invalid_headers", "off"),
        ] {
            let on = self.location.effective(name).into_iter().next_back();
            if let Some(one) = on.filter(|one| one.argument(0) == wide) {
                let message = format!(
                    "{name} {wide} lets clients send headers whose variables look like others'"
                );
                let remedy = format!("take `{name} {wide};` away");
                return found(
                    (id, Level::Warning),
                    &one.place.to_string(),
                    message,
                    remedy,
                );
            }
        }
        ok(id, &self.place(), "headers with underscores are dropped")
    }
}
