//! What nginx tells `git http-backend`, and so the hook, and what it lets a
//! client tell: ngx_http_{core,fastcgi,auth_basic,auth_request,ssl}_module.

mod access;
mod files;
mod location;
mod method;
mod origin;
mod parameters;
mod syntax;

use std::path::Path;

use super::{MAX_CONFIGURATION, found, unknown_at, unless_hidden};
use crate::cli::input;
use crate::forge::{Diagnosis, Level};
use access::Access;
use files::HOLE;
use location::Location;
use origin::Variables;
use syntax::Directive;

const ID: &str = "nginx-configuration";

/// Most includes that are named, and most locations that are looked at.
const MAX_SHOWN: usize = 100;

const WHOLE: &str = "sudo nginx -T | forgewarden doctor --nginx -";

/// Every line about a dump or a file.
pub(super) fn of_file(file: &Path) -> Vec<Diagnosis> {
    let name = input::name(file);
    let text = match input::text(file, MAX_CONFIGURATION) {
        Ok(text) => text,
        Err(why) => return vec![found((ID, Level::Unknown), &name, why, WHOLE)],
    };
    let all = match files::read(&text, &name) {
        Ok(all) => all,
        Err(error) => {
            let message = format!("this is not understood: {}", error.what);
            return vec![found(
                (ID, Level::Unknown),
                &error.place.to_string(),
                message,
                "nginx -t",
            )];
        }
    };
    let mut lines: Vec<_> = holes(&all).into_iter().take(MAX_SHOWN).map(hole).collect();
    let locations = Location::all(&all);
    let git: Vec<_> = locations.iter().filter(|one| one.is_git()).collect();
    if git.is_empty() {
        let message = "no location that hands to git-http-backend was found";
        lines.push(found((ID, Level::Unknown), &name, message, WHOLE));
    }
    if git.len() > MAX_SHOWN {
        let message = format!("only {MAX_SHOWN} of {} locations were looked at", git.len());
        lines.push(found((ID, Level::Unknown), &name, message, ""));
    }
    let mut variables = Variables::of(&all);
    for location in git.into_iter().take(MAX_SHOWN) {
        let mut more = of_location(location, &mut variables);
        if location.has_hole() {
            more.iter_mut().for_each(|line| unless_hidden(line, WHOLE));
        }
        lines.extend(more);
    }
    lines
}

fn of_location(location: &Location<'_>, variables: &mut Variables<'_>) -> Vec<Diagnosis> {
    if !location.is_fastcgi() {
        let message =
            "git-http-backend is reached by another way than fastcgi_pass, which is not understood";
        return vec![unknown_at(ID, &location.place(), message)];
    }
    let access = Access::of(location);
    let mut lines = access.lines(location);
    lines.extend(parameters::lines(location, &access, variables));
    lines
}

fn hole(include: &Directive) -> Diagnosis {
    let message = "this include is not followed";
    found(
        (ID, Level::Unknown),
        &include.place.to_string(),
        message,
        WHOLE,
    )
}

fn holes(all: &[Directive]) -> Vec<&Directive> {
    let mut found = Vec::new();
    for one in all {
        if one.name == HOLE {
            found.push(one);
        }
        found.extend(holes(one.inside()));
    }
    found
}
