//! Settings of two versions, paired: what appeared, went, or has another value.

use std::collections::{HashMap, HashSet};

use super::{Detection, Seen, Side};
use crate::model::build::{Spot, What};

/// A setting before and after. One side is missing if it appeared or is gone.
#[derive(Clone, Copy)]
pub(crate) struct Switch<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Where it was, and its value.
    pub(crate) before: Option<(Seen<'a>, &'a str)>,
    /// Where it is, and its value.
    pub(crate) after: Option<(Seen<'a>, &'a str)>,
}

type Found<'a> = (Seen<'a>, &'a str, &'a str);

/// Pairs the settings whose names begin so: equal ones in the same file, then
/// in another; then a list's elements that were renamed as a whole; then those
/// of one name whose value differs. Equal ones are left out.
pub(crate) fn switches<'a>(before: Side<'a>, after: Side<'a>, prefix: &str) -> Vec<Switch<'a>> {
    let mut old = found(before, prefix);
    let mut new = found(after, prefix);
    let heads = |all: &[Found<'_>]| -> HashSet<String> {
        all.iter()
            .filter_map(|one| head(one.1))
            .map(str::to_owned)
            .collect()
    };
    let (old_heads, new_heads) = (heads(&old), heads(&new));
    let path = |one: &Found<'a>| one.0.blueprint.path.to_string();
    cancel(&mut old, &mut new, |one| {
        Some(format!("{}\n{}\n{}", path(one), one.1, one.2))
    });
    cancel(&mut old, &mut new, |one| {
        Some(format!("{}\n{}", one.1, one.2))
    });
    cancel(&mut old, &mut new, |one| {
        let head = head(one.1)?;
        let renamed = old_heads.contains(head) != new_heads.contains(head);
        renamed.then(|| format!("{}\n{}", nameless(one.1), one.2))
    });
    let mut all = Vec::new();
    let by_path = |one: &Found<'a>| format!("{}\n{}", path(one), one.1);
    for key in [&by_path as &dyn Fn(&Found<'a>) -> String, &|one| {
        one.1.to_owned()
    }] {
        change(&mut old, &mut new, key, &mut all);
    }
    all.extend(old.into_iter().map(|(seen, name, value)| Switch {
        name,
        before: Some((seen, value)),
        after: None,
    }));
    all.extend(new.into_iter().map(|(seen, name, value)| Switch {
        name,
        before: None,
        after: Some((seen, value)),
    }));
    all
}

fn found<'a>(side: Side<'a>, prefix: &str) -> Vec<Found<'a>> {
    let all = side.items().filter_map(|seen| match &seen.item.what {
        What::Setting(it) if it.name.starts_with(prefix) => {
            Some((seen, it.name.as_str(), it.value.as_str()))
        }
        _ => None,
    });
    all.collect()
}

/// The first element of a list in a name: `rules.[deploy]`.
fn head(name: &str) -> Option<&str> {
    let open = name.find(".[")?;
    let close = name[open..].find(']')?;
    Some(&name[..=open + close])
}

/// A name without the names of a list's elements.
fn nameless(name: &str) -> String {
    let mut inside = false;
    let outside = name.chars().filter(|letter| {
        inside = (inside || *letter == '[') && *letter != ']';
        !inside || *letter == '['
    });
    outside.collect()
}

/// Takes away what both have.
fn cancel<'a>(
    old: &mut Vec<Found<'a>>,
    new: &mut Vec<Found<'a>>,
    key: impl Fn(&Found<'a>) -> Option<String>,
) {
    let mut known: HashMap<String, usize> = HashMap::new();
    for key in new.iter().filter_map(&key) {
        *known.entry(key).or_default() += 1;
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    old.retain(|one| {
        let Some(key) = key(one) else {
            return true;
        };
        let Some(left) = known.get_mut(&key).filter(|left| **left > 0) else {
            return true;
        };
        *left -= 1;
        *taken.entry(key).or_default() += 1;
        false
    });
    new.retain(|one| {
        let left = key(one).and_then(|key| {
            taken
                .get_mut(&key)
                .filter(|left| **left > 0)
                .map(|left| *left -= 1)
        });
        left.is_none()
    });
}

/// Pairs what has one value on each side under a key; elements of lists only come and go.
fn change<'a>(
    old: &mut Vec<Found<'a>>,
    new: &mut Vec<Found<'a>>,
    key: &dyn Fn(&Found<'a>) -> String,
    all: &mut Vec<Switch<'a>>,
) {
    let mut known: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, one) in new.iter().enumerate() {
        if !one.1.ends_with("[]") {
            known.entry(key(one)).or_default().push(at);
        }
    }
    let mut paired = HashSet::new();
    old.retain(|one| {
        let Some(at) = known.get_mut(&key(one)).and_then(Vec::pop) else {
            return true;
        };
        paired.insert(at);
        all.push(Switch {
            name: one.1,
            before: Some((one.0, one.2)),
            after: Some((new[at].0, new[at].2)),
        });
        false
    });
    let mut at = 0;
    new.retain(|_| {
        at += 1;
        !paired.contains(&(at - 1))
    });
}

impl<'a> Switch<'a> {
    /// How it was.
    pub(crate) fn from(&self) -> Option<&'a str> {
        self.before.map(|(_, value)| value)
    }

    /// How it is.
    pub(crate) fn to(&self) -> Option<&'a str> {
        self.after.map(|(_, value)| value)
    }

    /// A detection at the setting; for one that is gone, where its file begins.
    pub(crate) fn detection(
        &self,
        after: Side<'a>,
        feature: impl Into<String>,
    ) -> Option<Detection> {
        let (seen, _) = self.after.or(self.before)?;
        let detection = Detection::at(after, seen, feature);
        if self.after.is_some() {
            return Some(detection);
        }
        let path = &seen.item.spot.path;
        let stands = after.blueprints.iter().any(|one| one.path == *path);
        let spot = Spot {
            path: path.clone(),
            line: 1,
            column: 1,
        };
        Some(match stands {
            true => detection.standing_at(&spot),
            false => detection,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{head, nameless};

    #[test]
    fn names_of_elements_can_be_left_out() {
        assert_eq!(nameless("a.[x.y].b.[z]"), "a.[].b.[]");
        assert_eq!(head("a.[x].b.[z]"), Some("a.[x]"));
        assert_eq!(head("a.b"), None);
    }
}
