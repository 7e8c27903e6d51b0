//! Whether a setting's change asks for less than before, by the words in its name.

use super::Switch;

/// What the keys of some settings mean: parts of keys, in lower case.
pub(crate) struct Words {
    /// They ask for something: fewer of them, a lower number or "false" is weaker.
    pub(crate) demands: &'static [&'static str],
    /// They let something pass: more of them, or "true", is weaker.
    pub(crate) grants: &'static [&'static str],
    /// They hold how bad something must be: a higher word is weaker.
    pub(crate) levels: &'static [&'static str],
}

/// In which way a change is weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weaker {
    /// It asks for something no longer, or for less.
    Dropped,
    /// It lets something pass that did not.
    Granted,
    /// Only what is worse counts.
    Raised,
}

/// Words for how bad something is, the mildest first.
const LEVELS: [&[&str]; 7] = [
    &[
        "all", "any", "allow", "ignore", "note", "info", "unknown", "style", "minor",
    ],
    &["low", "warn", "warning"],
    &["medium", "moderate", "major"],
    &["high", "error", "deny"],
    &["critical", "blocker"],
    &["none", "never"],
    &["off", "disabled"],
];

/// In which way the change of a setting is weaker, if it is.
pub(crate) fn weaker(words: &Words, switch: &Switch<'_>) -> Option<Weaker> {
    let keys = keys(switch.name);
    let has = |list: &[&str]| {
        keys.iter()
            .any(|key| list.iter().any(|word| is_word_of(key, word)))
    };
    let (from, to) = (switch.from(), switch.to());
    if has(words.levels) {
        return raised(from, to).then_some(Weaker::Raised);
    }
    let asks = keys.iter().any(|key| key.starts_with("require"));
    if !asks && has(words.grants) {
        return is_more(from, to).then_some(Weaker::Granted);
    }
    (has(words.demands) && is_less(from, to)).then_some(Weaker::Dropped)
}

/// The keys of a name in lower case, without the names of a list's elements.
fn keys(name: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut plain = String::new();
    for letter in name.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    let parts = plain.split('.').skip(2).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

/// A word with `=` before it is the whole key.
fn is_word_of(key: &str, word: &str) -> bool {
    match word.strip_prefix('=') {
        Some(word) => key == word,
        None => key.contains(word),
    }
}

fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "enabled" => Some(true),
        "false" | "no" | "off" | "never" | "disabled" | "none" => Some(false),
        _ => None,
    }
}

fn is_more(from: Option<&str>, to: Option<&str>) -> bool {
    let number = |value: Option<&str>| value.and_then(|it| it.parse::<i64>().ok());
    match (from, to) {
        (_, None) => false,
        (None, Some(to)) => truth(to) != Some(false),
        (Some(from), Some(to)) => match (truth(from), truth(to)) {
            (_, Some(false)) => false,
            (Some(true), Some(true)) => false,
            _ => match (number(Some(from)), number(Some(to))) {
                (Some(from), Some(to)) => to > from,
                // Another word is another way, not more.
                _ => truth(to) == Some(true),
            },
        },
    }
}

fn is_less(from: Option<&str>, to: Option<&str>) -> bool {
    let number = |value: &str| value.parse::<i64>().ok();
    match (from, to) {
        (None, Some(to)) => truth(to) == Some(false),
        (None, None) => false,
        (Some(from), None) => truth(from) != Some(false) && from != "0",
        (Some(from), Some(to)) => match (number(from), number(to)) {
            (Some(from), Some(to)) => to < from,
            _ => truth(to) == Some(false) && truth(from) != Some(false),
        },
    }
}

fn raised(from: Option<&str>, to: Option<&str>) -> bool {
    let rank = |value: &str| {
        let value = value.to_ascii_lowercase();
        let known = LEVELS
            .iter()
            .position(|words| words.contains(&value.as_str()));
        known.or_else(|| value.parse().ok())
    };
    match (from.map(rank), to.map(rank)) {
        (Some(Some(from)), Some(Some(to))) => to > from,
        // The default is not known: only what is loose anyway counts.
        (None, Some(Some(to))) => to >= 3,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_less, is_more, keys, raised};

    #[test]
    fn less_and_more_are_told_apart() {
        assert!(is_less(Some("2"), Some("1")) && !is_less(Some("1"), Some("2")));
        assert!(is_less(Some("true"), Some("no")) && is_less(Some("ci"), None));
        assert!(!is_less(Some("false"), None) && is_less(None, Some("false")));
        assert!(is_more(None, Some("CVE-1")) && !is_more(None, Some("false")));
        assert!(is_more(Some("false"), Some("true")) && !is_more(Some("x"), None));
        assert!(raised(Some("low"), Some("HIGH")) && !raised(Some("high"), Some("low")));
        assert!(raised(None, Some("CRITICAL")) && !raised(None, Some("low")));
        assert_eq!(keys("scanner.checkov.skip-check.[]"), ["skip-check"]);
        assert_eq!(
            keys("bots.renovate.packageRules.[a.b].automerge"),
            ["packagerules", "automerge"]
        );
    }
}
