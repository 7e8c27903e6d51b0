//! Over what git spoke to GitHub: `transport_protocol` and
//! `transport_protocol_name` of a record (docs.github.com, "Audit log events").

use std::collections::BTreeSet;

use crate::model::authentication::Method;

/// What GitHub's SSH server takes. It has no passwords and no typed answers.
const OF_SSH: [Method; 3] = [Method::SshKey, Method::DeployKey, Method::SshCertificate];

/// The way that the push came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// HTTPS.
    Http,
    /// SSH.
    Ssh,
    /// It is not said, in words that we do not know, or in two ways that differ.
    Untold,
}

impl Transport {
    /// From the number and the name; each counts alone, and both must agree.
    pub(super) fn told(number: Option<u64>, name: Option<&str>) -> Self {
        let number = number.map(|number| match number {
            1 => Self::Http,
            2 => Self::Ssh,
            _ => Self::Untold,
        });
        let name = name.filter(|name| !name.is_empty());
        let name = name.map(|name| match name.to_ascii_lowercase().as_str() {
            "http" | "https" => Self::Http,
            "ssh" => Self::Ssh,
            _ => Self::Untold,
        });
        match (number, name) {
            (Some(number), Some(name)) if number != name => Self::Untold,
            (Some(one), _) | (None, Some(one)) => one,
            (None, None) => Self::Untold,
        }
    }

    /// What it proves alone.
    pub(super) fn proves(self) -> BTreeSet<Method> {
        match self {
            Self::Ssh => OF_SSH.into(),
            Self::Http | Self::Untold => BTreeSet::new(),
        }
    }

    /// Whether somebody can authenticate so over it.
    pub(super) fn carries(self, method: Method) -> bool {
        match self {
            Self::Ssh => OF_SSH.contains(&method),
            Self::Http => !OF_SSH.contains(&method),
            Self::Untold => true,
        }
    }

    /// Its word in messages.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Ssh => "ssh",
            Self::Untold => "not told",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Transport::{self, Http, Ssh, Untold};

    #[test]
    fn number_and_name_count_alone_and_together_if_they_agree() {
        for (number, name, told) in [
            (Some(1), None, Http),
            (Some(2), None, Ssh),
            (None, Some("http"), Http),
            (None, Some("SSH"), Ssh),
            (Some(2), Some("ssh"), Ssh),
            (Some(2), Some(""), Ssh),
            (Some(1), Some("ssh"), Untold),
            (Some(2), Some("quic"), Untold),
            (Some(3), Some("ssh"), Untold),
            (None, Some("ssh "), Untold),
            (None, None, Untold),
        ] {
            assert_eq!(Transport::told(number, name), told, "{number:?} {name:?}");
        }
    }
}
