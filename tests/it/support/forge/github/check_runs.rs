//! Check runs: made, changed and refused as GitHub does.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::GitHub;
use super::api::{Answer, Call, created, ok};
use super::app::APP_ID;
use super::git;

/// A check run.
#[derive(Debug, Clone)]
pub struct CheckRun {
    pub id: u64,
    pub repository: String,
    pub app_id: u64,
    pub name: String,
    pub head: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub details_url: Option<String>,
    pub external_id: Option<String>,
    pub annotations: Vec<Value>,
}

impl CheckRun {
    /// Whether GitHub lets a required check with this run through.
    pub fn passes(&self) -> bool {
        matches!(
            self.conclusion.as_deref(),
            Some("success" | "neutral" | "skipped")
        )
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "head_sha": self.head, "status": self.status,
            "conclusion": self.conclusion, "external_id": self.external_id,
            "details_url": self.details_url, "app": { "id": self.app_id, "slug": "app" },
            "check_suite": { "id": self.app_id }, "pull_requests": [],
            "output": { "title": self.title, "summary": self.summary, "text": null,
                "annotations_count": self.annotations.len() },
        })
    }
}

impl GitHub {
    /// The App's runs on a head, oldest first.
    pub fn check_runs(&self, repository: &str, head: &str) -> Vec<CheckRun> {
        let state = self.state();
        let all = state.check_runs.iter();
        let fits =
            |it: &&CheckRun| it.repository == repository && it.head == head && it.app_id == APP_ID;
        all.filter(fits).cloned().collect()
    }

    /// The run that counts: the App's newest of this name.
    pub fn check(&self, repository: &str, head: &str, name: &str) -> Option<CheckRun> {
        let mut runs = self.check_runs(repository, head);
        runs.retain(|it| it.name == name);
        runs.pop()
    }

    /// A run that another App posts under a name of its choice.
    pub fn another_app_posts(
        &self,
        repository: &str,
        head: &str,
        name: &str,
        conclusion: &str,
    ) -> u64 {
        let mut state = self.state();
        let id = state.check_runs.len() as u64 + 1;
        state.check_runs.push(CheckRun {
            id,
            repository: repository.into(),
            app_id: APP_ID + 1,
            name: name.into(),
            head: head.into(),
            status: "completed".into(),
            conclusion: Some(conclusion.into()),
            title: None,
            summary: None,
            details_url: None,
            external_id: None,
            annotations: Vec::new(),
        });
        id
    }
}

/// `GET /commits/{sha}/check-runs`, the newest of each name first.
pub fn list(forge: &GitHub, call: &Call<'_>, head: &str) -> Answer {
    let state = forge.state();
    let asked = |name: &str, value: &str| call.asked(name).is_none_or(|it| it == value);
    let runs = state.check_runs.iter().rev().filter(|it| {
        it.repository == call.repository
            && it.head == head
            && asked("check_name", &it.name)
            && asked("app_id", &it.app_id.to_string())
            && asked("status", &it.status)
    });
    let runs: Vec<Value> = runs.map(CheckRun::json).collect();
    let count = runs.len();
    let (headers, page) = call.page(runs);
    (
        StatusCode::OK,
        headers,
        json!({ "total_count": count, "check_runs": page }),
    )
}

pub fn show(forge: &GitHub, call: &Call<'_>, id: u64) -> Answer {
    let state = forge.state();
    let mut all = state.check_runs.iter();
    match all.find(|it| it.id == id && it.repository == call.repository) {
        Some(run) => ok(run.json()),
        None => (
            StatusCode::NOT_FOUND,
            Vec::new(),
            json!({ "message": "Not Found" }),
        ),
    }
}

pub fn annotations(forge: &GitHub, call: &Call<'_>, id: u64) -> Vec<Value> {
    let state = forge.state();
    let mut all = state.check_runs.iter();
    let run = all.find(|it| it.id == id && it.repository == call.repository);
    run.map(|it| it.annotations.clone()).unwrap_or_default()
}

