//! Whether a failing check blocks on one branch: one line for each thing that
//! decides it.

use super::answers::Installed;
use super::examine::{ADMIN, listed};
use super::protection::{Exempt, Protection, Source};
use super::settings::Settings;
use super::{QUEUE_EVENT, QUEUE_PERMISSION, app};
use crate::forge::support::lines::Lines;
use crate::model::refs::RefName;

const SETUP: &str = "`forgewarden setup github --apply`";

/// What is refused: its line, in words, and whether a source refuses it.
type Refusal = (&'static str, &'static str, fn(&Source) -> bool);

/// One branch, and the check that it should require.
pub(super) struct Examination<'a> {
    pub(super) settings: &'a Settings<'a>,
    pub(super) app: u64,
    pub(super) installed: Option<&'a Installed>,
    pub(super) context: &'a str,
}

impl Examination<'_> {
    pub(super) async fn branch(&self, branch: &RefName, lines: &mut Lines) {
        let protection = match Protection::of(self.settings, branch).await {
            Ok(protection) => protection,
            Err(error) => return lines.unknown("branch-protected", &error, ADMIN),
        };
        self.status(&protection, lines);
        self.pull_requests(&protection, lines);
        let rows: [Refusal; 2] = [
            ("rewind-refused", "rewound", |it| it.refuses_rewind),
            ("deletion-refused", "deleted", |it| it.refuses_deletion),
        ];
        for (id, what, holds) in rows {
            let holding = protection.sources.iter().filter(|it| holds(it));
            let exempt: Vec<&Exempt> = holding.map(|it| &it.exempt).collect();
            match (least(&exempt), &protection.unseen) {
                (None, Some(error)) => lines.unknown(id, error, ADMIN),
                (None, None) => lines.warning(id, format!("the branch can be {what}"), SETUP),
                (Some(exempt), _) => refusal(id, what, exempt, lines),
            }
        }
        self.queue(&protection, lines);
        if let Some(tip) = &protection.tip {
            self.namesake(tip, lines).await;
        }
    }

    /// Required by name, from our App alone, for everybody and always.
    fn status(&self, protection: &Protection, lines: &mut Lines) {
        let context = self.context;
        let requiring = protection.requiring(context);
        if requiring.is_empty() {
            if protection.tip.is_none()
                && let Some(error) = &protection.unseen
            {
                return lines.unknown("status-required", error, ADMIN);
            }
            let message = format!("the check {context} is not required");
            return lines.problem("status-required", message, SETUP);
        }
        lines.ok("status-required", format!("the check {context} is required"));
        let pinned = requiring.iter().filter(|(_, check)| check.app == Some(self.app));
        let pinned: Vec<&Source> = pinned.map(|(source, _)| *source).collect();
        if pinned.is_empty() {
            self.not_pinned(requiring.iter().find_map(|(_, check)| check.app), lines);
        } else {
            let message = format!("the check counts only from our App ({})", self.app);
            lines.ok("status-pinned", message);
        }
        let holding: Vec<&Source> = match pinned.is_empty() {
            true => requiring.iter().map(|(source, _)| *source).collect(),
            false => pinned,
        };
        bypass(&holding, lines);
        if holding.iter().all(|it| it.not_on_create) {
            lines.warning(
                "status-on-create",
                "a new branch of this name can be made without the check",
                "switch off \"Do not require status checks on creation\"",
            );
        }
        if !protection.queue && !holding.iter().any(|it| it.strict) {
            lines.warning(
                "status-strict",
                "a pull request is merged on a verdict for an older state of the branch",
                "switch on \"Require branches to be up to date before merging\", or use a merge queue",
            );
        }
    }

    fn not_pinned(&self, other: Option<u64>, lines: &mut Lines) {
        let message = match other {
            None => "everybody who may write to the repository can set the check".to_owned(),
            Some(other) => format!(
                "the check is expected from the App {other}, not from ours ({})",
                self.app
            ),
        };
        let remedy = format!(
            "set the source of the check to our App (`\"integration_id\": {}`), or {SETUP}",
            self.app
        );
        lines.problem("status-pinned", message, remedy);
    }

    fn pull_requests(&self, protection: &Protection, lines: &mut Lines) {
        let id = "pull-request-required";
        let rules = protection.sources.iter().filter_map(|it| it.pull_requests.as_ref());
        let rules: Vec<_> = rules.collect();
        let exempt: Vec<&Exempt> = rules.iter().map(|it| &it.exempt).collect();
        match (least(&exempt), &protection.unseen) {
            (None, Some(error)) => return lines.unknown(id, error, ADMIN),
            (None, None) => {
                let message = "the branch can be pushed to without a pull request";
                return lines.problem(id, message, SETUP);
            }
            (Some(exempt), _) => refusal(id, "pushed to without a pull request", exempt, lines),
        }
        match rules.iter().any(|it| it.fresh) {
            true => lines.ok("approvals-reset", "a push takes approvals back, or needs a new one"),
            false => lines.warning(
                "approvals-reset",
                "GitHub takes a merge made elsewhere that differs from what was judged",
                "switch on \"Dismiss stale pull request approvals when new commits are pushed\" or \"Require approval of the most recent reviewable push\"",
            ),
        }
    }

    /// A queue waits for our word on commits of its own.
    fn queue(&self, protection: &Protection, lines: &mut Lines) {
        let Some(installed) = self.installed.filter(|_| protection.queue) else {
            return;
        };
        let allowed = app::holds(&installed.permissions, QUEUE_PERMISSION);
        let told = installed.events.iter().any(|it| it == QUEUE_EVENT);
        match allowed && told {
            true => lines.ok("merge-queue", "we hear of the merge queue"),
            false => lines.problem(
                "merge-queue",
                "the branch has a merge queue, and we do not hear of it, so it waits in vain",
                "give the App \"Merge queues: read\" and the event \"Merge group\"",
            ),
        }
    }

    /// A status of our check's name is required beside it.
    async fn namesake(&self, tip: &str, lines: &mut Lines) {
        let id = "status-of-same-name";
        match self.settings.has_status(tip, self.context).await {
            Ok(false) => {}
            Ok(true) => lines.warning(
                id,
                format!("somebody posts a commit status named {}, and GitHub then requires both", self.context),
                "find out who posts it, and let them use another name",
            ),
            Err(error) => lines.unknown(id, &error, "grant the App \"Commit statuses: read\""),
        }
    }
}

