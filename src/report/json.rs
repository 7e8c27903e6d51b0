//! The versioned JSON of a verdict, in its one canonical form: indented by two
//! spaces, fields in the order of the types, one line break at the end. The
//! same verdict gives the same bytes wherever it is written.

use crate::model::verdict::Verdict;

/// The verdict's JSON.
///
/// # Errors
///
/// None that a verdict can cause today; a serialisation error is not hidden.
pub fn render(verdict: &Verdict) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(verdict)?;
    text.push('\n');
    Ok(text)
}
