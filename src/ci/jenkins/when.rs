//! Who can start what: multibranch defaults, `triggers`, and conditions about
//! the branch. <https://www.jenkins.io/doc/book/pipeline/syntax/#when>

use super::call::{Call, Code};
use super::unit::every_call;
use super::value::Scope;
use crate::model::build::{Gate, GateKind};
use crate::model::build::{Item, Spot, StartedBy, Trigger, Weakening, WeakeningKind, What};

/// The condition is about this branch alone, and holds for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Narrows {
    /// To a branch that its name alone reaches.
    ToBranch,
    /// It does not, or that cannot be told.
    No,
}

/// What a multibranch job starts by itself: any branch, and proposals from
/// forks of those who may push anyway.
pub(super) fn by_default(spot: &Spot) -> Vec<Trigger> {
    let writers = |event: &str| Trigger {
        event: event.to_owned(),
        by: StartedBy::Writers,
        spot: spot.clone(),
    };
    vec![writers("branch"), writers("pull request")]
}

/// Triggers that a source states, at any depth.
pub(super) fn stated(code: Code<'_>) -> Vec<Trigger> {
    let mut all = Vec::new();
    every_call(code, 0, &mut |call| all.extend(trigger(call)));
    all
}

fn trigger(call: &Call<'_>) -> Option<Trigger> {
    let is = |key: &str| {
        call.named(key)
            .is_some_and(|value| value.written() == "true")
    };
    let in_body = |name: &str| {
        call.body
            .is_some_and(|body| body.calls().iter().any(|inner| inner.name == name))
    };
    let by = match call.short() {
        // The plugin starts the job for whoever sends a request, unless a token is set.
        "GenericTrigger" | "genericTrigger" => {
            let guarded = ["token", "tokenCredentialId"]
                .iter()
                .any(|key| call.named(key).is_some() || in_body(key));
            if guarded {
                StartedBy::Maintainers
            } else {
                StartedBy::Outsiders
            }
        }
        "issueCommentTrigger" | "pullRequestComment" => StartedBy::Outsiders,
        "githubPullRequest" | "ghprbTrigger" | "githubPullRequests" => {
            let open = is("permitAll") || in_body("permitAll");
            if open {
                StartedBy::Outsiders
            } else {
                StartedBy::Writers
            }
        }
        "cron" | "parameterizedCron" => StartedBy::Maintainers,
        "pollSCM" | "githubPush" | "upstream" | "gitlab" | "bitbucketPush" => StartedBy::Writers,
        _ => return None,
    };
    Some(Trigger {
        event: call.short().to_owned(),
        by,
        spot: call.spot(),
    })
}

/// Triggers behind a condition: pushes are those of one branch; what starts
/// the branch's job otherwise still does.
pub(super) fn narrowed(triggers: &[Trigger], how: Narrows, spot: &Spot) -> Vec<Trigger> {
    if how == Narrows::No {
        return triggers.to_vec();
    }
    let mut all = vec![Trigger {
        event: "branch".to_owned(),
        by: StartedBy::Maintainers,
        spot: spot.clone(),
    }];
    let by_code = |trigger: &&Trigger| {
        matches!(
            trigger.event.as_str(),
            "branch" | "pull request" | "pollSCM" | "githubPush" | "gitlab" | "bitbucketPush"
        )
    };
    all.extend(triggers.iter().filter(|trigger| !by_code(trigger)).cloned());
    all
}

/// Reads a `when`: whether it narrows, and what it says.
pub(super) fn read(scope: &Scope, body: Code<'_>) -> (Narrows, Vec<Item>) {
    let mut items = Vec::new();
    let mut how = Narrows::No;
    for call in body.calls() {
        if matches!(
            call.name.as_str(),
            "beforeAgent" | "beforeInput" | "beforeOptions"
        ) {
            continue;
        }
        let narrows = condition(scope, &call, 0);
        if narrows == Narrows::ToBranch {
            how = narrows;
        }
        let text = match call.body {
            Some(inner) => format!("{} {{ {} }}", call.name, inner.written()),
            None => call.written(),
        };
        items.extend(said(&call, text, narrows));
    }
    (how, items)
}

