//! The App's key, its signatures, and the tokens that the forge gives for them.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::settings::{ADMIN_TOKEN, WRITER_TOKEN};
use super::state::State;

pub const APP_ID: u64 = 4711;
pub const INSTALLATION_ID: u64 = 815;
pub const WEBHOOK_SECRET: &str = "a secret of the stand-in forge";
/// The key pair, made anew for every forge.
pub struct AppKey {
    pem: String,
    public: Vec<u8>,
}

impl AppKey {
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("PKCS #8");
        let lines = STANDARD.encode(der.as_ref());
        let lines: Vec<_> = lines
            .as_bytes()
            .chunks(64)
            .map(String::from_utf8_lossy)
            .collect();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            lines.join("\n")
        );
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
        Self {
            pem,
            public: public.as_ref().to_vec(),
        }
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Whether this `Authorization` header is a JWT that the App signed, as
    /// GitHub wants it: RS256, our `iss`, at most ten minutes.
    pub fn signed(&self, authorization: &str, now: i64) -> Result<(), String> {
        let token = authorization.strip_prefix("Bearer ").ok_or("no bearer")?;
        let (message, signature) = token.rsplit_once('.').ok_or("not a JWT")?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|e| e.to_string())?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public)
            .verify(message.as_bytes(), &signature)
            .map_err(|_| "A JSON web token could not be decoded")?;
        let parts: Vec<Value> = message
            .split('.')
            .filter_map(|part| URL_SAFE_NO_PAD.decode(part).ok())
            .filter_map(|part| serde_json::from_slice(&part).ok())
            .collect();
        let [header, claims] = parts.as_slice() else {
            return Err("not two parts of JSON".into());
        };
        if header["alg"] != "RS256" {
            return Err("the algorithm is not RS256".into());
        }
        let issuer = claims["iss"].to_string();
        let (issued, expires) = (claims["iat"].as_i64(), claims["exp"].as_i64());
        let (Some(issued), Some(expires)) = (issued, expires) else {
            return Err("'iat' and 'exp' are needed".into());
        };
        if issuer.trim_matches('"') != APP_ID.to_string() {
            return Err("'Issuer' claim ('iss') must be the App's number".into());
        }
        if issued > now || expires <= now || expires > now + 600 {
            return Err("'Expiration time' claim ('exp') is too far in the future".into());
        }
        Ok(())
    }
}

/// An installation token: for these repositories, with these permissions.
#[derive(Clone)]
pub struct Token {
    pub value: String,
    pub repositories: Vec<u64>,
    pub permissions: Vec<(String, String)>,
}

impl Token {
    /// Whether it may do this to the repository.
    pub fn may(&self, repository: u64, permission: &str, level: &str) -> bool {
        let enough = |held: &str| held == level || held == "write";
        let grants = self.permissions.iter();
        let granted = grants
            .clone()
            .any(|(name, held)| name == permission && enough(held));
        self.repositories.contains(&repository) && granted
    }
}

impl Token {
    /// The token of a person, who needs none of an App's permissions.
    pub fn of_person(value: &str, state: &State) -> Option<Self> {
        let level = match value {
            ADMIN_TOKEN => "write",
            WRITER_TOKEN => "none",
            _ => return None,
        };
        let rows = ["contents", "metadata", "pull_requests", "statuses"].map(|it| (it, "write"));
        let rows = rows.into_iter().chain([("administration", level)]);
        Some(Self {
            value: value.to_owned(),
            repositories: state.repositories.iter().map(|it| it.id).collect(),
            permissions: rows
                .map(|(name, level)| (name.into(), level.into()))
                .collect(),
        })
    }
}

/// Makes a token, or says like GitHub why not.
pub fn mint(state: &mut State, wanted: &Value) -> Result<Value, Value> {
    let known: Vec<u64> = state.repositories.iter().map(|it| it.id).collect();
    let repositories = match wanted["repository_ids"].as_array() {
        Some(ids) => ids.iter().filter_map(Value::as_u64).collect(),
        None => known.clone(),
    };
    if repositories.iter().any(|id| !known.contains(id)) {
        return Err(
            json!({ "message": "There is at least one repository that does not exist \
            or is not accessible to the parent installation." }),
        );
    }
    let held = state.app.granted.clone();
    let all: Vec<_> = held.clone().into_iter().collect();
    let permissions: Vec<(String, String)> = match wanted["permissions"].as_object() {
        Some(asked) => asked
            .iter()
            .map(|(n, l)| (n.clone(), l.as_str().unwrap_or("").into()))
            .collect(),
        None => all,
    };
    let granted = |(name, level): &(String, String)| {
        let enough = |held: &String| held == level || held == "write";
        held.get(name).is_some_and(enough)
    };
    if !permissions.iter().all(granted) {
        return Err(json!({ "message":
            "The permissions requested are not granted to this installation." }));
    }
    let number = state.tokens.len() + 1;
    let token = Token {
        value: format!("ghs_{APP_ID}_{number}.stand-in.{}", "x".repeat(40)),
        repositories,
        permissions,
    };
    state.tokens.push(token.clone());
    let expires_at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    Ok(json!({
        "token": token.value,
        "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "permissions": token.permissions.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "repository_selection": "selected",
    }))
}