pub fn create(forge: &GitHub, call: &Call<'_>) -> Answer {
    let mut state = forge.state();
    let (Some(name), Some(head)) = (text(call.body, "name"), text(call.body, "head_sha")) else {
        return invalid("\"name\" and \"head_sha\" weren't supplied.");
    };
    let path = state.repository(&call.repository).path.clone();
    if git::try_git(&path, &["cat-file", "-e", &format!("{head}^{{commit}}")]).is_err() {
        return invalid(&format!("No commit found for SHA: {head}"));
    }
    let mut run = CheckRun {
        id: state.check_runs.len() as u64 + 1,
        repository: call.repository.clone(),
        app_id: APP_ID,
        name,
        head,
        status: "queued".into(),
        conclusion: None,
        title: None,
        summary: None,
        details_url: None,
        external_id: None,
        annotations: Vec::new(),
    };
    if let Err(why) = apply(&mut run, call.body) {
        return invalid(&why);
    }
    let shown = run.json();
    state.check_runs.push(run);
    created(shown)
}

pub fn change(forge: &GitHub, call: &Call<'_>, id: u64) -> Answer {
    let mut state = forge.state();
    let mut all = state.check_runs.iter_mut();
    let found = all.find(|it| it.id == id && it.repository == call.repository);
    let Some(run) = found else {
        return (
            StatusCode::NOT_FOUND,
            Vec::new(),
            json!({ "message": "Not Found" }),
        );
    };
    if run.app_id != APP_ID {
        let why = json!({ "message": "Invalid app_id `4711` - check run can only be modified by \
            the GitHub App that created it." });
        return (StatusCode::FORBIDDEN, Vec::new(), why);
    }
    let mut changed = run.clone();
    match apply(&mut changed, call.body) {
        Ok(()) => {
            *run = changed;
            ok(run.json())
        }
        Err(why) => invalid(&why),
    }
}

/// Applies the fields of a request, or says which GitHub does not take.
fn apply(run: &mut CheckRun, body: &Value) -> Result<(), String> {
    const STATUSES: [&str; 3] = ["queued", "in_progress", "completed"];
    const CONCLUSIONS: [&str; 7] = [
        "action_required",
        "cancelled",
        "failure",
        "neutral",
        "success",
        "skipped",
        "timed_out",
    ];
    if let Some(status) = text(body, "status") {
        if !STATUSES.contains(&status.as_str()) {
            return Err(format!("status: {status} is not included in the list"));
        }
        run.status = status;
    }
    if let Some(conclusion) = text(body, "conclusion") {
        if !CONCLUSIONS.contains(&conclusion.as_str()) {
            return Err(format!(
                "conclusion: {conclusion} is not included in the list"
            ));
        }
        run.status = "completed".into();
        run.conclusion = Some(conclusion);
    }
    if run.status == "completed" && run.conclusion.is_none() {
        return Err("a completed run needs a conclusion".into());
    }
    if run.status != "completed" {
        run.conclusion = None;
    }
    for (field, place) in [
        ("details_url", &mut run.details_url),
        ("external_id", &mut run.external_id),
    ] {
        if let Some(value) = text(body, field) {
            *place = Some(value);
        }
    }
    match body.get("output") {
        None => Ok(()),
        Some(output) => apply_output(run, output),
    }
}

fn apply_output(run: &mut CheckRun, output: &Value) -> Result<(), String> {
    let (Some(title), Some(summary)) = (text(output, "title"), text(output, "summary")) else {
        return Err("output needs title and summary".into());
    };
    if summary.chars().count() > 65_535 {
        return Err("summary exceeds a maximum bytesize of 65535".into());
    }
    let annotations = output["annotations"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if annotations.len() > 50 {
        return Err("no more than 50 annotations in a request".into());
    }
    for it in &annotations {
        let named = ["path", "annotation_level", "message"];
        let whole = named
            .iter()
            .all(|field| text(it, field).is_some_and(|it| !it.is_empty()));
        let lines = it["start_line"].as_u64().zip(it["end_line"].as_u64());
        let ordered = lines.is_some_and(|(start, end)| 1 <= start && start <= end);
        let level = matches!(
            it["annotation_level"].as_str(),
            Some("notice" | "warning" | "failure")
        );
        let short = text(it, "title").is_none_or(|it| it.chars().count() <= 255)
            && text(it, "message").is_some_and(|it| it.len() <= 64 << 10);
        if !(whole && ordered && level && short) {
            return Err(format!("an annotation is not valid: {it}"));
        }
    }
    run.title = Some(title);
    run.summary = Some(summary);
    run.annotations.extend(annotations);
    Ok(())
}

fn text(body: &Value, field: &str) -> Option<String> {
    body[field].as_str().map(str::to_owned)
}

fn invalid(why: &str) -> Answer {
    let body = json!({ "message": "Invalid request.", "errors": [why] });
    (StatusCode::UNPROCESSABLE_ENTITY, Vec::new(), body)
}
