//! Build statuses. Any reader may post any, over anybody's.

use serde_json::{Value, json};

use super::super::common::git;
use super::Stash;
use super::api::{Answer, Answered, Call, done, error, nothing, ok};
use super::state::State;

const STATES: [&str; 5] = ["SUCCESSFUL", "FAILED", "INPROGRESS", "CANCELLED", "UNKNOWN"];

/// A build status.
#[derive(Debug, Clone)]
pub struct Build {
    /// The repository; nothing for the old API, which knows only commits.
    pub repository: Option<u64>,
    pub commit: String,
    pub key: String,
    pub parent: Option<String>,
    pub state: String,
    /// Who posted it last. The API does not tell.
    pub by: String,
    pub body: Value,
}

impl Stash {
    /// The build status with this key, as it is now.
    pub fn check(&self, name: &str, head: &str, context: &str) -> Option<Build> {
        let state = self.state();
        state
            .build(state.repository(name).id, head, context)
            .cloned()
    }

    /// Somebody who may read the repository posts a build status.
    pub fn somebody_posts(&self, name: &str, by: &str, head: &str, context: &str, state: &str) {
        let mut all = self.state();
        all.account(by);
        let body = json!({ "key": context, "parent": context, "state": state,
            "url": "https://example.com/mine" });
        let call = Call {
            method: "POST",
            query: Vec::new(),
            body: &body,
            user: by.into(),
            name: name.into(),
        };
        all.builds_of(&call, head).expect("a lawful build status");
    }
}

impl State {
    pub fn build(&self, repository: u64, commit: &str, key: &str) -> Option<&Build> {
        let mut all = self.builds.iter().rev();
        all.find(|it| {
            it.repository.is_none_or(|of| of == repository) && it.commit == commit && it.key == key
        })
    }

    /// Fails if the repository has no such commit.
    pub fn has_commit(&self, name: &str, commit: &str) -> Result<(), Answer> {
        let path = &self.repository(name).path;
        let wanted = format!("{commit}^{{commit}}");
        match git::try_git(path, &["cat-file", "-e", &wanted]) {
            Ok(_) => Ok(()),
            Err(_) => {
                let words = format!("Commit '{commit}' does not exist in repository '{name}'.");
                Err(error(404, "commit.NoSuchCommitException", words))
            }
        }
    }

    pub fn builds_of(&mut self, call: &Call<'_>, commit: &str) -> Answered {
        if !self.is_at_least(7, 4) {
            return Err(nothing("The resource"));
        }
        self.has_commit(&call.name, commit)?;
        let id = self.repository(&call.name).id;
        if call.method == "POST" {
            self.builds.push(taken(call, Some(id), commit)?);
            return done();
        }
        let key = call.asked("key");
        let key = key.ok_or_else(|| error(400, "BadRequest", "key is missing"))?;
        match call.method {
            "GET" => {
                let found = self.build(id, commit, key);
                ok(found
                    .ok_or_else(|| nothing("The build status"))?
                    .body
                    .clone())
            }
            "DELETE" => {
                self.permits(&call.user, &call.name, "REPO_ADMIN")?;
                let same = |it: &Build| it.commit == commit && it.key == key;
                self.builds.retain(|it| !same(it));
                done()
            }
            _ => Err(error(405, "MethodNotAllowed", call.method)),
        }
    }

    pub fn old_builds(&mut self, call: &Call<'_>, commit: &str) -> Answered {
        match call.method {
            "POST" => {
                self.builds.push(taken(call, None, commit)?);
                done()
            }
            _ => {
                let mut all: Vec<Build> = Vec::new();
                for build in self.builds.iter().filter(|it| it.commit == commit) {
                    all.retain(|it| it.key != build.key);
                    all.push(build.clone());
                }
                self.page(call, all.into_iter().map(|it| it.body).collect())
            }
        }
    }
}

/// A build status that the server takes, or its complaint.
fn taken(call: &Call<'_>, repository: Option<u64>, commit: &str) -> Result<Build, Answer> {
    let bad = |field: &str| error(400, "validation.ArgumentValidationException", field);
    let limits = [
        ("key", 255),
        ("url", 450),
        ("name", 255),
        ("parent", 1024),
        ("ref", 1024),
    ];
    for (field, longest) in limits {
        let text = call.body[field].as_str().unwrap_or("");
        if text.chars().count() > longest {
            return Err(bad(field));
        }
    }
    let (key, state, _) = (call.text("key")?, call.text("state")?, call.text("url")?);
    let branch = call.body["ref"].as_str();
    if !STATES.contains(&state) || branch.is_some_and(|it| !it.starts_with("refs/")) {
        return Err(bad("state or ref"));
    }
    let parent = call.body["parent"]
        .as_str()
        .filter(|_| repository.is_some());
    Ok(Build {
        repository,
        commit: commit.into(),
        key: key.into(),
        parent: parent.map(Into::into),
        state: state.into(),
        by: call.user.clone(),
        body: call.body.clone(),
    })
}
