//! What a web server says of a TLS client certificate: the variables of
//! Apache's mod_ssl, and nginx's as operators name them after those.

use super::super::variables::Variables;
use crate::model::authentication::Credential;
use crate::model::text::excerpt;

/// A client certificate, as the server tells.
pub(super) enum Certificate {
    /// The server says nothing of certificates.
    NotTold,
    /// The server asked, and the client has none.
    Absent,
    /// There is one that was not verified; the server's word, safe to show.
    Unverified(String),
    /// Verified. Nothing is known of it if the server does not name it.
    Proved(Option<Credential>),
}

impl Certificate {
    /// Reads the variables.
    ///
    /// # Errors
    /// One of them is odd; never its value.
    pub(super) fn of(variables: Variables<'_>) -> Result<Self, String> {
        let first = |names: [&str; 2]| -> Result<Option<String>, String> {
            let (one, other) = (variables.value(names[0])?, variables.value(names[1])?);
            match (one, other) {
                (Some(one), Some(other)) if one != other => Err(format!(
                    "{} and {} have different values",
                    names[0], names[1]
                )),
                _ => Ok(one.or(other).map(str::to_owned)),
            }
        };
        match variables.value("SSL_CLIENT_VERIFY")? {
            None => Ok(Self::NotTold),
            Some("NONE") => Ok(Self::Absent),
            Some("SUCCESS") => {
                let issuer = variables.value("SSL_CLIENT_I_DN")?.map(str::to_owned);
                let serial = first(["SSL_CLIENT_M_SERIAL", "SSL_CLIENT_SERIAL"])?;
                let subject = variables.value("SSL_CLIENT_S_DN")?.map(str::to_owned);
                Ok(Self::Proved(subject.map(|subject| {
                    Credential::ClientCertificate {
                        subject,
                        issuer,
                        serial,
                    }
                })))
            }
            Some(other) => Ok(Self::Unverified(excerpt(other, 80))),
        }
    }

    /// Whether a name is its holder's, in either of OpenSSL's two forms.
    pub(super) fn is_called(&self, name: &str) -> bool {
        match self {
            Self::Proved(Some(Credential::ClientCertificate { subject, .. })) => {
                !name.is_empty() && (name == subject || one_line(subject).as_deref() == Some(name))
            }
            _ => false,
        }
    }
}

/// `CN=alice,O=Corp` (RFC 2253) as `/O=Corp/CN=alice`, OpenSSL's older form.
/// `None` if it is not in the first form.
fn one_line(subject: &str) -> Option<String> {
    let mut parts = vec![Vec::new()];
    let mut bytes = subject.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b',' | b'+' => parts.push(Vec::new()),
            b'\\' => {
                let next = bytes.next()?;
                let byte = if next.is_ascii_hexdigit() {
                    let pair = [next, bytes.next()?];
                    u8::from_str_radix(str::from_utf8(&pair).ok()?, 16).ok()?
                } else {
                    next
                };
                parts.last_mut()?.push(byte);
            }
            _ => parts.last_mut()?.push(byte),
        }
    }
    let mut text = String::new();
    for part in parts.iter().rev() {
        if !part.contains(&b'=') {
            return None;
        }
        text.push('/');
        for byte in part {
            match byte {
                b' '..=b'~' => text.push(char::from(*byte)),
                _ => text.push_str(&format!("\\x{byte:02X}")),
            }
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn both_forms_are_one_name() {
        // Both by `openssl x509 -noout -subject` with -nameopt RFC2253 and compat.
        for (rfc2253, compat) in [
            (
                "emailAddress=alice@example.org,CN=alice,OU=Dev,O=Corp",
                "/O=Corp/OU=Dev/CN=alice/emailAddress=alice@example.org",
            ),
            (
                "CN=alice\\, the first,O=Corp",
                "/O=Corp/CN=alice, the first",
            ),
            ("CN=Gr\\C3\\BCn,O=Corp", "/O=Corp/CN=Gr\\xC3\\xBCn"),
        ] {
            assert_eq!(one_line(rfc2253).as_deref(), Some(compat));
        }
        assert_eq!(one_line("alice"), None);
        assert_eq!(one_line("CN=alice\\"), None);
    }
}
