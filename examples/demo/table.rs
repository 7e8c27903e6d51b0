//! What happened, as a table.

use std::fmt::Write as _;

use crate::stage::Outcome;
use crate::support::forge::github::Merge;

/// One row for each change, and below it the link to the page that explains it.
pub(crate) fn of(outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{:<26}{:<14}{:<16}{}\n",
        "change", "pushed", "pull request", "why"
    );
    for outcome in outcomes {
        let push = match &outcome.push {
            Some((true, _)) => "accepted",
            Some((false, _)) => "REFUSED",
            None => "–",
        };
        let merge = match outcome.merge {
            Merge::Merged { .. } => "merged",
            Merge::Blocked { .. } => "BLOCKED",
        };
        let why = outcome.change.objection.unwrap_or("");
        let _ = writeln!(
            text,
            "{:<26}{push:<14}{merge:<16}{why}",
            outcome.change.what
        );
    }
    text.push_str("\nWhy, and what mends it:\n");
    for outcome in outcomes {
        let check = outcome.check.as_ref();
        let url = check
            .and_then(|check| check.details_url.as_deref())
            .unwrap_or("no page");
        let title = check
            .and_then(|check| check.title.as_deref())
            .unwrap_or("no verdict");
        let _ = writeln!(text, "  {}: {title}\n    {url}", outcome.change.what);
    }
    text
}
