//! What a status says, fitted to what a forge takes.

use crate::forge::Status;
use crate::model::verdict::Conclusion;

/// An error says first that nothing was judged: it is shown as a failure.
pub(in crate::forge) fn title(status: &Status) -> String {
    const COULD_NOT_JUDGE: &str = "could not judge";
    match status.conclusion {
        Conclusion::Error if !status.title.contains(COULD_NOT_JUDGE) => {
            format!("{COULD_NOT_JUDGE}: {}", status.title)
        }
        _ => status.title.clone(),
    }
}

/// At most `limit` bytes, cut between letters and with an ellipsis.
pub(in crate::forge) fn cut(text: &str, limit: usize) -> String {
    const ELLIPSIS: char = '…';
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(limit.saturating_sub(ELLIPSIS.len_utf8()));
    let mut kept = text[..end].to_owned();
    kept.push(ELLIPSIS);
    kept
}

#[cfg(test)]
mod tests {
    use super::{cut, title};
    use crate::forge::Status;
    use crate::model::verdict::Conclusion;

    #[test]
    fn a_text_is_cut_between_letters() {
        assert_eq!(cut("grün", 5), "grün");
        assert_eq!(cut("grüner", 6), "gr…");
    }

    #[test]
    fn an_error_says_that_nothing_was_judged() {
        let said = |conclusion| title(&Status::sample(conclusion));
        assert_eq!(said(Conclusion::Error), "could not judge: 1 finding blocks");
        assert_eq!(said(Conclusion::Fail), "1 finding blocks");
    }
}
