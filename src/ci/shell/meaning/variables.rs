//! Variables that a script sets to a literal text.

use std::collections::HashMap;

use super::assignments;
use crate::model::build::{Command, Word};

/// Longest text that is kept or made.
const MAX_VALUE: usize = 4096;

/// What is known of a script's variables. One that is set to several texts is unknown.
#[derive(Debug, Default)]
pub(in super::super) struct Variables(HashMap<String, Option<String>>);

impl Variables {
    /// Takes note of what a command sets for those behind it.
    pub(in super::super) fn note(&mut self, command: &Command) {
        let sets = command.words.is_empty()
            || ["export", "declare", "local", "readonly", "typeset"].contains(&command.program());
        if !sets {
            return;
        }
        for (name, word) in assignments(command) {
            let value = self.known(&word);
            let slot = self.0.entry(name).or_insert_with(|| value.clone());
            if *slot != value {
                *slot = None;
            }
        }
    }

    /// The one text that a variable has.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned().flatten()
    }

    /// A word's text, if all that it expands is known.
    pub(super) fn known(&self, word: &Word) -> Option<String> {
        if word.plain {
            return Some(word.text.clone()).filter(|text| text.len() <= MAX_VALUE);
        }
        let filled = self.fill(&word.text);
        let open = filled.contains(['$', '`']) || filled.contains("<(");
        (!open).then_some(filled)
    }

    /// A text with what is known filled in; the rest stays as written.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let (length, value) = self.expansion(rest);
            match value {
                Some(value) if filled.len() + value.len() <= MAX_VALUE => filled.push_str(&value),
                _ => filled.push_str(&rest[..length]),
            }
            rest = &rest[length..];
        }
        filled.push_str(rest);
        filled
    }

    /// The expansion at the beginning: its length, and what it is if that is known.
    fn expansion(&self, text: &str) -> (usize, Option<String>) {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let Some(inner) = text.strip_prefix("${") else {
            let name = &text[1..];
            let length = name.find(|it| !is_name(it)).unwrap_or(name.len());
            return (length + 1, self.value(&name[..length]));
        };
        let length = inner.find(|it| !is_name(it)).unwrap_or(inner.len());
        let (name, behind) = inner.split_at(length);
        let Some(end) = behind.find('}') else {
            return (2, None);
        };
        let whole = 2 + length + end + 1;
        let default = behind[..end]
            .strip_prefix(":-")
            .or(behind[..end].strip_prefix('-'));
        let value = match (self.0.get(name), default) {
            (Some(value), _) => value.clone(),
            // Unset here: the environment may set it, so the default is a guess.
            (None, _) => None,
        };
        (whole, value.filter(|_| end == 0 || default.is_some()))
    }
}
