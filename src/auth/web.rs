//! The variables that a web server gives `git http-backend` (RFC 3875), by
//! nginx's and Apache's words, and the parameters that an operator sets for us.
//!
//! `HTTP_*` are the client's words: they prove nothing, and of `Authorization`
//! only the scheme is looked at. A user's name alone proves nothing either:
//! nginx takes it from the header, whether or not anything checked it.

mod certificate;
mod user;

pub use user::user;

use jiff::Timestamp;

use super::evidence::{heard, not_understood};
use super::variables::Variables;
use crate::model::authentication::{Authentication, Credential, Evidence, Factor, Method, Source};
use crate::model::text::excerpt;
use certificate::Certificate;

/// The operator's own parameter: a [`Method`]'s word.
pub const METHOD: &str = "FORGEWARDEN_AUTH_METHOD";
/// The operator's own parameter: the SHA-256 of the token, never the token.
pub const TOKEN: &str = "FORGEWARDEN_AUTH_TOKEN";
/// The operator's own parameter: the account.
pub const USER: &str = "FORGEWARDEN_AUTH_USER";

/// Most characters of a value that is shown.
const MAX_SHOWN: usize = 80;
/// The longest wrong word that is shown.
const MAX_WORD: usize = 24;

/// Headers that hold secrets, as variables.
const SECRETS: [&str; 5] = [
    "HTTP_AUTHORIZATION",
    "HTTP_PROXY_AUTHORIZATION",
    "HTTP_COOKIE",
    "HTTP_PRIVATE_TOKEN",
    "HTTP_JOB_TOKEN",
];

/// How to say what a password or token was.
const ADVICE: &str = "let the server set AUTH_TYPE (Apache does), or set fastcgi_param FORGEWARDEN_AUTH_METHOD after \
                      auth_request";

/// What is proved and what is said of it, or why nothing is.
type Read = Result<(Vec<Factor>, String), String>;

/// What the variables say.
pub fn evidence(variables: Variables<'_>, at: Timestamp) -> Evidence {
    let warning = warning(variables);
    match read(variables) {
        Ok((factors, says)) => {
            let could_be = [Authentication { factors }];
            heard(Source::WebServer, could_be, at, &(says + &warning))
        }
        Err(why) => not_understood(Source::WebServer, at, &(why + &warning)),
    }
}

fn read(variables: Variables<'_>) -> Read {
    let certificate = Certificate::of(variables)?;
    // Said to be set, and empty: what should have said it did not.
    if variables.is_set(METHOD) {
        return by_own_parameter(variables, &certificate);
    }
    if let Some(kind) = variables.value("AUTH_TYPE")? {
        return by_auth_type(variables, kind, &certificate);
    }
    let schemes = variables.schemes("HTTP_AUTHORIZATION");
    let sent_password = schemes.iter().any(|scheme| scheme == "basic");
    if let Certificate::Proved(credential) = &certificate {
        let says = "SSL_CLIENT_VERIFY is SUCCESS".to_owned();
        let mut factors = vec![proved(credential)];
        if sent_password {
            factors.push(by(Method::Password));
            return Ok((factors, says + ", and the client sent a password"));
        }
        return Ok((factors, says));
    }
    let user = variables.value("REMOTE_USER")?;
    if sent_password {
        let says = "the client sent a user name and a password or a token in its place; whether the server checked \
                    them is not known";
        return Ok((vec![by(Method::Password)], format!("{says} ({ADVICE})")));
    }
    match (user, schemes.first()) {
        // The name is not shown: some clients send a token as the user.
        (Some(_), _) => Err(format!(
            "REMOTE_USER is set without AUTH_TYPE, which nginx fills from the client's header whether or not it was \
             checked: {ADVICE}"
        )),
        (None, Some(scheme)) => Err(format!(
            "the client sent Authorization ({scheme}), and nothing says that it was checked: {ADVICE}"
        )),
        (None, None) => by_nothing(variables, &certificate),
    }
}

/// The operator's own word, which only the server's configuration can set.
fn by_own_parameter(variables: Variables<'_>, certificate: &Certificate) -> Read {
    let Some(word) = variables.value(METHOD)? else {
        return Err(format!(
            "{METHOD} is set and empty: what should say how it was did not"
        ));
    };
    let method = own_method(word).ok_or_else(|| unknown_word(word))?;
    let mut says = format!("{METHOD} is {word}");
    let mut factors = Vec::new();
    match (certificate, method) {
        (Certificate::Proved(credential), Method::ClientCertificate) => {
            return Ok((vec![proved(credential)], says));
        }
        (Certificate::Proved(credential), _) => factors.push(proved(credential)),
        _ => {}
    }
    let mut credential = None;
    if let Some(token) = variables.value(TOKEN)? {
        if !method.is_token() {
            says += &format!("; {TOKEN} is left out, for this is no token");
        } else if is_sha256(token) {
            let id = token.to_owned();
            credential = Some(Credential::Numbered { id });
        } else {
            says += &format!(
                "; {TOKEN} is left out, for it is no SHA-256 (64 hexadecimal digits, or base64)"
            );
        }
    }
    factors.push(Factor { method, credential });
    Ok((factors, says))
}

