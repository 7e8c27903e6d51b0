//! Commit statuses: filed, moved, hidden and refused as GitLab does.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, Answered, Call, created, error, forbidden, invalid, not_found};
use super::events::Event;
use super::state::State;
use super::{GitLab, WARDEN, git};
use super::{Mark, Said};

const STATES: [&str; 6] = [
    "pending", "running", "success", "failed", "canceled", "skipped",
];

/// A commit status.
#[derive(Debug, Clone)]
pub struct CommitStatus {
    pub id: u64,
    pub project: u64,
    pub pipeline: u64,
    pub sha: String,
    pub reference: String,
    pub name: String,
    pub state: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub by: String,
    /// A newer one of its name took its place.
    pub retried: bool,
    pub at: Timestamp,
}

impl State {
    pub fn posts_status(&mut self, call: &Call<'_>, sha: &str) -> Answered {
        let state = call
            .says("state")
            .ok_or_else(|| invalid("state is missing"))?;
        if !STATES.contains(&state) {
            return Err(invalid("state does not have a valid value"));
        }
        self.knows_commit(call.project, sha)?;
        let (id, reference) = self.pipeline_for(call, sha)?;
        if !self.may_change(call.project, &reference, call.role) {
            return Err(forbidden());
        }
        let id = match id {
            Some(id) => id,
            None => self.makes_pipeline(call.project, (sha, &reference), ("external", None)),
        };
        let wanted = self.wanted(call, (sha, &reference), id)?;
        let before = self.pipeline_status(id).to_owned();
        let filed = self.files(wanted)?;
        if before != self.pipeline_status(id) {
            self.outbox.push(Event::Pipeline(id));
        }
        created(self.status_json(&filed))
    }

    fn knows_commit(&self, project: u64, sha: &str) -> Result<(), Answer> {
        let folder = &self.with_id(project).folder;
        let commit = format!("{sha}^{{commit}}");
        let known = git::try_git(folder, &["cat-file", "-e", &commit]);
        known.map(drop).map_err(|_| not_found("Commit"))
    }

    /// The pipeline that takes the status, if there is one, and its ref.
    fn pipeline_for(&self, call: &Call<'_>, sha: &str) -> Result<(Option<u64>, String), Answer> {
        let number = call.body["pipeline_id"].as_u64();
        let reference = call.says("ref");
        let mut all = self.pipelines.iter().rev();
        let found = all.find(|it| {
            it.project == call.project
                && it.sha == sha
                && reference.is_none_or(|reference| it.reference == reference)
                && number.is_none_or(|number| it.id == number)
        });
        if number.is_some() && found.is_none() {
            return Err(not_found("Pipeline for pipeline_id, sha and ref"));
        }
        let of_found = found.map(|it| it.reference.clone());
        let reference = reference.map(str::to_owned).or(of_found);
        let reference = reference.or_else(|| {
            let folder = &self.with_id(call.project).folder;
            let contains = ["branch", "--format=%(refname:short)", "--contains", sha];
            let first = git::git(folder, &contains);
            first.lines().next().map(str::to_owned)
        });
        let reference = reference.ok_or_else(|| not_found("References for commit"))?;
        Ok((found.map(|it| it.id), reference))
    }

    fn wanted(
        &mut self,
        call: &Call<'_>,
        (sha, reference): (&str, &str),
        pipeline: u64,
    ) -> Result<CommitStatus, Answer> {
        let name = call
            .says("name")
            .or(call.says("context"))
            .unwrap_or("default");
        for field in ["name", "description", "target_url"] {
            if call.says(field).is_some_and(|it| it.chars().count() > 255) {
                let why = json!({ field: ["is too long (maximum is 255 characters)"] });
                return Err(error(400, why));
            }
        }
        let url = call.says("target_url");
        if url.is_some_and(|it| !it.starts_with("http://") && !it.starts_with("https://")) {
            let why = json!({ "target_url": ["is blocked: Only allowed schemes are http, https"] });
            return Err(error(400, why));
        }
        Ok(CommitStatus {
            id: 0,
            project: call.project,
            pipeline,
            sha: sha.into(),
            reference: reference.into(),
            name: name.into(),
            state: call.says("state").unwrap_or_default().into(),
            description: call.says("description").map(str::to_owned),
            target_url: url.map(str::to_owned),
            by: call.user.clone(),
            retried: false,
            at: self.now(),
        })
    }

