//! `if:` of a job: whom it keeps from starting it.
//!
//! Only literal conditions about the event or the ref count; what else it asks
//! for may be true for anybody.

use super::expression::{Expr, Piece, parse, pieces};
use super::triggers::{is_fork_event, is_protected};
use crate::model::build::{StartedBy, Trigger};

/// A condition as an expression. `None` if text stands beside `${{ … }}`, be it
/// the line break that `|` leaves: such a condition is a text, and always true.
pub(super) fn read(text: &str) -> Option<Expr> {
    if !text.contains("${{") {
        return Some(parse(text));
    }
    match pieces(text).as_slice() {
        [Piece::Expression(inner, _)] => Some(parse(inner)),
        _ => None,
    }
}

/// The triggers that a condition leaves.
pub(super) fn narrowed(triggers: &[Trigger], condition: &Expr) -> Vec<Trigger> {
    let left = triggers.iter().filter_map(|trigger| {
        let by = reach(condition, &trigger.event, trigger.by)?;
        Some(Trigger {
            by,
            ..trigger.clone()
        })
    });
    left.collect()
}

/// Whether a condition is about ref or event.
pub(super) fn restricts(condition: &Expr) -> bool {
    let about = [
        "github.ref",
        "github.event_name",
        "github.base_ref",
        "github.head_ref",
        "github.event",
    ];
    condition
        .paths()
        .iter()
        .any(|path| about.iter().any(|name| path.key().starts_with(name)))
}

/// Whether a condition never holds.
pub(super) fn is_never(condition: &Expr) -> bool {
    matches!(condition, Expr::Literal(text) if matches!(text.as_str(), "false" | "" | "0"))
}

/// Whether a condition holds whatever failed before.
pub(super) fn is_always(condition: &Expr) -> bool {
    match condition {
        Expr::Call(name, parts) => {
            name.eq_ignore_ascii_case("always") || parts.iter().any(is_always)
        }
        Expr::And(two) | Expr::Or(two) => is_always(&two.0) || is_always(&two.1),
        _ => false,
    }
}

/// Who can still start it by this event; `None` for nobody.
fn reach(condition: &Expr, event: &str, by: StartedBy) -> Option<StartedBy> {
    match condition {
        Expr::And(two) => {
            let (one, other) = (reach(&two.0, event, by)?, reach(&two.1, event, by)?);
            Some(one.min(other))
        }
        Expr::Or(two) => reach(&two.0, event, by).max(reach(&two.1, event, by)),
        Expr::Literal(_) if is_never(condition) => None,
        Expr::Compare("==", two) => equals(&two.0, &two.1, event, by),
        Expr::Compare("!=", two) => differs(&two.0, &two.1, event, by),
        Expr::Not(inner) => match inner.as_ref() {
            Expr::Path(path) if path.key() == "github.event.pull_request.head.repo.fork" => {
                Some(same_repository(event, by))
            }
            Expr::Compare("==", two) => differs(&two.0, &two.1, event, by),
            Expr::Compare("!=", two) => equals(&two.0, &two.1, event, by),
            _ => Some(by),
        },
        Expr::Call(name, parts) if name.eq_ignore_ascii_case("startsWith") => {
            match parts.as_slice() {
                [Expr::Path(path), Expr::Literal(text)] if path.key() == "github.ref" => {
                    on_ref(text, true, event, by)
                }
                _ => Some(by),
            }
        }
        Expr::Path(path) if path.key() == "github.event.pull_request.merged" => {
            Some(merged(event, by))
        }
        _ => Some(by),
    }
}

fn equals(left: &Expr, right: &Expr, event: &str, by: StartedBy) -> Option<StartedBy> {
    let (path, text) = match (left, right) {
        (Expr::Path(path), Expr::Literal(text)) | (Expr::Literal(text), Expr::Path(path)) => {
            (path.key(), text)
        }
        (Expr::Path(one), Expr::Path(other)) => {
            let heads = [
                "github.event.pull_request.head.repo.full_name",
                "github.event.workflow_run.head_repository.full_name",
            ];
            let (one, other) = (one.key(), other.key());
            let same = [&one, &other]
                .into_iter()
                .any(|key| heads.contains(&key.as_str()))
                && [&one, &other].into_iter().any(|key| {
                    key == "github.repository" || key == "github.event.repository.full_name"
                });
            return Some(if same { same_repository(event, by) } else { by });
        }
        _ => return Some(by),
    };
    match path.as_str() {
        "github.event_name" => text.eq_ignore_ascii_case(event).then_some(by),
        "github.ref" => on_ref(text, false, event, by),
        "github.ref_name" => on_ref(&format!("refs/heads/{text}"), false, event, by),
        "github.event.pull_request.head.repo.fork" if text == "false" => {
            Some(same_repository(event, by))
        }
        "github.event.pull_request.merged" if text == "true" => Some(merged(event, by)),
        "github.event.workflow_run.event" if event == "workflow_run" => {
            match is_fork_event(text) || text == "pull_request_target" {
                true => Some(by),
                false => Some(by.min(StartedBy::Writers)),
            }
        }
        _ => Some(by),
    }
}

