//! Our statuses as check runs (docs.github.com, "REST API endpoints for check runs").
//!
//! A run is changed only if it is ours, stands on the same head under the same
//! name, and shows nothing that the status does not say; otherwise there is a
//! new run, and the newest of a name is the one that counts. Annotations can
//! only be appended, so those that already stand are read before more are sent:
//! a repeated publication adds nothing.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::GitHub;
use super::api::RepositoryApi;
use super::payload::App;
use super::token::Purpose;
use crate::forge::support::reading::Id;
use crate::forge::support::text::{cut, title};
use crate::forge::support::url::encoded;
use crate::forge::{Annotation, ForgeError, Publisher, Standing, Status};
use crate::model::event::EventRepository;
use crate::model::verdict::Conclusion;

/// Most annotations that one request takes.
const ANNOTATIONS_PER_REQUEST: usize = 50;
/// Most annotations on a run; the details page shows the rest.
const MAX_ANNOTATIONS: usize = 500;
/// Longest summary, in bytes (GitHub counts 65,535 characters).
const MAX_SUMMARY: usize = 65_535;
/// Longest title of a run or an annotation, in bytes.
const MAX_TITLE: usize = 255;
/// Longest message of an annotation, in bytes (64 KB).
const MAX_MESSAGE: usize = 64_000;

#[async_trait]
impl Publisher for GitHub {
    async fn publish(
        &self,
        repository: &EventRepository,
        status: &Status,
        previous: Option<&str>,
    ) -> Result<String, ForgeError> {
        let api = self.api.repository(repository, Purpose::Publish).await?;
        let wanted = annotations(status);
        let stood = match previous.and_then(|id| id.parse().ok()) {
            Some(id) => self.usable(&api, id, status, &wanted).await?,
            None => self.unanswered(&api, status).await?,
        };
        let missing = match &stood {
            Some(run) => without(wanted, &run.annotations),
            None => wanted,
        };
        let mut pages = missing.chunks(ANNOTATIONS_PER_REQUEST);
        let output = Output::new(status, pages.next().unwrap_or_default());
        let run: Run = match &stood {
            Some(run) => {
                api.patch(&run_path(run.id), &Change::whole(status, output))
                    .await?
            }
            None => api.post("/check-runs", &NewRun::of(status, output)).await?,
        };
        for page in pages {
            let more = Change::annotations(Output::new(status, page));
            let _: Run = api.patch(&run_path(run.id.0), &more).await?;
        }
        Ok(run.id.0.to_string())
    }

    async fn standing(
        &self,
        repository: &EventRepository,
        status: &Status,
        published_as: &str,
    ) -> Result<Standing, ForgeError> {
        let api = self.api.repository(repository, Purpose::Standing).await?;
        let name = encoded(status.context.as_bytes(), b"");
        let query = format!("check_name={name}&filter=all&per_page=100");
        let path = format!("/commits/{}/check-runs?{query}", status.head);
        let pages: Vec<Runs> = api.pages(&path).await?;
        let runs = pages.into_iter().flat_map(|page| page.check_runs);
        let named: Vec<Run> = runs.filter(|run| run.name == status.context).collect();
        Ok(self.stands(named, status, published_as))
    }
}

/// A run that is ours to change, and what already stands on it.
struct Usable {
    id: u64,
    annotations: Vec<Line>,
}

impl GitHub {
    /// How a status stands among all runs of its name. Another App's newer pass
    /// overrules ours wherever the required check is not pinned to our App.
    fn stands(&self, mut runs: Vec<Run>, status: &Status, published_as: &str) -> Standing {
        runs.sort_by_key(|run| run.id.0);
        let (ours, others): (Vec<_>, Vec<_>) =
            runs.into_iter().partition(|run| self.same(run, status));
        let Some(newest) = ours.last() else {
            return Standing::Changed("our check run is gone".to_owned());
        };
        let State {
            status: state,
            conclusion,
        } = State::of(status.conclusion);
        let shown = (newest.status.as_str(), newest.conclusion.as_deref());
        if newest.id.0.to_string() != published_as || shown != (state, conclusion) {
            let said = newest.conclusion.as_deref().unwrap_or(&newest.status);
            return Standing::Changed(format!("our newest check run {} says {said}", newest.id.0));
        }
        let newer = others.iter().rfind(|run| run.id > newest.id && run.passes());
        match newer {
            Some(run) if status.conclusion != Conclusion::Pass => {
                let app = run.app.as_ref().map_or(0, |app| app.id.0);
                Standing::Overruled(format!(
                    "check run {} of the App {app} passes under our name; it counts \
                     unless the required check is pinned to our App",
                    run.id.0
                ))
            }
            _ => Standing::Stands,
        }
    }

