//! One line of a file of code owners.

/// A section's heading: its name in lower case, how many must approve, whether
/// it is optional, and its owners.
pub(super) struct Heading<'a> {
    pub(super) name: String,
    pub(super) approvals: u32,
    pub(super) optional: bool,
    pub(super) owners: Vec<&'a str>,
}

/// Reads `^[Name][2] @owner`.
pub(super) fn heading(line: &str) -> Option<Heading<'_>> {
    let (optional, rest) = match line.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (name, rest) = rest.strip_prefix('[')?.split_once(']')?;
    let number = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (approvals, rest) = match number {
        Some((number, rest)) => (number.trim().parse().ok()?, rest),
        None => (1, rest),
    };
    // `[a-z]/x @owner` is a pattern.
    if name.trim().is_empty() || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    Some(Heading {
        name: name.trim().to_lowercase(),
        approvals: approvals.max(1),
        optional,
        owners: rest.split_whitespace().collect(),
    })
}

/// The pattern of a line and what follows it; `\ ` belongs to the pattern.
pub(super) fn pattern(line: &str) -> (String, &str) {
    let mut pattern = String::new();
    let mut letters = line.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, blank)) if blank.is_whitespace() || blank == '#' => pattern.push(blank),
                Some((_, other)) => pattern.extend(['\\', other]),
                None => pattern.push('\\'),
            },
            _ if letter.is_whitespace() => return (pattern, &line[at..]),
            _ => pattern.push(letter),
        }
    }
    (pattern, "")
}

/// Whether a word can be an owner: `@name`, `@org/team`, an address.
pub(super) fn is_owner(word: &str) -> bool {
    let plain = |part: &str| {
        let lawful = |letter: char| letter.is_alphanumeric() || "-_.+".contains(letter);
        !part.is_empty() && part.chars().all(lawful)
    };
    match word.strip_prefix('@') {
        Some(name) => name.trim_start_matches('@').split('/').all(plain),
        None => match word.split_once('@') {
            Some((name, host)) => plain(name) && plain(host) && host.contains('.'),
            None => false,
        },
    }
}

/// Whether GitHub takes a word for an owner: a team has two parts.
pub(super) fn is_github_owner(word: &str) -> bool {
    is_owner(word) && !word.starts_with("@@") && word.matches('/').count() <= 1
}

/// What stands before a comment.
pub(super) fn without_comment(text: &str) -> &str {
    let mut at = 0;
    while let Some(found) = text[at..].find('#') {
        let hash = at + found;
        if text[..hash].is_empty() || text[..hash].ends_with(char::is_whitespace) {
            return &text[..hash];
        }
        at = hash + 1;
    }
    text
}
