//! What the settings of a GitHub rule out: for the product or the server, and
//! for each organisation whose records are asked.
//!
//! What cannot be read rules nothing out, and is said.

use std::collections::BTreeSet;

use http::Uri;
use serde::Deserialize;

use super::GitHub;
use super::api::RepositoryApi;
use super::payload::Installation;
use super::token::Purpose;
use crate::forge::support::answer::refused;
use crate::forge::support::url::encoded;
use crate::forge::{ForgeError, Guarantee};
use crate::model::authentication::Method;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

/// Everything that GitHub takes for a push; `token` stands for every kind of it.
const METHODS: [Method; 6] = [
    Method::Password,
    Method::Token,
    Method::DeployKey,
    Method::SshKey,
    Method::SshCertificate,
    Method::WebSession,
];
/// GitHub's announcement, which holds for its own servers and for no others.
const NO_PASSWORDS: &str = "github.com and GHE.com take no account password for git since 2021-08-13 \
    (github.blog/2020-12-15-token-authentication-requirements-for-git-operations)";
/// Longest error in a sentence.
const MAX_REASON: usize = 300;

/// `GET /meta`. Source: npm `@octokit/openapi`, `api-overview`.
#[derive(Deserialize)]
struct Meta {
    verifiable_password_authentication: Option<bool>,
}

/// `GET /orgs/{org}`; what only its owners see is absent or null for others.
/// Source: npm `@octokit/openapi`, `organization-full`.
#[derive(Deserialize)]
pub(super) struct Organisation {
    pub(super) two_factor_requirement_enabled: Option<bool>,
    deploy_keys_enabled_for_repositories: Option<bool>,
}

/// Whether the API is one of GitHub's own servers: github.com or a tenant of
/// GHE.com. Source: docs.github.com, "About storage of your data with data
/// residency".
pub(super) fn is_githubs_own(api: &Uri) -> bool {
    let host = api.host().unwrap_or_default().to_ascii_lowercase();
    let tenant = host
        .strip_prefix("api.")
        .and_then(|it| it.strip_suffix(".ghe.com"));
    api.scheme_str() == Some("https")
        && (host == "api.github.com" || tenant.is_some_and(|it| !it.is_empty()))
}

impl GitHub {
    pub(super) async fn read_guarantees(&self) -> Vec<Guarantee> {
        let mut all = vec![self.passwords().await];
        if let Some(false) = self.audit.config.passwords {
            let says = "the operator states that no account password is taken for git";
            let leaves = Some(all_but(Method::Password));
            all.push(self.guarantee("passwords-stated", (None, leaves), says));
        }
        for name in &self.audit.config.organizations {
            all.extend(self.of_organisation(name).await);
        }
        all
    }

    /// What GitHub shows of an organisation; nothing if there is none of the name.
    pub(super) async fn shown_organisation(
        api: &RepositoryApi<'_>,
        name: &str,
    ) -> Result<Option<Organisation>, ForgeError> {
        let path = format!("/orgs/{}", encoded(name.as_bytes(), b""));
        api.find_at(path).await
    }

    async fn passwords(&self) -> Guarantee {
        let stated = self.audit.config.passwords;
        let (leaves, says) = if is_githubs_own(self.api.base()) {
            (Some(all_but(Method::Password)), NO_PASSWORDS.to_owned())
        } else {
            match self.meta().await {
                Ok(Some(false)) if stated == Some(true) => (None, CONTRADICTED.to_owned()),
                Ok(Some(false)) => (Some(all_but(Method::Password)), REFUSED.to_owned()),
                Ok(Some(true)) => (None, TAKEN.to_owned()),
                Ok(None) => (None, UNTOLD.to_owned()),
                Err(error) => (None, unread("whether the server takes passwords", &error)),
            }
        };
        self.guarantee("passwords-for-git", (None, leaves), says)
    }

    /// `verifiable_password_authentication`, asked as anybody that we can be: a
    /// server in private mode tells nothing to strangers.
    async fn meta(&self) -> Result<Option<bool>, ForgeError> {
        let api = match self.audit.config.token.clone() {
            Some(token) => self.api.as_person(token, String::new()).await?,
            None => {
                let path = "/app/installations?per_page=1";
                let all: Vec<Installation> = self.api.get_as_app(path).await?;
                let Some(first) = all.first() else {
                    let reason = "the App is installed nowhere, so that nothing can be asked";
                    return Err(refused(ForgeKind::GitHub, reason));
                };
                let of = first.id.0;
                self.api.of_installation(of, Purpose::Metadata).await?
            }
        };
        let meta: Meta = api.get("/meta").await?;
        Ok(meta.verifiable_password_authentication)
    }

