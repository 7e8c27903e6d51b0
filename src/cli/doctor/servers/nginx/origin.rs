//! Whose word a value is: the operator's, or the client's. Variables are
//! followed through `map`, `set` and `auth_request_set`.

use std::collections::HashMap;

use super::files::HOLE;
use super::syntax::Directive;

/// Longest chain of variables that is followed.
const MAX_CHAIN: usize = 16;

/// Whose word a value is, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// The operator's, or what nginx has checked.
    Operator,
    /// Sometimes the name in `Authorization`, where a map says so.
    Chosen,
    /// The name in `Authorization`, checked if `auth_basic` did.
    RemoteUser,
    /// Not understood.
    Unknown,
    /// The client's.
    Client,
}

/// Headers that a map may look up: what they hold has to be right.
const CREDENTIALS: [&str; 4] = [
    "http_authorization",
    "http_private_token",
    "http_job_token",
    "http_cookie",
];

/// Variables of nginx that a client's request sets.
const CLIENTS: [&str; 19] = [
    "args",
    "query_string",
    "is_args",
    "uri",
    "request_uri",
    "document_uri",
    "request",
    "request_body",
    "request_method",
    "request_filename",
    "host",
    "content_type",
    "content_length",
    "fastcgi_path_info",
    "fastcgi_script_name",
    "proxy_protocol_addr",
    "server_protocol",
    "ssl_client_escaped_cert",
    "ssl_server_name",
];

/// Variables of nginx that it sets itself.
const OWN: [&str; 17] = [
    "remote_addr",
    "remote_port",
    "binary_remote_addr",
    "realip_remote_addr",
    "server_addr",
    "server_name",
    "server_port",
    "scheme",
    "https",
    "hostname",
    "document_root",
    "realpath_root",
    "connection",
    "request_id",
    "nginx_version",
    "status",
    "msec",
];

/// How a variable gets its value.
enum Definition<'a> {
    /// The source, and the results.
    Map(&'a str, Vec<&'a Directive>),
    Value(&'a str),
    /// A part of the source that a regular expression names.
    Part(&'a str),
    Known(Origin),
}

/// The variables of a configuration.
pub(super) struct Variables<'a> {
    definitions: HashMap<&'a str, Vec<Definition<'a>>>,
    known: HashMap<String, Origin>,
}

impl<'a> Variables<'a> {
    /// Finds every definition.
    pub(super) fn of(all: &'a [Directive]) -> Self {
        let mut found = Self {
            definitions: HashMap::new(),
            known: HashMap::new(),
        };
        found.collect(all);
        found
    }

    /// Whose word a value is: the worst of its variables.
    pub(super) fn origin(&mut self, value: &str) -> Origin {
        self.of_value(value, Origin::Client, 0)
    }

    fn collect(&mut self, all: &'a [Directive]) {
        for one in all {
            let (first, second) = (one.argument(0), one.argument(1));
            match one.name.as_str() {
                "map" => {
                    for part in one.inside().iter().flat_map(|result| names(&result.name)) {
                        self.define(part, Definition::Part(first));
                    }
                    self.define(
                        second,
                        Definition::Map(first, one.inside().iter().collect()),
                    );
                    continue;
                }
                "geo" | "split_clients" => {
                    let name = one.arguments.last().map_or("", String::as_str);
                    self.define(name, Definition::Known(Origin::Operator));
                    continue;
                }
                "set" | "auth_request_set" => self.define(first, Definition::Value(second)),
                "location" | "server_name" | "if" | "rewrite" => {
                    for part in one.arguments.iter().flat_map(|word| names(word)) {
                        self.define(part, Definition::Known(Origin::Client));
                    }
                }
                other if other.contains("_set") || other.starts_with("set_") => {
                    self.define(first, Definition::Known(Origin::Unknown));
                }
                _ => {}
            }
            self.collect(one.inside());
        }
    }

    fn define(&mut self, name: &'a str, definition: Definition<'a>) {
        let name = name.strip_prefix('$').unwrap_or(name);
        self.definitions.entry(name).or_default().push(definition);
    }

    /// `part` is whose word `$1` is.
    fn of_value(&mut self, value: &str, part: Origin, chain: usize) -> Origin {
        let parts = value.split('$').skip(1).map(|rest| {
            let rest = rest.strip_prefix('{').unwrap_or(rest);
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
            &rest[..end.unwrap_or(rest.len())]
        });
        let parts = parts.map(
            |name| match name.bytes().all(|byte| byte.is_ascii_digit()) {
                true => part,
                false => self.of_variable(name, chain),
            },
        );
        parts.max().unwrap_or(Origin::Operator)
    }

