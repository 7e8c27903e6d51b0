//! Variables that rules of mod_rewrite set: whose word they are hangs on the
//! conditions before them.

use super::syntax::Directive;
use super::variables::{Setter, Word, holds_secret};

/// mod_rewrite: the flags `[E=NAME:VALUE]`.
pub(super) fn by_rule<'a>(by: &'a Directive, conditions: &[&'a Directive]) -> Vec<Setter<'a>> {
    let flags = by.arguments.get(2).map_or("", String::as_str);
    let flags = flags
        .trim_start_matches('[')
        .trim_end_matches(']')
        .split(',');
    let set = flags.filter_map(|flag| flag.trim().split_once('='));
    let set = set.filter(|(flag, _)| ["e", "env"].contains(&flag.to_ascii_lowercase().as_str()));
    let set = set.filter(|(_, what)| !what.starts_with('!'));
    set.map(|(_, what)| {
        let (name, value) = what.split_once(':').unwrap_or((what, ""));
        let last = conditions.last();
        let of_last = last.map_or(Word::Client, |one| of_condition(one));
        let last = last.map_or("", |one| one.argument(0));
        let is_part = refers(value, '%');
        let word = match value {
            _ if refers(value, '$') || value.contains("%{HTTP") => Word::Client,
            _ if is_part && of_last == Word::Client => Word::Client,
            _ if value.contains("%{") && !value.contains("%{SSL:") => Word::Unknown,
            _ => of_conditions(conditions),
        };
        Setter {
            name,
            value,
            word,
            is_secret: holds_secret(value)
                || (is_part && word == Word::Client && holds_secret(last)),
            by,
        }
    })
    .collect()
}

/// Whether `$1` or `%1` stands in a value.
fn refers(value: &str, sign: char) -> bool {
    let mut parts = value.split(sign).skip(1);
    parts.any(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// All have to hold, so the best counts; with `[OR]` that is not known.
fn of_conditions(conditions: &[&Directive]) -> Word {
    let is_or = |one: &&Directive| one.argument(2).to_ascii_lowercase().contains("or");
    if conditions.iter().any(is_or) {
        return Word::Unknown;
    }
    let words = conditions.iter().map(|one| of_condition(one));
    words.min().unwrap_or(Word::Client)
}

/// A look-up in the operator's map without a default, or what mod_ssl checked.
fn of_condition(condition: &Directive) -> Word {
    let (test, pattern) = (condition.argument(0), condition.argument(1));
    let is_client = test.starts_with("%{HTTP")
        || test.contains("%{QUERY_STRING}")
        || test.contains("%{REQUEST_");
    match test {
        _ if test.contains("${") && !test.contains('|') && wants_something(pattern) => {
            Word::Operator
        }
        "%{SSL:SSL_CLIENT_VERIFY}" if ["=SUCCESS", "^SUCCESS$"].contains(&pattern) => {
            Word::Operator
        }
        _ if is_client && !test.contains("${") => Word::Client,
        _ => Word::Unknown,
    }
}

/// Whether a pattern does not fit the empty text, which a look-up without a
/// result gives.
fn wants_something(pattern: &str) -> bool {
    let may_be_empty = [")?", ")*", "|", "!", "{0"];
    pattern.contains('+') && !may_be_empty.iter().any(|part| pattern.contains(part))
}
