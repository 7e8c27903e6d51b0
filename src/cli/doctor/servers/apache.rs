//! What Apache tells `git http-backend`, and so the hook, and what it lets a
//! client tell: mod_authz_core, mod_auth_basic, mod_ssl, mod_env, mod_setenvif,
//! mod_rewrite.

mod access;
mod certificate;
mod host;
mod rewrite;
mod syntax;
mod variables;

use std::path::Path;
use std::rc::Rc;

use super::{MAX_CONFIGURATION, found, ok, unknown_at, unless_hidden};
use crate::auth::web::METHOD;
use crate::cli::input;
use crate::forge::{Diagnosis, Level};
use access::{Access, Gate};
use certificate::Certificate;
use host::Host;
use syntax::Directive;
use variables::Variables;

const ID: &str = "apache-configuration";

/// Most includes that are named, and most hosts that are looked at.
const MAX_SHOWN: usize = 100;

const ALONE: &str = "put what is included into one file, and give that";

/// Every line about a configuration file.
pub(super) fn of_file(file: &Path) -> Vec<Diagnosis> {
    let name = input::name(file);
    let text = match input::text(file, MAX_CONFIGURATION) {
        Ok(text) => text,
        Err(why) => return vec![found((ID, Level::Unknown), &name, why, "")],
    };
    let all = match syntax::parse(&text, &Rc::from(name.as_str())) {
        Ok(all) => all,
        Err(error) => {
            let message = format!("this is not understood: {}", error.what);
            let place = error.place.to_string();
            return vec![found(
                (ID, Level::Unknown),
                &place,
                message,
                "apachectl configtest",
            )];
        }
    };
    let includes = includes(&all);
    let shown = includes.iter().take(MAX_SHOWN);
    let mut lines: Vec<_> = shown.map(|one| include(one)).collect();
    let hosts = Host::all(&all);
    if hosts.is_empty() {
        let message = "no ScriptAlias to git-http-backend was found";
        let remedy = "give the file of the virtual host in which it is";
        lines.push(found((ID, Level::Unknown), &name, message, remedy));
    }
    if hosts.len() > MAX_SHOWN {
        let message = format!("only {MAX_SHOWN} of {} hosts were looked at", hosts.len());
        lines.push(found((ID, Level::Unknown), &name, message, ""));
    }
    for host in hosts.iter().take(MAX_SHOWN) {
        let mut more = of_host(host);
        if !includes.is_empty() {
            more.iter_mut().for_each(|line| unless_hidden(line, ALONE));
        }
        lines.extend(more);
    }
    lines
}

fn of_host(host: &Host<'_>) -> Vec<Diagnosis> {
    let variables = Variables::of(host);
    let certificate = Certificate::of(host);
    let access = Access::of(host, &certificate, &variables);
    let mut lines = access.lines(host, &certificate);
    lines.extend(certificate.lines(host));
    lines.extend(variables.lines(host, &certificate));
    lines.extend(method(host, &access, &certificate, &variables));
    lines
}

/// Whether the hook is told how somebody authenticated.
fn method(
    host: &Host<'_>,
    access: &Access,
    certificate: &Certificate,
    variables: &Variables<'_>,
) -> Option<Diagnosis> {
    let (id, place) = ("apache-method", host.alias.place.to_string());
    let kind = host
        .last("authtype")
        .map(|one| one.argument(0).to_ascii_lowercase());
    let by_type = matches!(
        kind.as_deref(),
        Some("basic" | "digest" | "gssapi" | "negotiate")
    );
    if access.gate != Gate::Proved {
        return None;
    }
    if by_type || variables.sets(METHOD) || (certificate.is_required && certificate.is_told) {
        return Some(ok(
            id,
            &place,
            "the hook is told how somebody authenticated",
        ));
    }
    // Said as `apache-certificate` already.
    if certificate.is_required {
        return None;
    }
    let message = "whether the hook understands how people authenticate here is not known";
    Some(unknown_at(id, &place, message))
}

fn include(one: &Directive) -> Diagnosis {
    let message = "this include is not followed";
    found((ID, Level::Unknown), &one.place.to_string(), message, ALONE)
}

fn includes(all: &[Directive]) -> Vec<&Directive> {
    let mut found = Vec::new();
    for one in all {
        if ["include", "includeoptional", "use"].contains(&one.name.as_str()) {
            found.push(one);
        }
        found.extend(includes(one.inside()));
    }
    found
}