/// A wrong word, shown only if it looks like a word: it may be a secret.
fn unknown_word(word: &str) -> String {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    if word.len() <= MAX_WORD && word.bytes().all(letters) {
        format!("{METHOD} is \"{word}\", which is no method's word")
    } else {
        format!("{METHOD} is no method's word")
    }
}

/// What the operator may say. That a push is signed is verified, not said.
fn own_method(word: &str) -> Option<Method> {
    Method::named(word).filter(|method| *method != Method::PushCertificate)
}

/// Apache's word for what its modules checked.
fn by_auth_type(variables: Variables<'_>, kind: &str, certificate: &Certificate) -> Read {
    let says = format!("AUTH_TYPE is {}", excerpt(kind, MAX_SHOWN));
    let user = variables.value("REMOTE_USER")?.unwrap_or_default();
    let method = match auth_type(kind) {
        Some(method) => method,
        None => return Err(says + ", which is not understood"),
    };
    let proof = match certificate {
        Certificate::Proved(credential) => Some(proved(credential)),
        _ => None,
    };
    match (method, proof) {
        (Method::ClientCertificate, Some(proof)) => Ok((vec![proof], says)),
        (Method::ClientCertificate, None) => match certificate {
            Certificate::Unverified(verify) => Err(format!(
                "{says}, and SSL_CLIENT_VERIFY is \"{verify}\": the certificate was not verified"
            )),
            Certificate::Absent => Err(format!("{says}, and SSL_CLIENT_VERIFY is NONE")),
            _ => Ok((vec![by(method)], says)),
        },
        // Apache's FakeBasicAuth: the certificate's name stands for a password.
        (Method::Password, Some(proof)) if certificate.is_called(user) => Ok((
            vec![proof],
            says + ", which is FakeBasicAuth: REMOTE_USER is the certificate's name",
        )),
        (method, Some(proof)) => Ok((
            vec![proof, by(method)],
            says + ", SSL_CLIENT_VERIFY is SUCCESS",
        )),
        (method, None) => Ok((vec![by(method)], says)),
    }
}

/// The method of a word of `AUTH_TYPE`: mod_auth_basic's, mod_auth_digest's,
/// mod_auth_gssapi's and mod_ssl's.
fn auth_type(kind: &str) -> Option<Method> {
    match kind.to_ascii_lowercase().as_str() {
        "basic" | "digest" => Some(Method::Password),
        "negotiate" => Some(Method::Kerberos),
        "clientcert" => Some(Method::ClientCertificate),
        _ => None,
    }
}

/// No word of anybody at all.
fn by_nothing(variables: Variables<'_>, certificate: &Certificate) -> Read {
    let over_tls = variables
        .value("HTTPS")?
        .is_some_and(|value| !value.eq_ignore_ascii_case("off"))
        || variables.value("REQUEST_SCHEME")? == Some("https");
    match certificate {
        Certificate::Unverified(verify) => Err(format!(
            "SSL_CLIENT_VERIFY is \"{verify}\": the certificate was not verified"
        )),
        Certificate::NotTold if over_tls => Err(
            "the server says nothing, and with a client certificate it might look the same: set SSLOptions +StdEnvVars \
             in Apache, or fastcgi_param SSL_CLIENT_VERIFY $ssl_client_verify in nginx"
                .to_owned(),
        ),
        _ => {
            let says = "the server names no user, and the client sent no credential";
            Ok((vec![by(Method::Anonymous)], says.to_owned()))
        }
    }
}

fn by(method: Method) -> Factor {
    let credential = None;
    Factor { method, credential }
}

fn proved(credential: &Option<Credential>) -> Factor {
    let credential = credential.clone();
    Factor {
        method: Method::ClientCertificate,
        credential,
    }
}

/// The shape of a SHA-256: no token of a known kind has it.
fn is_sha256(text: &str) -> bool {
    let is_hexadecimal = |byte: u8| b"0123456789abcdef".contains(&byte);
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    match text.strip_suffix('=') {
        Some(digits) => digits.len() == 43 && digits.bytes().all(is_base64),
        None => text.len() == 64 && text.bytes().all(is_hexadecimal),
    }
}

/// That the server hands secrets to hooks; never the secrets.
fn warning(variables: Variables<'_>) -> String {
    let visible = SECRETS.iter().filter(|name| variables.has_text(name));
    let visible: Vec<_> = visible.copied().collect();
    if visible.is_empty() {
        return String::new();
    }
    format!(
        "; the server hands the client's secrets to hooks ({}): set fastcgi_param HTTP_AUTHORIZATION \"\" (and so for \
         the others) in nginx, and no CGIPassAuth On in Apache",
        visible.join(", ")
    )
}

#[cfg(test)]
mod tests;
