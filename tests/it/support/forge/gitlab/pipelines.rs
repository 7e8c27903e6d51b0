//! Pipelines: which one a merge request waits for, and what it says.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::GitLab;
use super::events::Event;
use super::state::{MergeRequest, State};

/// A pipeline: of the project's own CI, or one that statuses made.
#[derive(Clone)]
pub struct Pipeline {
    pub id: u64,
    pub project: u64,
    pub sha: String,
    pub reference: String,
    /// `external`, `push`, `merge_request_event`.
    pub source: &'static str,
    /// What its own jobs say; nothing if it has none.
    pub own: Option<&'static str>,
    pub at: Timestamp,
}

impl State {
    pub fn makes_pipeline(
        &mut self,
        project: u64,
        (sha, reference): (&str, &str),
        (source, own): (&'static str, Option<&'static str>),
    ) -> u64 {
        let id = 700 + self.pipelines.len() as u64;
        let at = self.now();
        self.pipelines.push(Pipeline {
            id,
            project,
            sha: sha.into(),
            reference: reference.into(),
            source,
            own,
            at,
        });
        id
    }

    pub fn pipeline(&self, id: u64) -> &Pipeline {
        let mut all = self.pipelines.iter();
        all.find(|it| it.id == id).expect("a pipeline's number")
    }

    /// What a pipeline says, of its own jobs and of the statuses that count.
    pub fn pipeline_status(&self, id: u64) -> &str {
        let rows = self
            .statuses
            .iter()
            .filter(|it| it.pipeline == id && !it.retried);
        let own = self.pipeline(id).own;
        let said: Vec<&str> = rows.map(|it| it.state.as_str()).chain(own).collect();
        let any = |wanted: &str| said.contains(&wanted);
        match said.as_slice() {
            [] => "created",
            _ if any("running") => "running",
            all if any("pending") => match all.iter().all(|it| *it == "pending") {
                true => "pending",
                false => "running",
            },
            _ if any("failed") => "failed",
            _ if any("canceled") => "canceled",
            all if all.iter().all(|it| *it == "skipped") => "skipped",
            _ => "success",
        }
    }

    /// The newest pipeline of the head, on the source's side: a fork's is the
    /// fork's own.
    pub fn head_pipeline(&self, it: &MergeRequest) -> Option<&Pipeline> {
        let of_request = format!("refs/merge-requests/{}/", it.iid);
        let fits = |pipeline: &&Pipeline| {
            let place = pipeline.reference == it.source_branch
                || pipeline.source == "merge_request_event"
                    && pipeline.reference.starts_with(&of_request);
            pipeline.project == it.source_project && pipeline.sha == it.sha && place
        };
        self.pipelines.iter().rev().find(fits)
    }

    pub fn pipeline_json(&self, it: &Pipeline) -> Value {
        let at = it.at.to_string();
        let page = self.project_url(it.project);
        json!({ "id": it.id, "iid": it.id, "project_id": it.project, "sha": it.sha,
            "ref": it.reference, "status": self.pipeline_status(it.id), "source": it.source,
            "created_at": at, "updated_at": at,
            "web_url": format!("{page}/-/pipelines/{}", it.id) })
    }
}

impl GitLab {
    /// The project's own CI starts on a branch; gives the pipeline's number.
    pub async fn starts_pipeline(&self, name: &str, branch: &str) -> u64 {
        let sha = super::git::git(
            &self.path(name),
            &["rev-parse", &format!("refs/heads/{branch}")],
        );
        self.makes_pipeline(name, (&sha, branch), ("push", Some("pending")))
            .await
    }

    /// The project's own CI starts on a merge request; gives the pipeline's number.
    pub async fn starts_merge_request_pipeline(&self, name: &str, iid: u64) -> u64 {
        let head = self.head(name, iid);
        let reference = format!("refs/merge-requests/{iid}/head");
        let source = ("merge_request_event", Some("pending"));
        self.makes_pipeline(name, (&head, &reference), source).await
    }

    /// A push with `[skip ci]`, or `-o ci.skip`: the pipeline is skipped.
    pub async fn skips_pipeline(&self, name: &str, branch: &str) -> u64 {
        let sha = super::git::git(
            &self.path(name),
            &["rev-parse", &format!("refs/heads/{branch}")],
        );
        self.makes_pipeline(name, (&sha, branch), ("push", Some("skipped")))
            .await
    }

    /// The jobs of the project's own CI end.
    pub async fn ends_pipeline(&self, id: u64, says: &'static str) {
        let event = {
            let mut state = self.state();
            let mut all = state.pipelines.iter_mut();
            let it = all.find(|it| it.id == id).expect("a pipeline's number");
            it.own = Some(says);
            Event::Pipeline(id)
        };
        self.tells(event).await;
    }

    async fn makes_pipeline(
        &self,
        name: &str,
        place: (&str, &str),
        kind: (&'static str, Option<&'static str>),
    ) -> u64 {
        let id = {
            let mut state = self.state();
            let project = state.project(name).id;
            state.makes_pipeline(project, place, kind)
        };
        self.tells(Event::Pipeline(id)).await;
        id
    }
}
