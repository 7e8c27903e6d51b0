//! The variables of a hook's process, as whoever calls hands them over. Which
//! of them a client can set is for each reader to know.

/// Most bytes of a variable that is read.
const MAX_VALUE: usize = 1024;

/// All variables, in their order, duplicates included.
#[derive(Clone, Copy)]
pub struct Variables<'a>(&'a [(Vec<u8>, Vec<u8>)]);

impl<'a> Variables<'a> {
    /// These names and values.
    pub fn new(pairs: &'a [(Vec<u8>, Vec<u8>)]) -> Self {
        Self(pairs)
    }

    /// Whether a variable is there, even if it is empty.
    pub fn is_set(self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// Whether a variable is there and not empty, whatever it holds.
    pub(super) fn has_text(self, name: &str) -> bool {
        self.values(name).any(|value| !value.is_empty())
    }

    /// The one value of a variable; `None` if it is missing or empty.
    ///
    /// # Errors
    /// It is there twice with different values, too long, or not plain text.
    /// The value itself is never told: it may be a secret.
    pub fn value(self, name: &str) -> Result<Option<&'a str>, String> {
        let mut values = self.values(name);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.any(|other| other != value) {
            return Err(format!("{name} is set twice, to different values"));
        }
        if value.len() > MAX_VALUE {
            return Err(format!("{name} is over the bound of {MAX_VALUE} bytes"));
        }
        match str::from_utf8(value) {
            Err(_) => Err(format!("{name} is not UTF-8")),
            Ok(text) if text.chars().any(char::is_control) => {
                Err(format!("{name} holds control characters"))
            }
            Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        }
    }

    /// The scheme of every `Authorization` header that a variable shows, in
    /// lower case; of anything but one word of letters nothing is told.
    pub(super) fn schemes(self, name: &str) -> Vec<String> {
        let first = |value: &'a [u8]| value.split(|byte| *byte == b' ').next();
        let words = self.values(name).filter(|value| !value.is_empty());
        words
            .filter_map(first)
            .map(|word| match str::from_utf8(word) {
                // Longer than any scheme's name, it may be a token by itself.
                Ok(word)
                    if ["basic", "bearer", "digest", "negotiate"]
                        .contains(&word.to_ascii_lowercase().as_str()) =>
                {
                    word.to_ascii_lowercase()
                }
                _ => "another scheme".to_owned(),
            })
            .collect()
    }

    fn values(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let wanted = name.as_bytes().to_vec();
        let found = self.0.iter().filter(move |(name, _)| *name == wanted);
        found.map(|(_, value)| value.as_slice())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::Variables;

    /// Variables that own themselves.
    pub(in crate::auth) fn own(pairs: &[(&str, &[u8])]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let own = |(name, value): &(&str, &[u8])| (name.as_bytes().to_vec(), value.to_vec());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn what_is_odd_is_refused_and_never_shown() {
        let long = [b's'; 2000];
        let pairs = own(&[
            ("TWICE", b"secret"),
            ("TWICE", b""),
            ("LONG", &long),
            ("BYTES", b"secret\xff"),
            ("LINES", b"secret\nmore"),
        ]);
        let variables = Variables::new(&pairs);
        for (name, why) in [
            ("TWICE", "twice"),
            ("LONG", "bound"),
            ("BYTES", "UTF-8"),
            ("LINES", "control"),
        ] {
            let said = variables.value(name).expect_err(name);
            assert!(said.contains(why) && !said.contains("secret"), "{said}");
        }
        assert_eq!(variables.value("NONE"), Ok(None));
    }

    #[test]
    fn of_a_header_only_its_scheme_is_told() {
        let pairs = own(&[
            ("H", b"BASIC YWxpY2U6c2VjcmV0"),
            ("H", b"c2VjcmV0"),
            ("H", b""),
        ]);
        assert_eq!(
            Variables::new(&pairs).schemes("H"),
            ["basic", "another scheme"]
        );
    }
}
