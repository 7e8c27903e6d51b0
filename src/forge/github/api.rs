//! Requests to GitHub's REST API, over octocrab.
//!
//! It authenticates, bounds size, pages and time, and says what an answer
//! means; it knows no endpoint but those of authentication.

use std::time::Duration;

use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use jiff::Timestamp;
use octocrab::Octocrab;
use octocrab::auth::EncodingKey;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::answer::{Answer, refused, unavailable, unreadable};
use super::payload::Installation;
use super::slug;
use super::token::{Grant, Minted, Purpose, Tokens};
use crate::clock::SharedClock;
use crate::forge::{ConfigError, ForgeError};
use crate::model::event::EventRepository;

/// Longest a request may take from first to last byte.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest that connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 16 << 20;
/// Most pages of a list (of 100 entries each) that are read.
const MAX_PAGES: usize = 100;

/// Where and as whom.
pub(super) struct Settings {
    pub(super) api_url: Uri,
    pub(super) api_version: HeaderValue,
    pub(super) app_id: u64,
    pub(super) private_key: EncodingKey,
}

/// The App's access to one GitHub.
pub(super) struct Api {
    settings: Settings,
    clock: SharedClock,
    tokens: Tokens,
    /// Made at the first request: octocrab needs a running Tokio.
    app: OnceCell<Octocrab>,
}

/// The base of an API or of the web pages: https, or http on loopback, since
/// credentials go over it.
pub(super) fn base_url(setting: &'static str, url: &str) -> Result<Uri, ConfigError> {
    let parsed = url.trim_end_matches('/').parse::<Uri>();
    let uri = parsed.map_err(|error| ConfigError::new(setting, error.to_string()))?;
    let loopback = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let safe = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => loopback,
        _ => false,
    };
    let plain =
        uri.query().is_none() && uri.authority().is_some_and(|it| !it.as_str().contains('@'));
    if safe && plain {
        return Ok(uri);
    }
    let problem = "not an https:// URL without user name and query (http:// only on loopback)";
    Err(ConfigError::new(setting, problem))
}

/// The API version as a header.
pub(super) fn version(version: &str) -> Result<HeaderValue, ConfigError> {
    let odd = || ConfigError::new("api_version", "not a date such as 2022-11-28");
    version.parse::<jiff::civil::Date>().map_err(|_| odd())?;
    HeaderValue::from_str(version).map_err(|_| odd())
}

/// The App's key. The error never quotes it.
pub(super) fn private_key(pem: &SecretString) -> Result<EncodingKey, ConfigError> {
    EncodingKey::from_rsa_pem(pem.expose_secret().as_bytes()).map_err(|_| {
        ConfigError::new(
            "private_key_pem",
            "not an RSA private key in PEM, as GitHub gives it",
        )
    })
}

impl Api {
    pub(super) fn new(settings: Settings, clock: SharedClock) -> Self {
        Self {
            settings,
            clock,
            tokens: Tokens::default(),
            app: OnceCell::new(),
        }
    }

    /// Our App's number.
    pub(super) fn app_id(&self) -> u64 {
        self.settings.app_id
    }

