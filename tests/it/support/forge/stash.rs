//! A stand-in Stash (Bitbucket Data Center) with one robot account, `warden`.
//!
//! People act through [`Stash`]'s methods; programs through its REST API at
//! `/rest`, git over HTTP at `/scm`, and signed deliveries to
//! [`Stash::delivers_to`]. `acme/app` is the repository `app` of project
//! `ACME`; `mallory/app` may be a personal one, of `~mallory`.

mod administration;
mod api;
mod builds;
mod deliveries;
mod git_http;
mod insights;
mod merge;
mod people;
mod pulls;
mod repositories;
mod settings;
mod stand_in;
mod state;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

pub use super::common::git;
pub use super::common::people::{Merge, Proposal, ReviewState};
pub use super::common::traffic::{Fault, Request, Sent};
pub use builds::Build;
pub use deliveries::{Tamper, signature};
pub use insights::Report;

use state::State;

/// Our own account.
pub const WARDEN: &str = "warden";
const WARDEN_TOKEN: &str = "warden-http-access-token";
const ADMIN: &str = "admin";
const ADMIN_TOKEN: &str = "admin-http-access-token";
const WEBHOOK_SECRET: &str = "a secret between Stash and its webhook";

/// The stand-in. Clones are the same forge; it ends with the runtime.
#[derive(Clone)]
pub struct Stash(Arc<Inner>);

struct Inner {
    url: String,
    folder: PathBuf,
    http: reqwest::Client,
    state: Mutex<State>,
}

impl Stash {
    /// Starts on a free port of loopback; repositories stand in `folder`.
    pub async fn start(folder: impl AsRef<Path>) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a free port on loopback");
        let address = listener.local_addr().expect("an address");
        let forge = Self(Arc::new(Inner {
            url: format!("http://{address}"),
            folder: folder.as_ref().to_owned(),
            http: reqwest::Client::new(),
            state: Mutex::new(State::new()),
        }));
        let router = axum::Router::new()
            .fallback(api::answer)
            .with_state(forge.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        forge
    }

    /// Where everything is below.
    pub fn url(&self) -> String {
        self.0.url.clone()
    }

    /// The name of our own account.
    pub fn user(&self) -> &str {
        WARDEN
    }

    /// Our own account's HTTP access token.
    pub fn token(&self) -> &str {
        WARDEN_TOKEN
    }

    /// The token of a system administrator.
    pub fn admin_token(&self) -> &str {
        ADMIN_TOKEN
    }

    /// The secret that signs deliveries.
    pub fn webhook_secret(&self) -> &str {
        WEBHOOK_SECRET
    }

    /// A token of this account.
    pub fn token_of(&self, user: &str) -> String {
        let token = format!("{user}-token");
        let mut state = self.state();
        state.account(user);
        state.tokens.push((token.clone(), user.to_owned()));
        token
    }

    /// Every API request so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// Lets the next request that it fits fail.
    pub fn fails(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// The server is of this version from now on, and knows no more than that.
    pub fn is_version(&self, version: &str) {
        self.state().version = version.into();
    }

    /// Basic authentication is switched off.
    pub fn refuses_basic_authentication(&self) {
        self.state().basic = false;
    }

    /// Basic authentication is switched on, as by default.
    pub fn takes_basic_authentication(&self) {
        self.state().basic = true;
    }

    /// Dates are texts from now on, as since 10.3.
    pub fn writes_dates_as_texts(&self) {
        self.state().iso_dates = true;
    }

    /// No page is longer than this from now on.
    pub fn gives_pages_of(&self, entries: usize) {
        self.state().longest_page = entries;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nobody panicked with the state")
    }
}
