//! The hosts that a command's words name.

use std::net::IpAddr;

use crate::model::build::Command;

/// A host that a command talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// Its name in lower case, without port.
    pub(crate) name: String,
    /// The whole address as written, credentials and query removed.
    pub(crate) url: String,
    /// Whether the connection is not encrypted.
    pub(crate) in_clear: bool,
}

impl Host {
    /// Whether it is an address instead of a name.
    pub(crate) fn is_address(&self) -> bool {
        self.name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
    }
}

/// Whether a host is the machine itself.
pub(crate) fn is_local(name: &str) -> bool {
    let name = name.trim_matches(['[', ']']);
    matches!(
        name,
        "localhost" | "0.0.0.0" | "host.docker.internal" | "::1"
    ) || name.starts_with("127.")
        || name.ends_with(".localhost")
}

/// The hosts that are written out in a command. One that only the run knows is not among them.
pub(crate) fn hosts_of(command: &Command) -> Vec<Host> {
    let mut all: Vec<Host> = Vec::new();
    for word in &command.words {
        all.extend(addresses(&word.text));
    }
    if all.is_empty() {
        all.extend(bare(command));
    }
    all
}

fn addresses(text: &str) -> Vec<Host> {
    let mut all = Vec::new();
    for scheme in ["https://", "http://", "ftp://", "ws://", "wss://"] {
        for (at, _) in text.match_indices(scheme) {
            let before = text[..at].bytes().next_back();
            if before.is_some_and(|it| it.is_ascii_alphanumeric()) {
                continue;
            }
            all.extend(host(scheme, &text[at + scheme.len()..]));
        }
    }
    all
}

fn host(scheme: &str, rest: &str) -> Option<Host> {
    let stops = ['"', '\'', ')', ' ', '\t', '\n', '>', '`', ';', '|', ','];
    let rest = rest.split(stops).next().unwrap_or(rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let own = authority.rsplit('@').next().unwrap_or(authority);
    let name = match own.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or(inner),
        None => own.split(':').next().unwrap_or(own),
    };
    if !is_name(name) {
        return None;
    }
    let path = path.split(['?', '#']).next().unwrap_or(path);
    Some(Host {
        name: name.to_ascii_lowercase(),
        url: format!("{scheme}{own}{path}"),
        in_clear: matches!(scheme, "http://" | "ftp://" | "ws://"),
    })
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    !name.is_empty() && name.bytes().all(fits)
}

/// `curl example.org/x`, `nc host 80`: a host without a scheme.
fn bare(command: &Command) -> Option<Host> {
    let program = command.program();
    let words = command.arguments().iter();
    let mut words = words.filter(|it| !it.text.starts_with('-') && it.plain);
    let with_path = matches!(program, "curl" | "wget" | "http" | "https" | "httpie");
    let with_port = matches!(program, "nc" | "ncat" | "netcat" | "socat" | "telnet");
    let word = words.find(|it| {
        let name = it.text.split(['/', ':']).next().unwrap_or_default();
        let top = name.rsplit('.').next().unwrap_or_default();
        let dotted = name.contains('.') && is_name(name);
        let known_end = ["json", "sh", "txt", "gz", "yml", "yaml", "zip", "xml", "md"];
        dotted
            && !name.starts_with('.')
            && (with_port || with_path && (it.text.contains('/') || !known_end.contains(&top)))
    })?;
    host("http://", &word.text)
}

#[cfg(test)]
mod tests {
    use super::hosts_of;
    use crate::model::build::{Command, Word};

    fn of(line: &str) -> Vec<(String, String)> {
        let words = line.split(' ').map(|text| Word {
            text: text.to_owned(),
            plain: true,
            ..Word::default()
        });
        let command = Command {
            words: words.collect(),
            ..Command::default()
        };
        let hosts = hosts_of(&command).into_iter();
        hosts.map(|host| (host.name, host.url)).collect()
    }

    #[test]
    fn hosts_are_found_in_words() {
        let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
        assert_eq!(
            of("curl -d x https://u:p@A.example:8443/x?t=1"),
            [pair("a.example", "https://A.example:8443/x")]
        );
        assert_eq!(
            of("nc 203.0.113.9 80"),
            [pair("203.0.113.9", "http://203.0.113.9")]
        );
        assert_eq!(of("curl -o x.json $URL"), []);
        assert_eq!(of("curl https://$HOST/x"), []);
    }
}