fn said(call: &Call<'_>, text: String, narrows: Narrows) -> Vec<Item> {
    let spot = call.spot();
    let mut all = vec![Item::of(
        "when",
        spot.clone(),
        What::Condition(text.clone()),
    )];
    let weakening = match call.name.as_str() {
        "changeset" | "changelog" => Some(WeakeningKind::Narrowed),
        "expression"
            if call.body.is_some_and(|body| {
                matches!(body.written().as_str(), "false" | "return false")
            }) =>
        {
            Some(WeakeningKind::Disabled)
        }
        _ => None,
    };
    let about_ref = matches!(call.name.as_str(), "buildingTag" | "tag" | "changeRequest");
    if narrows == Narrows::ToBranch || about_ref {
        let gate = Gate {
            kind: GateKind::Condition,
            name: text.clone(),
        };
        all.push(Item::of("when", spot.clone(), What::Gate(gate)));
    }
    all.extend(
        weakening.map(|kind| Item::of("when", spot, What::Weakening(Weakening { kind, text }))),
    );
    all
}

fn condition(scope: &Scope, call: &Call<'_>, depth: usize) -> Narrows {
    let inner = || call.body.map(Code::calls).unwrap_or_default();
    let inside = |one: &Call<'_>| condition(scope, one, depth + 1) == Narrows::ToBranch;
    let narrows = match call.name.as_str() {
        _ if depth > super::MAX_CALL_DEPTH => false,
        "branch" => {
            let name = call
                .named_or_first("pattern")
                .and_then(|name| scope.known(name));
            let exact = call.named("comparator").and_then(Code::plain_text);
            name.is_some_and(|name| is_one_branch(&name)) && exact.is_none_or(|how| how == "EQUALS")
        }
        "environment" => {
            let at = |key: &str| call.named(key).and_then(|value| scope.known(value));
            at("name").is_some_and(|name| name == "BRANCH_NAME")
                && at("value").is_some_and(|name| is_one_branch(&name))
        }
        "equals" => {
            let at = |key: &str| call.named(key);
            at("actual").is_some_and(|actual| is_branch_name(&actual.written()))
                && at("expected")
                    .and_then(|it| scope.known(it))
                    .is_some_and(|name| is_one_branch(&name))
        }
        "expression" => call
            .body
            .is_some_and(|body| of_expression(body) == Narrows::ToBranch),
        "allOf" => inner().iter().any(inside),
        "anyOf" => !inner().is_empty() && inner().iter().all(inside),
        _ => false,
    };
    if narrows {
        Narrows::ToBranch
    } else {
        Narrows::No
    }
}

/// Whether an expression is true for one branch only: `env.BRANCH_NAME == 'main'`,
/// also with `&&` behind it. Anything else does not narrow.
pub(super) fn of_expression(code: Code<'_>) -> Narrows {
    let text = code.written();
    let text = text.trim().trim_start_matches("return").trim();
    if text.contains("||") || text.contains('?') || text.contains('\n') || text.contains(';') {
        return Narrows::No;
    }
    let is_equality = |part: &str| {
        let Some((left, right)) = part.split_once("==") else {
            return false;
        };
        let (left, right) = (left.trim(), right.trim());
        let literal = |text: &str| {
            let quote = text
                .chars()
                .next()
                .filter(|quote| matches!(quote, '\'' | '"'))?;
            let inner = text[1..].strip_suffix(quote)?;
            (is_one_branch(inner) && !inner.contains(['\'', '"', '$'])).then_some(())
        };
        (is_branch_name(left) && literal(right).is_some())
            || (is_branch_name(right) && literal(left).is_some())
    };
    match text.split("&&").any(|part| is_equality(part.trim())) {
        true => Narrows::ToBranch,
        false => Narrows::No,
    }
}

fn is_branch_name(text: &str) -> bool {
    matches!(
        text,
        "env.BRANCH_NAME"
            | "BRANCH_NAME"
            | "env.GIT_BRANCH"
            | "GIT_BRANCH"
            | "\"${env.BRANCH_NAME}\""
            | "\"${BRANCH_NAME}\""
    )
}

/// Names of branches that are protected by custom, and how such names begin.
const PROTECTED: &[&str] = &[
    "main",
    "master",
    "trunk",
    "develop",
    "production",
    "prod",
    "stable",
    "default",
    "release",
];
const PROTECTED_STARTS: &[&str] = &["release/", "release-", "hotfix/", "stable/", "support/"];

/// Whether a name or pattern is only of branches that are protected by custom;
/// any other branch can be made by whoever may push.
fn is_one_branch(name: &str) -> bool {
    let name = name.strip_prefix("origin/").unwrap_or(name);
    let rest = PROTECTED_STARTS
        .iter()
        .find_map(|start| name.strip_prefix(start));
    PROTECTED.contains(&name) || rest.is_some_and(|rest| !rest.contains(['|', '{', '$', ',']))
}
