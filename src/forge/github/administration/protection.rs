//! What stands on one branch, from rulesets of every level and from classic
//! protection, in one form.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answers::{BypassActor, Rule};
use super::classic;
use super::settings::Settings;
use crate::forge::ForgeError;
use crate::model::refs::RefName;
use crate::model::text::excerpt;

/// Who may get around a rule.
#[derive(Clone)]
pub(super) enum Exempt {
    Nobody,
    /// In words, at least one.
    Some(Vec<String>),
    /// We may not see it.
    Hidden,
}

/// A check that is required.
pub(super) struct Check {
    pub(super) context: String,
    /// The App that alone may set it; nothing if anybody may.
    pub(super) app: Option<u64>,
}

/// That nothing comes in but by a pull request.
pub(super) struct PullRequests {
    /// A push takes approvals back or needs a new one: only then GitHub lets
    /// nothing be merged that differs from what was judged.
    pub(super) fresh: bool,
    pub(super) exempt: Exempt,
}

/// One ruleset, or the classic protection.
pub(super) struct Source {
    /// In words: `the ruleset "release"`.
    pub(super) name: String,
    pub(super) exempt: Exempt,
    pub(super) checks: Vec<Check>,
    pub(super) strict: bool,
    /// A new branch is made without the checks.
    pub(super) not_on_create: bool,
    pub(super) pull_requests: Option<PullRequests>,
    pub(super) refuses_rewind: bool,
    pub(super) refuses_deletion: bool,
}

/// Everything that stands on a branch.
pub(super) struct Protection {
    pub(super) sources: Vec<Source>,
    /// Why the classic protection was not seen whole, if it was not.
    pub(super) unseen: Option<ForgeError>,
    pub(super) queue: bool,
    /// The branch's tip; nothing if there is no such branch, or it is hidden.
    pub(super) tip: Option<String>,
}

impl Protection {
    /// Reads it. Without the active rules nothing can be said; the rest may be
    /// hidden, and then it counts for nothing.
    pub(super) async fn of(settings: &Settings<'_>, branch: &RefName) -> Result<Self, ForgeError> {
        let rules = settings.rules(branch).await?;
        let queue = rules.iter().any(|rule| rule.kind == "merge_queue");
        let mut rulesets: BTreeMap<u64, Vec<Rule>> = BTreeMap::new();
        for rule in rules {
            rulesets.entry(rule.ruleset_id.0).or_default().push(rule);
        }
        let mut it = Self {
            sources: Vec::new(),
            unseen: None,
            queue,
            tip: None,
        };
        for (id, rules) in rulesets {
            it.sources.push(ruleset(settings, id, rules).await?);
        }
        it.classic(settings, branch).await?;
        Ok(it)
    }

