//! What conditions say of kinds of pipelines. A condition is read only as far
//! as it speaks of refs and of what starts the pipeline.
//! <https://docs.gitlab.com/ci/jobs/job_rules/>.

use super::kinds::{
    ALL, BRANCH, Kinds, MAINTAINED, MERGE_REQUEST, NONE, PROTECTED, SCHEDULE, TAG, WEB,
};

/// In which pipelines a condition can hold, and in which it surely does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) may: Kinds,
    pub(super) must: Kinds,
}

/// Nothing is known of a condition.
pub(super) const UNKNOWN: Truth = Truth {
    may: ALL,
    must: NONE,
};

impl Truth {
    fn of(may: Kinds, must: Kinds) -> Self {
        Self { may, must }
    }

    fn not(self) -> Self {
        Self::of(ALL.without(self.must), ALL.without(self.may))
    }

    fn and(self, other: Self) -> Self {
        Self::of(self.may.and(other.may), self.must.and(other.must))
    }

    fn or(self, other: Self) -> Self {
        Self::of(self.may.or(other.may), self.must.or(other.must))
    }
}

/// What a condition says. `child`: the pipeline is one that another starts, so
/// that its own source tells nothing.
pub(super) fn condition(text: &str, child: bool) -> Truth {
    let mut parser = Parser {
        tokens: tokens(text),
        at: 0,
        child,
    };
    let truth = parser.any(MAX_PARENTHESES);
    match truth {
        Some(truth) if parser.at == parser.tokens.len() => truth,
        _ => UNKNOWN,
    }
}

/// Deepest parentheses that are followed.
const MAX_PARENTHESES: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Variable(String),
    Text(String),
    Pattern(String),
    Null,
    Sign(&'static str),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut all = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let signs = ["&&", "||", "==", "!=", "=~", "!~", "(", ")"];
        let (token, length) = if let Some(sign) = signs.iter().find(|it| rest.starts_with(**it)) {
            (Token::Sign(sign), sign.len())
        } else if first == '$' {
            let name = &rest[1..];
            let end = name.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
            let end = end.unwrap_or(name.len());
            (Token::Variable(name[..end].to_owned()), end + 1)
        } else if first == '"' || first == '\'' {
            let end = rest[1..].find(first).unwrap_or(rest.len() - 1);
            let text = Token::Text(rest[1..=end].to_owned());
            (text, (end + 2).min(rest.len()))
        } else if first == '/' {
            let end = pattern_end(rest);
            let pattern = Token::Pattern(rest[1..end].to_owned());
            let flags = rest[end..].find(|it: char| it != '/' && !it.is_ascii_lowercase());
            (pattern, end + flags.unwrap_or(rest.len() - end))
        } else if rest.starts_with("null") {
            (Token::Null, 4)
        } else {
            (Token::Sign("?"), first.len_utf8())
        };
        all.push(token);
        rest = rest[length..].trim_start();
    }
    all
}

