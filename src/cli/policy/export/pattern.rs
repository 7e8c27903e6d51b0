//! A pattern of `[sources]` taken apart, for languages that know fewer forms.
//!
//! In a policy `*` stays inside a level of the name and `**` is a level of its
//! own that stands for any number of them, as in a path.

/// Something that the other language cannot say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Inexpressible {
    /// The entry.
    pub(super) text: String,
    /// The key that it stands under.
    pub(super) key: &'static str,
    /// Why, as a clause.
    pub(super) why: &'static str,
    /// What to write instead, as a clause.
    pub(super) help: &'static str,
}

/// One level of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level<'a> {
    /// A name without wildcards.
    Plain(&'a str),
    /// A name with `*` in it.
    Star(&'a str),
    /// Any number of levels.
    Any,
}

impl<'a> Level<'a> {
    /// The text of one level.
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Plain(text) | Self::Star(text) => text,
            Self::Any => "**",
        }
    }
}

/// The levels of a pattern.
///
/// # Errors
/// It has a form that neither language knows.
pub(super) fn levels<'a>(
    text: &'a str,
    key: &'static str,
) -> Result<Vec<Level<'a>>, Inexpressible> {
    let cannot = |why, help| Inexpressible {
        text: text.to_owned(),
        key,
        why,
        help,
    };
    if text.contains(['?', '[', ']', '{', '}', '\\']) {
        return Err(cannot(
            "it knows no choice of letters or names",
            "write one entry for each name",
        ));
    }
    let level = |part: &'a str| match part {
        "**" => Ok(Level::Any),
        _ if part.contains("**") => Err(cannot(
            "`**` beside other letters is no form that it knows",
            "write `**` as a level of its own, or `*`",
        )),
        _ if part.contains('*') => Ok(Level::Star(part)),
        _ => Ok(Level::Plain(part)),
    };
    text.split('/').map(level).collect()
}

/// A pattern with every `**` inside it once as one or more levels (`many`)
/// and once as none, since it stands for both. One at the end is `many` alone.
pub(super) fn spelled(levels: &[Level<'_>], many: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for (at, level) in levels.iter().enumerate() {
        let last = at + 1 == levels.len();
        let joined = |text: &String, part: &str| match text.as_str() {
            "" => part.to_owned(),
            _ => format!("{text}/{part}"),
        };
        all = match level {
            Level::Any if !last => {
                let with = all.iter().map(|text| joined(text, many));
                with.chain(all.iter().cloned()).collect()
            }
            Level::Any => all.iter().map(|text| joined(text, many)).collect(),
            level => all.iter().map(|text| joined(text, level.text())).collect(),
        };
    }
    all
}
