//! The Code Insights report: what people read, with annotations at lines
//! (since 5.15; Bitbucket Data Center REST API, "Builds and Deployments").
//!
//! Whoever writes a report first owns its key. Only its author may replace it,
//! so a replacement that is taken proves that it is ours. A foreign one is
//! deleted, which an administrator of the repository may; else it is an error.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::super::{Stash, slug};
use crate::forge::support::answer::{Answer, refused};
use crate::forge::support::text::{cut, title};
use crate::forge::{Annotation, ForgeError, Standing, Status};
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;
use crate::model::verdict::Conclusion;

/// The first version with reports.
const SINCE: (u64, u64) = (5, 15);
/// Most annotations of a report, unless the server is set otherwise.
const MAX_ANNOTATIONS: usize = 1000;
/// Longest title, in bytes (Stash counts 450 characters).
const MAX_TITLE: usize = 450;
/// Longest details, in bytes (2000 characters).
const MAX_DETAILS: usize = 2000;
/// Longest message of an annotation, in bytes (2000 characters).
const MAX_MESSAGE: usize = 2000;

impl Stash {
    /// Makes or replaces the report and its annotations.
    pub(super) async fn put_report(
        &self,
        repository: &EventRepository,
        status: &Status,
    ) -> Result<(), ForgeError> {
        let path = path(repository, status)?;
        let report = Report::of(status);
        let mut answer = self.api.write(Method::PUT, &path, &report).await?;
        if is_foreign(&answer) {
            if let Err(error) = self.api.delete(&path).await {
                return Err(foreign(error, status));
            }
            answer = self.api.write(Method::PUT, &path, &report).await?;
        }
        if answer.status == StatusCode::NOT_FOUND && self.api.is_older(SINCE).await? {
            return Ok(());
        }
        if is_foreign(&answer) {
            return Err(foreign(answer.error(), status));
        }
        let taken: Taken = answer.read()?;
        if taken.result.as_deref() != Some(report.result) {
            let reason = format!("{path}: the report does not say {}", report.result);
            return Err(refused(ForgeKind::Stash, reason));
        }
        self.annotate(&path, status).await
    }

    /// Annotations are not told apart by the server: if they differ, all go
    /// and the wanted ones come. The report itself stays, and stays ours.
    async fn annotate(&self, report: &str, status: &Status) -> Result<(), ForgeError> {
        let path = format!("{report}/annotations");
        let mut wanted: Vec<Line> = lines(&status.annotations);
        let known: Option<Lines> = self.api.find(&path).await?;
        let mut known = known.map(|it| it.annotations).unwrap_or_default();
        wanted.sort();
        known.sort();
        if known == wanted {
            return Ok(());
        }
        if !known.is_empty() {
            self.api.delete(&path).await?;
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let all = Lines {
            annotations: wanted,
        };
        let answer = self.api.write(Method::POST, &path, &all).await?;
        answer.succeeded()
    }

    /// How the report stands. Its author is not told, but nobody else can
    /// change ours: one that says something else is another's.
    pub(super) async fn report_standing(
        &self,
        repository: &EventRepository,
        status: &Status,
    ) -> Result<Standing, ForgeError> {
        let path = path(repository, status)?;
        let wanted = Report::of(status);
        let Some(found): Option<Taken> = self.api.find(&path).await? else {
            return match self.api.is_older(SINCE).await? {
                true => Ok(Standing::Stands),
                false => Ok(Standing::Changed("the report is gone".to_owned())),
            };
        };
        Ok(compare(&wanted, &found))
    }
}

fn compare(wanted: &Report, found: &Taken) -> Standing {
    let result = found.result.as_deref().unwrap_or("nothing");
    if result != wanted.result {
        return Standing::Overruled(format!(
            "the report says {}; ours says {}",
            crate::model::text::excerpt(result, 40),
            wanted.result
        ));
    }
    let same = found.title.as_deref() == Some(&wanted.title)
        && found.link.as_deref() == Some(&wanted.link);
    match same {
        true => Standing::Stands,
        false => Standing::Changed("the report has another title or link".to_owned()),
    }
}

fn path(repository: &EventRepository, status: &Status) -> Result<String, ForgeError> {
    let (repository, head) = (slug::path(&repository.name)?, status.head);
    let key = slug::report_key(&status.context);
    Ok(format!(
        "/insights/latest/{repository}/commits/{head}/reports/{key}"
    ))
}

/// What Stash answers if the report is another account's (or if we may not
/// write here at all, which the deletion then finds out).
fn is_foreign(answer: &Answer) -> bool {
    matches!(
        answer.status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    )
}

fn foreign(error: ForgeError, status: &Status) -> ForgeError {
    match error {
        ForgeError::Refused { forge, reason } => refused(
            forge,
            format!(
                "the report \"{}\" on {} is not ours to replace: another account wrote it first, \
                 or ours may not write. Let an administrator of the repository delete it, or make \
                 our account one: {reason}",
                slug::report_key(&status.context),
                status.head
            ),
        ),
        other => other,
    }
}

/// The report as it is sent.
#[derive(Serialize)]
struct Report {
    title: String,
    details: String,
    result: &'static str,
    link: String,
    reporter: &'static str,
    /// Figures beside the text; the description wants the list.
    data: [(); 0],
}

impl Report {
    fn of(status: &Status) -> Self {
        let unshown = status.annotations.len().saturating_sub(MAX_ANNOTATIONS);
        let mut rest = String::new();
        if unshown > 0 {
            rest = format!("\n\n{unshown} more findings are on the details page.");
        }
        Self {
            title: cut(&title(status), MAX_TITLE),
            details: cut(&status.summary, MAX_DETAILS - rest.len()) + &rest,
            result: result(status.conclusion),
            link: status.details_url.clone(),
            reporter: "Forgewarden",
            data: [],
        }
    }
}

/// The only mapping to a report's words. Only a pass passes.
fn result(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Pass => "PASS",
        Conclusion::Pending | Conclusion::Fail | Conclusion::Error => "FAIL",
    }
}

