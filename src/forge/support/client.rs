//! One HTTP client for the forges that have no crate of their own with bounds:
//! size, time, pages and redirects are bounded here and nowhere else.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::{Answer, refused, unavailable, unreadable};
use crate::clock::SharedClock;
use crate::forge::{ConfigError, ForgeError};
use crate::model::repo::ForgeKind;

/// Longest a request may take from first to last byte.
pub(in crate::forge) const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest that connecting may take.
pub(in crate::forge) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
pub(in crate::forge) const MAX_ANSWER: usize = 16 << 20;
/// Most pages of a list (of 100 entries each) that are read.
pub(in crate::forge) const MAX_PAGES: usize = 100;
/// Most redirects of one request that are followed.
const MAX_REDIRECTS: usize = 3;

/// One request below the base of an API.
#[derive(Clone)]
pub(in crate::forge) struct Call {
    pub(in crate::forge) method: Method,
    /// Path and query, encoded; starts with `/`.
    pub(in crate::forge) path: String,
    /// JSON, if there is a body.
    pub(in crate::forge) body: Option<String>,
}

impl Call {
    pub(in crate::forge) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: None,
        }
    }

    pub(in crate::forge) fn delete(path: impl Into<String>) -> Self {
        Self {
            method: Method::DELETE,
            path: path.into(),
            body: None,
        }
    }

    /// A request with a JSON body. A body that cannot be written is an error.
    pub(in crate::forge) fn write(
        forge: ForgeKind,
        method: Method,
        path: impl Into<String>,
        body: &impl Serialize,
    ) -> Result<Self, ForgeError> {
        let body = serde_json::to_string(body);
        let body = body.map_err(|error| refused(forge, error.to_string()))?;
        Ok(Self {
            method,
            path: path.into(),
            body: Some(body),
        })
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Where to, and as whom.
pub(in crate::forge) struct Settings {
    pub(in crate::forge) forge: ForgeKind,
    /// What every path stands below.
    pub(in crate::forge) base: Uri,
    /// The header that authenticates us, and its value.
    pub(in crate::forge) credential: (HeaderName, SecretString),
    /// PEM certificates that are trusted beside the system's.
    pub(in crate::forge) ca: Option<Vec<u8>>,
    /// What to look at after a 401, 403 or 404.
    pub(in crate::forge) hint: &'static str,
}

/// Access to one API.
pub(in crate::forge) struct Client {
    settings: Settings,
    headers: HeaderMap,
    http: reqwest::Client,
    clock: SharedClock,
}

impl Client {
    /// Makes the client; makes no request.
    pub(in crate::forge) fn new(
        settings: Settings,
        clock: SharedClock,
    ) -> Result<Self, ConfigError> {
        let (name, secret) = &settings.credential;
        let mut value = HeaderValue::from_str(secret.expose_secret()).map_err(|_| {
            ConfigError::new("token", "it holds characters that no HTTP header can hold")
        })?;
        value.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(name, value);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("forgewarden/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT);
        for certificate in certificates(settings.ca.as_deref())? {
            builder = builder.add_root_certificate(certificate);
        }
        let http = builder
            .build()
            .map_err(|error| ConfigError::new("api_url", chain(&error)))?;
        Ok(Self {
            settings,
            headers,
            http,
            clock,
        })
    }

    /// Whose API it is.
    pub(in crate::forge) fn forge(&self) -> ForgeKind {
        self.settings.forge
    }

    /// The base that every path stands below.
    pub(in crate::forge) fn base(&self) -> &Uri {
        &self.settings.base
    }

    /// The present instant.
    pub(in crate::forge) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// One request, one whole answer. Redirects inside the API are followed: all
    /// of a read, and those of a write that keep its method.
    pub(in crate::forge) async fn call(&self, call: Call) -> Result<Answer, ForgeError> {
        let mut call = call;
        for _ in 0..MAX_REDIRECTS {
            let answer = self.send(&call).await?;
            match moved(&call, &answer) {
                None => return Ok(answer),
                Some(link) => call.path = own_path(self.forge(), self.base(), link)?,
            }
        }
        let reason = format!("{call}: more than {MAX_REDIRECTS} redirects");
        Err(unreadable(self.forge(), reason))
    }

    /// Reads one thing.
    pub(in crate::forge) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<T, ForgeError> {
        self.call(Call::get(path)).await?.read()
    }

    /// [`Client::get`], where the thing may not exist.
    pub(in crate::forge) async fn find<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<T>, ForgeError> {
        let answer = self.call(Call::get(path)).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            _ => answer.read().map(Some),
        }
    }

    /// All entries of a list whose pages are linked (RFC 8288): every page, or
    /// an error.
    pub(in crate::forge) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Vec<T>, ForgeError> {
        let mut next = path.to_owned();
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let answer = self.call(Call::get(next)).await?;
            all.extend(answer.read::<Vec<T>>()?);
            match answer.next_page() {
                None => return Ok(all),
                Some(link) => next = own_path(self.forge(), self.base(), link)?,
            }
        }
        let reason = format!("{path}: more than {MAX_PAGES} pages");
        Err(refused(self.forge(), reason))
    }

    async fn send(&self, call: &Call) -> Result<Answer, ForgeError> {
        let base = self.base().to_string();
        let url = format!("{}{}", base.trim_end_matches('/'), call.path);
        let failed = |error: &(dyn std::error::Error + 'static)| {
            unavailable(self.forge(), format!("{call}: {}", chain(error)))
        };
        let mut request = self.http.request(call.method.clone(), url);
        request = request.headers(self.headers.clone());
        if let Some(body) = &call.body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let mut response = request.send().await.map_err(|error| failed(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                let reason = format!("{call}: more than {MAX_ANSWER} bytes");
                return Err(unreadable(self.forge(), reason));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            forge: self.forge(),
            request: call.to_string(),
            status: response.status(),
            headers: response.headers().clone(),
            body,
            hint: format!(" ({})", self.settings.hint),
            at: self.now(),
        })
    }
}

