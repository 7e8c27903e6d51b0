//! Approvals, bound to the head they were given for.
//!
//! GitLab keeps an approval over pushes unless the project says otherwise, and
//! does not say what was approved. It says when (`approved_at`, or the note that
//! it writes), and when each head came (the versions of the merge request). An
//! approval is for the head that had come before it and was not replaced yet.
//! What cannot be bound so is for no head, and does not count.

use gitlab::api::projects::merge_requests::approvals::MergeRequestApprovals;
use gitlab::api::projects::merge_requests::notes::MergeRequestNotes;
use jiff::Timestamp;
use serde::Deserialize;

use super::super::api::{Api, built};
use super::super::payload::Account;
use crate::forge::ForgeError;
use crate::forge::support::answer;
use crate::forge::support::reading::Id;
use crate::model::approval::Approval;
use crate::model::oid::ObjectId;
use crate::model::repo::ForgeKind;

/// What GitLab writes when somebody approves; these notes are never translated.
const APPROVED: &str = "approved this merge request";

#[derive(Deserialize)]
struct Approvals {
    approved_by: Vec<ApprovedBy>,
}

#[derive(Deserialize)]
struct ApprovedBy {
    user: Account,
    /// Newer GitLab only.
    approved_at: Option<Timestamp>,
}

/// One head of the merge request.
#[derive(Deserialize)]
struct Version {
    head_commit_sha: Option<String>,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct Note {
    body: String,
    author: Option<NoteAuthor>,
    created_at: Timestamp,
    system: bool,
    /// Whether it came with an import: then somebody else vouches for it.
    #[serde(default)]
    imported: bool,
}

#[derive(Deserialize)]
struct NoteAuthor {
    id: Id,
}

/// The standing approvals of a merge request that are bound to a head.
pub(super) async fn standing(
    api: &Api,
    project: u64,
    number: u64,
) -> Result<Vec<Approval>, ForgeError> {
    let endpoint = MergeRequestApprovals::builder()
        .project(project)
        .merge_request(number)
        .build();
    let approvals: Approvals = api.get(&built(endpoint)?).await?;
    if approvals.approved_by.is_empty() {
        return Ok(Vec::new());
    }
    let path = format!("/projects/{project}/merge_requests/{number}/versions");
    let versions = api.list_at(&path).await?;
    let dated = approvals
        .approved_by
        .iter()
        .all(|it| it.approved_at.is_some());
    let notes = match dated {
        true => Vec::new(),
        false => {
            let endpoint = MergeRequestNotes::builder()
                .project(project)
                .merge_request(number)
                .build();
            api.list(&built(endpoint)?).await?
        }
    };
    bound(approvals, &versions, &notes)
}

fn bound(
    approvals: Approvals,
    versions: &[Version],
    notes: &[Note],
) -> Result<Vec<Approval>, ForgeError> {
    let mut all = Vec::new();
    for approval in approvals.approved_by {
        let user = approval.user.id;
        let at = approval.approved_at.or_else(|| noted(notes, user));
        let Some(head) = at.and_then(|at| head_at(versions, at)) else {
            continue;
        };
        let head = ObjectId::parse(head).map_err(|error| unreadable(error.to_string()))?;
        let actor = approval.user.actor().map_err(unreadable)?;
        all.push(Approval { actor, head });
    }
    Ok(all)
}

/// When GitLab last noted that this account approves.
fn noted(notes: &[Note], user: Id) -> Option<Timestamp> {
    let own = notes.iter().filter(|note| {
        let by_user = note.author.as_ref().is_some_and(|author| author.id == user);
        note.system && !note.imported && by_user && note.body.trim() == APPROVED
    });
    own.map(|note| note.created_at).max()
}

/// The head that stood at this instant. At the very instant of a change it is
/// not known which one was seen.
fn head_at(versions: &[Version], at: Timestamp) -> Option<&str> {
    if versions.iter().any(|version| version.created_at == at) {
        return None;
    }
    let before = versions.iter().filter(|version| version.created_at < at);
    let newest = before.max_by_key(|version| version.created_at)?;
    newest.head_commit_sha.as_deref()
}

fn unreadable(reason: String) -> ForgeError {
    answer::unreadable(ForgeKind::GitLab, format!("an approval: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::{Note, Version, bound};
    use serde_json::{Value, json};

    fn at(minute: u32) -> String {
        format!("2026-01-02T03:{minute:02}:00.000Z")
    }

    /// Heads as (digit, minute); who approves for which head, by `approvals` and `notes`.
    fn standing(heads: &[(&str, u32)], approvals: &Value, notes: &Value) -> Vec<String> {
        let versions = heads.iter().map(|(digit, minute)| {
            let json = json!({ "head_commit_sha": digit.repeat(40), "created_at": at(*minute) });
            serde_json::from_value(json).expect("a version")
        });
        let versions: Vec<Version> = versions.collect();
        let notes: Vec<Note> = serde_json::from_value(notes.clone()).expect("notes");
        let approvals = json!({ "approved_by": approvals });
        let approvals = serde_json::from_value(approvals).expect("approvals");
        let all = bound(approvals, &versions, &notes).expect("readable");
        let shown = all
            .iter()
            .map(|it| format!("{} {}", it.actor, &it.head.short()[..1]));
        shown.collect()
    }

    fn alice() -> Value {
        json!({ "id": 3, "username": "alice" })
    }

    #[test]
    fn an_approval_is_for_the_head_that_it_was_given_for() {
        let heads = [("1", 10), ("2", 20)];
        for (minute, expected) in [
            (15, Some("alice 1")),
            (25, Some("alice 2")),
            (5, None),
            (20, None),
        ] {
            let approval = json!([{ "user": alice(), "approved_at": at(minute) }]);
            let standing = standing(&heads, &approval, &json!([]));
            assert_eq!(standing.first().map(String::as_str), expected, "{minute}");
        }
    }

    #[test]
    fn without_a_time_gitlabs_own_note_gives_it_and_nothing_else_does() {
        let heads = [("1", 10), ("2", 20)];
        let approval = json!([{ "user": alice() }]);
        let note = |body: &str, minute, system, imported| {
            json!({ "body": body, "author": { "id": 3 }, "created_at": at(minute),
                "system": system, "imported": imported })
        };
        let own = note("approved this merge request", 25, true, false);
        let early = note("approved this merge request", 15, true, false);
        assert_eq!(
            standing(&heads, &approval, &json!([early, own])),
            ["alice 2"]
        );
        for other in [
            note("approved this merge request", 25, false, false),
            note("approved this merge request", 25, true, true),
            note("unapproved this merge request", 25, true, false),
        ] {
            assert!(standing(&heads, &approval, &json!([other])).is_empty());
        }
        let mut bobs = note("approved this merge request", 25, true, false);
        bobs["author"]["id"] = json!(4);
        assert!(standing(&heads, &approval, &json!([bobs])).is_empty());
    }
}
