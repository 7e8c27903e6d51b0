//! The forges of the configuration: one list of tables for each.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

use super::audit::{RawGitHubAudit, RawGitLabAudit, RawStashAudit};
use super::{GitHubAudit, GitLabAudit, Reader, StashAudit};

/// Every configured installation.
#[derive(Clone, Default)]
pub struct Forges {
    /// `[[github]]`
    pub github: Vec<GitHubInstance>,
    /// `[[gitlab]]`
    pub gitlab: Vec<GitLabInstance>,
    /// `[[stash]]`
    pub stash: Vec<StashInstance>,
}

impl Forges {
    /// Every instance's administrator has this token.
    pub fn administered_with(&mut self, token: &SecretString) {
        let token = Some(token.clone());
        self.github
            .iter_mut()
            .for_each(|it| it.admin_token.clone_from(&token));
        self.gitlab
            .iter_mut()
            .for_each(|it| it.admin_token.clone_from(&token));
        self.stash
            .iter_mut()
            .for_each(|it| it.admin_token.clone_from(&token));
    }
}

/// One `[[github]]`: one GitHub App on one GitHub.
#[derive(Clone)]
pub struct GitHubInstance {
    /// The last part of its webhook URL.
    pub key: String,
    /// `https://api.github.com`, `https://HOST/api/v3` or `https://api.SLUG.ghe.com`.
    pub api_url: String,
    /// `https://github.com` or the like: git's URLs start with it.
    pub web_url: String,
    /// The App's number.
    pub app_id: u64,
    /// The App's private key: RSA, PEM.
    pub private_key_pem: SecretString,
    /// Every secret that is current: several while one replaces another.
    pub webhook_secrets: Vec<SecretString>,
    /// The value of `X-GitHub-Api-Version`.
    pub api_version: String,
    /// A token of somebody who administers the repositories, for `setup`.
    pub admin_token: Option<SecretString>,
    /// What tells how pushes were authenticated.
    pub audit: GitHubAudit,
}

/// One `[[gitlab]]`: one robot account on one GitLab.
#[derive(Clone)]
pub struct GitLabInstance {
    /// The last part of its webhook URL.
    pub key: String,
    /// `https://gitlab.com` or `https://HOST[/below]`; the API is at `/api/v4` below it.
    pub url: String,
    /// The robot account's access token, with the scope `api`.
    pub token: SecretString,
    /// Every current `X-Gitlab-Token`.
    pub webhook_secrets: Vec<SecretString>,
    /// Every current signing token: `whsec_` and base64.
    pub signing_tokens: Vec<SecretString>,
    /// Certificates, PEM, that the instance's is checked against beside the system's.
    pub ca: Option<Vec<u8>>,
    /// A token of an administrator or maintainer, for `setup` and `doctor`.
    pub admin_token: Option<SecretString>,
    /// What tells how pushes were authenticated.
    pub audit: GitLabAudit,
}

/// One `[[stash]]`: one robot account on one Stash (Bitbucket Data Center).
#[derive(Clone)]
pub struct StashInstance {
    /// The last part of its webhook URL.
    pub key: String,
    /// `https://HOST[/below]`; the API is at `/rest` below it.
    pub url: String,
    /// The name of the robot account that the token is of.
    pub user: String,
    /// Its HTTP access token.
    pub token: SecretString,
    /// Every secret that is current.
    pub webhook_secrets: Vec<SecretString>,
    /// Certificates, PEM, that the instance's is checked against beside the system's.
    pub ca: Option<Vec<u8>>,
    /// A token of an administrator, for `setup` and `doctor`.
    pub admin_token: Option<SecretString>,
    /// What tells how pushes were authenticated.
    pub audit: StashAudit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGitHub {
    key: String,
    #[serde(default = "github_api")]
    api_url: String,
    #[serde(default = "github_web")]
    web_url: String,
    app_id: u64,
    private_key: Option<String>,
    private_key_file: Option<PathBuf>,
    #[serde(default)]
    webhook_secrets: Vec<String>,
    #[serde(default)]
    webhook_secret_files: Vec<PathBuf>,
    #[serde(default = "api_version")]
    api_version: String,
    admin_token: Option<String>,
    admin_token_file: Option<PathBuf>,
    #[serde(default)]
    audit: RawGitHubAudit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGitLab {
    key: String,
    #[serde(default = "gitlab_url")]
    url: String,
    token: Option<String>,
    token_file: Option<PathBuf>,
    #[serde(default)]
    webhook_secrets: Vec<String>,
    #[serde(default)]
    webhook_secret_files: Vec<PathBuf>,
    #[serde(default)]
    signing_tokens: Vec<String>,
    #[serde(default)]
    signing_token_files: Vec<PathBuf>,
    ca_file: Option<PathBuf>,
    admin_token: Option<String>,
    admin_token_file: Option<PathBuf>,
    #[serde(default)]
    audit: RawGitLabAudit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStash {
    key: String,
    url: String,
    user: String,
    token: Option<String>,
    token_file: Option<PathBuf>,
    #[serde(default)]
    webhook_secrets: Vec<String>,
    #[serde(default)]
    webhook_secret_files: Vec<PathBuf>,
    ca_file: Option<PathBuf>,
    admin_token: Option<String>,
    admin_token_file: Option<PathBuf>,
    #[serde(default)]
    audit: RawStashAudit,
}

/// Where a setting stands, for messages.
struct At<'a>(&'a str, usize);

impl At<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}[{}].{name}", self.0, self.1)
    }
}

