//! What a Stash rules out. No resource shows whether passwords are taken: the
//! operator says so, and an attempt with a made-up account may contradict it.
//!
//! Source: Atlassian, "Disabling basic authentication" (7.12; the switch holds
//! for git over HTTP too). A server with it off answers 403 with a message, one
//! with it on 401 (atlassian/data-center-helm-charts, pull request 1101). That
//! answer cannot prove that nobody has a password: an allowlist exempts accounts.

use http::StatusCode;

use super::{Stash, api};
use crate::clock::SharedClock;
use crate::config::StashAudit;
use crate::forge::support::client::Call;
use crate::forge::support::guarantees::{Found, PASSWORDS};
use crate::forge::{ConfigError, ForgeError};
use crate::model::authentication::Method;

/// Every way into a repository that is no password; `Token` stands for tokens of
/// all kinds. Stash's SSH server takes keys alone.
const WITHOUT_PASSWORD: &[Method] = &[
    Method::Token,
    Method::SshKey,
    Method::DeployKey,
    Method::WebSession,
];
const SWITCH_OFF: &str = "switch off \"Allow basic authentication on API calls\" (Administration, Authentication \
     methods; from 7.12 on), leave its allowlist empty, and state `audit.passwords = false`";
/// What a server says that has basic authentication switched off.
const SWITCHED_OFF: &str = "basic authentication has been disabled";

/// What is known of passwords.
pub(super) enum Passwords {
    /// The operator says nothing.
    NotStated,
    /// The operator says that they work.
    Allowed,
    /// The operator says that they do not; and what tries it.
    Refused(Box<api::Api>),
}

/// What the server made of a made-up account.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    /// It looked at the password.
    Looked,
    /// It looks at none.
    SwitchedOff,
    /// The answer, which tells neither.
    Neither(u16),
}

impl Passwords {
    /// Makes no request.
    pub(super) fn new(
        audit: &StashAudit,
        own: &api::Settings,
        clock: &SharedClock,
    ) -> Result<Self, ConfigError> {
        Ok(match audit.passwords {
            None => Self::NotStated,
            Some(true) => Self::Allowed,
            Some(false) => {
                let nobody = api::Api::of_nobody(own.clone(), clock.clone())?;
                Self::Refused(Box::new(nobody))
            }
        })
    }
}

impl Stash {
    pub(super) async fn read_guarantees(&self) -> Result<Vec<Found>, ForgeError> {
        let now = self.api.now();
        let nothing = |says| Found::nothing(PASSWORDS, says, SWITCH_OFF, now);
        let found = match &self.passwords {
            Passwords::NotStated => nothing(
                "Stash does not show whether basic authentication takes passwords, and \
                 `audit.passwords` does not say it",
            ),
            Passwords::Allowed => nothing("the operator states that passwords work for git"),
            Passwords::Refused(nobody) => {
                let stated = "the operator states that basic authentication is off";
                match tried(nobody).await? {
                    Tried::Looked => nothing(
                        "the operator states that basic authentication is off, but the server \
                         checked the password of a made-up account (401)",
                    ),
                    Tried::SwitchedOff => {
                        let says = format!("{stated}, and the server says the same (403)");
                        Found::leaves(PASSWORDS, WITHOUT_PASSWORD, says, now)
                    }
                    Tried::Neither(status) => {
                        let says = format!("{stated}; the server's answer ({status}) does not tell");
                        Found::leaves(PASSWORDS, WITHOUT_PASSWORD, says, now)
                    }
                }
            }
        };
        Ok(vec![found])
    }
}

/// Asks for something harmless, that everybody may read, as an account that
/// does not exist.
async fn tried(nobody: &api::Api) -> Result<Tried, ForgeError> {
    let answer = nobody
        .call(Call::get("/api/latest/application-properties"))
        .await?;
    if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS {
        return Err(answer.error());
    }
    Ok(told(answer.status, &answer.words()))
}

fn told(status: StatusCode, words: &str) -> Tried {
    let off = words.to_lowercase().contains(SWITCHED_OFF);
    match status {
        StatusCode::UNAUTHORIZED => Tried::Looked,
        StatusCode::FORBIDDEN if off => Tried::SwitchedOff,
        other => Tried::Neither(other.as_u16()),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::{Tried, told};

    #[test]
    fn only_the_documented_refusal_confirms_and_a_checked_password_contradicts() {
        let off = "Basic Authentication has been disabled on this instance.";
        for (status, words, tells) in [
            (403, off, Tried::SwitchedOff),
            (403, "CAPTCHA", Tried::Neither(403)),
            (401, "Authentication failed", Tried::Looked),
            (401, off, Tried::Looked),
            (200, "", Tried::Neither(200)),
            (404, off, Tried::Neither(404)),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(told(status, words), tells, "{status} {words}");
        }
    }
}
