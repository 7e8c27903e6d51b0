//! What GitHub's words for a credential mean: `programmatic_access_type`.
//!
//! The words are taken letter for letter. One that nobody explained means
//! nothing: it is never taken for the nearest known one. Source: docs.github.com,
//! "Identifying audit log events performed by an access token"; the words that
//! GitHub does not document were seen in records that others published.

use std::collections::{BTreeMap, BTreeSet};

use super::transport::Transport;
use crate::forge::ConfigError;
use crate::model::authentication::Method;
use crate::model::text::excerpt;

/// What is read as one of GitHub's words is at most this long, in messages.
const MAX_SHOWN: usize = 80;

/// GitHub's words, and what each can mean.
const KNOWN: [(&str, &[Method]); 6] = [
    ("Personal access token (classic)", &[Method::ClassicToken]),
    (
        "Fine-grained personal access token",
        &[Method::FineGrainedToken],
    ),
    ("OAuth access token", &[Method::OauthToken]),
    ("GitHub App user-to-server token", &[Method::AppToken]),
    ("GitHub App server-to-server token", &[Method::AppToken]),
    // One word for a person's key and for a repository's.
    (PUBLIC_KEY, &[Method::SshKey, Method::DeployKey]),
];

/// GitHub's word for SSH keys, of whatever owner.
pub(super) const PUBLIC_KEY: &str = "Public Key (User/Deploy)";

/// The words of one instance: GitHub's, and those that its operator explains.
pub(in crate::forge::github) struct Labels(BTreeMap<String, Method>);

impl Labels {
    /// An operator can explain more words, but not give a known one, or the
    /// absence of one, another meaning.
    pub(in crate::forge::github) fn new(
        explained: &BTreeMap<String, Method>,
    ) -> Result<Self, ConfigError> {
        for label in explained.keys() {
            let why = if label.trim().is_empty() {
                "an empty label means nothing: GitHub leaves it out of records of several kinds"
            } else if KNOWN.iter().any(|(known, _)| known == label) {
                "its meaning is known and cannot be changed"
            } else {
                continue;
            };
            let problem = format!("\"{}\": {why}", excerpt(label, MAX_SHOWN));
            return Err(ConfigError::new("audit.access_types", problem));
        }
        Ok(Self(explained.clone()))
    }

    /// The methods that a push with this label and transport can have used;
    /// none if that is not known, or if the two contradict each other.
    pub(super) fn methods(&self, label: &str, transport: Transport) -> BTreeSet<Method> {
        let mut methods = match label {
            "" => transport.proves(),
            _ => match KNOWN.iter().find(|(known, _)| *known == label) {
                Some((_, methods)) => methods.iter().copied().collect(),
                None => self.0.get(label).copied().into_iter().collect(),
            },
        };
        if methods.iter().any(|method| !transport.carries(*method)) {
            methods.clear();
        }
        methods
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Labels, Transport};
    use crate::model::authentication::Method;

    fn words(labels: &Labels, label: &str, transport: Transport) -> String {
        let methods = labels.methods(label, transport).into_iter();
        methods.map(Method::word).collect::<Vec<_>>().join(" ")
    }

    fn github(label: &str, transport: Transport) -> String {
        words(
            &Labels::new(&BTreeMap::new()).expect("lawful"),
            label,
            transport,
        )
    }

    #[test]
    fn githubs_words_mean_what_they_say() {
        for (label, meant) in [
            ("Personal access token (classic)", "classic-token"),
            ("Fine-grained personal access token", "fine-grained-token"),
            ("OAuth access token", "oauth-token"),
            ("GitHub App user-to-server token", "app-token"),
            ("GitHub App server-to-server token", "app-token"),
        ] {
            assert_eq!(github(label, Transport::Http), meant);
            assert_eq!(github(label, Transport::Untold), meant);
            assert_eq!(github(label, Transport::Ssh), "", "{label} is not for SSH");
        }
        let key = "Public Key (User/Deploy)";
        assert_eq!(github(key, Transport::Ssh), "deploy-key ssh-key");
        assert_eq!(github(key, Transport::Untold), "deploy-key ssh-key");
        assert_eq!(github(key, Transport::Http), "");
    }

    #[test]
    fn another_word_means_nothing() {
        for label in [
            "personal access token (classic)",
            "Personal access token (classic) ",
            "Personal access token",
            "Password",
            "SSH certificate",
            " ",
            "null",
        ] {
            for transport in [Transport::Http, Transport::Ssh, Transport::Untold] {
                assert_eq!(github(label, transport), "", "{label:?}");
            }
        }
    }

    #[test]
    fn without_a_word_ssh_alone_proves_something() {
        assert_eq!(
            github("", Transport::Ssh),
            "deploy-key ssh-key ssh-certificate"
        );
        assert_eq!(github("", Transport::Http), "");
        assert_eq!(github("", Transport::Untold), "");
    }

    #[test]
    fn an_operator_explains_more_words_and_changes_none() {
        let explained = |label: &str, method| {
            let all = BTreeMap::from([(label.to_owned(), method)]);
            Labels::new(&all)
        };
        let labels = explained("Password", Method::Password).expect("lawful");
        assert_eq!(words(&labels, "Password", Transport::Http), "password");
        assert_eq!(words(&labels, "Password", Transport::Ssh), "");
        assert_eq!(words(&labels, "password", Transport::Http), "");
        for label in ["", " ", "OAuth access token"] {
            let refused = explained(label, Method::SshKey).err().expect("refused");
            assert!(refused.to_string().starts_with("audit.access_types: "));
        }
    }
}
