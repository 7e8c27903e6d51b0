//! The nearest valid name for a mistyped one.

/// The nearest of some names, if one is near enough to be meant.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(wrong, name), name));
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= 0.5).then_some(best.1)
}

/// "did you mean", or the list if it is short.
pub(crate) fn suggestion(wrong: &str, names: &[&str]) -> Option<String> {
    if let Some(name) = nearest(wrong, names.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let listed = names
        .iter()
        .take(20)
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>();
    (!listed.is_empty()).then(|| format!("known here: {}", listed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_a_near_name_is_suggested() {
        assert_eq!(
            nearest("enforced", ["off", "audit", "enforce"]),
            Some("enforce")
        );
        assert_eq!(nearest("blub", ["off", "audit", "enforce"]), None);
    }
}