/// Where the `/` stands that ends a pattern.
fn pattern_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '\\' if !escaped => escaped = true,
            '/' if !escaped => return at,
            _ => escaped = false,
        }
    }
    text.len()
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    child: bool,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn skip(&mut self, sign: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some(Token::Sign(it)) if *it == sign);
        self.at += usize::from(there);
        there
    }

    fn any(&mut self, depth: usize) -> Option<Truth> {
        let mut truth = self.every(depth)?;
        while self.skip("||") {
            truth = truth.or(self.every(depth)?);
        }
        Some(truth)
    }

    fn every(&mut self, depth: usize) -> Option<Truth> {
        let mut truth = self.single(depth)?;
        while self.skip("&&") {
            truth = truth.and(self.single(depth)?);
        }
        Some(truth)
    }

    fn single(&mut self, depth: usize) -> Option<Truth> {
        if self.skip("(") {
            let truth = self.any(depth.checked_sub(1)?)?;
            return self.skip(")").then_some(truth);
        }
        let left = self.next()?;
        let signs = ["==", "!=", "=~", "!~"];
        let Some(sign) = signs.iter().find(|sign| self.skip(sign)) else {
            return Some(match left {
                Token::Variable(name) => self.is_set(&name),
                _ => return None,
            });
        };
        let right = self.next()?;
        let (name, value) = match (left, right) {
            (Token::Variable(name), value) | (value, Token::Variable(name)) => (name, value),
            _ => return Some(UNKNOWN),
        };
        let truth = self.compare(&name, &value);
        Some(if sign.starts_with('!') {
            truth.not()
        } else {
            truth
        })
    }

    /// `$NAME` alone: it has a value.
    fn is_set(&self, name: &str) -> Truth {
        match name {
            "CI_COMMIT_BRANCH" => {
                let branches = BRANCH.or(PROTECTED);
                Truth::of(branches.or(SCHEDULE).or(WEB), branches)
            }
            "CI_COMMIT_TAG" => Truth::of(TAG.or(SCHEDULE).or(WEB), TAG),
            _ if self.child => UNKNOWN,
            "CI_MERGE_REQUEST_ID" | "CI_MERGE_REQUEST_IID" => {
                Truth::of(MERGE_REQUEST, MERGE_REQUEST)
            }
            _ if name.starts_with("CI_MERGE_REQUEST_") => Truth::of(MERGE_REQUEST, NONE),
            _ => UNKNOWN,
        }
    }

    fn compare(&self, name: &str, value: &Token) -> Truth {
        if *value == Token::Null || *value == Token::Text(String::new()) {
            return self.is_set(name).not();
        }
        let one_ref = match value {
            Token::Text(_) => true,
            Token::Variable(name) => name == "CI_DEFAULT_BRANCH",
            Token::Pattern(pattern) => is_closed_list(pattern),
            _ => false,
        };
        match (name, value) {
            ("CI_COMMIT_BRANCH", _) if one_ref => Truth::of(PROTECTED.or(SCHEDULE).or(WEB), NONE),
            ("CI_COMMIT_REF_NAME" | "CI_COMMIT_REF_SLUG", _) if one_ref => {
                Truth::of(MAINTAINED, NONE)
            }
            ("CI_COMMIT_BRANCH" | "CI_COMMIT_TAG", _) => Truth::of(self.is_set(name).may, NONE),
            ("CI_COMMIT_REF_PROTECTED", Token::Text(text)) if text == "true" => {
                Truth::of(MAINTAINED, NONE)
            }
            ("CI_PIPELINE_SOURCE", Token::Text(text)) if !self.child => source(text),
            _ if self.child => UNKNOWN,
            _ if name.starts_with("CI_MERGE_REQUEST_") => Truth::of(MERGE_REQUEST, NONE),
            _ => UNKNOWN,
        }
    }
}

/// What `$CI_PIPELINE_SOURCE` is.
fn source(text: &str) -> Truth {
    let whole = |kinds| Truth::of(kinds, kinds);
    match text {
        "push" => whole(BRANCH.or(PROTECTED).or(TAG)),
        "merge_request_event" => whole(MERGE_REQUEST),
        "external_pull_request_event" => Truth::of(MERGE_REQUEST, NONE),
        "schedule" => whole(SCHEDULE),
        _ => Truth::of(WEB, NONE),
    }
}

/// Whether a pattern is no more than a list of names: `^(main|master)$`.
fn is_closed_list(pattern: &str) -> bool {
    let inner = pattern
        .strip_prefix('^')
        .and_then(|rest| rest.strip_suffix('$'));
    let Some(inner) = inner else {
        return false;
    };
    // Without parentheses around it, an alternative is anchored at one end only.
    let grouped = inner.starts_with('(') && inner.ends_with(')');
    if inner.contains('|') && !grouped {
        return false;
    }
    let inner = inner
        .replace("\\.", "")
        .replace("\\/", "")
        .replace("\\-", "");
    let inner = inner.replace("(?:", "(");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-/|()".contains(letter);
    inner.chars().all(plain) && inner.matches('(').count() <= 1
}