    /// Adds the classic protection, as far as it is shown.
    async fn classic(
        &mut self,
        settings: &Settings<'_>,
        branch: &RefName,
    ) -> Result<(), ForgeError> {
        let summary = match settings.branch(branch).await {
            Ok(None) => return Ok(()),
            Ok(Some(found)) => {
                self.tip = Some(found.commit.sha);
                found.protection
            }
            Err(error @ ForgeError::Refused { .. }) => {
                self.unseen = Some(error);
                None
            }
            Err(error) => return Err(error),
        };
        if summary.as_ref().is_some_and(|it| !it.enabled) {
            return Ok(());
        }
        match settings.classic(branch).await {
            Ok(None) => self.unseen = None,
            Ok(Some(whole)) => {
                self.unseen = None;
                self.sources.push(classic::from_whole(whole));
            }
            Err(error @ ForgeError::Refused { .. }) => {
                self.sources.extend(summary.map(classic::from_summary));
                self.unseen = Some(error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The sources that ask for this check, and the check.
    pub(super) fn requiring(&self, context: &str) -> Vec<(&Source, &Check)> {
        let of = |source| move |check| (source, check);
        let all = self.sources.iter();
        let all = all.flat_map(|source| source.checks.iter().map(of(source)));
        all.filter(|(_, check)| check.context == context).collect()
    }

    /// Whether everything stands that set-up makes: then it makes nothing.
    pub(super) fn is_complete(&self, context: &str, app: u64) -> bool {
        let pinned = self.requiring(context).iter().any(|(_, check)| check.app == Some(app));
        let any = |holds: fn(&Source) -> bool| self.sources.iter().any(holds);
        pinned
            && any(|it| it.pull_requests.is_some())
            && any(|it| it.refuses_rewind)
            && any(|it| it.refuses_deletion)
    }
}

#[derive(Deserialize, Default)]
struct CheckParameters {
    #[serde(default)]
    required_status_checks: Vec<RuleCheck>,
    #[serde(default)]
    strict_required_status_checks_policy: bool,
    #[serde(default)]
    do_not_enforce_on_create: bool,
}

#[derive(Deserialize)]
struct RuleCheck {
    context: String,
    integration_id: Option<i64>,
}

#[derive(Deserialize, Default)]
struct PullRequestParameters {
    #[serde(default)]
    dismiss_stale_reviews_on_push: bool,
    #[serde(default)]
    require_last_push_approval: bool,
}

async fn ruleset(
    settings: &Settings<'_>,
    id: u64,
    rules: Vec<Rule>,
) -> Result<Source, ForgeError> {
    let (name, exempt) = match settings.ruleset(id).await {
        Ok(found) => {
            let name = format!("the ruleset \"{}\"", excerpt(&found.name, 80));
            (name, bypassed_by(found.bypass_actors.as_deref()))
        }
        Err(ForgeError::Refused { .. }) => (format!("the ruleset {id}"), Exempt::Hidden),
        Err(error) => return Err(error),
    };
    let mut it = Source {
        name,
        exempt,
        checks: Vec::new(),
        strict: false,
        not_on_create: false,
        pull_requests: None,
        refuses_rewind: false,
        refuses_deletion: false,
    };
    for rule in rules {
        match rule.kind.as_str() {
            "required_status_checks" => {
                let asked: CheckParameters = parameters(rule);
                it.strict |= asked.strict_required_status_checks_policy;
                it.not_on_create |= asked.do_not_enforce_on_create;
                let checks = asked.required_status_checks.into_iter();
                it.checks.extend(checks.map(|check| Check {
                    context: check.context,
                    app: number(check.integration_id),
                }));
            }
            "pull_request" => {
                let asked: PullRequestParameters = parameters(rule);
                it.pull_requests = Some(PullRequests {
                    fresh: asked.dismiss_stale_reviews_on_push || asked.require_last_push_approval,
                    exempt: it.exempt.clone(),
                });
            }
            "non_fast_forward" => it.refuses_rewind = true,
            "deletion" => it.refuses_deletion = true,
            _ => {}
        }
    }
    Ok(it)
}

/// Parameters that cannot be read ask for nothing, so that nothing is good by them.
fn parameters<T: DeserializeOwned + Default>(rule: Rule) -> T {
    serde_json::from_value(rule.parameters).unwrap_or_default()
}

/// The number of an App; GitHub has -1 for "any source".
pub(super) fn number(app: Option<i64>) -> Option<u64> {
    app.and_then(|it| u64::try_from(it).ok())
}

fn bypassed_by(actors: Option<&[BypassActor]>) -> Exempt {
    match actors {
        None => Exempt::Hidden,
        Some([]) => Exempt::Nobody,
        Some(some) => Exempt::Some(some.iter().map(actor).collect()),
    }
}

fn actor(it: &BypassActor) -> String {
    let number = it.actor_id.map_or_else(String::new, |id| format!(" {id}"));
    let who = match it.actor_type.as_str() {
        "OrganizationAdmin" => "the organisation's owners".to_owned(),
        "EnterpriseOwner" => "the enterprise's owners".to_owned(),
        "DeployKey" => "every deploy key".to_owned(),
        "RepositoryRole" if it.actor_id == Some(5) => "administrators".to_owned(),
        "RepositoryRole" => format!("the role{number}"),
        "Integration" => format!("the App{number}"),
        "Team" => format!("the team{number}"),
        other => format!("{}{number}", excerpt(other, 40)),
    };
    match it.bypass_mode.as_deref() {
        Some("pull_request") => format!("{who} (in pull requests)"),
        Some("exempt") => format!("{who} (exempt, so that it is not even recorded)"),
        _ => format!("{who} (always)"),
    }
}
