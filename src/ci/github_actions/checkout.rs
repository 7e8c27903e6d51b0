//! `actions/checkout`: whose code is in the work tree from then on.

use super::expression::fold;
use super::flow::{Flow, Scope};
use super::inputs::With;
use super::source::{Reading, Source};
use super::triggers::is_fork_event;
use crate::ci::yaml::tree::Node;
use crate::model::build::{Checkout, CheckoutSource, StartedBy, Trigger, What};

/// Reads a step of `actions/checkout`.
pub(super) fn read(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, action, step): (&str, &str, &Node),
    with: &With<'_>,
) {
    if action != "actions/checkout" {
        return;
    }
    let checkout = Checkout {
        source: of(with, scope, &reading.triggers),
        keeps_credentials: !with.get("persist-credentials").is_some_and(Node::is_false),
    };
    let at = with.get("ref").or_else(|| with.get("repository"));
    let at = at.or_else(|| step.get("uses")).unwrap_or(step);
    let key = if with.get("ref").is_some() {
        "with/ref"
    } else {
        "checkout"
    };
    reading.note(
        source,
        &format!("{slot}/{key}"),
        at,
        What::Checkout(checkout),
    );
}

fn of(with: &With<'_>, scope: &Scope, triggers: &[Trigger]) -> CheckoutSource {
    let text = |name: &str| with.text(name).filter(|text| !text.is_empty());
    let (revision, repository) = (text("ref"), text("repository"));
    for written in [revision, repository].into_iter().flatten() {
        let flow = scope.flow(written);
        if let Some(origin) = flow.proposed() {
            return match gives_rights(written, &flow, triggers) {
                true => CheckoutSource::Proposed(fold(&origin.expression)),
                false => CheckoutSource::Dynamic(fold(written)),
            };
        }
    }
    if let Some(other) = repository.filter(|text| {
        !is_own(
            text,
            &["github.repository", "github.event.repository.full_name"],
        )
    }) {
        return CheckoutSource::Other(scope.written_out(other));
    }
    match revision {
        None => CheckoutSource::Own,
        Some(text) if is_own(text, &["github.sha", "github.ref", "github.ref_name"]) => {
            CheckoutSource::Own
        }
        Some(text) => match scope.flow(text).texts.as_deref() {
            Some([one]) if one.is_empty() => CheckoutSource::Own,
            Some([one]) => CheckoutSource::Fixed(one.clone()),
            _ => CheckoutSource::Dynamic(fold(text)),
        },
    }
}

fn is_own(text: &str, names: &[&str]) -> bool {
    let inner = text
        .trim()
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|inner| {
        names
            .iter()
            .any(|name| inner.trim().eq_ignore_ascii_case(name))
    })
}

/// Whether a proposal that is checked out meets more rights than whoever made
/// it has: not in a run that `pull_request` starts.
fn gives_rights(written: &str, flow: &Flow, triggers: &[Trigger]) -> bool {
    if triggers
        .iter()
        .any(|trigger| trigger.by == StartedBy::Outsiders || is_called(trigger))
    {
        return true;
    }
    let by_number = written.contains("refs/pull/")
        || written.contains("pull/")
        || written.contains("steps.")
        || written.contains("needs.")
        || flow.origins.len() > 1;
    let started_otherwise = |trigger: &Trigger| {
        !is_fork_event(&trigger.event) && !matches!(trigger.event.as_str(), "push" | "merge_group")
    };
    by_number && triggers.iter().any(started_otherwise)
}

/// Whether code that is not known starts it.
fn is_called(trigger: &Trigger) -> bool {
    matches!(trigger.event.as_str(), "workflow_call" | "action")
}

#[cfg(test)]
mod tests {
    use super::super::samples::{all, job, steps};
    use crate::model::build::{CheckoutSource, Job, What};

    fn sources(job: &Job) -> Vec<CheckoutSource> {
        all(job, |what| match what {
            What::Checkout(it) => Some(it.source.clone()),
            _ => None,
        })
    }

    fn with_ref(event: &str, reference: &str) -> CheckoutSource {
        let text = format!("- uses: actions/checkout@v4\n  with:\n    ref: {reference}");
        sources(&steps(event, &text)).remove(0)
    }

    #[test]
    fn what_somebody_proposes_is_told_from_what_stands() {
        let proposed = |text: &str| CheckoutSource::Proposed(text.to_owned());
        let sha = "github.event.pull_request.head.sha";
        assert_eq!(
            with_ref("pull_request_target", &format!("${{{{ {sha} }}}}")),
            proposed(sha)
        );
        let merge = "refs/pull/${{ github.event.number }}/merge";
        assert_eq!(with_ref("pull_request_target", merge), proposed(merge));
        assert_eq!(
            with_ref(
                "issue_comment",
                "refs/pull/${{ github.event.issue.number }}/head"
            ),
            proposed("refs/pull/${{ github.event.issue.number }}/head")
        );
        assert_eq!(
            with_ref(
                "workflow_run",
                "${{ github.event.workflow_run.head_branch }}"
            ),
            proposed("github.event.workflow_run.head_branch")
        );
        assert_eq!(
            with_ref("pull_request_target", "${{ github.base_ref }}"),
            CheckoutSource::Dynamic("${{ github.base_ref }}".into())
        );
        assert_eq!(
            with_ref("pull_request_target", "main"),
            CheckoutSource::Fixed("main".into())
        );
        assert_eq!(with_ref("push", "${{ github.sha }}"), CheckoutSource::Own);
        // The run has no more rights than the fork.
        assert_eq!(
            with_ref("pull_request", &format!("${{{{ {sha} }}}}")),
            CheckoutSource::Dynamic(format!("${{{{ {sha} }}}}"))
        );
    }

    #[test]
    fn a_revision_is_followed_through_steps_variables_and_jobs() {
        let through = |steps_text: &str| sources(&steps("pull_request_target", steps_text));
        let proposed = |text: &str| vec![CheckoutSource::Proposed(text.to_owned())];
        let merge = "refs/pull/${{ github.event.number }}/merge";
        assert_eq!(
            through(&format!(
                "- id: c\n  uses: some/cond@v1\n  with: {{cond: true, if_true: '{merge}'}}\n- uses: actions/checkout@v4\n  with: {{ref: '${{{{ steps.c.outputs.value }}}}'}}"
            )),
            proposed(merge)
        );
        assert_eq!(
            through(
                "- id: c\n  run: echo \"sha=$(gh pr view 1 --json headRefOid)\" >> $GITHUB_OUTPUT\n- uses: actions/checkout@v4\n  with: {ref: '${{ steps.c.outputs.sha }}'}"
            ),
            proposed("the head of the pull request")
        );
        let env = "on: pull_request_target\nenv: {R: '${{ github.head_ref }}'}\njobs: {a: {runs-on: ubuntu-latest, steps: [{uses: actions/checkout@v4, with: {ref: '${{ env.R }}'}}]}}\n";
        assert_eq!(sources(&job(env)), proposed("github.head_ref"));
        let needs = super::super::samples::read(
            "on: issue_comment\njobs:\n  b:\n    needs: a\n    runs-on: ubuntu-latest\n    steps: [{uses: actions/checkout@v4, with: {ref: '${{ needs.a.outputs.r }}'}}]\n  a:\n    runs-on: ubuntu-latest\n    outputs: {r: '${{ steps.x.outputs.head_sha }}'}\n    steps: [{id: x, uses: some/branch@v1}]\n",
            &[],
        );
        assert_eq!(
            sources(&needs.jobs[1]),
            proposed("steps.x.outputs.head_sha")
        );
    }
}