fn differs(left: &Expr, right: &Expr, event: &str, by: StartedBy) -> Option<StartedBy> {
    match (left, right) {
        (Expr::Path(path), Expr::Literal(text)) | (Expr::Literal(text), Expr::Path(path)) => {
            match path.key().as_str() {
                "github.event_name" if text.eq_ignore_ascii_case(event) => None,
                "github.event.pull_request.head.repo.fork" if text == "true" => {
                    Some(same_repository(event, by))
                }
                "github.event.workflow_run.event"
                    if text == "pull_request" && event == "workflow_run" =>
                {
                    Some(by.min(StartedBy::Writers))
                }
                _ => Some(by),
            }
        }
        _ => Some(by),
    }
}

/// A proposal from the repository itself: only who may push a branch makes one.
fn same_repository(event: &str, by: StartedBy) -> StartedBy {
    match event {
        "pull_request"
        | "pull_request_target"
        | "workflow_run"
        | "pull_request_review"
        | "pull_request_review_comment" => by.min(StartedBy::Writers),
        _ => by,
    }
}

/// After a merge: only who may push to the target makes one.
fn merged(event: &str, by: StartedBy) -> StartedBy {
    match event {
        "pull_request" | "pull_request_target" => by.min(StartedBy::Maintainers),
        _ => by,
    }
}

/// A ref, or the beginning of one. Events other than a push run on the default
/// branch, or on one of `refs/pull/`.
fn on_ref(text: &str, prefix: bool, event: &str, by: StartedBy) -> Option<StartedBy> {
    let branch = text.strip_prefix("refs/heads/");
    let tags = text.starts_with("refs/tags/");
    if is_fork_event(event) && !text.starts_with("refs/pull/") && (branch.is_some() || tags) {
        return None;
    }
    match event {
        "push" | "create" | "delete" | "workflow_dispatch" => {}
        _ if tags && event != "release" => return None,
        _ => return Some(by),
    }
    let protected = tags || branch.is_some_and(|name| !name.is_empty() && is_protected(name));
    let whole = !prefix || tags || branch.is_some_and(|name| name.len() > 2);
    Some(if protected && whole {
        by.min(StartedBy::Maintainers)
    } else {
        by
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::job;

    fn started(on: &str, condition: &str) -> String {
        let quoted = condition.replace('\'', "''");
        let text = format!(
            "on: {on}\njobs: {{a: {{runs-on: ubuntu-latest, if: '{quoted}', steps: [{{run: x}}]}}}}\n"
        );
        let triggers = job(&text).triggers;
        let all: Vec<_> = triggers
            .iter()
            .map(|one| format!("{} {:?}", one.event, one.by))
            .collect();
        all.join(", ")
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn only_literal_conditions_about_ref_and_event_restrict() {
        for (on, condition, left) in [
            (
                "[push, pull_request]",
                "github.ref == 'refs/heads/main'",
                "push Maintainers",
            ),
            (
                "[push, pull_request]",
                "github.ref_name == 'main'",
                "push Maintainers",
            ),
            ("push", "github.ref == 'refs/heads/feature'", "push Writers"),
            (
                "[push, pull_request]",
                "github.event_name == 'push'",
                "push Writers",
            ),
            (
                "[push, pull_request]",
                "${{ github.event_name != 'pull_request' }}",
                "push Writers",
            ),
            (
                "[push, pull_request]",
                "startsWith(github.ref, 'refs/tags/')",
                "push Maintainers",
            ),
            (
                "push",
                "startsWith(github.ref, 'refs/heads/')",
                "push Writers",
            ),
            (
                "pull_request_target",
                "github.ref == 'refs/heads/main'",
                "pull_request_target Outsiders",
            ),
            (
                "pull_request_target",
                "github.event.pull_request.head.repo.full_name == github.repository",
                "pull_request_target Writers",
            ),
            (
                "pull_request_target",
                "!github.event.pull_request.head.repo.fork",
                "pull_request_target Writers",
            ),
            (
                "pull_request_target",
                "github.event.pull_request.merged == true",
                "pull_request_target Maintainers",
            ),
            (
                "workflow_run",
                "github.event.workflow_run.event == 'push'",
                "workflow_run Writers",
            ),
            (
                "workflow_run",
                "github.event.workflow_run.conclusion == 'success'",
                "workflow_run Outsiders",
            ),
            (
                "issue_comment",
                "contains(github.event.comment.body, '/run')",
                "issue_comment Outsiders",
            ),
            (
                "push",
                "github.ref == 'refs/heads/main' && always()",
                "push Maintainers",
            ),
            (
                "push",
                "github.ref == 'refs/heads/main' || github.actor == 'alice'",
                "push Writers",
            ),
            ("push", "github.repository == 'a/b'", "push Writers"),
            ("push", "false", ""),
            // A text beside the expression makes a text, which is true.
            (
                "[push, pull_request]",
                "${{ github.event_name == 'push' }} ",
                "push Writers, pull_request Forks",
            ),
            (
                "[push, pull_request]",
                "x ${{ github.event_name == 'push' }}",
                "push Writers, pull_request Forks",
            ),
        ] {
            assert_eq!(started(on, condition), left, "{on}: {condition}");
        }
    }
}