    /// The present instant.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Access to one repository for one purpose.
    pub(super) async fn repository(
        &self,
        repository: &EventRepository,
        purpose: Purpose,
    ) -> Result<RepositoryApi<'_>, ForgeError> {
        let path = format!("/repos/{}", slug::of(repository)?);
        let grant = Grant {
            installation: self.installation(repository, &path).await?,
            repository: repository.id,
            purpose,
        };
        let token = self.token(grant).await?;
        let client = self.app().await?.user_access_token(token.clone());
        let client = client.map_err(|error| unavailable(chain(&error)))?;
        Ok(RepositoryApi {
            api: self,
            grant,
            client,
            path,
            token,
        })
    }

    /// The repository's installation: as the delivery states it, or asked for.
    async fn installation(&self, it: &EventRepository, path: &str) -> Result<u64, ForgeError> {
        if let Some(installation) = it.grant {
            return Ok(installation);
        }
        let request = Call::get(format!("{path}/installation"));
        let answer = self.call(self.app().await?, request.clone()).await?;
        let found: Installation = answer.read(&request.to_string(), self.now())?;
        Ok(found.id.0)
    }

    async fn token(&self, grant: Grant) -> Result<SecretString, ForgeError> {
        if let Some(token) = self.tokens.get(grant, self.now()) {
            return Ok(token);
        }
        let path = format!("/app/installations/{}/access_tokens", grant.installation);
        let request = Call::write(Method::POST, path, &grant.request())?;
        let answer = self.call(self.app().await?, request.clone()).await?;
        let minted: Minted = answer.read(&request.to_string(), self.now())?;
        Ok(self.tokens.keep(grant, minted, self.now()))
    }

    /// The client that signs as the App.
    async fn app(&self) -> Result<&Octocrab, ForgeError> {
        let make = async || {
            let app_id = self.settings.app_id.into();
            let key = self.settings.private_key.clone();
            let builder = Octocrab::builder().app(app_id, key);
            let builder = builder.base_uri(self.settings.api_url.clone())?;
            builder
                .set_connect_timeout(Some(CONNECT_TIMEOUT))
                .set_read_timeout(Some(TIMEOUT))
                .set_write_timeout(Some(TIMEOUT))
                .build()
        };
        let made = self.app.get_or_try_init(make).await;
        made.map_err(|error| refused(format!("no client can be made: {}", chain(&error))))
    }

    /// One request, one whole answer, within [`TIMEOUT`].
    async fn call(&self, client: &Octocrab, call: Call) -> Result<Answer, ForgeError> {
        let request = call.to_string();
        let answer = tokio::time::timeout(TIMEOUT, self.send(client, call)).await;
        let late = |_| unavailable(format!("{request}: no answer in {} s", TIMEOUT.as_secs()));
        answer.map_err(late)?
    }

    async fn send(&self, client: &Octocrab, call: Call) -> Result<Answer, ForgeError> {
        let shown = call.to_string();
        let builder = Request::builder().method(call.method).uri(&call.path);
        let builder = builder
            .header(header::ACCEPT, "application/vnd.github+json")
            .header("x-github-api-version", self.settings.api_version.clone());
        let builder = match &call.body {
            Some(_) => builder.header(header::CONTENT_TYPE, "application/json"),
            None => builder,
        };
        let request = builder.body(call.body.unwrap_or_default());
        let request = request.map_err(|error| refused(format!("{shown}: {error}")))?;
        let sent = client.execute(request).await;
        let answer = sent.map_err(|error| unavailable(format!("{shown}: {}", chain(&error))))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| {
            let why = chain(error.as_ref());
            unavailable(format!(
                "{shown}: {why} (at most {MAX_ANSWER} bytes are read)"
            ))
        })?;
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes().to_vec(),
        })
    }

    /// The path and query of a link to our own API; a link elsewhere is an error.
    fn own_path(&self, link: &str) -> Result<String, ForgeError> {
        let ours = &self.settings.api_url;
        let link: Uri = link
            .parse()
            .map_err(|_| unreadable("a link is not a URL"))?;
        if link.authority() != ours.authority() || link.scheme() != ours.scheme() {
            return Err(unreadable("a link leaves the API"));
        }
        let path = link.path_and_query().map(|it| it.as_str().to_owned());
        path.ok_or_else(|| unreadable("a link has no path"))
    }
}

/// One request.
#[derive(Clone)]
struct Call {
    method: Method,
    path: String,
    body: Option<String>,
}

impl Call {
    fn get(path: String) -> Self {
        Self {
            method: Method::GET,
            path,
            body: None,
        }
    }

