//! Variables in the values of container files: `$X`, `${X}`, `${X:-default}`.
//!
//! The forms that Docker and Compose share
//! (<https://docs.docker.com/reference/dockerfile/#environment-replacement>,
//! <https://docs.docker.com/reference/compose-file/interpolation/>). Does not
//! know what a variable holds, and is no shell.

/// Deepest default inside a default.
const MAX_DEPTH: usize = 8;
/// Longest result, in bytes.
const MAX_RESULT: usize = 64 * 1024;

/// A text with its variables replaced; `value` is `None` for what only the run
/// knows, and so is the result if it hangs on such a variable, or on a form
/// that is not known here.
///
/// An unknown variable with a default has its default: that is what stands in
/// the file, and whoever starts the build may say otherwise.
pub(crate) fn expand(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    if !text.contains('$') {
        return Some(text.to_owned());
    }
    let mut result = String::new();
    replace(text, value, &mut result, MAX_DEPTH)?;
    Some(result)
}

fn replace(
    text: &str,
    value: &dyn Fn(&str) -> Option<String>,
    result: &mut String,
    depth: usize,
) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(inner) = rest.strip_prefix('{') {
            let end = closing(inner)?;
            braced(&inner[..end], value, result, depth)?;
            rest = &inner[end + 1..];
        } else {
            let end = name_length(rest);
            if end == 0 {
                return None;
            }
            result.push_str(&value(&rest[..end])?);
            rest = &rest[end..];
        }
        if result.len() > MAX_RESULT {
            return None;
        }
    }
    result.push_str(rest);
    Some(())
}

/// The inside of `${…}`.
fn braced(
    inner: &str,
    value: &dyn Fn(&str) -> Option<String>,
    result: &mut String,
    depth: usize,
) -> Option<()> {
    let (name, rest) = inner.split_at(name_length(inner));
    if name.is_empty() {
        return None;
    }
    let known = value(name);
    let (empty_counts, form) = match rest.strip_prefix(':') {
        Some(form) => (true, form),
        None => (false, rest),
    };
    let set = known.filter(|text| !(empty_counts && text.is_empty()));
    let mut letters = form.chars();
    let operator = letters.next();
    let word = letters.as_str();
    match (operator, set) {
        (None, Some(text)) if !empty_counts => result.push_str(&text),
        (Some('-' | '?'), Some(text)) => result.push_str(&text),
        (Some('-'), None) => replace(word, value, result, depth)?,
        (Some('+'), Some(_)) => replace(word, value, result, depth)?,
        // Set, but empty.
        (Some('+'), None) if value(name).is_some() => {}
        _ => return None,
    }
    Some(())
}

/// Where the brace closes that stands before the text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1_usize;
    let mut before = '\0';
    for (at, letter) in text.char_indices() {
        match letter {
            '{' if before == '$' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
        before = letter;
    }
    None
}

fn name_length(text: &str) -> usize {
    let first = text.bytes().next().unwrap_or_default();
    if !(first.is_ascii_alphabetic() || first == b'_') {
        return 0;
    }
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().take_while(|byte| inside(*byte)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::expand;

    #[test]
    fn defaults_may_hold_variables() {
        let value = |name: &str| (name == "A").then(|| "a".to_owned());
        let read = |text: &str| expand(text, &value);
        assert_eq!(read("${B:-${A}-x}/$A"), Some("a-x/a".to_owned()));
        assert_eq!(read("${A:?must be set}"), Some("a".to_owned()));
        for unknown in [
            "${B:?must be set}",
            "${A#x}",
            "${A/x/y}",
            "$(id)",
            "$1",
            "${}",
            "a$",
        ] {
            assert_eq!(read(unknown), None, "{unknown}");
        }
        let deep = format!("{}x{}", "${B:-".repeat(100), "}".repeat(100));
        assert_eq!(read(&deep), None);
    }

    proptest! {
        #[test]
        fn any_text_ends_within_the_bound(text in "[$\\{\\}:\\-+A a]{0,60}") {
            let _ = expand(&text, &|_| Some("x".repeat(70_000)));
        }
    }
}