    async fn of_organisation(&self, name: &str) -> [Guarantee; 2] {
        let shown = async {
            let api = self.organisation(name).await?;
            let found = Self::shown_organisation(&api, name).await?;
            let none = || refused(ForgeKind::GitHub, format!("there is no organisation {name}"));
            found.ok_or_else(none)
        };
        let scope = || Some(name.to_owned());
        let (two_factor, deploy_keys, leaves) = match shown.await {
            Ok(it) => (
                two_factor(name, it.two_factor_requirement_enabled),
                deploy_keys(name, it.deploy_keys_enabled_for_repositories),
                (it.deploy_keys_enabled_for_repositories == Some(false))
                    .then(|| all_but(Method::DeployKey)),
            ),
            Err(error) => {
                let what = format!("the settings of {name}");
                (unread(&what, &error), unread(&what, &error), None)
            }
        };
        [
            self.guarantee("two-factor", (scope(), None), two_factor),
            self.guarantee("deploy-keys", (scope(), leaves), deploy_keys),
        ]
    }

    fn guarantee(
        &self,
        id: &'static str,
        (scope, leaves): (Option<String>, Option<BTreeSet<Method>>),
        says: impl Into<String>,
    ) -> Guarantee {
        Guarantee {
            id,
            scope,
            leaves,
            says: says.into(),
            read_at: self.api.now(),
        }
    }
}

const REFUSED: &str =
    "the server's verifiable_password_authentication is false: it takes no account password";
const TAKEN: &str = "the server's verifiable_password_authentication is true: account passwords may work for git";
const UNTOLD: &str = "the server does not say whether it takes account passwords";
const CONTRADICTED: &str = "the server's verifiable_password_authentication is false, but the operator states \
    that account passwords are taken for git";

fn two_factor(name: &str, required: Option<bool>) -> String {
    match required {
        Some(true) => format!("{name} requires two-factor authentication of its members"),
        Some(false) => format!("{name} does not require two-factor authentication of its members"),
        None => format!("{name} does not show us whether it requires two-factor authentication"),
    }
}

fn deploy_keys(name: &str, enabled: Option<bool>) -> String {
    match enabled {
        Some(true) => format!("{name} lets its repositories have deploy keys"),
        Some(false) => format!("{name} lets no repository have deploy keys"),
        None => format!("{name} does not show us whether its repositories may have deploy keys"),
    }
}

fn unread(what: &str, error: &ForgeError) -> String {
    let reason = excerpt(error.to_string(), MAX_REASON);
    format!("{what} could not be read: {reason}")
}

fn all_but(method: Method) -> BTreeSet<Method> {
    METHODS.into_iter().filter(|it| *it != method).collect()
}

#[cfg(test)]
mod tests {
    use super::{Method, all_but, is_githubs_own};

    #[test]
    fn githubs_own_servers_are_known_by_their_exact_names() {
        let own = |url: &str| is_githubs_own(&url.parse().expect("a URL"));
        for url in [
            "https://api.github.com",
            "https://API.GitHub.com/",
            "https://api.acme.ghe.com",
        ] {
            assert!(own(url), "{url}");
        }
        for url in [
            "http://api.github.com",
            "https://github.com",
            "https://api.github.com.example.com",
            "https://evilapi.github.com",
            "https://api.ghe.com",
            "https://api.acme.ghe.com.example.com",
            "https://acme-ghe.com/api/v3",
            "https://github.example.com/api/v3",
        ] {
            assert!(!own(url), "{url}");
        }
    }

    #[test]
    fn without_passwords_every_other_way_remains() {
        let left: Vec<_> = all_but(Method::Password)
            .into_iter()
            .map(Method::word)
            .collect();
        assert_eq!(
            left,
            [
                "token",
                "deploy-key",
                "ssh-key",
                "ssh-certificate",
                "web-session"
            ]
        );
    }
}
