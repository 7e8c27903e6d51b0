//! Our own words on a forge, where all forges need the same.

use crate::forge::Status;
use crate::model::verdict::Conclusion;

/// The title of a status. An error says first that nothing was judged: every
/// forge shows it as a failure.
pub(in crate::forge) fn title(status: &Status) -> String {
    const COULD_NOT_JUDGE: &str = "could not judge";
    match status.conclusion {
        Conclusion::Error if !status.title.contains(COULD_NOT_JUDGE) => {
            format!("{COULD_NOT_JUDGE}: {}", status.title)
        }
        _ => status.title.clone(),
    }
}
