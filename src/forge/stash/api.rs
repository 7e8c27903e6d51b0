//! Requests to Stash's REST API, its lists page by page.
//!
//! It knows no endpoint but the one that tells the server's version.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode, Uri, header};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock::SharedClock;
use crate::forge::support::answer::{Answer, refused, unreadable};
use crate::forge::support::client::{self, Call, Client, MAX_PAGES};
use crate::forge::{ConfigError, ForgeError};
use crate::model::repo::ForgeKind;

const FORGE: ForgeKind = ForgeKind::Stash;
/// Entries of a page; Stash gives fewer where it likes to.
const PAGE: &str = "100";
/// A name and a password that no account has.
const NOBODY: &str = "forgewarden-asks-whether-passwords-work:made-up";
const HINT: &str = "is the token current, and may its account do this in this repository?";

/// Where and as whom.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) url: Uri,
    pub(super) token: SecretString,
    pub(super) ca: Option<Vec<u8>>,
}

/// One account's access to one Stash.
pub(super) struct Api(Client);

/// One page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    values: Vec<T>,
    is_last_page: bool,
    next_page_start: Option<u64>,
}

/// What comes after a page.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    End,
    From(u64),
    /// It is not the last, and the next one would not be a later one.
    Nowhere,
}

impl<T> Page<T> {
    fn next(&self, start: u64) -> Next {
        match self.next_page_start {
            _ if self.is_last_page => Next::End,
            Some(next) if next > start => Next::From(next),
            _ => Next::Nowhere,
        }
    }
}

#[derive(Deserialize)]
struct Properties {
    version: String,
}

impl Api {
    pub(super) fn new(settings: Settings, clock: SharedClock) -> Result<Self, ConfigError> {
        let value = format!("Bearer {}", settings.token.expose_secret());
        Self::with(SecretString::from(value), settings, clock)
    }

    /// As somebody who gives a name and a password that nobody has.
    pub(super) fn of_nobody(settings: Settings, clock: SharedClock) -> Result<Self, ConfigError> {
        let value = format!("Basic {}", STANDARD.encode(NOBODY));
        Self::with(SecretString::from(value), settings, clock)
    }

    fn with(
        authorization: SecretString,
        settings: Settings,
        clock: SharedClock,
    ) -> Result<Self, ConfigError> {
        let base = format!("{}/rest", settings.url.to_string().trim_end_matches('/'));
        let base = base.parse::<Uri>();
        let base = base.map_err(|error| ConfigError::new("url", error.to_string()))?;
        let settings = client::Settings {
            forge: FORGE,
            base,
            credential: (header::AUTHORIZATION, authorization),
            ca: settings.ca,
            hint: HINT,
        };
        Client::new(settings, clock).map(Self)
    }

    /// The present instant.
    pub(super) fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }

    /// Reads one thing.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ForgeError> {
        self.0.get(path).await
    }

    /// [`Api::get`], where the thing may not exist.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<T>, ForgeError> {
        self.0.find(path).await
    }

    /// All entries of a list: every page, or an error.
    pub(super) async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, ForgeError> {
        let mut all = Vec::new();
        let keep = |page: Vec<T>| {
            all.extend(page);
            None::<()>
        };
        self.pages(path, keep).await?;
        Ok(all)
    }

    /// [`Api::list`], or nothing where the server does not know such a list.
    pub(super) async fn list_if_any<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<Vec<T>>, ForgeError> {
        let known: Option<serde::de::IgnoredAny> = self.0.find(path).await?;
        match known {
            None => Ok(None),
            Some(_) => self.list(path).await.map(Some),
        }
    }

    /// The first entry of a list that is wanted.
    pub(super) async fn first<T: DeserializeOwned>(
        &self,
        path: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, ForgeError> {
        self.pages(path, |page: Vec<T>| page.into_iter().find(&wanted))
            .await
    }

    /// Reads page after page until something is found or the list ends.
    async fn pages<T: DeserializeOwned, R>(
        &self,
        path: &str,
        mut look: impl FnMut(Vec<T>) -> Option<R>,
    ) -> Result<Option<R>, ForgeError> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut start = 0;
        for _ in 0..MAX_PAGES {
            let one = format!("{path}{separator}limit={PAGE}&start={start}");
            let page: Page<T> = self.0.get(&one).await?;
            let next = page.next(start);
            if let Some(found) = look(page.values) {
                return Ok(Some(found));
            }
            match next {
                Next::End => return Ok(None),
                Next::From(next) => start = next,
                Next::Nowhere => {
                    return Err(unreadable(FORGE, format!("{one}: the page leads nowhere")));
                }
            }
        }
        let reason = format!("{path}: more than {MAX_PAGES} pages");
        Err(refused(FORGE, reason))
    }

    /// Writes; the whole answer, whatever it says.
    pub(super) async fn write(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Answer, ForgeError> {
        self.0.call(Call::write(FORGE, method, path, body)?).await
    }

    /// Sends a request; the whole answer, whatever it says.
    pub(super) async fn call(&self, call: Call) -> Result<Answer, ForgeError> {
        self.0.call(call).await
    }

    /// Deletes; what is gone already is no error.
    pub(super) async fn delete(&self, path: &str) -> Result<(), ForgeError> {
        let answer = self.0.call(Call::delete(path)).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(()),
            _ => answer.succeeded(),
        }
    }

    /// Whether the server is older than this version. Asked only after it did
    /// not know what newer ones know.
    pub(super) async fn is_older(&self, than: (u64, u64)) -> Result<bool, ForgeError> {
        let path = "/api/latest/application-properties";
        let properties: Properties = self.0.get(path).await?;
        let mut numbers = properties.version.split('.').map(str::parse::<u64>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor) < than),
            _ => Err(unreadable(FORGE, "the server's version is not a version")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, Page};

    fn next(page: &str, start: u64) -> Next {
        let page: Page<u8> = serde_json::from_str(page).expect("a page");
        page.next(start)
    }

    #[test]
    fn pages_lead_on_or_end_and_never_in_circles() {
        let page = r#"{"values":[1],"isLastPage":false,"nextPageStart":25,"size":1}"#;
        assert_eq!(next(page, 0), Next::From(25));
        assert_eq!(next(page, 25), Next::Nowhere);
        let last = r#"{"values":[],"isLastPage":true,"nextPageStart":null}"#;
        assert_eq!(next(last, 25), Next::End);
        let odd = r#"{"values":[],"isLastPage":false}"#;
        assert_eq!(next(odd, 0), Next::Nowhere);
        assert!(serde_json::from_str::<Page<u8>>(r#"{"values":[]}"#).is_err());
    }
}