impl Reader {
    pub(super) fn github(&mut self, index: usize, raw: &RawGitHub) -> Option<GitHubInstance> {
        let at = At("github", index);
        let api_url = self.http_url(&at.key("api_url"), &raw.api_url);
        let web_url = self.http_url(&at.key("web_url"), &raw.web_url);
        let private_key = (raw.private_key.as_deref(), raw.private_key_file.as_deref());
        let private_key = self.secret(&at.key("private_key"), private_key);
        let sources = (&raw.webhook_secrets[..], &raw.webhook_secret_files[..]);
        let webhook_secrets = self.webhook_secrets(&at.key("webhook_secrets"), sources);
        let admin = (raw.admin_token.as_deref(), raw.admin_token_file.as_deref());
        Some(GitHubInstance {
            key: raw.key.clone(),
            api_url: api_url?,
            web_url: web_url?,
            app_id: raw.app_id,
            private_key_pem: private_key?,
            webhook_secrets: webhook_secrets?,
            api_version: raw.api_version.clone(),
            admin_token: self.optional_secret(&at.key("admin_token"), admin)?,
            audit: self.github_audit(&at.key("audit"), &raw.audit)?,
        })
    }

    pub(super) fn gitlab(&mut self, index: usize, raw: &RawGitLab) -> Option<GitLabInstance> {
        let at = At("gitlab", index);
        let url = self.http_url(&at.key("url"), &raw.url);
        let token = (raw.token.as_deref(), raw.token_file.as_deref());
        let token = self.secret(&at.key("token"), token);
        let plain = (&raw.webhook_secrets[..], &raw.webhook_secret_files[..]);
        let signing = (&raw.signing_tokens[..], &raw.signing_token_files[..]);
        let webhook_secrets = self.secrets(&at.key("webhook_secrets"), plain);
        let signing_tokens = self.secrets(&at.key("signing_tokens"), signing);
        let admin = (raw.admin_token.as_deref(), raw.admin_token_file.as_deref());
        let admin_token = self.optional_secret(&at.key("admin_token"), admin);
        let ca = self.certificates(&at.key("ca_file"), raw.ca_file.as_deref());
        let (webhook_secrets, signing_tokens) = (webhook_secrets?, signing_tokens?);
        if webhook_secrets.is_empty() && signing_tokens.is_empty() {
            self.problems.push(format!(
                "`{}` and `{}` are missing: without one of them no delivery can be authenticated.",
                at.key("signing_tokens"),
                at.key("webhook_secrets")
            ));
            return None;
        }
        Some(GitLabInstance {
            key: raw.key.clone(),
            url: url?,
            token: token?,
            webhook_secrets,
            signing_tokens,
            ca: ca?,
            admin_token: admin_token?,
            audit: self.gitlab_audit(&at.key("audit"), &raw.audit)?,
        })
    }

    pub(super) fn stash(&mut self, index: usize, raw: &RawStash) -> Option<StashInstance> {
        let at = At("stash", index);
        let url = self.http_url(&at.key("url"), &raw.url);
        let token = (raw.token.as_deref(), raw.token_file.as_deref());
        let token = self.secret(&at.key("token"), token);
        let sources = (&raw.webhook_secrets[..], &raw.webhook_secret_files[..]);
        let webhook_secrets = self.webhook_secrets(&at.key("webhook_secrets"), sources);
        let admin = (raw.admin_token.as_deref(), raw.admin_token_file.as_deref());
        let admin_token = self.optional_secret(&at.key("admin_token"), admin);
        let ca = self.certificates(&at.key("ca_file"), raw.ca_file.as_deref());
        if raw.user.trim().is_empty() {
            let problem = format!("`{}` is empty: name the token's account.", at.key("user"));
            self.problems.push(problem);
            return None;
        }
        Some(StashInstance {
            key: raw.key.clone(),
            url: url?,
            user: raw.user.clone(),
            token: token?,
            webhook_secrets: webhook_secrets?,
            ca: ca?,
            admin_token: admin_token?,
            audit: raw.audit.checked(),
        })
    }

    /// The tables as the file has them, each checked; and their keys.
    pub(super) fn forges(
        &mut self,
        (github, gitlab, stash): (&[RawGitHub], &[RawGitLab], &[RawStash]),
    ) -> Forges {
        let keys = github.iter().map(|one| one.key.as_str());
        let keys = keys.chain(gitlab.iter().map(|one| one.key.as_str()));
        let keys: Vec<_> = keys
            .chain(stash.iter().map(|one| one.key.as_str()))
            .collect();
        self.instance_keys(&keys);
        let mut forges = Forges::default();
        for (index, raw) in github.iter().enumerate() {
            forges.github.extend(self.github(index, raw));
        }
        for (index, raw) in gitlab.iter().enumerate() {
            forges.gitlab.extend(self.gitlab(index, raw));
        }
        for (index, raw) in stash.iter().enumerate() {
            forges.stash.extend(self.stash(index, raw));
        }
        forges
    }
}

fn github_api() -> String {
    "https://api.github.com".to_owned()
}

fn github_web() -> String {
    "https://github.com".to_owned()
}

fn gitlab_url() -> String {
    "https://gitlab.com".to_owned()
}

fn api_version() -> String {
    "2022-11-28".to_owned()
}
