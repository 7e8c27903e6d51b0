//! Where things stand in a policy file: paths of keys, and the places that
//! belong to them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::problem::Spot;

/// Where a value stands in a file, as people write it: `waivers[0].until`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyPath(String);

impl KeyPath {
    /// The file itself.
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// The value of a key in the table here.
    pub(crate) fn key(&self, key: &str) -> Self {
        let dot = if self.0.is_empty() { "" } else { "." };
        let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if !key.is_empty() && key.chars().all(is_bare) {
            Self(format!("{}{dot}{key}", self.0))
        } else {
            Self(format!("{}{dot}{}", self.0, Value::from(key)))
        }
    }

    /// The entry of the list here, from 0.
    pub(crate) fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// Whether this is `ancestor` or stands under it.
    pub(crate) fn is_within(&self, ancestor: &Self) -> bool {
        let rest = self.0.strip_prefix(&ancestor.0);
        ancestor.0.is_empty()
            || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// The list that this is an entry of.
    pub(crate) fn list(&self) -> Option<Self> {
        let inside = self.0.strip_suffix(']')?;
        inside
            .rfind('[')
            .map(|open| Self(inside[..open].to_owned()))
    }

    /// This path with `old` at its front replaced by `new`.
    fn moved(&self, old: &Self, new: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(&old.0)?;
        Some(Self(format!("{}{rest}", new.0)))
    }

    /// As written in a policy.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for KeyPath {
    fn from(path: &str) -> Self {
        Self(path.to_owned())
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::model::text::Escaped(self.0.as_bytes()).fmt(f)
    }
}

/// The places of keys and values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spots {
    values: BTreeMap<KeyPath, Spot>,
    keys: BTreeMap<KeyPath, Spot>,
    entries: BTreeMap<(KeyPath, String), Spot>,
    whole: Spot,
}

impl Spots {
    /// No places but the file itself.
    pub(crate) fn new(whole: Spot) -> Self {
        Self {
            values: BTreeMap::new(),
            keys: BTreeMap::new(),
            entries: BTreeMap::new(),
            whole,
        }
    }

    /// Notes where a key stands.
    pub(crate) fn add_key(&mut self, path: &KeyPath, spot: Spot) {
        self.keys.insert(path.clone(), spot);
    }

    /// Notes where a value stands.
    pub(crate) fn add_value(&mut self, path: &KeyPath, spot: Spot) {
        self.values.insert(path.clone(), spot);
    }

    /// Notes where a text of a list stands.
    pub(crate) fn add_entry(&mut self, list: &KeyPath, text: &str, spot: Spot) {
        self.entries.insert((list.clone(), text.to_owned()), spot);
    }

    /// The place of a value, or of what it stands in.
    pub(crate) fn value(&self, path: &KeyPath) -> &Spot {
        self.values.get(path).unwrap_or_else(|| self.nearest(path))
    }

    /// The place of a key, or of what it stands in.
    pub(crate) fn key(&self, path: &KeyPath) -> &Spot {
        self.keys.get(path).unwrap_or_else(|| self.value(path))
    }

    /// The place of a text in a list, or of the list.
    pub(crate) fn entry(&self, list: &KeyPath, text: &str) -> &Spot {
        let found = self.entries.get(&(list.clone(), text.to_owned()));
        found.unwrap_or_else(|| self.value(list))
    }

    /// The texts of a list, with their places.
    pub(crate) fn texts(&self, list: &KeyPath) -> impl Iterator<Item = (&str, &Spot)> {
        let own = self
            .entries
            .iter()
            .filter(move |((path, _), _)| path == list);
        own.map(|((_, text), spot)| (text.as_str(), spot))
    }

    /// Whether a text stands in a list.
    pub(crate) fn has_entry(&self, list: &KeyPath, text: &str) -> bool {
        self.entries.contains_key(&(list.clone(), text.to_owned()))
    }

    /// The files that state a value, each with the first line that does.
    pub(crate) fn origins(&self, path: &KeyPath) -> BTreeMap<&str, usize> {
        let own = self
            .values
            .iter()
            .filter(|(known, _)| known.is_within(path))
            .map(|(_, spot)| spot);
        let texts = self
            .entries
            .iter()
            .filter(|((list, _), _)| list == path)
            .map(|(_, spot)| spot);
        let mut out = BTreeMap::new();
        for spot in own.chain(texts) {
            let line = out.entry(spot.source()).or_insert(usize::MAX);
            *line = spot.line().min(*line);
        }
        out
    }

    fn nearest(&self, path: &KeyPath) -> &Spot {
        let mut text = path.as_str();
        while let Some(end) = text.rfind(['.', '[']) {
            text = &text[..end];
            let outer = KeyPath::from(text);
            if let Some(spot) = self.keys.get(&outer).or_else(|| self.values.get(&outer)) {
                return spot;
            }
        }
        &self.whole
    }

    /// Takes over the place of one key in another file.
    pub(crate) fn adopt_key(&mut self, other: &Self, path: &KeyPath) {
        if let Some(spot) = other.keys.get(path) {
            self.keys
                .entry(path.clone())
                .or_insert_with(|| spot.clone());
        }
    }

    /// Takes over the places of the texts of one list in another file; those
    /// that are known stay.
    pub(crate) fn adopt_entries(&mut self, other: &Self, list: &KeyPath) {
        for (entry, spot) in other.entries.iter().filter(|((path, _), _)| path == list) {
            self.entries
                .entry(entry.clone())
                .or_insert_with(|| spot.clone());
        }
    }

    /// Drops the places at and under a path.
    pub(crate) fn forget(&mut self, path: &KeyPath) {
        self.values.retain(|known, _| !known.is_within(path));
        self.keys.retain(|known, _| !known.is_within(path));
        self.entries.retain(|(list, _), _| !list.is_within(path));
    }

    /// Takes over the places at and under `from` in another file, as `to`.
    pub(crate) fn adopt(&mut self, other: &Self, from: &KeyPath, to: &KeyPath) {
        let moved = |(path, spot): (&KeyPath, &Spot)| {
            let within = path.is_within(from);
            within.then(|| path.moved(from, to).map(|path| (path, spot.clone())))?
        };
        self.values.extend(other.values.iter().filter_map(moved));
        self.keys.extend(other.keys.iter().filter_map(moved));
        for ((list, text), spot) in &other.entries {
            if let Some(list) = list.is_within(from).then(|| list.moved(from, to)).flatten() {
                self.entries.insert((list, text.clone()), spot.clone());
            }
        }
    }
}
