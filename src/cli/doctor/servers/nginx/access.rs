//! Whether a location of nginx lets somebody in who proved nothing, and by
//! what people prove who they are.

use super::super::{found, ok, unknown_at};
use super::location::{Location, named};
use super::syntax::Directive;
use crate::forge::{Diagnosis, Level};

const ID: &str = "nginx-authentication";

/// Directives that begin with `auth_` and are known here, or decide nothing.
const KNOWN: [&str; 5] = [
    "auth_basic",
    "auth_basic_user_file",
    "auth_request",
    "auth_request_set",
    "auth_delay",
];

/// What a location asks for.
pub(super) struct Access {
    /// `auth_basic` with a file: account and password.
    pub(super) basic: bool,
    /// `auth_request`: somebody else says.
    pub(super) request: bool,
    /// A certificate that nginx verifies; without one nobody comes in.
    pub(super) certificate: bool,
    /// Certificates are taken that nobody verifies.
    pub(super) unverified: bool,
    /// One of `auth_basic`, `auth_request` and addresses is enough.
    pub(super) any: bool,
}

impl Access {
    /// What holds in a location.
    pub(super) fn of(location: &Location<'_>) -> Self {
        let realm = location.setting("auth_basic").unwrap_or("off");
        // Without a file nginx asks for nothing.
        let has_file = location.setting("auth_basic_user_file").is_some();
        let verify = location.setting("ssl_verify_client").unwrap_or("off");
        let refused = refuses_without_certificate(location);
        Self {
            basic: realm != "off" && !realm.contains('$') && has_file,
            request: location
                .setting("auth_request")
                .is_some_and(|it| it != "off"),
            certificate: match verify {
                "on" => refused || is_tls_alone(location),
                "optional" => refused,
                _ => false,
            },
            unverified: verify == "optional_no_ca",
            any: location.setting("satisfy") == Some("any"),
        }
    }

    /// Whether `$remote_user` is a name that nginx checked.
    pub(super) fn checks_remote_user(&self, location: &Location<'_>) -> bool {
        self.basic && !(self.any && (self.request || lets_addresses_in(location)))
    }

    /// Whether people come in, and by what.
    pub(super) fn lines(&self, location: &Location<'_>) -> Vec<Diagnosis> {
        let mut lines = vec![self.line(location)];
        if self.basic {
            let message = "auth_basic lets passwords in; the hook refuses them if it is told";
            let remedy = "leave the file of auth_basic_user_file empty, and let people in by auth_request or certificate";
            let level = Level::Warning;
            lines.push(found(
                ("nginx-passwords", level),
                &location.place(),
                message,
                remedy,
            ));
        }
        lines
    }

    fn line(&self, location: &Location<'_>) -> Diagnosis {
        let place = location.place();
        if location.is_for_fetch() {
            return ok(
                ID,
                &place,
                "only fetches come this way, so nobody has to prove anything",
            );
        }
        if self.any && lets_addresses_in(location) {
            let message =
                "whoever has one of the addresses of `allow` pushes without proving who they are";
            let remedy = "satisfy all;";
            return found((ID, Level::Problem), &place, message, remedy);
        }
        if let Some(other) = foreign(location) {
            let place = other.place.to_string();
            return unknown_at(
                ID,
                &place,
                "who is let in here is decided by a module or block that is not understood",
            );
        }
        if location
            .setting("auth_basic")
            .is_some_and(|it| it.contains('$'))
        {
            return unknown_at(ID, &place, "auth_basic has a variable, which can say `off`");
        }
        let ways = [
            (self.basic, "auth_basic"),
            (self.request, "auth_request"),
            (self.certificate, "ssl_verify_client"),
        ];
        let ways: Vec<_> = ways
            .iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, way)| *way)
            .collect();
        match ways.is_empty() {
            false => ok(
                ID,
                &place,
                format!("nobody comes in without {}", ways.join(" or ")),
            ),
            true => found(
                (ID, Level::Problem),
                &place,
                format!("anybody can push here: {}", self.why(location)),
                "auth_request /…; or auth_basic \"git\"; with auth_basic_user_file …; in this location, or \
                 ssl_verify_client on; in a server that listens with ssl alone",
            ),
        }
    }

    fn why(&self, location: &Location<'_>) -> &'static str {
        match location.setting("ssl_verify_client") {
            Some("optional") => "ssl_verify_client optional lets people in without a certificate",
            Some("optional_no_ca") => {
                "ssl_verify_client optional_no_ca lets in with any certificate, verified or not"
            }
            Some("on") => "ssl_verify_client is on, but the server also listens without ssl",
            _ if location.setting("auth_basic").is_some_and(|it| it != "off") => {
                "auth_basic without auth_basic_user_file asks for nothing"
            }
            _ => "neither auth_basic, auth_request nor ssl_verify_client is on",
        }
    }
}

fn lets_addresses_in(location: &Location<'_>) -> bool {
    !location.effective("allow").is_empty()
}

/// Every port of the server speaks TLS.
fn is_tls_alone(location: &Location<'_>) -> bool {
    let listens = location.of_server("listen");
    let speaks_tls = |listen: &&Directive| {
        let mut words = listen.arguments.iter().skip(1);
        words.any(|word| word == "ssl" || word == "quic")
    };
    !listens.is_empty() && listens.iter().all(speaks_tls)
}

/// `if ($ssl_client_verify != SUCCESS) { return 4xx; }`, here or in the server.
fn refuses_without_certificate(location: &Location<'_>) -> bool {
    let of_server = location.of_server("if");
    let ifs = named(location.own(), "if").into_iter().chain(of_server);
    let asks = |one: &&Directive| one.arguments.join(" ") == "($ssl_client_verify != SUCCESS)";
    let mut refusing = ifs.filter(asks).map(|one| named(one.inside(), "return"));
    refusing.any(|returns| returns.iter().any(|one| one.argument(0).starts_with('4')))
}

/// What may decide who comes in and is not understood.
fn foreign<'a>(location: &Location<'a>) -> Option<&'a Directive> {
    let mut around = location.around();
    around.find(|one| {
        let name = one.name.as_str();
        let is_script = [
            "access_by_lua",
            "rewrite_by_lua",
            "content_by_lua",
            "js_access",
            "js_content",
            "perl",
        ];
        let starts = |start: &&str| name.starts_with(*start);
        name == "limit_except"
            || is_script.iter().any(starts)
            || (name.starts_with("auth_") && !KNOWN.contains(&name))
    })
}
