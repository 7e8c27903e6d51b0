//! `runs-on:` of a job.

use super::flow::Scope;
use super::source::Source;
use crate::ci::yaml::tree::{Node, Value};
use crate::model::build::{Runner, RunnerKind};

/// How the labels of GitHub's own machines begin.
const HOSTED: &[&str] = &["ubuntu-", "windows-", "macos-"];

/// Where a job runs.
pub(super) fn read(runs_on: &Node, scope: &Scope, source: &Source) -> Option<Runner> {
    let mut labels = Vec::new();
    let mut known = true;
    let mut take = |node: &Node, prefix: &str| {
        for label in node.one_or_many() {
            let text = label.text().unwrap_or("…");
            match scope.flow(text).texts {
                Some(texts) => {
                    let filled = texts.iter().filter(|text| !text.is_empty());
                    labels.extend(filled.map(|text| format!("{prefix}{text}")));
                }
                None => {
                    known = false;
                    labels.push(format!("{prefix}{text}"));
                }
            }
        }
    };
    match &runs_on.value {
        Value::Map(_) => {
            if let Some(group) = runs_on.get("group") {
                take(group, "group:");
            }
            if let Some(own) = runs_on.get("labels") {
                take(own, "");
            }
        }
        _ => take(runs_on, ""),
    }
    labels.sort();
    labels.dedup();
    let kind = match known {
        false => RunnerKind::Dynamic,
        true if labels.is_empty() => return None,
        true if labels.iter().all(|label| is_hosted(label)) => RunnerKind::Hosted,
        true => RunnerKind::SelfHosted,
    };
    Some(Runner {
        kind,
        labels,
        spot: source.spot(runs_on),
    })
}

/// Whether a label is one of GitHub's own machines.
fn is_hosted(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    HOSTED.iter().any(|prefix| label.starts_with(prefix))
}

/// The less trusted of two runners: of the jobs of one called workflow.
pub(super) fn worse(one: Option<Runner>, other: Option<Runner>) -> Option<Runner> {
    match (one, other) {
        (Some(one), Some(other)) if one.kind >= other.kind => Some(one),
        (one, None) => one,
        (_, other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::job;
    use crate::model::build::RunnerKind::{self, Dynamic, Hosted, SelfHosted};

    fn of(runs_on: &str, rest: &str) -> (RunnerKind, String) {
        let text =
            format!("on: push\njobs: {{a: {{runs-on: {runs_on}, {rest} steps: [{{run: x}}]}}}}\n");
        let runner = job(&text).runner.expect("a runner");
        (runner.kind, runner.labels.join(" "))
    }

    #[test]
    fn labels_tell_whose_machine_it_is() {
        assert_eq!(of("ubuntu-24.04", ""), (Hosted, "ubuntu-24.04".into()));
        assert_eq!(
            of("[self-hosted, linux, prod]", ""),
            (SelfHosted, "linux prod self-hosted".into())
        );
        assert_eq!(
            of("{group: big, labels: linux}", ""),
            (SelfHosted, "group:big linux".into())
        );
        assert_eq!(
            of("{group: big, labels: ubuntu-24.04}", ""),
            (SelfHosted, "group:big ubuntu-24.04".into())
        );
    }

    #[test]
    fn values_of_the_matrix_are_followed() {
        let matrix =
            "strategy: {matrix: {os: [ubuntu-latest, macos-latest], include: [{os: prod-1}]}},";
        assert_eq!(
            of("'${{ matrix.os }}'", matrix),
            (SelfHosted, "macos-latest prod-1 ubuntu-latest".into())
        );
        let nested = "strategy: {matrix: {on: [{os: ubuntu-latest}, {os: windows-latest}]}},";
        assert_eq!(of("'${{ matrix.on.os }}'", nested).0, Hosted);
        let choice = "\"${{ github.event_name == 'push' && 'own' || 'ubuntu-latest' }}\"";
        assert_eq!(of(choice, ""), (SelfHosted, "own ubuntu-latest".into()));
        assert_eq!(
            of("'${{ fromJSON(vars.RUNNER) }}'", ""),
            (Dynamic, "${{ fromJSON(vars.RUNNER) }}".into())
        );
    }
}
