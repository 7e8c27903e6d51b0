//! Classic branch protection, as administrators see it whole and readers in part.

use super::answers::{Classic, ClassicChecks, Reviews, Summary, Switch};
use super::protection::{Check, Exempt, PullRequests, Source, number};

fn administrators() -> Exempt {
    Exempt::Some(vec!["administrators".to_owned()])
}

/// From what administrators see.
pub(super) fn from_whole(it: Classic) -> Source {
    let exempt = match it.enforce_admins {
        Some(switch) if switch.enabled => Exempt::Nobody,
        _ => administrators(),
    };
    let allowed = |switch: Option<Switch>| switch.is_some_and(|it| it.enabled);
    let strict = it.required_status_checks.as_ref().is_some_and(|it| it.strict);
    let pull_requests = it.required_pull_request_reviews.map(|reviews| PullRequests {
        fresh: reviews.dismiss_stale_reviews || reviews.require_last_push_approval,
        exempt: allowances(&exempt, &reviews),
    });
    Source {
        name: "the branch protection".to_owned(),
        exempt,
        checks: it.required_status_checks.map_or_else(Vec::new, checks),
        strict,
        not_on_create: false,
        pull_requests,
        refuses_rewind: !allowed(it.allow_force_pushes),
        refuses_deletion: !allowed(it.allow_deletions),
    }
}

/// Who may push without a pull request, besides those exempt from everything.
fn allowances(all: &Exempt, reviews: &Reviews) -> Exempt {
    let it = &reviews.bypass_pull_request_allowances;
    let rows = [("users", &it.users), ("teams", &it.teams), ("Apps", &it.apps)];
    let rows = rows.iter().filter(|(_, list)| !list.is_empty());
    let mut who: Vec<String> = rows.map(|(what, list)| format!("{} {what}", list.len())).collect();
    match all {
        Exempt::Some(names) => who.extend(names.iter().cloned()),
        Exempt::Hidden if who.is_empty() => return Exempt::Hidden,
        Exempt::Hidden | Exempt::Nobody => {}
    }
    match who.is_empty() {
        true => Exempt::Nobody,
        false => Exempt::Some(who),
    }
}

/// From what everybody sees: nothing else is known to stand.
pub(super) fn from_summary(it: Summary) -> Source {
    let asked = it.required_status_checks;
    let level = asked.as_ref().and_then(|it| it.enforcement_level.as_deref());
    let exempt = match level {
        Some("everyone") => Exempt::Nobody,
        Some("non_admins") => administrators(),
        _ => Exempt::Hidden,
    };
    Source {
        name: "the branch protection".to_owned(),
        exempt,
        strict: asked.as_ref().is_some_and(|it| it.strict),
        checks: asked.map_or_else(Vec::new, checks),
        not_on_create: false,
        pull_requests: None,
        refuses_rewind: false,
        refuses_deletion: false,
    }
}

/// The required checks; a bare name is from anybody.
fn checks(it: ClassicChecks) -> Vec<Check> {
    let named = it.checks.into_iter().map(|check| Check {
        context: check.context,
        app: number(check.app_id),
    });
    let mut all: Vec<Check> = named.collect();
    for context in it.contexts {
        if !all.iter().any(|check| check.context == context) {
            all.push(Check { context, app: None });
        }
    }
    all
}
