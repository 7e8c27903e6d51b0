//! Where jobs and environments run.

use super::tasks::list;
use crate::ci::values::Val;
use crate::model::build::{Runner, RunnerKind, Spot};

/// Where a job or environment runs: what it requires of an agent.
pub(super) fn runner(job: &Val, spot: &Spot) -> Runner {
    let requirements = job.get("requirements");
    let mut labels = Vec::new();
    for one in list(job, "requirements") {
        match one.text() {
            Some(text) => labels.push(text.to_owned()),
            None => labels.extend(one.pairs().iter().map(|(name, value)| {
                let inner = value.text().or(value.text_of("value"));
                match inner {
                    Some(text) => format!("{}={text}", name.text),
                    None => name.text.clone(),
                }
            })),
        }
    }
    labels.sort();
    labels.dedup();
    let local =
        |label: &String| label.contains("agent.type=local") || label.contains("agentType=local");
    let kind = if labels.iter().any(local) {
        RunnerKind::Controller
    } else if labels.iter().any(|label| label.contains("${bamboo.")) {
        RunnerKind::Dynamic
    } else if labels.is_empty() {
        RunnerKind::Any
    } else {
        RunnerKind::SelfHosted
    };
    Runner {
        kind,
        labels,
        spot: requirements.map_or(spot, |it| &it.spot).clone(),
    }
}