fn certificates(pem: Option<&[u8]>) -> Result<Vec<reqwest::Certificate>, ConfigError> {
    let Some(pem) = pem else {
        return Ok(Vec::new());
    };
    let found = reqwest::Certificate::from_pem_bundle(pem);
    let found = found.map_err(|error| ConfigError::new("ca_file", chain(&error)))?;
    match found.is_empty() {
        true => Err(ConfigError::new(
            "ca_file",
            "there is no PEM certificate in it",
        )),
        false => Ok(found),
    }
}

/// Where a request is to be sent instead.
pub(in crate::forge) fn moved<'a>(call: &Call, answer: &'a Answer) -> Option<&'a str> {
    let followed = match answer.status.as_u16() {
        307 | 308 => true,
        301 | 302 => call.method == Method::GET,
        _ => false,
    };
    let location = answer.headers.get(header::LOCATION).filter(|_| followed);
    location?.to_str().ok()
}

/// The path and query, below `base`, of a link into the same API; a link
/// elsewhere is an error, since our credential would go there.
pub(in crate::forge) fn own_path(
    forge: ForgeKind,
    base: &Uri,
    link: &str,
) -> Result<String, ForgeError> {
    let odd = |what: &str| unreadable(forge, what);
    let link: Uri = link.parse().map_err(|_| odd("a link is not a URL"))?;
    let whole = link
        .path_and_query()
        .ok_or_else(|| odd("a link has no path"))?;
    let elsewhere = link.authority() != base.authority() || link.scheme() != base.scheme();
    if link.authority().is_some() && elsewhere {
        return Err(odd("a link leaves the API"));
    }
    let below = whole
        .as_str()
        .strip_prefix(base.path().trim_end_matches('/'));
    match below.filter(|path| path.starts_with('/')) {
        Some(path) => Ok(path.to_owned()),
        None => Err(odd("a link leaves the API")),
    }
}

/// An error's deepest cause, without backtraces.
pub(in crate::forge) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let deepest = causes
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string);
    crate::model::text::excerpt(deepest, 300)
}

#[cfg(test)]
mod tests {
    use super::own_path;
    use crate::model::repo::ForgeKind;

    fn path(base: &str, link: &str) -> Option<String> {
        own_path(ForgeKind::GitLab, &base.parse().expect("a URL"), link).ok()
    }

    #[test]
    fn a_link_is_followed_only_inside_the_api() {
        let base = "https://h.example/api/v4";
        let inside = path(base, "https://h.example/api/v4/projects?page=2");
        assert_eq!(inside.as_deref(), Some("/projects?page=2"));
        assert_eq!(path(base, "/api/v4/x").as_deref(), Some("/x"));
        let root = path("https://h.example", "https://h.example/x?a");
        assert_eq!(root.as_deref(), Some("/x?a"));
        for outside in [
            "https://h.example/other",
            "https://h.example/api/v4x",
            "http://h.example/api/v4/x",
            "https://evil.example/api/v4/x",
            "https://h.example:444/api/v4/x",
            "not a url",
        ] {
            assert_eq!(path(base, outside), None, "{outside}");
        }
    }
}
