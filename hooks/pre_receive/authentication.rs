//! How this push was authenticated, as far as the server tells its hook. What
//! is read goes to the readers of `forgewarden::auth`; here is only what each
//! kind of server is asked.
//!
//! Nothing is believed without the shim's word: a client may set variables
//! where sshd's `AcceptEnv` is wide.

use std::sync::Arc;

use forgewarden::auth::push_certificate::{self, SignedPush};
use forgewarden::auth::{Door, Variables, not_understood, server, sshd, web};
use forgewarden::git::Repository;
use forgewarden::model::authentication::{Evidence, Source};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::request::EvaluationRequest;
use forgewarden::sign::TrustRoots;
use jiff::Timestamp;

use super::server::{Kind, Server};

#[path = "authentication/session_file.rs"]
mod session_file;

/// What the server says of how the push came in.
pub(crate) fn let_in(server: &Server, at: Timestamp) -> Evidence {
    let variables = server.environment().variables();
    match server.told() {
        None => not_understood(
            Source::HookEnvironment,
            at,
            "the hook was not told which server runs it, so nothing in its environment is believed: install the \
             server's shim of hooks/install, which passes --server",
        ),
        Some(Kind::Gitlab) => server::gitaly(variables, at),
        Some(Kind::Ghes) => server::ghes(variables, at),
        Some(Kind::Bitbucket) => server::bitbucket(variables, at),
        Some(kind @ (Kind::Plain | Kind::Gitolite)) => through(kind, variables, at),
    }
}

fn through(kind: Kind, variables: Variables<'_>, at: Timestamp) -> Evidence {
    match Door::seen_in(variables) {
        Door::Ssh => by_ssh(variables, at),
        Door::Web => web::evidence(variables, at),
        Door::Daemon | Door::Local if kind == Kind::Gitolite => not_understood(
            Source::HookEnvironment,
            at,
            "gitolite is reached by ssh or by a web server, and neither has set its variables",
        ),
        door => door.evidence(at),
    }
}

fn by_ssh(variables: Variables<'_>, at: Timestamp) -> Evidence {
    let read = match variables.value("SSH_USER_AUTH") {
        Ok(Some(path)) => session_file::read(path),
        Ok(None) => Err(
            "sshd does not tell how it authenticated: set `ExposeAuthInfo yes` in sshd_config"
                .to_owned(),
        ),
        Err(why) => Err(why),
    };
    match read {
        Ok(text) => sshd::evidence(&text, at),
        Err(why) => not_understood(Source::Sshd, at, &why),
    }
}

/// The push certificate, if this is a signed push. Forges do not pass it on.
pub(crate) fn signature(
    server: &Server,
    repository: &Repository,
    request: &EvaluationRequest,
    trusted: impl FnOnce() -> Result<Arc<TrustRoots>, String>,
) -> Option<Evidence> {
    let at = request.seen_at;
    let plain = matches!(server.told(), Some(Kind::Plain | Kind::Gitolite));
    let variables = server.environment().variables();
    if !plain || !variables.is_set("GIT_PUSH_CERT") {
        return None;
    }
    let verified = || -> Result<Evidence, String> {
        let updates = request.subject.updates();
        let id = variables.value("GIT_PUSH_CERT")?.unwrap_or_default();
        let id = ObjectId::parse(id).map_err(|error| format!("GIT_PUSH_CERT: {error}"))?;
        let blob = repository.blob(id, push_certificate::MAX_BYTES);
        let push = SignedPush {
            blob: &blob.map_err(|error| format!("GIT_PUSH_CERT: {error}"))?,
            nonce: variables.value("GIT_PUSH_CERT_NONCE")?,
            nonce_status: variables.value("GIT_PUSH_CERT_NONCE_STATUS")?,
            updates: &updates,
        };
        Ok(push_certificate::evidence(&push, &*trusted()?, at))
    };
    let evidence = verified();
    Some(evidence.unwrap_or_else(|why| not_understood(Source::PushCertificate, at, &why)))
}
