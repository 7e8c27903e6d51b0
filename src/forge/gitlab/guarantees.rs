//! What the settings of a GitLab rule out, and where they fail to.
//!
//! Source: docs.gitlab.com, "Application settings API", "Sign-in restrictions",
//! "Configure enabled Git access protocols". GitLab takes an account password
//! for git if its setting says so *or* LDAP is on, which no setting shows.

use serde::Deserialize;

use super::GitLab;
use super::audit::WITHOUT_PASSWORD;
use crate::forge::ForgeError;
use crate::forge::support::guarantees::{Found, PASSWORDS};
use crate::model::authentication::Method;

const PROTOCOL: &str = "git-protocol";
const TWO_FACTOR: &str = "two-factor";
/// What is left where git over HTTP(S) is off: runners still fetch, and so may
/// push, with the tokens of their jobs.
const SSH_ALONE: &[Method] = &[
    Method::SshKey,
    Method::SshCertificate,
    Method::DeployKey,
    Method::Kerberos,
    Method::JobToken,
    Method::WebSession,
];
const SWITCH_OFF: &str = "switch off \"Allow password authentication for Git over HTTP(S)\" (Admin area, Settings, \
     Sign-in restrictions), and state `audit.ldap = false` if LDAP is off";
const STATE_LDAP: &str = "if LDAP is off (`gitlab_rails['ldap_enabled']`), state `audit.ldap = false`; if it is on, \
     allow git over SSH alone (Admin area, Settings, Visibility and access controls)";
const ADMIN: &str = "give an `admin_token` of an administrator with the scope `api`, and `admin_mode` where Admin \
     Mode is on";

#[derive(Deserialize)]
struct Settings {
    password_authentication_enabled_for_git: Option<bool>,
    enabled_git_access_protocol: Option<String>,
    require_two_factor_authentication: Option<bool>,
}

impl GitLab {
    /// What was found. Settings that are not shown to us are no error.
    pub(super) async fn read_guarantees(&self) -> Result<Vec<Found>, ForgeError> {
        let now = self.admin.now();
        if self.web_url.host() == Some("gitlab.com") {
            let says = "gitlab.com does not show its settings, and takes the password of an account \
                        without two-factor authentication";
            return Ok(vec![Found::nothing(
                PASSWORDS,
                says,
                "require two-factor authentication in the group, and stream its audit events to us",
                now,
            )]);
        }
        let read = self.admin.find_at::<Settings>("/application/settings").await;
        let settings = match read {
            Ok(Some(settings)) => settings,
            Ok(None) | Err(ForgeError::Refused { .. }) => {
                let says = "the settings of the installation are shown to administrators alone, and \
                            `admin_token` is none of theirs with the scope `api`";
                return Ok(vec![Found::nothing(PASSWORDS, says, ADMIN, now)]);
            }
            Err(error) => return Err(error),
        };
        let mut found = vec![self.passwords(&settings)];
        found.extend(self.protocol(&settings));
        found.extend(self.two_factor(&settings));
        Ok(found)
    }

    fn passwords(&self, settings: &Settings) -> Found {
        let now = self.admin.now();
        let nothing = |says, remedy| Found::nothing(PASSWORDS, says, remedy, now);
        let allowed = settings.password_authentication_enabled_for_git;
        match (allowed, self.hearing.ldap) {
            (Some(false), Some(false)) => Found::leaves(
                PASSWORDS,
                WITHOUT_PASSWORD,
                "passwords are switched off for git, and LDAP is off as the operator states",
                now,
            ),
            (Some(false), Some(true)) => nothing(
                "passwords are switched off for git, but LDAP is on, and its passwords work for git",
                STATE_LDAP,
            ),
            (Some(false), None) => nothing(
                "passwords are switched off for git, but if LDAP is on its passwords work, and no \
                 setting shows whether it is",
                STATE_LDAP,
            ),
            (Some(true), _) => nothing("passwords are allowed for git over HTTP(S)", SWITCH_OFF),
            (None, _) => nothing(
                "this GitLab does not say whether passwords are allowed for git",
                SWITCH_OFF,
            ),
        }
    }

    fn protocol(&self, settings: &Settings) -> Option<Found> {
        let ssh = settings.enabled_git_access_protocol.as_deref() == Some("ssh");
        ssh.then(|| {
            let says = "git over HTTP(S) is switched off, but for the tokens of CI jobs";
            Found::leaves(PROTOCOL, SSH_ALONE, says, self.admin.now())
        })
    }

    /// It refuses a password once an account's grace period is over, and that
    /// never starts for one that never opens the web pages; single sign-on can
    /// be exempt. So it rules nothing out.
    fn two_factor(&self, settings: &Settings) -> Option<Found> {
        let required = settings.require_two_factor_authentication == Some(true);
        required.then(|| {
            let says = "two-factor authentication is required, but until an account has it or its \
                        grace period is over, its password works for git";
            Found::nothing(TWO_FACTOR, says, "", self.admin.now())
        })
    }
}