    /// The run, if the status can be shown on it without a trace of the earlier one.
    async fn usable(
        &self,
        api: &RepositoryApi<'_>,
        id: u64,
        status: &Status,
        wanted: &[Line],
    ) -> Result<Option<Usable>, ForgeError> {
        let Some(run): Option<Run> = api.find(&run_path(id)).await? else {
            return Ok(None);
        };
        if !self.same(&run, status) || (run.completed() && status.conclusion == Conclusion::Pending)
        {
            return Ok(None);
        }
        let annotations: Vec<Line> = match run.output.annotations_count {
            0 => Vec::new(),
            _ => {
                api.list(&format!("{}/annotations?per_page=100", run_path(id)))
                    .await?
            }
        };
        let foreign = !without(annotations.clone(), wanted).is_empty();
        Ok((!foreign).then_some(Usable { id, annotations }))
    }

    /// A run that an earlier attempt made and whose answer was lost: unfinished,
    /// with the same key of ours.
    async fn unanswered(
        &self,
        api: &RepositoryApi<'_>,
        status: &Status,
    ) -> Result<Option<Usable>, ForgeError> {
        let query = [
            ("check_name", status.context.as_str()),
            ("app_id", &self.api.app_id().to_string()),
            ("status", "in_progress"),
            ("per_page", "100"),
        ];
        let query = query.map(|(name, value)| format!("{name}={}", encoded(value.as_bytes(), b"")));
        let query = query.join("&");
        let path = format!("/commits/{}/check-runs?{query}", status.head);
        let found: Runs = api.get(&path).await?;
        let lost = found.check_runs.into_iter().find(|run| {
            let key = run.external_id.as_deref() == Some(&status.external_id);
            key && !run.completed() && run.output.annotations_count == 0 && self.same(run, status)
        });
        Ok(lost.map(|run| Usable {
            id: run.id.0,
            annotations: Vec::new(),
        }))
    }

    /// Whether the run is ours and has this head and name.
    fn same(&self, run: &Run, status: &Status) -> bool {
        let ours = run
            .app
            .as_ref()
            .is_some_and(|app| app.id.0 == self.api.app_id());
        ours && run.name == status.context && run.head_sha == status.head.to_string()
    }
}

fn run_path(id: u64) -> String {
    format!("/check-runs/{id}")
}

#[derive(Deserialize)]
struct Runs {
    check_runs: Vec<Run>,
}

/// A check run, as GitHub answers.
#[derive(Deserialize)]
struct Run {
    id: Id,
    name: String,
    head_sha: String,
    status: String,
    conclusion: Option<String>,
    external_id: Option<String>,
    app: Option<App>,
    output: RunOutput,
}

#[derive(Deserialize)]
struct RunOutput {
    annotations_count: u64,
}

impl Run {
    fn completed(&self) -> bool {
        self.status == "completed"
    }

    /// Whether GitHub lets a required check with this run through.
    fn passes(&self) -> bool {
        let word = self.conclusion.as_deref();
        matches!(word, Some("success" | "neutral" | "skipped"))
    }
}

/// What a new run says.
#[derive(Serialize)]
struct NewRun<'a> {
    name: &'a str,
    head_sha: String,
    #[serde(flatten)]
    change: Change<'a>,
}

impl<'a> NewRun<'a> {
    fn of(status: &'a Status, output: Output<'a>) -> Self {
        Self {
            name: &status.context,
            head_sha: status.head.to_string(),
            change: Change::whole(status, output),
        }
    }
}

/// What a change of a run says.
#[derive(Serialize)]
struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    details_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    #[serde(flatten)]
    state: Option<State>,
    output: Output<'a>,
}

impl<'a> Change<'a> {
    fn whole(status: &'a Status, output: Output<'a>) -> Self {
        Self {
            details_url: Some(&status.details_url),
            external_id: Some(&status.external_id),
            state: Some(State::of(status.conclusion)),
            output,
        }
    }

