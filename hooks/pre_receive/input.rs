//! Git's pre-receive input: one `<old> SP <new> SP <ref> LF` per ref (githooks(5)).

use bstr::ByteSlice;
use forgewarden::model::oid::ObjectId;
use forgewarden::model::refs::{RefName, RefUpdate};
use forgewarden::model::text::excerpt;

/// Most bytes of input that are read: far above what any bound on refs allows.
pub(crate) const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Reads all lines, or says what is wrong with the first that is not git's.
pub(crate) fn updates(text: &[u8], limit: usize) -> Result<Vec<RefUpdate>, String> {
    if text.len() as u64 > MAX_BYTES {
        return Err(format!(
            "git's input is over the bound of {MAX_BYTES} bytes"
        ));
    }
    let lines: Vec<_> = text.lines().collect();
    if lines.is_empty() {
        return Err("git named no ref to update".to_owned());
    }
    if lines.len() > limit {
        let count = lines.len();
        return Err(format!(
            "the push updates {count} refs, over the bound of {limit} (limits.refs): push fewer at once"
        ));
    }
    lines.into_iter().map(update).collect()
}

fn update(line: &[u8]) -> Result<RefUpdate, String> {
    let odd = |what: &dyn std::fmt::Display| {
        format!("git's input line \"{}\": {what}", excerpt(line, 160))
    };
    let mut parts = line.splitn_str(3, " ");
    let (Some(old), Some(new), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(odd(&"it is not <old> <new> <ref>"));
    };
    Ok(RefUpdate {
        name: RefName::new(name).map_err(|error| odd(&error))?,
        old: ObjectId::parse_or_null(old).map_err(|error| odd(&error))?,
        new: ObjectId::parse_or_null(new).map_err(|error| odd(&error))?,
    })
}

#[cfg(test)]
mod tests {
    use super::updates;

    #[test]
    fn all_lines_are_read() {
        let one = "1".repeat(40);
        let zero = "0".repeat(40);
        let text = format!("{zero} {one} refs/heads/a\n{one} {zero} refs/heads/b b\n");
        assert!(
            updates(text.as_bytes(), 10).is_err(),
            "a space is no part of a ref name"
        );
        let text = format!("{zero} {one} refs/heads/a\n{one} {zero} refs/heads/b\n");
        let read = updates(text.as_bytes(), 10).expect("lawful");
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].old, None);
        assert_eq!(read[1].new, None);
    }

    #[test]
    fn anything_else_is_refused() {
        for odd in ["", "\n", "x", "1 2 refs/heads/a\n"] {
            assert!(updates(odd.as_bytes(), 10).is_err(), "{odd:?}");
        }
        let one = "1".repeat(40);
        let two = format!("{one} {one} refs/heads/a\n{one} {one} refs/heads/b\n");
        assert!(updates(two.as_bytes(), 1).is_err(), "over the bound");
    }
}
