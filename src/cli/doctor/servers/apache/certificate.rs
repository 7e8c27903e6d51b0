//! Client certificates in Apache: whether one has to be there, and whether the
//! hook is told of it. Source: mod_ssl.

use super::super::{found, ok};
use super::host::Host;
use crate::forge::{Diagnosis, Level};

const ID: &str = "apache-certificate";

/// What mod_ssl asks for and tells.
pub(super) struct Certificate {
    verify: String,
    /// Nobody gets in without a certificate that Apache verified.
    pub(super) is_required: bool,
    /// There is one if `Require ssl-verify-client` holds.
    pub(super) is_verified: bool,
    /// `SSLOptions +StdEnvVars`.
    pub(super) is_told: bool,
    /// `SSLOptions +FakeBasicAuth`.
    is_fake: bool,
}

impl Certificate {
    /// What holds for a push to a host.
    pub(super) fn of(host: &Host<'_>) -> Self {
        let word = |name| {
            host.last(name)
                .map_or(String::new(), |one| one.argument(0).to_ascii_lowercase())
        };
        let verify = word("sslverifyclient");
        let speaks_tls = word("sslengine") == "on";
        let options = options(host);
        let has = |name: &str| options.iter().any(|one| one == name);
        Self {
            is_required: speaks_tls && verify == "require",
            is_verified: speaks_tls && ["require", "optional"].contains(&verify.as_str()),
            is_told: has("stdenvvars"),
            is_fake: has("fakebasicauth"),
            verify,
        }
    }

    /// Every line about certificates; none if nobody is asked for one.
    pub(super) fn lines(&self, host: &Host<'_>) -> Vec<Diagnosis> {
        let place = |name| host.last(name).unwrap_or(host.alias).place.to_string();
        let mut lines = Vec::new();
        if self.is_fake {
            let message = "FakeBasicAuth makes a certificate call itself Basic, with a password that everybody knows";
            let (id, remedy) = (
                "apache-fake-basic",
                "SSLOptions -FakeBasicAuth, and SSLUserName SSL_CLIENT_S_DN_CN",
            );
            lines.push(found(
                (id, Level::Problem),
                &place("ssloptions"),
                message,
                remedy,
            ));
        }
        if self.verify.is_empty() || self.verify == "none" {
            return lines;
        }
        let at = place("sslverifyclient");
        if self.verify == "optional_no_ca" {
            let message = "certificates are taken that nobody verifies";
            lines.push(found(
                (ID, Level::Problem),
                &at,
                message,
                "SSLVerifyClient require",
            ));
        }
        lines.push(match self.is_told {
            true => ok(ID, &at, "the hook is told of the certificate"),
            false => found(
                (ID, Level::Problem),
                &at,
                "the hook is told nothing of the certificate, so every push with one is `unknown`",
                "SSLOptions +StdEnvVars",
            ),
        });
        if self.verify == "optional" {
            let message = "a request without a certificate gets as far as one with";
            let remedy = "SSLVerifyClient require, on a port of its own";
            lines.push(found((ID, Level::Warning), &at, message, remedy));
        }
        lines
    }
}

/// The options that are on: with a sign one changes, without all do.
fn options(host: &Host<'_>) -> Vec<String> {
    let mut on: Vec<String> = Vec::new();
    for one in host.named("ssloptions") {
        let words: Vec<_> = one
            .arguments
            .iter()
            .map(|word| word.to_ascii_lowercase())
            .collect();
        if words.iter().any(|word| !word.starts_with(['+', '-'])) {
            on.clear();
        }
        for word in &words {
            match word.strip_prefix('-') {
                Some(name) => on.retain(|other| other != name),
                None => on.push(word.trim_start_matches('+').to_owned()),
            }
        }
    }
    on
}