/// Who gets around the check.
fn bypass(holding: &[&Source], lines: &mut Lines) {
    let id = "bypass";
    if let Some(it) = holding.iter().find(|it| matches!(it.exempt, Exempt::Nobody)) {
        return lines.ok(id, format!("nobody gets around {}", it.name));
    }
    for it in holding {
        let name = &it.name;
        match &it.exempt {
            Exempt::Some(who) => lines.warning(
                id,
                format!("{} get around {name}", listed(who)),
                "take them out, or keep them knowingly as the way for emergencies",
            ),
            Exempt::Hidden | Exempt::Nobody => lines.warning(
                id,
                format!("it is not shown who gets around {name}"),
                "give an `admin_token` of somebody who administers the repository",
            ),
        }
    }
}

/// The best of what several sources say: one that nobody gets around is enough.
fn least<'a>(all: &[&'a Exempt]) -> Option<&'a Exempt> {
    let rank = |it: &Exempt| match it {
        Exempt::Nobody => 0,
        Exempt::Some(_) => 1,
        Exempt::Hidden => 2,
    };
    all.iter().copied().min_by_key(|it| rank(it))
}

fn refusal(id: &'static str, what: &str, exempt: &Exempt, lines: &mut Lines) {
    match exempt {
        Exempt::Nobody => lines.ok(id, format!("the branch cannot be {what}")),
        Exempt::Some(who) => lines.warning(
            id,
            format!("the branch can be {what} by {}", listed(who)),
            "take them out of the bypass list, or keep them knowingly",
        ),
        Exempt::Hidden => lines.warning(
            id,
            format!("it is not shown by whom the branch can be {what}"),
            "give an `admin_token` of somebody who administers the repository",
        ),
    }
}