    fn of_variable(&mut self, name: &str, chain: usize) -> Origin {
        if let Some(origin) = self.known.get(name) {
            return *origin;
        }
        if chain == MAX_CHAIN {
            return Origin::Unknown;
        }
        let Some(definitions) = self.definitions.remove(name) else {
            // What is asked for while it is being found out is its own source.
            return of_nginx(name);
        };
        let mut worst = Origin::Operator;
        for definition in &definitions {
            worst = worst.max(self.of_definition(definition, chain + 1));
        }
        self.known.insert(name.to_owned(), worst);
        worst
    }

    fn of_definition(&mut self, definition: &Definition<'_>, chain: usize) -> Origin {
        match definition {
            Definition::Known(origin) => *origin,
            Definition::Value(value) => self.of_value(value, Origin::Client, chain),
            Definition::Part(source) => self.of_value(source, Origin::Client, chain),
            Definition::Map(source, results) => {
                let of_source = self.of_value(source, Origin::Client, chain);
                let is_credential = CREDENTIALS
                    .iter()
                    .any(|name| source.strip_prefix('$') == Some(name));
                let mut worst = match of_source {
                    Origin::Client if is_credential => Origin::Operator,
                    Origin::RemoteUser => Origin::Operator,
                    other => other,
                };
                for result in results {
                    let of_result = match result.name.as_str() {
                        HOLE => Origin::Unknown,
                        _ => self.of_value(result.argument(0), of_source, chain),
                    };
                    worst = worst.max(match of_result {
                        Origin::RemoteUser => Origin::Chosen,
                        other => other,
                    });
                }
                worst
            }
        }
    }
}

/// The names of the parts of a regular expression.
fn names(pattern: &str) -> impl Iterator<Item = &str> {
    let starts = ["(?<", "(?P<", "(?'"].into_iter();
    starts.flat_map(move |start| {
        let parts = pattern.split(start).skip(1);
        let ends = parts.filter_map(|part| part.split_once(['>', '\'']));
        ends.map(|(name, _)| name)
            .filter(|name| !name.starts_with(['=', '!']))
    })
}

fn of_nginx(name: &str) -> Origin {
    let client = ["http_", "arg_", "cookie_"];
    if client.iter().any(|start| name.starts_with(start)) || CLIENTS.contains(&name) {
        return Origin::Client;
    }
    match name {
        "remote_user" => Origin::RemoteUser,
        name if OWN.contains(&name) => Origin::Operator,
        // The certificate is the client's; whether it was verified is looked at
        // apart.
        name if name.starts_with("ssl_") || name.starts_with("upstream_") => Origin::Operator,
        _ => Origin::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::syntax::parse;
    use super::{Origin, Variables};

    #[test]
    fn variables_are_followed_to_whoever_sets_them() {
        let text = "map $http_authorization $token { default ''; secret alice/laptop; }\n\
                    map $token $user { default ''; '' $remote_user; '~^(?<owner>.+)/' $owner; }\n\
                    map $http_x_user $claimed { default nobody; a alice; }\n\
                    map $token $copied { default $http_x_user; }\n\
                    map $http_authorization $part { '~^Bearer (.*)' $1; }\n\
                    server { set $a $b; set $b $a; auth_request_set $told $upstream_http_x_user;\n\
                    set $late $told; perl_set $p x; if ($args ~ '(?<named>.)') { set $late $host; } }";
        let all = parse(text, &Rc::from("f")).expect("nginx's syntax");
        let mut variables = Variables::of(&all);
        for (value, origin) in [
            ("constant", Origin::Operator),
            ("$token", Origin::Operator),
            ("$told", Origin::Operator),
            ("${owner}", Origin::Operator),
            ("$user", Origin::Chosen),
            ("x-$remote_user", Origin::RemoteUser),
            ("$a", Origin::Unknown),
            ("$p", Origin::Unknown),
            ("$nobody_knows", Origin::Unknown),
            ("$claimed", Origin::Client),
            ("$copied", Origin::Client),
            ("$part", Origin::Client),
            ("$named", Origin::Client),
            ("$late", Origin::Client),
            ("$http_x_user", Origin::Client),
        ] {
            assert_eq!(variables.origin(value), origin, "{value}");
        }
    }
}
