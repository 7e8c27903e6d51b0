//! A stand-in GitHub with one GitHub App installed everywhere.
//!
//! People act through [`GitHub`]'s methods; programs through its REST API (at
//! `/api/v3` and at the root), git over HTTP, and signed deliveries to
//! [`GitHub::delivers_to`]. What is not said in a story has a plain default:
//! branch `main`, author `alice`.

mod api;
mod app;
mod audit;
mod check_runs;
mod deliveries;
mod git_http;
mod merge;
mod people;
mod settings;
mod stand_in;
mod state;
mod teams;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

pub use super::common::git;
pub use super::common::people::{Merge, Proposal, ReviewState};
pub use super::common::traffic::{Fault, Request, Sent};
pub use check_runs::CheckRun;
pub use deliveries::{Tamper, signature};

pub use app::AppKey;
pub use audit::{OWNER_TOKEN, Organisation, Recorded, batch};
pub use settings::{ADMIN_TOKEN, Classic, Ruleset, WRITER_TOKEN};
use state::State;

/// The stand-in. Clones are the same forge; it ends with the runtime.
#[derive(Clone)]
pub struct GitHub(Arc<Inner>);

struct Inner {
    url: String,
    folder: PathBuf,
    key: AppKey,
    http: reqwest::Client,
    state: Mutex<State>,
}

impl GitHub {
    /// Starts on a free port of loopback; repositories stand in `folder`.
    pub async fn start(folder: impl AsRef<Path>) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a free port on loopback");
        let address = listener.local_addr().expect("an address");
        let forge = Self(Arc::new(Inner {
            url: format!("http://{address}"),
            folder: folder.as_ref().to_owned(),
            key: AppKey::generate(),
            http: reqwest::Client::new(),
            state: Mutex::new(State::default()),
        }));
        let router = axum::Router::new()
            .fallback(api::answer)
            .with_state(forge.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        forge
    }

    /// The REST API, as GitHub Enterprise Server has it.
    pub fn api_url(&self) -> String {
        format!("{}/api/v3", self.0.url)
    }

    /// The REST API at the root, as github.com has it.
    pub fn api_url_at_root(&self) -> String {
        self.0.url.clone()
    }

    /// What the URLs of git and of pages start with.
    pub fn web_url(&self) -> String {
        self.0.url.clone()
    }

    /// The App's number.
    pub fn app_id(&self) -> u64 {
        app::APP_ID
    }

    /// The App's private key, as GitHub gives it to its owner.
    pub fn private_key_pem(&self) -> &str {
        self.0.key.pem()
    }

    /// The secret that signs deliveries.
    pub fn webhook_secret(&self) -> &str {
        app::WEBHOOK_SECRET
    }

    /// Every API request so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// Lets the next request that it fits fail.
    pub fn fails(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nobody panicked with the state")
    }
}