/// What an entry of `only:refs` or `except:refs` says.
pub(super) fn reference(text: &str) -> Truth {
    let text = text.split('@').next().unwrap_or(text);
    let whole = |kinds| Truth::of(kinds, kinds);
    match text {
        "branches" => Truth::of(
            ALL.without(TAG).without(MERGE_REQUEST),
            BRANCH.or(PROTECTED),
        ),
        "tags" => Truth::of(TAG.or(SCHEDULE).or(WEB), TAG),
        "merge_requests" => whole(MERGE_REQUEST),
        "external_pull_requests" => Truth::of(MERGE_REQUEST, NONE),
        "schedules" => whole(SCHEDULE),
        "pushes" => whole(BRANCH.or(PROTECTED).or(TAG)),
        "api" | "chat" | "external" | "pipelines" | "triggers" | "web" => Truth::of(WEB, NONE),
        _ if text.starts_with('/') => {
            let end = pattern_end(text);
            match is_closed_list(&text[1..end]) {
                true => Truth::of(MAINTAINED, NONE),
                false => Truth::of(ALL.without(MERGE_REQUEST), NONE),
            }
        }
        _ if text.contains('$') => UNKNOWN,
        _ => Truth::of(MAINTAINED, NONE),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn may(text: &str) -> Vec<&'static str> {
        condition(text, false).may.events().map(|it| it.0).collect()
    }

    #[test]
    fn only_literals_about_refs_and_events_restrict() {
        assert_eq!(
            may("$CI_PIPELINE_SOURCE == \"merge_request_event\""),
            ["merge_request_event"]
        );
        let default = ["protected_branch", "schedule", "web"];
        assert_eq!(may("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"), default);
        assert_eq!(may("'main' == $CI_COMMIT_BRANCH && $X"), default);
        assert_eq!(may("$CI_COMMIT_BRANCH =~ /^(main|release)$/"), default);
        assert!(may("$CI_COMMIT_BRANCH =~ /^release\\/.*$/").contains(&"branch"));
        assert!(may("$CI_COMMIT_BRANCH =~ /^main|x$/").contains(&"branch"));
        assert!(may("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH || $X").contains(&"branch"));
        assert!(may("$CI_COMMIT_REF_PROTECTED == \"true\"").contains(&"tag"));
        assert!(!may("$CI_COMMIT_REF_PROTECTED == \"true\"").contains(&"branch"));
        assert!(may("$CI_COMMIT_REF_PROTECTED != \"false\"").contains(&"branch"));
        assert_eq!(may("$CI_COMMIT_TAG =~ /^v/"), ["tag", "schedule", "web"]);
        assert!(
            !may("$CI_PIPELINE_SOURCE != \"merge_request_event\"").contains(&"merge_request_event")
        );
        assert!(may("this is (no condition").contains(&"branch"));
    }

    #[test]
    fn a_condition_surely_holds_only_where_it_must() {
        let must = |text| condition(text, false).must;
        assert_eq!(
            must("$CI_PIPELINE_SOURCE == 'merge_request_event'"),
            MERGE_REQUEST
        );
        assert_eq!(must("$CI_COMMIT_BRANCH == 'main'"), NONE);
        assert!(must("$CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH").has(BRANCH));
        assert!(!must("$CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH").has(PROTECTED));
    }

    proptest! {
        #[test]
        fn any_condition_ends(text in "[$A-Z_a-z =!~&|()'\"/\\\\^]{0,80}|\\PC{0,40}") {
            let truth = condition(&text, false);
            prop_assert_eq!(truth.must.without(truth.may), NONE);
            let _ = reference(&text);
        }
    }
}
