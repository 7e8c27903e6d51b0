//! Signed links to details pages: who has the link may read the page.

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Makes and checks links.
#[derive(Clone)]
pub struct Links {
    public_url: String,
    key: SecretString,
}

impl Links {
    /// Links below a public URL, signed with a key.
    pub fn new(public_url: impl Into<String>, key: SecretString) -> Self {
        Self {
            public_url: public_url.into(),
            key,
        }
    }

    /// The link to a verdict.
    pub fn to(&self, verdict: &str) -> String {
        format!(
            "{}/verdicts/{verdict}?sig={}",
            self.public_url,
            hex::encode(self.mac(verdict).finalize().into_bytes())
        )
    }

    /// The front page, for statuses without a verdict.
    pub fn front(&self) -> String {
        format!("{}/", self.public_url)
    }

    /// Whether we signed the link to this verdict. In constant time.
    pub fn is_ours(&self, verdict: &str, signature: &str) -> bool {
        hex::decode(signature)
            .is_ok_and(|signature| self.mac(verdict).verify_slice(&signature).is_ok())
    }

    fn mac(&self, verdict: &str) -> Hmac<Sha256> {
        // The hash of a key of any length, padded to HMAC's block (RFC 2104).
        let mut block = [0; 64];
        let hash = <Sha256 as sha2::Digest>::digest(self.key.expose_secret());
        block[..32].copy_from_slice(&hash);
        let mut mac = <Hmac<Sha256> as Mac>::new(&block.into());
        mac.update(b"forgewarden verdict link v1\n");
        mac.update(verdict.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::Links;

    #[test]
    fn only_links_that_we_made_are_ours() {
        let links = Links::new("https://w.example", "a key of ours, long".to_owned().into());
        let link = links.to("one");
        let signature = link.split_once("sig=").expect("signed").1;
        assert!(links.is_ours("one", signature));
        assert!(!links.is_ours("two", signature));
        assert!(!links.is_ours("one", ""));
        assert!(!links.is_ours("one", &signature[..62]));
        let other = Links::new("https://w.example", "another key of us".to_owned().into());
        assert!(!other.is_ours("one", signature));
    }
}
