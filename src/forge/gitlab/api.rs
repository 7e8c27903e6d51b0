//! Requests to GitLab's REST API, version 4.
//!
//! What is read is described by the endpoints of the crate `gitlab`; how it is
//! sent, bounded and judged is our own client's. Writes are JSON of our own:
//! the crate would send forms, which lose the types. It knows no endpoint but
//! the one that says who we are.

use std::fmt::Display;

use gitlab::api::Endpoint;
use gitlab::api::users::CurrentUser;
use http::{HeaderName, Method, Uri};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::payload::Account;
use crate::clock::SharedClock;
use crate::forge::support::answer::{Answer, refused};
use crate::forge::support::client::{Call, Client, Settings};
use crate::forge::{ConfigError, ForgeError};
use crate::model::repo::ForgeKind;

const FORGE: ForgeKind = ForgeKind::GitLab;
const TOKEN: HeaderName = HeaderName::from_static("private-token");
/// Most entries of one page.
pub(super) const PAGE: usize = 100;
/// What to look at after a 401, 403 or 404: GitLab says 404 for what the token
/// may not see.
const HINT: &str = "is the token valid, has it the scope `api`, and is its account a member of \
                    the project with the role Developer or higher?";

/// One account's access to one GitLab.
pub(super) struct Api {
    client: Client,
    me: OnceCell<Account>,
}

impl Api {
    /// Makes the client; makes no request.
    pub(super) fn new(
        web_url: &Uri,
        token: SecretString,
        ca: Option<Vec<u8>>,
        clock: SharedClock,
    ) -> Result<Self, ConfigError> {
        let base = format!("{}/api/v4", web_url.to_string().trim_end_matches('/'));
        let base = base.parse::<Uri>();
        let base = base.map_err(|error| ConfigError::new("url", error.to_string()))?;
        let settings = Settings {
            forge: FORGE,
            base,
            credential: (TOKEN, token),
            ca,
            hint: HINT,
        };
        let client = Client::new(settings, clock)?;
        let me = OnceCell::new();
        Ok(Self { client, me })
    }

    /// The present instant.
    pub(super) fn now(&self) -> jiff::Timestamp {
        self.client.now()
    }

    /// The account that the token is of. Asked once: a token does not change hands.
    pub(super) async fn me(&self) -> Result<&Account, ForgeError> {
        let ask = async || self.get(&built(CurrentUser::builder().build())?).await;
        self.me.get_or_try_init(ask).await
    }

    /// Reads one thing.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        endpoint: &impl Endpoint,
    ) -> Result<T, ForgeError> {
        self.client.get(&path(endpoint, "")?).await
    }

    /// [`Api::get`], where the thing may not exist.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        endpoint: &impl Endpoint,
    ) -> Result<Option<T>, ForgeError> {
        self.client.find(&path(endpoint, "")?).await
    }

    /// The first [`PAGE`] entries of a list.
    pub(super) async fn first_page<T: DeserializeOwned>(
        &self,
        endpoint: &impl Endpoint,
    ) -> Result<Vec<T>, ForgeError> {
        self.client.get(&path(endpoint, "per_page=100")?).await
    }

    /// All entries of a list: every page, or an error.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        endpoint: &impl Endpoint,
    ) -> Result<Vec<T>, ForgeError> {
        self.client.list(&path(endpoint, "per_page=100")?).await
    }

    /// [`Api::list`], by keyset: GitLab counts no more than 50,000 entries otherwise.
    pub(super) async fn list_by_key<T: DeserializeOwned>(
        &self,
        endpoint: &impl Endpoint,
    ) -> Result<Vec<T>, ForgeError> {
        let path = path(endpoint, "pagination=keyset&per_page=100")?;
        self.client.list(&path).await
    }

    /// [`Api::find`] at a path that the crate does not know.
    pub(super) async fn find_at<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<T>, ForgeError> {
        self.client.find(path).await
    }

    /// [`Api::list`] at a path that the crate does not know.
    pub(super) async fn list_at<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Vec<T>, ForgeError> {
        self.client.list(&format!("{path}?per_page=100")).await
    }

    /// [`Api::list_at`]; nothing where the feature is not licensed or we may not see it.
    pub(super) async fn list_if_allowed<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<Vec<T>>, ForgeError> {
        match self.list_at(path).await {
            Ok(found) => Ok(Some(found)),
            Err(ForgeError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a request; the answer whatever it is.
    pub(super) async fn call(&self, call: Call) -> Result<Answer, ForgeError> {
        self.client.call(call).await
    }

    /// Writes JSON; the answer whatever it is.
    pub(super) async fn send(
        &self,
        method: Method,
        path: String,
        body: &impl Serialize,
    ) -> Result<Answer, ForgeError> {
        let call = Call::write(FORGE, method, path, body)?;
        self.client.call(call).await
    }
}

/// A finished builder of the crate. Ours set every field, so there is no error.
pub(super) fn built<T>(result: Result<T, impl Display>) -> Result<T, ForgeError> {
    result.map_err(|error| refused(FORGE, format!("a request cannot be made: {error}")))
}

/// Path and query of an endpoint, below the API's base.
fn path(endpoint: &impl Endpoint, more: &str) -> Result<String, ForgeError> {
    let url = reqwest::Url::parse("https://gitlab.invalid/");
    let mut url = built(url)?;
    endpoint.parameters().add_to_url(&mut url);
    let query = [url.query().unwrap_or_default(), more];
    let query = query.into_iter().filter(|part| !part.is_empty());
    let query = query.collect::<Vec<_>>().join("&");
    let separator = if query.is_empty() { "" } else { "?" };
    Ok(format!("/{}{separator}{query}", endpoint.endpoint()))
}

#[cfg(test)]
mod tests {
    use super::path;
    use gitlab::api::projects::repository::branches::Branch;
    use gitlab::api::projects::repository::commits::CommitStatuses;

    #[test]
    fn an_endpoint_becomes_a_path_below_the_api() {
        let branch = Branch::builder().project(7).branch("a/b c#d?e").build();
        let branch = path(&branch.expect("complete"), "").expect("a path");
        assert_eq!(branch, "/projects/7/repository/branches/a%2Fb%20c%23d%3Fe");
        let statuses = CommitStatuses::builder()
            .project(7)
            .commit("1".repeat(40))
            .name("forgewarden/a&b")
            .all(true)
            .build();
        let statuses = path(&statuses.expect("complete"), "per_page=100").expect("a path");
        let (path, query) = statuses.split_once('?').expect("a query");
        assert!(path.ends_with("/statuses"), "{path}");
        assert!(query.contains("name=forgewarden%2Fa%26b"), "{query}");
        assert!(query.ends_with("&per_page=100"), "{query}");
    }
}
