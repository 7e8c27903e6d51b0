//! The virtual hosts that hand to `git http-backend`, and which sections hold
//! for a push there: mod_alias, and "Configuration Sections" of httpd's manual.

use super::syntax::Directive;

/// What a script's path has in it.
const BACKEND: &str = "git-http-backend";

/// A URL below which a host hands to `git http-backend`.
pub(super) struct Host<'a> {
    /// What says so.
    pub(super) alias: &'a Directive,
    /// What holds for a push, the strongest last: of the server, of the host,
    /// of its sections.
    pub(super) levels: Vec<&'a [Directive]>,
    /// What may hold, and is not understood.
    pub(super) unclear: Vec<&'a Directive>,
}

impl<'a> Host<'a> {
    /// Every one in a configuration.
    pub(super) fn all(top: &'a [Directive]) -> Vec<Self> {
        let is_host = |one: &&Directive| one.is("virtualhost");
        let hosts = flat(top).into_iter().filter(is_host).map(Directive::inside);
        let mut found = Vec::new();
        let levels = hosts.map(|host| vec![top, host]).chain([vec![top]]);
        for levels in levels {
            let own = levels.last().copied().unwrap_or_default();
            let aliases = flat(own).into_iter().filter(|one| is_alias(one));
            found.extend(aliases.map(|alias| Self::of(alias, &levels)));
        }
        found
    }

    fn of(alias: &'a Directive, levels: &[&'a [Directive]]) -> Self {
        let mut host = Self {
            alias,
            levels: levels.to_vec(),
            unclear: Vec::new(),
        };
        let url = format!(
            "{}/project.git/git-receive-pack",
            alias.argument(0).trim_end_matches('/')
        );
        let script = alias
            .arguments
            .last()
            .map_or("", String::as_str)
            .trim_end_matches('/');
        if alias.is("scriptaliasmatch") || alias.is("aliasmatch") {
            host.unclear.push(alias);
        }
        // Later ones of this list hold over earlier ones.
        for kind in ["directory", "directorymatch", "files", "location"] {
            let all = levels.iter().flat_map(|level| flat(level));
            let mut sections: Vec<_> = all.filter(|one| kind_of(one) == Some(kind)).collect();
            if kind == "directory" {
                sections.sort_by_key(|one| one.argument(0).trim_end_matches('/').len());
            }
            let path = if kind == "location" { &url } else { script };
            for section in sections {
                match fits(section, path) {
                    Some(true) => host.levels.push(section.inside()),
                    Some(false) => {}
                    None => host.unclear.push(section),
                }
            }
        }
        let strange = host
            .directives()
            .filter(|one| is_strange(one))
            .collect::<Vec<_>>();
        host.unclear.extend(strange);
        host
    }

    /// Every directive that holds for a push.
    pub(super) fn directives(&self) -> impl Iterator<Item = &'a Directive> {
        self.levels.iter().flat_map(|level| flat(level))
    }

    /// Those of a name.
    pub(super) fn named(&self, name: &str) -> Vec<&'a Directive> {
        self.directives().filter(|one| one.is(name)).collect()
    }

    /// The last one of a name.
    pub(super) fn last(&self, name: &str) -> Option<&'a Directive> {
        self.named(name).pop()
    }
}

fn is_alias(one: &Directive) -> bool {
    let is_alias =
        ["scriptalias", "alias", "scriptaliasmatch", "aliasmatch"].contains(&one.name.as_str());
    is_alias && one.arguments.iter().any(|word| word.contains(BACKEND))
}

/// Directives, with those of sections that only ask for a module.
pub(super) fn flat<'a>(all: &'a [Directive]) -> Vec<&'a Directive> {
    let of = |one: &'a Directive| match one {
        Directive { name, .. } if name == "ifmodule" && !one.argument(0).starts_with('!') => {
            flat(one.inside())
        }
        _ => vec![one],
    };
    all.iter().flat_map(of).collect()
}

/// What decides who comes in, and is not followed here.
fn is_strange(one: &Directive) -> bool {
    let names = [
        "ifmodule",
        "if",
        "elseif",
        "else",
        "ifdefine",
        "ifversion",
        "ifdirective",
        "limit",
        "limitexcept",
        "use",
        "authmerging",
        "satisfy",
        "order",
        "allow",
        "deny",
        "luahookaccesschecker",
        "luahookauthchecker",
    ];
    names.contains(&one.name.as_str())
}

fn kind_of(section: &Directive) -> Option<&'static str> {
    let is_pattern = section.argument(0) == "~";
    match section.name.as_str() {
        "directory" if !is_pattern => Some("directory"),
        "directory" | "directorymatch" => Some("directorymatch"),
        "files" | "filesmatch" => Some("files"),
        "location" | "locationmatch" => Some("location"),
        _ => None,
    }
}

/// Whether a section holds for a path; nothing if that is not understood.
fn fits(section: &Directive, path: &str) -> Option<bool> {
    let pattern = section.arguments.last()?.as_str();
    let name = section.name.as_str();
    if name == "files" && section.arguments.len() == 1 && !pattern.contains(['*', '?', '[']) {
        return Some(path.rsplit('/').next() == Some(pattern));
    }
    if name.ends_with("match") || section.argument(0) == "~" {
        return fits_expression(pattern, path);
    }
    if name == "files" || pattern.contains(['*', '?', '[', '$']) {
        return None;
    }
    let below = path.strip_prefix(pattern.trim_end_matches('/'));
    Some(below.is_some_and(|below| below.is_empty() || below.starts_with('/')))
}

/// Regular expressions as people write them here: words, and at the end what a
/// push asks for.
fn fits_expression(pattern: &str, path: &str) -> Option<bool> {
    let anchored = pattern.strip_prefix('^')?;
    let rest_is_known = |rest: &str| rest == "(/|$)" || !rest.contains('|');
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_".contains(letter);
    let start = anchored
        .find(|letter| !is_plain(letter))
        .unwrap_or(anchored.len());
    let (start, rest) = anchored.split_at(start);
    match rest {
        rest if !rest_is_known(rest) => None,
        "" | ".*" | ".*$" | ".+" | ".+$" | "(/|$)" => Some(path.starts_with(start)),
        ".*/git-receive-pack$" | ".+/git-receive-pack$" if path.starts_with(start) => Some(true),
        _ if !path.starts_with(start) && !"*?{".contains(rest.chars().next().unwrap_or('x')) => {
            Some(false)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::fits_expression;

    #[test]
    fn expressions_that_are_not_understood_do_not_fit_or_miss() {
        let path = "/git/project.git/git-receive-pack";
        for (pattern, fits) in [
            ("^/git/", Some(true)),
            ("^/git/.*/git-receive-pack$", Some(true)),
            ("^/other/", Some(false)),
            ("^/gitx?/", None),
            ("/git/", None),
            ("^/git/(a|b)", None),
            ("^/x|^/git", None),
        ] {
            assert_eq!(fits_expression(pattern, path), fits, "{pattern}");
        }
    }
}
