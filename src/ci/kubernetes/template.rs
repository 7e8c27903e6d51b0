//! Helm's templates, made readable without rendering them: lines that only
//! steer are blanked, and a value in the text becomes a word. Line numbers stay.

/// What stands for a value that only rendering knows.
pub(super) const VALUE: &str = "$rendered";

/// The text without `{{ … }}`. A text that has none stays as it is.
pub(super) fn without(text: &str) -> String {
    if !text.contains("{{") {
        return text.to_owned();
    }
    let mut result = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let (plain, still) = strip(line, inside);
        let end = if line.ends_with('\n') { "\n" } else { "" };
        inside = still;
        // A line of nothing but expressions steers, or pastes in a block.
        if plain.replace(VALUE, "").trim().is_empty() && plain.contains(VALUE) {
            result.push_str(end);
        } else {
            result.push_str(plain.trim_end_matches('\n'));
            result.push_str(end);
        }
    }
    result
}

/// A line with its expressions replaced; `inside` says that one is still open.
fn strip(line: &str, inside: bool) -> (String, bool) {
    let mut result = String::new();
    let mut rest = line;
    if inside {
        match rest.find("}}") {
            Some(end) => rest = &rest[end + 2..],
            None => return (VALUE.to_owned(), true),
        }
        result.push_str(VALUE);
    }
    while let Some(start) = rest.find("{{") {
        result.push_str(&rest[..start]);
        result.push_str(VALUE);
        match rest[start..].find("}}") {
            Some(end) => rest = &rest[start + end + 2..],
            None => return (result, true),
        }
    }
    result.push_str(rest);
    (result, false)
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn what_steers_goes_and_lines_stay() {
        let text = "{{- if .x }}\na: \"{{ .v }}:1\"\n{{- include\n  \"y\" . }}\nb: 2\n{{ end }}";
        assert_eq!(without(text), "\na: \"$rendered:1\"\n\n\nb: 2\n");
    }
}
