//! Whose account a web server vouches for.

use super::super::variables::Variables;
use super::certificate::Certificate;
use super::{METHOD, USER, auth_type, own_method};
use crate::model::authentication::Method;

/// How tokens begin that some clients send as the user.
const TOKENS: [&str; 8] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "BBDC-",
];

/// The length from which a word of letters and digits may be a token.
const TOKEN_LENGTH: usize = 32;

/// The account, if something proved it; never a `REMOTE_USER` that may be the
/// client's own word, and nothing that looks like a token.
pub fn user(variables: Variables<'_>) -> Option<&str> {
    let user = proved(variables).unwrap_or_default();
    user.filter(|user| !may_be_token(user))
}

fn may_be_token(user: &str) -> bool {
    let in_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    TOKENS.iter().any(|start| user.contains(start))
        || (user.len() >= TOKEN_LENGTH && user.bytes().all(in_word))
}

fn proved<'a>(variables: Variables<'a>) -> Result<Option<&'a str>, String> {
    let remote = variables.value("REMOTE_USER")?;
    if variables.is_set(METHOD) {
        let method = variables.value(METHOD)?.and_then(own_method);
        let named = variables.value(USER)?;
        return Ok(match method {
            None | Some(Method::Anonymous) => None,
            // What was checked is what the header holds, and so is its user.
            Some(method) if method == Method::Password || method.is_token() => named.or(remote),
            Some(_) => named,
        });
    }
    if let Some(kind) = variables.value("AUTH_TYPE")? {
        return Ok(remote.filter(|_| auth_type(kind).is_some()));
    }
    let certificate = Certificate::of(variables)?;
    Ok(remote.filter(|user| certificate.is_called(user)))
}
