//! What of a forge tells how pushes were authenticated, and what its operator
//! states where no setting can be read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use super::Reader;
use crate::model::authentication::Method;

/// `[authentication]`: how long evidence is waited for, and how it is matched.
#[derive(Clone)]
pub struct AuthenticationConfig {
    /// How long after a push its evidence is waited for; then unknown counts.
    pub wait: Duration,
    /// How far a record's time may be from that of its push.
    pub window: Duration,
    /// From one look at audit logs to the next.
    pub poll: Duration,
    /// From one look at the settings of the forges to the next.
    pub settings: Duration,
    /// Every current secret of the hooks that forward evidence.
    pub hook_secrets: Vec<SecretString>,
}

/// `[github.audit]`
#[derive(Clone, Default)]
pub struct GitHubAudit {
    /// The organisations whose audit log is asked.
    pub organizations: Vec<String>,
    /// A token that may read them; else the App's own.
    pub token: Option<SecretString>,
    /// Every current token of a Splunk-style stream to us.
    pub stream_tokens: Vec<SecretString>,
    /// What labels of `programmatic_access_type` mean, besides those that are known.
    pub access_types: BTreeMap<String, Method>,
    /// Whether this server takes account passwords for git, as its operator
    /// knows it; github.com does not.
    pub passwords: Option<bool>,
}

/// `[gitlab.audit]`
#[derive(Clone, Default)]
pub struct GitLabAudit {
    /// Every current value of `X-Gitlab-Event-Streaming-Token`.
    pub stream_tokens: Vec<SecretString>,
    /// Whether LDAP is on, which no setting shows: with it, passwords work for
    /// git whatever the settings say.
    pub ldap: Option<bool>,
}

/// `[stash.audit]`
#[derive(Clone, Default)]
pub struct StashAudit {
    /// Whether basic authentication with passwords is allowed, as its operator
    /// knows it: no resource shows it.
    pub passwords: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawAuthentication {
    wait_seconds: u64,
    window_seconds: u64,
    poll_seconds: u64,
    settings_seconds: u64,
    hook_secrets: Vec<String>,
    hook_secret_files: Vec<PathBuf>,
}

impl Default for RawAuthentication {
    fn default() -> Self {
        Self {
            wait_seconds: 300,
            window_seconds: 60,
            poll_seconds: 60,
            settings_seconds: 900,
            hook_secrets: Vec::new(),
            hook_secret_files: Vec::new(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawGitHubAudit {
    organizations: Vec<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
    stream_tokens: Vec<String>,
    stream_token_files: Vec<PathBuf>,
    access_types: BTreeMap<String, Method>,
    passwords: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawGitLabAudit {
    stream_tokens: Vec<String>,
    stream_token_files: Vec<PathBuf>,
    ldap: Option<bool>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawStashAudit {
    passwords: Option<bool>,
}

impl Reader {
    pub(super) fn authentication(
        &mut self,
        raw: &RawAuthentication,
    ) -> Option<AuthenticationConfig> {
        let sources = (&raw.hook_secrets[..], &raw.hook_secret_files[..]);
        let hook_secrets = self.secrets("authentication.hook_secrets", sources);
        let wait = self.seconds("authentication.wait_seconds", raw.wait_seconds, 1..=86_400);
        let window = self.seconds(
            "authentication.window_seconds",
            raw.window_seconds,
            1..=3600,
        );
        let poll = self.seconds("authentication.poll_seconds", raw.poll_seconds, 5..=3600);
        let settings = raw.settings_seconds;
        let settings = self.seconds("authentication.settings_seconds", settings, 30..=86_400);
        Some(AuthenticationConfig {
            wait: wait?,
            window: window?,
            poll: poll?,
            settings: settings?,
            hook_secrets: hook_secrets?,
        })
    }

    fn seconds(
        &mut self,
        key: &str,
        value: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<Duration> {
        if range.contains(&value) {
            return Some(Duration::from_secs(value));
        }
        let (least, most) = range.into_inner();
        self.problems
            .push(format!("`{key}` must be from {least} to {most}."));
        None
    }

    pub(super) fn github_audit(&mut self, at: &str, raw: &RawGitHubAudit) -> Option<GitHubAudit> {
        let token = (raw.token.as_deref(), raw.token_file.as_deref());
        let token = self.optional_secret(&format!("{at}.token"), token);
        let streams = (&raw.stream_tokens[..], &raw.stream_token_files[..]);
        let streams = self.secrets(&format!("{at}.stream_tokens"), streams);
        Some(GitHubAudit {
            organizations: raw.organizations.clone(),
            token: token?,
            stream_tokens: streams?,
            access_types: raw.access_types.clone(),
            passwords: raw.passwords,
        })
    }

    pub(super) fn gitlab_audit(&mut self, at: &str, raw: &RawGitLabAudit) -> Option<GitLabAudit> {
        let streams = (&raw.stream_tokens[..], &raw.stream_token_files[..]);
        let streams = self.secrets(&format!("{at}.stream_tokens"), streams);
        Some(GitLabAudit {
            stream_tokens: streams?,
            ldap: raw.ldap,
        })
    }
}

impl RawStashAudit {
    pub(super) fn checked(self) -> StashAudit {
        StashAudit {
            passwords: self.passwords,
        }
    }
}