    /// Moves the account's own waiting status of this name, or adds one, which
    /// takes the place of everybody's.
    pub fn files(&mut self, mut wanted: CommitStatus) -> Result<CommitStatus, Answer> {
        let same_name =
            |it: &CommitStatus| it.pipeline == wanted.pipeline && it.name == wanted.name;
        let own = self.statuses.iter_mut().find(|it| {
            let waits = it.state == "pending" || it.state == "running";
            same_name(it) && it.reference == wanted.reference && waits && it.by == wanted.by
        });
        if let Some(own) = own {
            let step = match wanted.state.as_str() {
                "pending" => Some("enqueue"),
                "running" if own.state == "running" => Some("run"),
                _ => None,
            };
            if let Some(step) = step {
                let (from, why) = (
                    &own.state,
                    format!("Status cannot transition via \"{step}\""),
                );
                let words =
                    format!("Cannot transition status via :{step} from :{from} (Reason(s): {why})");
                return Err(error(400, words));
            }
            own.state = wanted.state;
            own.description = wanted.description.or(own.description.take());
            own.target_url = wanted.target_url.or(own.target_url.take());
            return Ok(own.clone());
        }
        for older in self.statuses.iter_mut().filter(|it| same_name(it)) {
            older.retried = true;
        }
        wanted.id = 8000 + self.statuses.len() as u64;
        self.statuses.push(wanted.clone());
        Ok(wanted)
    }

    pub fn lists_statuses(&self, call: &Call<'_>, sha: &str) -> Answered {
        self.knows_commit(call.project, sha)?;
        let is = |name: &str, value: &str| call.asked(name).is_none_or(|it| it == value);
        let all = call.asked("all") == Some("true");
        let fits = |it: &&CommitStatus| {
            let shown = all || !it.retried;
            let pipeline = self.old || is("pipeline_id", &it.pipeline.to_string());
            let place = it.project == call.project && it.sha == sha && pipeline;
            place && shown && is("ref", &it.reference) && is("name", &it.name)
        };
        let mut found: Vec<_> = self.statuses.iter().filter(fits).collect();
        if !self.old && call.asked("sort") == Some("desc") {
            found.reverse();
        }
        call.page(found.into_iter().map(|it| self.status_json(it)).collect())
    }

    fn status_json(&self, it: &CommitStatus) -> Value {
        let at = it.at.to_string();
        let over = it.state != "running" && it.state != "pending";
        let mut shown = json!({ "id": it.id, "sha": it.sha, "ref": it.reference,
            "status": it.state, "name": it.name, "target_url": it.target_url,
            "description": it.description, "created_at": at, "started_at": at,
            "finished_at": over.then_some(at), "allow_failure": false, "coverage": null,
            "author": self.account_json(&it.by, false) });
        if !self.old {
            shown["pipeline_id"] = it.pipeline.into();
        }
        shown
    }
}

impl GitLab {
    /// Every status on a commit, oldest first.
    pub fn statuses(&self, name: &str, sha: &str) -> Vec<CommitStatus> {
        let state = self.state();
        let project = state.project(name).id;
        let all = state.statuses.iter();
        let here = all.filter(|it| it.project == project && it.sha == sha);
        here.cloned().collect()
    }

    /// Our marks on a commit: of each context the newest, if it counts.
    pub fn marks(&self, name: &str, sha: &str) -> Vec<Mark> {
        let mut marks: Vec<Mark> = Vec::new();
        let all = self.statuses(name, sha).into_iter();
        for it in all.filter(|it| it.by == WARDEN && !it.retried) {
            marks.retain(|mark| mark.context != it.name);
            marks.push(Mark {
                context: it.name,
                said: match it.state.as_str() {
                    "pending" | "running" => Said::Running,
                    "success" => Said::Green,
                    _ => Said::Red,
                },
                title: it.description.unwrap_or_default(),
                text: String::new(),
                details_url: it.target_url.unwrap_or_default(),
            });
        }
        marks
    }

    /// Our mark of one context, if it counts.
    pub fn check(&self, name: &str, sha: &str, context: &str) -> Option<Mark> {
        let mut marks = self.marks(name, sha).into_iter();
        marks.find(|it| it.context == context)
    }

    /// Another Developer posts a status of any name on a branch's head, as each can.
    pub fn somebody_posts(
        &self,
        (name, branch): (&str, &str),
        context: &str,
        says: &str,
        by: &str,
    ) {
        let sha = git::git(
            &self.path(name),
            &["rev-parse", &format!("refs/heads/{branch}")],
        );
        let mut state = self.state();
        state.account(by);
        let project = state.project(name).id;
        let mut all = state.pipelines.iter().rev();
        let fits = all.find(|it| it.project == project && it.sha == sha && it.reference == branch);
        let known = fits.map(|it| it.id);
        let pipeline = known
            .unwrap_or_else(|| state.makes_pipeline(project, (&sha, branch), ("external", None)));
        let at = state.now();
        let status = CommitStatus {
            id: 0,
            project,
            pipeline,
            sha,
            reference: branch.into(),
            name: context.into(),
            state: says.into(),
            description: None,
            target_url: None,
            by: by.into(),
            retried: false,
            at,
        };
        state.files(status).expect("taken");
    }
}
