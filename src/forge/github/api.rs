//! Requests to GitHub's REST API, over octocrab.
//!
//! It authenticates, bounds size, pages and time, and says what an answer
//! means; it knows no endpoint but those of authentication.

use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use jiff::Timestamp;
use octocrab::Octocrab;
use octocrab::auth::EncodingKey;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::payload::Installation;
use super::slug;
use super::token::{Grant, Minted, Purpose, Tokens};
use crate::clock::SharedClock;
use crate::forge::support::answer::{Answer, refused, unavailable};
use crate::forge::support::client::{
    CONNECT_TIMEOUT, Call, MAX_ANSWER, MAX_PAGES, TIMEOUT, chain, moved, own_path,
};
use crate::forge::{ConfigError, ForgeError};
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;

const FORGE: ForgeKind = ForgeKind::GitHub;

/// Where and as whom.
pub(super) struct Settings {
    pub(super) api_url: Uri,
    pub(super) api_version: HeaderValue,
    pub(super) app_id: u64,
    pub(super) private_key: EncodingKey,
    /// Of somebody who administers the repositories, for set-up and the doctor.
    pub(super) admin_token: Option<SecretString>,
}

/// The App's access to one GitHub.
pub(super) struct Api {
    settings: Settings,
    clock: SharedClock,
    tokens: Tokens,
    /// Made at the first request: octocrab needs a running Tokio.
    app: OnceCell<Octocrab>,
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

    /// The base that every path stands below.
    pub(super) fn base(&self) -> &Uri {
        &self.settings.api_url
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
            repository: Some(repository.id),
            purpose,
        };
        self.granted(grant, path).await
    }

    /// Access to what a whole installation covers, with paths from the root:
    /// for lists of repositories, for a repository whose number is not known, and
    /// for what belongs to the organisation.
    pub(super) async fn of_installation(
        &self,
        installation: u64,
        purpose: Purpose,
    ) -> Result<RepositoryApi<'_>, ForgeError> {
        let grant = Grant {
            installation,
            repository: None,
            purpose,
        };
        self.granted(grant, String::new()).await
    }

    /// Access as the administrator whose token is configured; nothing without one.
    pub(super) async fn as_administrator(
        &self,
        path: String,
    ) -> Result<Option<RepositoryApi<'_>>, ForgeError> {
        match self.settings.admin_token.clone() {
            Some(token) => self.as_person(token, path).await.map(Some),
            None => Ok(None),
        }
    }

    /// Access with a token that somebody made by hand.
    pub(super) async fn as_person(
        &self,
        token: SecretString,
        path: String,
    ) -> Result<RepositoryApi<'_>, ForgeError> {
        self.with(None, token, path).await
    }

    async fn granted(&self, grant: Grant, path: String) -> Result<RepositoryApi<'_>, ForgeError> {
        let token = self.token(grant).await?;
        self.with(Some(grant), token, path).await
    }

    async fn with(
        &self,
        grant: Option<Grant>,
        token: SecretString,
        path: String,
    ) -> Result<RepositoryApi<'_>, ForgeError> {
        let client = self.app().await?.user_access_token(token.clone());
        let client = client.map_err(|error| unavailable(FORGE, chain(&error)))?;
        Ok(RepositoryApi {
            api: self,
            grant,
            client,
            path,
            token,
        })
    }

    /// One thing, asked for as the App.
    pub(super) async fn get_as_app<T: DeserializeOwned>(&self, path: &str) -> Result<T, ForgeError> {
        self.ask_as_app(Call::get(path)).await?.read()
    }

    /// Any request, made as the App; whatever is answered.
    pub(super) async fn ask_as_app(&self, call: Call) -> Result<Answer, ForgeError> {
        self.call(self.app().await?, call).await
    }

    /// A list, asked for as the App: page by page until `enough`, or an error.
    pub(super) async fn list_as_app<T: DeserializeOwned>(
        &self,
        path: &str,
        enough: impl Fn(&[T]) -> bool,
    ) -> Result<Vec<T>, ForgeError> {
        let mut next = path.to_owned();
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let answer = self.call(self.app().await?, Call::get(next)).await?;
            all.extend(answer.read::<Vec<T>>()?);
            match answer.next_page() {
                Some(link) if !enough(&all) => next = self.own_path(link)?,
                _ => return Ok(all),
            }
        }
        Err(refused(FORGE, format!("{path}: more than {MAX_PAGES} pages")))
    }

    /// The repository's installation: as the delivery states it, or asked for.
    async fn installation(&self, it: &EventRepository, path: &str) -> Result<u64, ForgeError> {
        if let Some(installation) = it.grant {
            return Ok(installation);
        }
        let request = Call::get(format!("{path}/installation"));
        let found: Installation = self.call(self.app().await?, request).await?.read()?;
        Ok(found.id.0)
    }

    async fn token(&self, grant: Grant) -> Result<SecretString, ForgeError> {
        if let Some(token) = self.tokens.get(grant, self.now()) {
            return Ok(token);
        }
        let path = format!("/app/installations/{}/access_tokens", grant.installation);
        let request = Call::write(FORGE, Method::POST, path, &grant.request())?;
        let minted: Minted = self.call(self.app().await?, request).await?.read()?;
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
        made.map_err(|error| refused(FORGE, format!("no client can be made: {}", chain(&error))))
    }

    /// One request, one whole answer, within [`TIMEOUT`].
    async fn call(&self, client: &Octocrab, call: Call) -> Result<Answer, ForgeError> {
        let request = call.to_string();
        let answer = tokio::time::timeout(TIMEOUT, self.send(client, call)).await;
        let late = |_| unavailable(FORGE, format!("{request}: no answer in {} s", TIMEOUT.as_secs()));
        answer.map_err(late)?
    }

    /// The path of a link into this API.
    pub(super) fn own_path(&self, link: &str) -> Result<String, ForgeError> {
        own_path(FORGE, &self.settings.api_url, link)
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
        let request = request.map_err(|error| refused(FORGE, format!("{shown}: {error}")))?;
        let sent = client.execute(request).await;
        let answer = sent.map_err(|error| unavailable(FORGE, format!("{shown}: {}", chain(&error))))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| {
            let why = chain(error.as_ref());
            unavailable(FORGE, format!(
                "{shown}: {why} (at most {MAX_ANSWER} bytes are read)"
            ))
        })?;
        Ok(Answer {
            forge: FORGE,
            request: shown,
            hint: hint(&parts),
            at: self.now(),
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes().to_vec(),
        })
    }
}