    fn write(method: Method, path: String, body: &impl Serialize) -> Result<Self, ForgeError> {
        let body = serde_json::to_string(body).map_err(|error| refused(error.to_string()))?;
        Ok(Self {
            method,
            path,
            body: Some(body),
        })
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Requests below `/repos/{owner}/{name}`.
pub(super) struct RepositoryApi<'a> {
    api: &'a Api,
    grant: Grant,
    client: Octocrab,
    path: String,
    /// The credential itself, for git.
    pub(super) token: SecretString,
}

impl RepositoryApi<'_> {
    pub(super) async fn get<T: DeserializeOwned>(&self, below: &str) -> Result<T, ForgeError> {
        self.run(Call::get(format!("{}{below}", self.path))).await
    }

    /// [`RepositoryApi::get`], where the thing may not exist.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        below: &str,
    ) -> Result<Option<T>, ForgeError> {
        let call = Call::get(format!("{}{below}", self.path));
        let request = call.to_string();
        let answer = self.answer(call).await?;
        if answer.status == http::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.read(&request, self.api.now()).map(Some)
    }

    /// All entries of a list: every page, or an error.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        below: &str,
    ) -> Result<Vec<T>, ForgeError> {
        let mut path = format!("{}{below}", self.path);
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let call = Call::get(path);
            let request = call.to_string();
            let answer = self.answer(call).await?;
            let page: Vec<T> = answer.read(&request, self.api.now())?;
            all.extend(page);
            match answer.next_page() {
                None => return Ok(all),
                Some(next) => path = self.api.own_path(next)?,
            }
        }
        let reason = format!("{}{below}: more than {MAX_PAGES} pages", self.path);
        Err(refused(reason))
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        below: &str,
        body: &impl Serialize,
    ) -> Result<T, ForgeError> {
        let path = format!("{}{below}", self.path);
        self.run(Call::write(Method::POST, path, body)?).await
    }

    pub(super) async fn patch<T: DeserializeOwned>(
        &self,
        below: &str,
        body: &impl Serialize,
    ) -> Result<T, ForgeError> {
        let path = format!("{}{below}", self.path);
        self.run(Call::write(Method::PATCH, path, body)?).await
    }

    async fn run<T: DeserializeOwned>(&self, call: Call) -> Result<T, ForgeError> {
        let request = call.to_string();
        self.answer(call).await?.read(&request, self.api.now())
    }

    async fn answer(&self, call: Call) -> Result<Answer, ForgeError> {
        let request = call.to_string();
        let mut answer = self.api.call(&self.client, call.clone()).await?;
        if let Some(moved) = moved(&answer) {
            // octocrab follows redirects of reads only; a renamed repository moves writes too.
            let path = self.api.own_path(moved)?;
            answer = self.api.call(&self.client, Call { path, ..call }).await?;
        }
        if answer.status == http::StatusCode::UNAUTHORIZED {
            self.api.tokens.forget(self.grant);
            let reason = format!("{request}: the token was not accepted; the next one is new");
            return Err(unavailable(reason));
        }
        Ok(answer)
    }
}

/// Where a request with a body is to be sent instead.
fn moved(answer: &Answer) -> Option<&str> {
    let same_method = matches!(answer.status.as_u16(), 307 | 308);
    let location = answer.headers.get(header::LOCATION).filter(|_| same_method);
    location?.to_str().ok()
}

/// An error and its causes, without backtraces.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let deepest = causes
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string);
    crate::model::text::excerpt(deepest, 300)
}

#[cfg(test)]
mod tests {
    use super::{base_url, version};

    #[test]
    fn credentials_go_over_https_or_loopback_only() {
        for good in [
            "https://api.github.com",
            "https://github.example.com/api/v3/",
            "https://api.acme.ghe.com",
            "http://127.0.0.1:8080/api/v3",
            "http://[::1]:80",
        ] {
            assert!(base_url("api_url", good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "api.github.com",
            "http://api.github.com",
            "http://localhost.example.com",
            "ftp://github.com",
            "https://user@github.com",
            "https://github.com/?a=b",
        ] {
            assert!(base_url("api_url", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_api_version_is_a_date() {
        assert!(version("2022-11-28").is_ok());
        assert!(version("2022-11-28\n").is_err());
        assert!(version("latest").is_err());
    }
}
