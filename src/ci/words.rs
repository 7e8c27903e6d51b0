//! Commands that stand in a file as a list of words, as shell text.

/// Words as one line of shell text that a shell would split the same way.
/// Line breaks inside a word stay, so that a script given to `sh -c` keeps its
/// lines.
pub(crate) fn quoted<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<_> = words.iter().map(|word| quote(word.as_ref())).collect();
    words.join(" ")
}

fn quote(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_stay_words() {
        assert_eq!(
            quoted(&["sh", "-c", "echo 'a b' $X", ""]),
            r"sh -c 'echo '\''a b'\'' $X' ''"
        );
    }
}
