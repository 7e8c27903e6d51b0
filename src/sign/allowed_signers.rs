//! OpenSSH's ALLOWED SIGNERS format: one line per key, as ssh-keygen(1) says.
//!
//! It is never more permissive than `ssh-keygen`, and refuses what would make
//! a key stand for nobody in particular.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use ssh_key::public::KeyData;

use super::error::Problem;
use super::roots::Window;
use super::ssh;
use crate::model::principal::PrincipalId;
use crate::model::text::excerpt;

/// The longest line that is read; an RSA-4096 key takes under 1 KiB.
const MAX_LINE: usize = 16 * 1024;

/// One line: whose key, which key, when.
pub(super) struct Line {
    principals: Vec<String>,
    pub(super) key: KeyData,
    /// `None` if the key may not sign in the namespace `git`.
    pub(super) window: Option<Window>,
}

impl Line {
    /// The one principal that the line is about.
    pub(super) fn principal(
        &self,
        principal_of: &dyn Fn(&str) -> PrincipalId,
    ) -> Result<PrincipalId, Problem> {
        let mut principals = self.principals.iter().map(|name| principal_of(name));
        let first = principals
            .next()
            .ok_or_else(|| Problem::Line("the line names nobody".to_owned()))?;
        match principals.find(|other| *other != first) {
            Some(other) => Err(Problem::Line(format!(
                "the line names two principals, {first} and {other}; a key stands for one"
            ))),
            None => Ok(first),
        }
    }
}

/// The lines that hold something, with their numbers.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, Result<Line, Problem>)> {
    text.split(|byte| *byte == b'\n')
        .enumerate()
        .filter_map(|(index, line)| {
            let line = line.trim_ascii();
            let skip = line.is_empty() || line.starts_with(b"#");
            (!skip).then(|| (index + 1, parse(line)))
        })
}

fn parse(line: &[u8]) -> Result<Line, Problem> {
    if line.len() > MAX_LINE {
        return Err(Problem::Line(format!(
            "the line is longer than {MAX_LINE} bytes"
        )));
    }
    let line =
        str::from_utf8(line).map_err(|_| Problem::Line("the line is not UTF-8".to_owned()))?;
    let (names, rest) = word(line)?;
    let mut options = Options {
        git: true,
        window: Window {
            after: None,
            before: None,
        },
    };
    // What does not begin a key must be options.
    let (first, after) = word(rest)?;
    let key = if is_key_type(first) {
        rest
    } else {
        options.read(first)?;
        after
    };
    if key.is_empty() {
        return Err(Problem::Line(
            "the line has no key; it reads `PRINCIPAL [OPTIONS] ssh-ed25519 AAAA…`".to_owned(),
        ));
    }
    let key = ssh::parse_key(key)?;
    if let Window {
        after: Some(after),
        before: Some(before),
    } = options.window
        && before <= after
    {
        return Err(Problem::OptionValue {
            option: "valid-before".to_owned(),
            what: "is not after `valid-after`".to_owned(),
        });
    }
    Ok(Line {
        principals: principals(names)?,
        key,
        window: options.git.then_some(options.window),
    })
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"]
        .iter()
        .any(|prefix| word.starts_with(prefix))
}

fn principals(names: &str) -> Result<Vec<String>, Problem> {
    let names = unquote(names);
    let mut principals = Vec::new();
    for name in names.split(',') {
        if name.contains(['*', '?', '!']) {
            return Err(Problem::Pattern(excerpt(name, 80)));
        }
        if name.is_empty() {
            return Err(Problem::Line("a principal is empty".to_owned()));
        }
        principals.push(name.to_owned());
    }
    Ok(principals)
}

fn unquote(text: &str) -> &str {
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}

/// The first word, in which quoted blanks do not count, and the rest.
fn word(line: &str) -> Result<(&str, &str), Problem> {
    let mut quoted = false;
    let mut end = line.len();
    for (index, letter) in line.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => {
                end = index;
                break;
            }
            _ => {}
        }
    }
    if quoted {
        return Err(Problem::Line("a quotation mark is not closed".to_owned()));
    }
    Ok((&line[..end], line[end..].trim_start_matches([' ', '\t'])))
}

struct Options {
    git: bool,
    window: Window,
}

impl Options {
    fn read(&mut self, text: &str) -> Result<(), Problem> {
        let mut seen = Vec::new();
        for option in split_quoted(text) {
            let (name, value) = option
                .split_once('=')
                .map_or((option, None), |(name, value)| (name, Some(value)));
            let name = name.to_ascii_lowercase();
            if seen.contains(&name) {
                return Err(Problem::OptionValue {
                    option: excerpt(&name, 40),
                    what: "stands twice".to_owned(),
                });
            }
            self.option(&name, value)?;
            seen.push(name);
        }
        Ok(())
    }

    fn option(&mut self, name: &str, value: Option<&str>) -> Result<(), Problem> {
        let problem = |what: &str| Problem::OptionValue {
            option: excerpt(name, 40),
            what: what.to_owned(),
        };
        let quoted = || {
            value
                .and_then(|value| value.strip_prefix('"')?.strip_suffix('"'))
                .ok_or_else(|| problem("needs a value in quotation marks"))
        };
        match name {
            "cert-authority" => Err(Problem::CertAuthority),
            "namespaces" => {
                self.git = matches_list(quoted()?, "git");
                Ok(())
            }
            "valid-after" => {
                self.window.after = Some(time(quoted()?).ok_or_else(|| problem(TIME))?);
                Ok(())
            }
            "valid-before" => {
                self.window.before = Some(time(quoted()?).ok_or_else(|| problem(TIME))?);
                Ok(())
            }
            _ => Err(Problem::Option(excerpt(name, 40))),
        }
    }
}

const TIME: &str = "needs a time as YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with or without Z";

/// Splits at commas outside quotation marks.
fn split_quoted(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |letter| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    })
}

/// A time in UTC, in seconds since the epoch.
fn time(text: &str) -> Option<i64> {
    let digits = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i8>().ok();
    let (hour, minute, second) = match digits.len() {
        8 => (0, 0, 0),
        12 => (part(8, 10)?, part(10, 12)?, 0),
        14 => (part(8, 10)?, part(10, 12)?, part(12, 14)?),
        _ => return None,
    };
    let year = digits.get(..4)?.parse().ok()?;
    let moment = DateTime::new(year, part(4, 6)?, part(6, 8)?, hour, minute, second, 0).ok()?;
    Some(Offset::UTC.to_timestamp(moment).ok()?.as_second())
}

/// OpenSSH's pattern lists: one pattern must match, and no negated one may.
fn matches_list(list: &str, text: &str) -> bool {
    let mut matched = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern.as_bytes(), text.as_bytes()) => return false,
            Some(_) => {}
            None => matched |= matches(pattern.as_bytes(), text.as_bytes()),
        }
    }
    matched
}

/// Whether a pattern of `*` and `?` matches, in time linear in their product.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    // reached[i]: the pattern so far matches the first i bytes of the text.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for letter in pattern {
        if *letter == b'*' {
            for index in 0..text.len() {
                reached[index + 1] |= reached[index];
            }
        } else {
            for index in (0..text.len()).rev() {
                reached[index + 1] = reached[index] && (*letter == b'?' || *letter == text[index]);
            }
            reached[0] = false;
        }
    }
    reached[text.len()]
}