/// Requests below `/repos/{owner}/{name}`.
pub(super) struct RepositoryApi<'a> {
    api: &'a Api,
    /// What the token is for; nothing if somebody made it by hand.
    grant: Option<Grant>,
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
        self.find_at(format!("{}{below}", self.path)).await
    }

    /// [`RepositoryApi::find`], outside of the repository. A token is for one
    /// repository; what it may do in the organisation follows its permissions.
    pub(super) async fn find_at<T: DeserializeOwned>(
        &self,
        path: String,
    ) -> Result<Option<T>, ForgeError> {
        let answer = self.ask(Call::get(path)).await?;
        match answer.status {
            http::StatusCode::NOT_FOUND => Ok(None),
            _ => answer.read().map(Some),
        }
    }

    /// All entries of a list: every page, or an error.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        below: &str,
    ) -> Result<Vec<T>, ForgeError> {
        let pages: Vec<Vec<T>> = self.pages(below).await?;
        Ok(pages.into_iter().flatten().collect())
    }

    /// Every page of a list whose pages are not bare lists, or an error.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        below: &str,
    ) -> Result<Vec<T>, ForgeError> {
        let mut path = format!("{}{below}", self.path);
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let answer = self.ask(Call::get(path)).await?;
            all.push(answer.read::<T>()?);
            match answer.next_page() {
                None => return Ok(all),
                Some(next) => path = self.api.own_path(next)?,
            }
        }
        let reason = format!("{}{below}: more than {MAX_PAGES} pages", self.path);
        Err(refused(FORGE, reason))
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        below: &str,
        body: &impl Serialize,
    ) -> Result<T, ForgeError> {
        let path = format!("{}{below}", self.path);
        self.run(Call::write(FORGE, Method::POST, path, body)?).await
    }

    pub(super) async fn patch<T: DeserializeOwned>(
        &self,
        below: &str,
        body: &impl Serialize,
    ) -> Result<T, ForgeError> {
        let path = format!("{}{below}", self.path);
        self.run(Call::write(FORGE, Method::PATCH, path, body)?).await
    }

    async fn run<T: DeserializeOwned>(&self, call: Call) -> Result<T, ForgeError> {
        self.ask(call).await?.read()
    }

    /// Any request, with the path from the root; whatever is answered.
    pub(super) async fn ask(&self, call: Call) -> Result<Answer, ForgeError> {
        let request = call.to_string();
        let mut answer = self.api.call(&self.client, call.clone()).await?;
        if let Some(moved) = moved(&call, &answer) {
            // octocrab follows redirects of reads only; a renamed repository moves writes too.
            let path = self.api.own_path(moved)?;
            answer = self.api.call(&self.client, Call { path, ..call }).await?;
        }
        if answer.status == http::StatusCode::UNAUTHORIZED {
            let Some(grant) = self.grant else {
                return Err(refused(FORGE, format!("{request}: the configured token is not accepted")));
            };
            self.api.tokens.forget(grant);
            let reason = format!("{request}: the token was not accepted; the next one is new");
            return Err(unavailable(FORGE, reason));
        }
        Ok(answer)
    }
}

/// What to look at after a refusal: the permissions that GitHub names, if it does.
fn hint(answer: &http::response::Parts) -> String {
    if answer.status == http::StatusCode::UNAUTHORIZED {
        return " (is the App's id, key or clock right?)".to_owned();
    }
    let header = answer.headers.get("x-accepted-github-permissions");
    header.map_or_else(String::new, |value| {
        let permissions = crate::model::text::excerpt(value.as_bytes(), 200);
        format!("; grant the App one of these permissions: {permissions}")
    })
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn an_api_version_is_a_date() {
        assert!(version("2022-11-28").is_ok());
        assert!(version("2022-11-28\n").is_err());
        assert!(version("latest").is_err());
    }
}
