//! A stand-in GitLab with one robot account, `warden`, a Developer everywhere
//! but in forks.
//!
//! People act through [`GitLab`]'s methods; programs through its REST API at
//! `/api/v4`, git over HTTP, and deliveries to [`GitLab::delivers_to`]: by
//! default of a system hook with a signing token. It counts statuses, pipelines,
//! threads and checks like GitLab, with all that others can do about them.

mod api;
mod checks;
mod deliveries;
mod discussions;
mod events;
mod git_http;
mod groups;
mod hooks;
mod merge;
mod merge_requests;
mod people;
mod pipelines;
mod projects;
mod shown;
mod stand_in;
mod state;
mod statuses;
mod streaming;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

pub use super::common::git;
pub use super::common::people::{Mark, Merge, Proposal, Said};
pub use super::common::traffic::{Fault, Request, Sent};
pub use deliveries::{Tamper, signature, signing_token};
pub use stand_in::Free;
pub use state::{DEVELOPER, MAINTAINER, REPORTER};
pub use statuses::CommitStatus;
pub use streaming::Told;

use state::State;

/// Our own account.
pub const WARDEN: &str = "warden";
const WARDEN_TOKEN: &str = "glpat-of-warden-0123456789";
const ADMIN: &str = "root";
const ADMIN_TOKEN: &str = "glpat-of-root-0123456789";
const SECRET: &str = "a secret between GitLab and its hook";

/// The stand-in. Clones are the same forge; it ends with the runtime.
#[derive(Clone)]
pub struct GitLab(Arc<Inner>);

struct Inner {
    url: String,
    folder: PathBuf,
    http: reqwest::Client,
    state: Mutex<State>,
}

impl GitLab {
    /// Starts on a free port of loopback; repositories stand in `folder`.
    pub async fn start(folder: impl AsRef<Path>) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a free port on loopback");
        let address = listener.local_addr().expect("an address");
        let url = format!("http://{address}");
        let forge = Self(Arc::new(Inner {
            state: Mutex::new(State::new(&url)),
            url,
            folder: folder.as_ref().to_owned(),
            http: reqwest::Client::new(),
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

    /// Our own account's access token, with the scope `api`.
    pub fn token(&self) -> &str {
        WARDEN_TOKEN
    }

    /// An administrator's.
    pub fn admin_token(&self) -> &str {
        ADMIN_TOKEN
    }

    /// A token of this account.
    pub fn token_of(&self, user: &str) -> String {
        let token = format!("glpat-of-{user}-0123456789");
        let mut state = self.state();
        state.account(user);
        state.tokens.push((token.clone(), user.to_owned()));
        token
    }

    /// What `X-Gitlab-Token` holds, where hooks have a secret token.
    pub fn webhook_secret(&self) -> &str {
        SECRET
    }

    /// What signs deliveries, as GitLab shows it once.
    pub fn signing_token(&self) -> String {
        signing_token(SECRET)
    }

    /// Every API request so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// Lets the next request that it fits fail.
    pub fn fails(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Another status of the commit is being written: the lease is taken so often.
    pub fn is_busy_for(&self, posts: usize) {
        for _ in 0..posts {
            let words = "Failed to obtain a lock";
            let body = serde_json::json!({ "message": format!("409 Conflict: {words}") });
            self.fails(Fault::new("POST", "/statuses/", 409).body(body.to_string()));
        }
    }

    /// It has a licence for external status checks (Ultimate) from now on.
    pub fn is_licensed(&self) {
        self.state().licensed = true;
    }

    /// It is an old one from now on: it says neither when somebody approved nor
    /// which pipeline a status is in, sorts no statuses, and shows no secrets' presence.
    pub fn is_old(&self) {
        self.state().old = true;
    }

    /// Deliveries are those of project hooks from now on.
    pub fn delivers_by_project_hooks(&self) {
        let mut state = self.state();
        let hook = &mut state.hooks[0];
        (hook.system, hook.repository_update) = (false, false);
        (hook.push, hook.tag_push, hook.pipeline) = (true, true, true);
    }

    /// Pushes are told ref by ref too, from now on.
    pub fn tells_each_ref(&self) {
        let mut state = self.state();
        let hook = &mut state.hooks[0];
        (hook.push, hook.tag_push) = (true, true);
    }

    /// Deliveries carry the plain secret from now on, and no signature.
    pub fn delivers_with_plain_secrets(&self) {
        let mut state = self.state();
        let hook = &mut state.hooks[0];
        hook.signing_token = None;
        hook.token = Some(SECRET.into());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nobody panicked with the state")
    }
}
