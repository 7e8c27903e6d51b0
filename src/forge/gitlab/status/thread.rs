//! The thread on a merge request that has to be resolved before it is merged:
//! the soft gate where a commit status cannot block
//! (docs.gitlab.com, "Discussions API", "Merge request discussions").
//!
//! It is ours if its first note is, and carries the mark. Its author's rivals can
//! resolve it: so it is looked at again, and opened again.

use gitlab::api::projects::merge_requests::discussions::MergeRequestDiscussions;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::super::GitLab;
use super::super::api::built;
use super::super::payload::Account;
use super::place::{Place, Why};
use crate::forge::support::reading::Id;
use crate::forge::support::text::title;
use crate::forge::{ForgeError, Status};
use crate::model::event::EventRepository;
use crate::model::text::excerpt;
use crate::model::verdict::Conclusion;

/// What our thread is found again by. Markdown does not show it.
const MARK: &str = "<!-- forgewarden thread -->";
/// Longest summary in a thread, in characters.
const MAX_SUMMARY: usize = 60_000;

#[derive(Deserialize)]
struct Thread {
    id: String,
    notes: Vec<Note>,
}

#[derive(Deserialize)]
struct Note {
    id: Id,
    body: String,
    author: Option<Account>,
    #[serde(default)]
    resolved: bool,
}

/// Our thread as it stands.
struct Ours {
    thread: String,
    note: Id,
    body: String,
    resolved: bool,
}

impl GitLab {
    /// Keeps the thread open while the conclusion is not a pass, if it is needed,
    /// and resolves it then.
    pub(super) async fn discuss(
        &self,
        repository: &EventRepository,
        (status, place): (&Status, &Place),
        number: u64,
    ) -> Result<(), ForgeError> {
        let passes = status.conclusion == Conclusion::Pass;
        let ours = self.thread(repository, number).await?;
        let base = format!(
            "/projects/{}/merge_requests/{number}/discussions",
            repository.id
        );
        let Some(ours) = ours else {
            return match place.thread.filter(|_| !passes) {
                Some(why) => {
                    let body = json!({ "body": text(status, place, why) });
                    let answer = self.api.send(Method::POST, base, &body).await?;
                    answer.succeeded()
                }
                None => Ok(()),
            };
        };
        let thread = format!("{base}/{}", ours.thread);
        let wanted = text(status, place, place.thread.unwrap_or(Why::Setting));
        if ours.body != wanted {
            let path = format!("{thread}/notes/{}", ours.note.0);
            let body = json!({ "body": wanted });
            self.api.send(Method::PUT, path, &body).await?.succeeded()?;
        }
        if ours.resolved == (passes || place.thread.is_none()) {
            return Ok(());
        }
        let body = json!({ "resolved": !ours.resolved });
        self.api.send(Method::PUT, thread, &body).await?.succeeded()
    }

    /// What is wrong with the thread, if anything is.
    pub(super) async fn thread_changed(
        &self,
        repository: &EventRepository,
        (status, place): (&Status, &Place),
        number: u64,
    ) -> Result<Option<String>, ForgeError> {
        let passes = status.conclusion == Conclusion::Pass;
        let ours = self.thread(repository, number).await?;
        let wrong = match (ours, place.thread.is_some() && !passes) {
            (None, true) => "the thread is gone",
            (Some(ours), true) if ours.resolved => "somebody resolved the thread",
            (Some(ours), false) if !ours.resolved => "the thread is still open",
            _ => return Ok(None),
        };
        Ok(Some(wrong.to_owned()))
    }

    async fn thread(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<Option<Ours>, ForgeError> {
        let me = self.api.me().await?.id;
        let endpoint = MergeRequestDiscussions::builder()
            .project(repository.id)
            .merge_request(number)
            .build();
        let threads: Vec<Thread> = self.api.list(&built(endpoint)?).await?;
        Ok(threads.into_iter().find_map(|thread| ours(thread, me)))
    }
}

/// The thread, if our account began it with the mark.
fn ours(thread: Thread, me: Id) -> Option<Ours> {
    // It becomes part of a path, where nothing else than a name may stand.
    let lawful = thread.id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let note = thread.notes.into_iter().next()?;
    let by_us = note.author.as_ref().is_some_and(|author| author.id == me);
    (lawful && by_us && note.body.starts_with(MARK)).then_some(Ours {
        thread: thread.id,
        note: note.id,
        body: note.body,
        resolved: note.resolved,
    })
}

fn text(status: &Status, place: &Place, why: Why) -> String {
    let summary: String = status.summary.chars().take(MAX_SUMMARY).collect();
    let mut text = format!("{MARK}\n**Forgewarden: {}**\n\n", title(status));
    text += match why {
        Why::Fork => {
            "This merge request comes from a fork. GitLab lets the pipeline of the fork \
             decide, so a status of this project does not block it; this thread does, \
             if the project asks that all threads are resolved."
        }
        Why::MergeResult => {
            "GitLab waits for a pipeline of the merge result, which has another commit \
             than the one that was judged; so this thread stands beside the status."
        }
        Why::Setting => {
            "This project asks that all threads are resolved before a merge, and not that \
             the pipeline succeeds; so this thread stands beside the status."
        }
    };
    text += " Forgewarden resolves it when the change may be merged.\n\n";
    if let Some(path) = &place.ci_config {
        let path = excerpt(path, 200).replace('`', "'");
        text += &format!(
            "The project's CI configuration is `{path}`: changes of it are seen only if a \
             check knows that path.\n\n"
        );
    }
    text += &summary;
    text += &format!("\n\n[Details]({})", status.details_url);
    without_commands(&text)
}

/// GitLab takes a line of a note that begins with a slash for a command and runs
/// it as us (`/merge`, `/approve`), whoever wrote the line first.
fn without_commands(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let rest = line.trim_start();
        match rest.strip_prefix('/') {
            Some(command) => format!("{}&#47;{command}", &line[..line.len() - rest.len()]),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{MARK, Thread, ours, without_commands};
    use crate::forge::support::reading::Id;
    use serde_json::json;

    #[test]
    fn a_thread_is_ours_by_account_and_mark() {
        let find = |id: &str, author: u64, body: &str| {
            let thread = json!({ "id": id, "notes": [{ "id": 1, "body": body,
                "author": { "id": author, "username": "warden" }, "resolved": true }] });
            let thread: Thread = serde_json::from_value(thread).expect("a thread");
            ours(thread, Id(9)).is_some()
        };
        let body = format!("{MARK}\ntext");
        assert!(find("6a9c", 9, &body));
        assert!(!find("6a9c", 8, &body));
        assert!(!find("6a9c", 9, &format!("> {body}")));
        assert!(!find("../x", 9, &body));
    }

    #[test]
    fn no_line_of_a_thread_is_a_command() {
        let text = "a /merge\n/approve\n  /merge when\r\n\u{2003}/close\n/label ~\"x\"";
        let harmless = without_commands(text);
        assert!(harmless.starts_with("a /merge\n&#47;approve\n  &#47;merge when"));
        let starts = |line: &str| line.trim_start().starts_with('/');
        assert!(!harmless.lines().any(starts), "{harmless}");
    }
}