    /// More annotations for a run whose state already stands.
    fn annotations(output: Output<'a>) -> Self {
        Self {
            details_url: None,
            external_id: None,
            state: None,
            output,
        }
    }
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct State {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusion: Option<&'static str>,
}

impl State {
    /// The only mapping to GitHub's words. Never `neutral` or `skipped`: GitHub
    /// lets those through. Only a pass is a success.
    fn of(conclusion: Conclusion) -> Self {
        let (status, conclusion) = match conclusion {
            Conclusion::Pending => ("in_progress", None),
            Conclusion::Pass => ("completed", Some("success")),
            Conclusion::Fail | Conclusion::Error => ("completed", Some("failure")),
        };
        Self { status, conclusion }
    }
}

#[derive(Serialize)]
struct Output<'a> {
    title: String,
    summary: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    annotations: &'a [Line],
}

impl<'a> Output<'a> {
    fn new(status: &Status, annotations: &'a [Line]) -> Self {
        let unshown = status.annotations.len().saturating_sub(MAX_ANNOTATIONS);
        let mut rest = String::new();
        if unshown > 0 {
            rest = format!("\n\n{unshown} more findings are on the details page.");
        }
        let room = MAX_SUMMARY - rest.len();
        Self {
            title: cut(&title(status), MAX_TITLE),
            summary: cut(&status.summary, room) + &rest,
            annotations,
        }
    }
}

/// An annotation, as it is sent and as it is read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    path: String,
    start_line: u32,
    end_line: u32,
    annotation_level: Option<String>,
    title: Option<String>,
    message: Option<String>,
}

impl Line {
    fn of(annotation: &Annotation) -> Self {
        let level = match annotation.blocking {
            true => "failure",
            false => "warning",
        };
        let line = annotation.line.max(1);
        Self {
            path: annotation.path.clone(),
            start_line: line,
            end_line: line,
            annotation_level: Some(level.into()),
            title: Some(cut(&annotation.title, MAX_TITLE)),
            message: Some(cut(&annotation.message, MAX_MESSAGE)),
        }
    }
}

fn annotations(status: &Status) -> Vec<Line> {
    let shown = status.annotations.iter().take(MAX_ANNOTATIONS);
    shown.map(Line::of).collect()
}

/// The lines of `all` that are not in `known`, each occurrence counted once.
fn without(all: Vec<Line>, known: &[Line]) -> Vec<Line> {
    let mut known: Vec<_> = known.iter().collect();
    let mut rest = all;
    rest.retain(|line| match known.iter().position(|it| *it == line) {
        Some(at) => {
            known.swap_remove(at);
            false
        }
        None => true,
    });
    rest
}

#[cfg(test)]
mod tests {
    use super::{Line, MAX_SUMMARY, Output, State, without};
    use crate::forge::{Annotation, Status};
    use crate::model::verdict::Conclusion;

    fn annotation(line: u32) -> Annotation {
        Annotation {
            path: "ci.yml".into(),
            line,
            blocking: true,
            title: "check".into(),
            message: "message".into(),
        }
    }

    #[test]
    fn only_a_pass_is_a_success_and_nothing_is_neutral() {
        let all = [
            (Conclusion::Pass, "completed", Some("success")),
            (Conclusion::Pending, "in_progress", None),
            (Conclusion::Error, "completed", Some("failure")),
            (Conclusion::Fail, "completed", Some("failure")),
        ];
        for (ours, status, conclusion) in all {
            assert_eq!(State::of(ours), State { status, conclusion });
        }
    }

    #[test]
    fn texts_are_cut_to_githubs_limits() {
        let mut long = Status::sample(Conclusion::Fail);
        long.summary = "ü".repeat(MAX_SUMMARY);
        long.annotations = (1..=501).map(annotation).collect();
        let output = Output::new(&long, &[]);
        assert!(output.summary.len() <= MAX_SUMMARY);
        assert!(
            output
                .summary
                .ends_with("1 more findings are on the details page.")
        );
    }

    #[test]
    fn what_already_stands_is_not_sent_again() {
        let lines = |of: &[u32]| of.iter().map(|line| Line::of(&annotation(*line))).collect();
        let all: Vec<Line> = lines(&[1, 2, 2, 3]);
        let known: Vec<Line> = lines(&[2, 3, 9]);
        assert_eq!(without(all, &known), lines(&[1, 2]));
    }
}
