//! The webhook secrets of an instance, compared in constant time.

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::forge::ConfigError;

/// The webhook secrets that count now: at least one, none of them blank.
pub(in crate::forge) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// An empty list or a blank secret would let anybody in: an error that
    /// names the setting.
    pub(in crate::forge) fn new(
        setting: &'static str,
        secrets: Vec<SecretString>,
    ) -> Result<Self, ConfigError> {
        let blank = |secret: &SecretString| secret.expose_secret().trim().is_empty();
        if secrets.is_empty() {
            let problem = "there is none: set the secret of the webhook";
            return Err(ConfigError::new(setting, problem));
        }
        if secrets.iter().any(blank) {
            let problem = "one of them is empty: anybody could sign with it";
            return Err(ConfigError::new(setting, problem));
        }
        Ok(Self(secrets))
    }

    /// Whether one of the secrets made this HMAC-SHA256 of the body. Every secret
    /// is tried whatever the others say, so the time does not tell which matched.
    pub(in crate::forge) fn made(&self, signature: &[u8; 32], body: &[u8]) -> bool {
        let mut matched = Choice::from(0);
        for secret in &self.0 {
            let key = secret.expose_secret().as_bytes();
            // HMAC takes a key of any length: the error cannot occur, and would not match.
            if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
                mac.update(body);
                matched |= mac.finalize().into_bytes().ct_eq(signature);
            }
        }
        matched.into()
    }

    /// Whether this is one of the secrets. Digests are compared, so the time
    /// tells neither the length nor which one.
    pub(in crate::forge) fn has(&self, value: &[u8]) -> bool {
        let value = Sha256::digest(value);
        let mut matched = Choice::from(0);
        for secret in &self.0 {
            let secret = Sha256::digest(secret.expose_secret().as_bytes());
            matched |= secret.as_slice().ct_eq(value.as_slice());
        }
        matched.into()
    }
}

#[cfg(test)]
mod tests {
    use super::Secrets;
    use secrecy::SecretString;

    fn secrets(texts: &[&str]) -> Result<Secrets, crate::forge::ConfigError> {
        let texts = texts.iter().copied().map(SecretString::from).collect();
        Secrets::new("webhook_secrets", texts)
    }

    #[test]
    fn no_secret_and_an_empty_secret_refuse_to_start() {
        for texts in [&[][..], &[""], &["good", " \n"]] {
            let error = secrets(texts).err().expect("refused");
            assert!(error.to_string().starts_with("webhook_secrets: "));
        }
    }

    #[test]
    fn every_current_secret_counts_and_no_other() {
        let secrets = secrets(&["old", "new"]).expect("lawful");
        assert!(secrets.has(b"old") && secrets.has(b"new"));
        for other in [&b""[..], b"ol", b"oldnew", b"old\n"] {
            assert!(!secrets.has(other));
        }
    }
}