/// The report as it is read back.
#[derive(Deserialize)]
struct Taken {
    title: Option<String>,
    result: Option<String>,
    link: Option<String>,
}

/// Annotations, as they are sent and as they are read back.
#[derive(Serialize, Deserialize)]
struct Lines {
    annotations: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Line {
    #[serde(default)]
    path: String,
    #[serde(default)]
    line: u32,
    message: String,
    severity: String,
}

fn lines(annotations: &[Annotation]) -> Vec<Line> {
    let shown = annotations.iter().take(MAX_ANNOTATIONS);
    let line = |it: &Annotation| Line {
        path: it.path.clone(),
        line: it.line,
        message: cut(&format!("{}: {}", it.title, it.message), MAX_MESSAGE),
        severity: if it.blocking { "HIGH" } else { "LOW" }.to_owned(),
    };
    shown.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{MAX_DETAILS, Report, Taken, compare, lines, result};
    use crate::forge::{Annotation, Standing, Status};
    use crate::model::verdict::Conclusion;

    fn status(conclusion: Conclusion, annotations: u32) -> Status {
        let annotation = |line| Annotation {
            path: "Jenkinsfile".into(),
            line,
            blocking: true,
            title: "check".into(),
            message: "ü".repeat(1500),
        };
        Status {
            summary: "ü".repeat(3000),
            annotations: (1..=annotations).map(annotation).collect(),
            ..Status::sample(conclusion)
        }
    }

    #[test]
    fn only_a_pass_passes() {
        assert_eq!(result(Conclusion::Pass), "PASS");
        for other in [Conclusion::Pending, Conclusion::Fail, Conclusion::Error] {
            assert_eq!(result(other), "FAIL");
        }
    }

    #[test]
    fn texts_and_annotations_keep_to_stashs_limits() {
        let long = status(Conclusion::Fail, 1001);
        let report = Report::of(&long);
        assert!(report.details.len() <= MAX_DETAILS);
        assert!(report.details.ends_with("1 more findings are on the details page."));
        let lines = lines(&long.annotations);
        assert!(lines.len() == 1000 && lines[0].message.len() <= 2000);
        let json = serde_json::to_value(&report).expect("serialises");
        assert_eq!(json["data"], serde_json::json!([]));
    }

    #[test]
    fn a_report_that_says_something_else_is_another_accounts() {
        let wanted = Report::of(&status(Conclusion::Fail, 0));
        let found = |result: &str, title: &str| Taken {
            title: Some(title.into()),
            result: Some(result.into()),
            link: Some(wanted.link.clone()),
        };
        let standing = |found| compare(&wanted, &found);
        assert_eq!(standing(found("FAIL", &wanted.title)), Standing::Stands);
        assert!(matches!(standing(found("PASS", &wanted.title)), Standing::Overruled(_)));
        assert!(matches!(standing(found("FAIL", "all good")), Standing::Changed(_)));
    }
}
