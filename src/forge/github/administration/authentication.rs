//! Whether it can be known how pushes were authenticated: records, and what the
//! organisation asks of its members.

use super::super::api::RepositoryApi;
use super::super::guarantees::{Organisation, is_githubs_own};
use super::super::token::Purpose;
use super::super::{GitHub, slug};
use crate::forge::support::lines::Lines;
use crate::forge::{ForgeError, Scope};

const READ: &str = "grant the App \"Organization administration: read\", or give `token_file` in `[github.audit]` \
    of an owner of the organisation; GitHub Enterprise alone has the log, and a server must be told to keep git events";
const SOURCES: &str =
    "on GitHub Enterprise, name the organisation in `organizations` of `[github.audit]`, or give \
    `stream_token_files` there and stream the audit log to us";
const SHOW: &str = "give an `admin_token` of an owner of the organisation";

pub(super) async fn lines(github: &GitHub, scope: &Scope, lines: &mut Lines) {
    let Ok(name) = slug::of(&scope.repository) else {
        return;
    };
    let (owner, _) = name.split_once('/').unwrap_or((name, ""));
    records(github, owner, lines).await;
    two_factor(github, scope, owner, lines).await;
}

/// Whether GitHub keeps or sends records of pushes that we get.
async fn records(github: &GitHub, owner: &str, lines: &mut Lines) {
    let id = "push-records";
    let streamed = github.audit.is_streamed();
    if streamed {
        lines.ok(id, "records of pushes are taken from an audit stream");
    }
    match github.audit.asked(owner) {
        true => match github.reads_log_of(owner).await {
            Ok(()) => lines.ok(id, format!("the audit log of {owner} tells how pushes were authenticated")),
            Err(error @ ForgeError::Refused { .. }) => lines.problem(id, error.to_string(), READ),
            Err(error) => lines.unknown(id, &error, READ),
        },
        false if streamed => {}
        false => {
            let known = match is_githubs_own(github.api.base()) {
                true => "all that is known is that GitHub takes no account password",
                false => "nothing is known but what our pre-receive hook is told",
            };
            let message = format!("no record tells how pushes of {owner} were authenticated; {known}");
            lines.warning(id, message, SOURCES);
        }
    }
}

/// Of a person's repository there is nothing to say.
async fn two_factor(github: &GitHub, scope: &Scope, owner: &str, lines: &mut Lines) {
    let id = "two-factor";
    let shown = async {
        let api = access(github, scope, owner).await?;
        GitHub::shown_organisation(&api, owner).await
    };
    let required = match shown.await {
        Ok(None) => return,
        Ok(Some(Organisation { two_factor_requirement_enabled, .. })) => two_factor_requirement_enabled,
        Err(error) => return lines.unknown(id, &error, SHOW),
    };
    match required {
        Some(true) => lines.ok(id, format!("{owner} requires two-factor authentication of its members")),
        Some(false) => lines.warning(
            id,
            format!("{owner} does not require two-factor authentication of its members"),
            "require it in the organisation's settings, under authentication security",
        ),
        None => {
            let message = format!("{owner} does not show us whether it requires two-factor authentication");
            lines.warning(id, message, SHOW);
        }
    }
}

async fn access<'a>(
    github: &'a GitHub,
    scope: &Scope,
    owner: &str,
) -> Result<RepositoryApi<'a>, ForgeError> {
    match github.api.as_administrator(String::new()).await? {
        Some(admin) => Ok(admin),
        None if github.audit.asked(owner) => github.organisation(owner).await,
        None => github.api.repository(&scope.repository, Purpose::Metadata).await,
    }
}
