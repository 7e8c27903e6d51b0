//! Threads on merge requests: opened, changed, and resolved by whoever may.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::GitLab;
use super::api::{Answered, Call, created, error, forbidden, invalid, not_found, ok};
use super::state::{DEVELOPER, MAINTAINER, MergeRequest, REPORTER, State};

#[derive(Debug, Clone)]
pub struct Discussion {
    pub id: String,
    pub notes: Vec<Note>,
    pub resolved_by: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Note {
    pub id: u64,
    pub body: String,
    pub author: String,
    pub at: Timestamp,
}

impl MergeRequest {
    /// How many threads hold it back.
    pub fn open_discussions(&self) -> usize {
        let open = self
            .discussions
            .iter()
            .filter(|it| it.resolved_by.is_none());
        open.count()
    }
}

impl State {
    pub fn discussion_routes(&mut self, call: &Call<'_>, iid: u64, rest: &[&str]) -> Answered {
        let it = self.merge_request(call.project, iid);
        let Some((id, rest)) = rest.split_first() else {
            return match call.method {
                "POST" => self.opens_discussion(call, iid),
                _ => {
                    let all = it.discussions.iter();
                    call.page(all.map(|it| self.discussion_json(it)).collect())
                }
            };
        };
        let at = it.discussions.iter().position(|it| it.id == *id);
        let at = at.ok_or_else(|| not_found("Discussion"))?;
        match (call.method, rest) {
            ("GET", []) => ok(self.discussion_json(&it.discussions[at])),
            ("PUT", []) => {
                let resolved = call.body["resolved"].as_bool();
                let resolved = resolved.ok_or_else(|| invalid("resolved is missing"))?;
                let opened_by = &it.discussions[at].notes[0].author;
                let own = [opened_by, &it.author].contains(&&call.user);
                if call.role < DEVELOPER && !own {
                    return Err(forbidden());
                }
                let it = &mut self.merge_request_mut(call.project, iid).discussions[at];
                it.resolved_by = resolved.then(|| call.user.clone());
                let it = it.clone();
                ok(self.discussion_json(&it))
            }
            ("PUT", ["notes", note]) => {
                let mut notes = it.discussions[at].notes.iter();
                let note = notes.position(|it| it.id.to_string() == *note);
                let note = note.ok_or_else(|| not_found("Note"))?;
                let own = it.discussions[at].notes[note].author == call.user;
                if !own && call.role < MAINTAINER {
                    return Err(forbidden());
                }
                let body = self.takes_text(call)?;
                let it = &mut self.merge_request_mut(call.project, iid).discussions[at];
                it.notes[note].body = body;
                let it = it.clone();
                ok(self.note_json(&it, &it.notes[note]))
            }
            _ => Err(error(405, "405 Method Not Allowed")),
        }
    }

    fn opens_discussion(&mut self, call: &Call<'_>, iid: u64) -> Answered {
        call.needs(REPORTER)?;
        let body = self.takes_text(call)?;
        let discussion = self.new_discussion(&call.user, body);
        let shown = self.discussion_json(&discussion);
        let all = &mut self.merge_request_mut(call.project, iid).discussions;
        all.push(discussion);
        created(shown)
    }

    fn new_discussion(&mut self, author: &str, body: String) -> Discussion {
        let id = self.number();
        let at = self.now();
        let note = Note {
            id,
            body,
            author: author.into(),
            at,
        };
        Discussion {
            id: format!("{id:040x}"),
            notes: vec![note],
            resolved_by: None,
        }
    }

    /// The text of a note, without the lines that GitLab runs as commands.
    fn takes_text(&mut self, call: &Call<'_>) -> Result<String, super::api::Answer> {
        let body = call
            .says("body")
            .ok_or_else(|| invalid("body is missing"))?;
        if body.chars().count() > 1_000_000 {
            return Err(error(
                400,
                json!({ "note": ["is too long (maximum is 1000000 characters)"] }),
            ));
        }
        let is_command = |line: &&str| {
            let rest = line.trim_start().strip_prefix('/');
            rest.is_some_and(|it| it.starts_with(|it: char| it.is_ascii_alphabetic()))
        };
        let commands: Vec<String> = body.lines().filter(is_command).map(str::to_owned).collect();
        let said = commands.iter().map(|it| (call.user.clone(), it.clone()));
        self.commands.extend(said);
        let kept = body.lines().filter(|line| !is_command(line));
        Ok(kept.collect::<Vec<_>>().join("\n"))
    }

    fn discussion_json(&self, it: &Discussion) -> Value {
        let notes: Vec<_> = it
            .notes
            .iter()
            .map(|note| self.note_json(it, note))
            .collect();
        json!({ "id": it.id, "individual_note": false, "notes": notes })
    }

    fn note_json(&self, it: &Discussion, note: &Note) -> Value {
        let by = it.resolved_by.as_ref();
        let resolved_by = by.map(|by| self.account_json(by, false));
        json!({ "id": note.id, "type": "DiscussionNote", "body": note.body,
            "author": self.account_json(&note.author, false), "system": false,
            "created_at": note.at.to_string(), "updated_at": note.at.to_string(),
            "noteable_type": "MergeRequest", "resolvable": true, "resolved": by.is_some(),
            "resolved_by": resolved_by })
    }
}

impl GitLab {
    /// The threads of a merge request.
    pub fn discussions(&self, name: &str, iid: u64) -> Vec<Discussion> {
        let state = self.state();
        let project = state.project(name).id;
        state.merge_request(project, iid).discussions.clone()
    }

    /// Somebody opens a thread with this text.
    pub fn discusses(&self, name: &str, iid: u64, by: &str, text: &str) {
        let mut state = self.state();
        state.account(by);
        let discussion = state.new_discussion(by, text.into());
        let project = state.project(name).id;
        state
            .merge_request_mut(project, iid)
            .discussions
            .push(discussion);
    }

    /// Somebody resolves every thread, as each Developer and the author can.
    pub fn resolves_all(&self, name: &str, iid: u64, by: &str) {
        let mut state = self.state();
        state.account(by);
        let project = state.project(name).id;
        for it in &mut state.merge_request_mut(project, iid).discussions {
            it.resolved_by = Some(by.into());
        }
    }

    /// What GitLab ran for somebody because a text of theirs told it to.
    pub fn commands(&self) -> Vec<(String, String)> {
        self.state().commands.clone()
    }
}
