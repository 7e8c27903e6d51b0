//! Lines of keys and values as a flat list: git-config(1), Python's
//! configparser, npm's and Java's properties.

use super::{Leaf, Lines};

pub(super) fn read(text: &str, how: Lines) -> Vec<Leaf> {
    let mut all: Vec<Leaf> = Vec::new();
    let mut section: Vec<String> = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        let mut line = line.to_owned();
        // A backslash at the end joins lines.
        while how != Lines::Python && line.ends_with('\\') {
            line.pop();
            match lines.next() {
                Some((_, next)) => line.push_str(next.trim_start()),
                None => break,
            }
        }
        let trimmed = line.trim();
        let column = indentation(&line).saturating_add(1);
        if trimmed.is_empty() || trimmed.starts_with(['#', ';', '!']) {
            continue;
        }
        if how != Lines::Properties
            && let Some(name) = trimmed.strip_prefix('[')
        {
            let (name, rest) = name.split_once(']').unwrap_or((name, ""));
            section = heading(name, how);
            // git takes a key on the line of its section.
            if how == Lines::Git && !rest.trim().is_empty() {
                all.push(pair(&section, rest.trim(), (number, column), how));
            }
            continue;
        }
        let goes_on = how == Lines::Python && line.starts_with([' ', '\t']);
        match all.last() {
            Some(last) if goes_on && last.keys.len() == section.len() + 1 => {
                let keys = last.keys.clone();
                let value = trimmed.to_owned();
                all.push(Leaf {
                    keys,
                    value,
                    line: number,
                    column,
                });
            }
            _ => all.push(pair(&section, trimmed, (number, column), how)),
        }
    }
    all
}

fn indentation(line: &str) -> u32 {
    let blank = line.chars().take_while(|letter| letter.is_whitespace());
    u32::try_from(blank.count()).unwrap_or(u32::MAX)
}

fn heading(name: &str, how: Lines) -> Vec<String> {
    if how == Lines::Git {
        let (first, second) = name.split_once('"').unwrap_or((name, ""));
        let first = first.trim().to_ascii_lowercase();
        let second = second.trim_end().trim_end_matches('"').to_owned();
        return [first, second]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect();
    }
    vec![name.trim().to_owned()]
}

fn pair(section: &[String], text: &str, (line, column): (u32, u32), how: Lines) -> Leaf {
    let end = match how {
        Lines::Git => text.find('='),
        Lines::Python => text.find(['=', ':']),
        // npm's keys hold colons: `//host/:_authToken=…`, `@scope:registry=…`.
        Lines::Properties => text.find('=').or_else(|| text.find(':')),
    };
    let (key, value) = match end {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, ""),
    };
    let key = match how {
        Lines::Properties => key.trim().to_owned(),
        _ => key.trim().to_ascii_lowercase(),
    };
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    Leaf {
        keys: section.iter().cloned().chain([key]).collect(),
        value: quoted.unwrap_or(value).to_owned(),
        line,
        column,
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, read};

    fn told(text: &str, how: Lines) -> Vec<(String, String, u32)> {
        let all = read(text, how).into_iter();
        all.map(|leaf| (leaf.keys.join("|"), leaf.value, leaf.line))
            .collect()
    }

    fn of(keys: &str, value: &str, line: u32) -> (String, String, u32) {
        (keys.to_owned(), value.to_owned(), line)
    }

    #[test]
    fn each_flavour_has_its_own_lines() {
        let git = "[submodule \"a b\"]\n\tpath = x\n\tURL = \"https://h/y\"\n[lfs] url = z\n";
        assert_eq!(
            told(git, Lines::Git),
            [
                of("submodule|a b|path", "x", 2),
                of("submodule|a b|url", "https://h/y", 3),
                of("lfs|url", "z", 4)
            ]
        );
        let pip =
            "[global]\nindex-url: https://a\nextra-index-url =\n    https://b\n    https://c\n";
        assert_eq!(
            told(pip, Lines::Python),
            [
                of("global|index-url", "https://a", 2),
                of("global|extra-index-url", "", 3),
                of("global|extra-index-url", "https://b", 4),
                of("global|extra-index-url", "https://c", 5)
            ]
        );
        let npm = "; c\n//h/:_authToken=${T}\n@s:registry=https://h/\nx=a\\\n  b\n";
        assert_eq!(
            told(npm, Lines::Properties),
            [
                of("//h/:_authToken", "${T}", 2),
                of("@s:registry", "https://h/", 3),
                of("x", "ab", 4)
            ]
        );
    }
}
