//! A rule about credentials: for which pushes it is, and what it asks of them.
//!
//! Rules only take away. Where it is not known whether a rule is for a push, it is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::selector::{PrincipalSelector, texts};
use crate::model::authentication::{Authentication, Credential, Factor, Method, SshKey};
use crate::model::facts::{Facts, PushFacts};
use crate::model::pattern;
use crate::model::refs::RefName;
use crate::model::request::Subject;
use crate::model::text::excerpt;

/// Text in a format that the policy's reader has checked.
macro_rules! formatted {
    ($($(#[$doc:meta])+ $name:ident = $format:literal;)+) => {$(
        $(#[$doc])+
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(inline, extend("format" = $format))]
        pub struct $name(String);
    )+};
}

formatted! {
    /// A full ref name or a branch, with `*` inside a level and `**` over levels.
    RefText = "ref-pattern";
    /// A path pattern: `*` stays inside a folder, `**` does not.
    PathText = "glob";
}

/// Whom a rule is for.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Who {
    /// People and robots.
    #[default]
    Everyone,
    /// Everyone but robots.
    People,
    /// What the policy or the forge calls a robot.
    Robots,
}

/// What is asked of credentials, for some pushes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline)]
pub struct Rule {
    /// Only pushes to these refs, and pull requests into them; empty: all.
    pub refs: BTreeSet<RefText>,
    /// Only pushes that change such a path; empty: all.
    pub paths: BTreeSet<PathText>,
    /// Only pushes of these principals; empty: everybody's.
    pub actors: BTreeSet<PrincipalSelector>,
    /// People, robots or everyone.
    pub who: Who,
    /// The methods of which one must have been used; empty: any.
    pub methods: BTreeSet<Method>,
    /// The methods that must not have been used.
    pub refuse: BTreeSet<Method>,
    /// The authorities whose certificates count: `SHA256:…` of an SSH authority's
    /// key, or the distinguished name of a TLS authority; empty: any.
    pub authorities: BTreeSet<String>,
    /// The types of SSH keys that count, such as `ssh-ed25519`; empty: any.
    pub key_types: BTreeSet<String>,
    /// The shortest RSA key that counts, in bits; 0: any.
    pub min_rsa_bits: u32,
    /// The longest time for which an SSH certificate may be valid, in hours; 0: any.
    pub max_certificate_hours: u32,
}

impl Rule {
    /// Whether it asks which paths a push changes.
    pub(crate) fn asks_about_paths(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Whether it is for a push.
    pub(crate) fn is_for(&self, facts: &Facts, pushed: &PushFacts) -> bool {
        self.fits_ref(facts, pushed)
            && self.fits_path(facts, pushed)
            && self.fits_actor(facts, pushed)
    }

    /// What a push lacks, as a clause; nothing if it has all that is asked.
    pub(crate) fn lacks(&self, pushed: &PushFacts) -> Option<String> {
        let could_be = &pushed.standing.could_be;
        if could_be.is_empty() {
            return Some("it is not known how it was authenticated".to_owned());
        }
        could_be.iter().find_map(|one| {
            let why = self.lacks_in(one)?;
            Some(match could_be.len() {
                1 => why,
                _ => format!("it may have been {one}: {why}"),
            })
        })
    }

    fn fits_ref(&self, facts: &Facts, pushed: &PushFacts) -> bool {
        let patterns: Vec<_> = self
            .refs
            .iter()
            .map(|text| pattern::ref_pattern(&text.0))
            .collect();
        let fits = |name: &RefName| {
            patterns.iter().any(|one| match one {
                Ok(pattern) => pattern::matches(pattern, name.as_bstr()),
                Err(_) => true,
            })
        };
        let target = facts.subject.target().into_iter();
        let updated = facts.updates.iter().map(|it| &it.update.name);
        let pushed = pushed.push.references.iter();
        self.refs.is_empty() || target.chain(updated).chain(pushed).any(fits)
    }

    fn fits_path(&self, facts: &Facts, pushed: &PushFacts) -> bool {
        let patterns: Vec<_> = self
            .paths
            .iter()
            .map(|text| pattern::glob(&text.0))
            .collect();
        let fits = |path: &[u8]| {
            patterns.iter().any(|one| match one {
                Ok(pattern) => pattern::matches(pattern, path),
                Err(_) => true,
            })
        };
        // Of a proposal every push counts for all that it changes.
        let proposal = !matches!(facts.subject, Subject::Push { .. });
        let own = |name: &RefName| proposal || pushed.push.references.contains(name);
        let updates = facts.updates.iter().filter(|it| own(&it.update.name));
        let mut paths = updates.flat_map(|it| &it.changed_paths);
        self.paths.is_empty() || paths.any(|path| fits(path))
    }

    /// An account that is no principal's is none of those that the rule names;
    /// who is not known at all may be any of them.
    fn fits_actor(&self, facts: &Facts, pushed: &PushFacts) -> bool {
        let (actor, principal) = (pushed.push.actor.as_ref(), pushed.principal.as_ref());
        if actor.is_none() && principal.is_none() {
            return true;
        }
        let named = facts.directory.members(texts(&self.actors));
        let is_named = self.actors.is_empty() || principal.is_some_and(|it| named.contains(it));
        let robot = actor.is_some_and(|it| it.robot)
            || principal.is_some_and(|it| facts.directory.robots.contains(it));
        is_named
            && match self.who {
                Who::Everyone => true,
                Who::People => !robot,
                Who::Robots => robot,
            }
    }

    fn lacks_in(&self, one: &Authentication) -> Option<String> {
        if let Some(refused) = one.methods().find(|method| self.refuse.contains(method)) {
            return Some(format!("{refused} is refused here"));
        }
        if !self.methods.is_empty() && !one.methods().any(|method| self.methods.contains(&method)) {
            let wanted: Vec<_> = self.methods.iter().map(ToString::to_string).collect();
            return Some(format!("{one} is none of {}", wanted.join(", ")));
        }
        one.factors.iter().find_map(|factor| self.lacks_of(factor))
    }

    fn lacks_of(&self, factor: &Factor) -> Option<String> {
        let key = match &factor.credential {
            Some(Credential::SshKey(key)) => Some(key),
            Some(Credential::SshCertificate { key, .. }) => Some(key),
            _ => None,
        };
        let ssh = matches!(
            factor.method,
            Method::SshKey | Method::SshCertificate | Method::DeployKey
        );
        if ssh && let Some(why) = self.lacks_of_key(key) {
            return Some(why);
        }
        match factor.method {
            Method::SshCertificate => self.lacks_of_certificate(factor.credential.as_ref()),
            Method::ClientCertificate if !self.authorities.is_empty() => {
                let issuer = match &factor.credential {
                    Some(Credential::ClientCertificate { issuer, .. }) => issuer.as_deref(),
                    _ => None,
                };
                self.lacks_authority(issuer)
            }
            _ => None,
        }
    }

    fn lacks_of_key(&self, key: Option<&SshKey>) -> Option<String> {
        let asks = !self.key_types.is_empty() || self.min_rsa_bits > 0;
        let Some(key) = key.filter(|key| !key.algorithm.is_empty()) else {
            return asks.then(|| "the type of the SSH key is not told".to_owned());
        };
        let algorithm = excerpt(&key.algorithm, 60);
        if !self.key_types.is_empty() && !self.key_types.contains(&key.algorithm) {
            return Some(format!("SSH keys of type {algorithm} are refused here"));
        }
        let short = key.algorithm == "ssh-rsa" && key.bits.unwrap_or(0) < self.min_rsa_bits;
        short.then(|| {
            let bits = key.bits.unwrap_or(0);
            format!(
                "the RSA key has {bits} bits; at least {} are asked",
                self.min_rsa_bits
            )
        })
    }

    fn lacks_of_certificate(&self, credential: Option<&Credential>) -> Option<String> {
        let Some(Credential::SshCertificate {
            authority,
            valid_after,
            valid_before,
            ..
        }) = credential
        else {
            let asks = !self.authorities.is_empty() || self.max_certificate_hours > 0;
            return asks.then(|| "nothing is told of the SSH certificate".to_owned());
        };
        if !self.authorities.is_empty()
            && let Some(why) = self.lacks_authority(Some(authority))
        {
            return Some(why);
        }
        if self.max_certificate_hours == 0 {
            return None;
        }
        let most = i64::from(self.max_certificate_hours) * 3600;
        let seconds = valid_after
            .zip(*valid_before)
            .map(|(after, before)| before.as_second() - after.as_second());
        seconds.is_none_or(|seconds| seconds > most).then(|| {
            format!(
                "the SSH certificate is valid for longer than {} hours",
                self.max_certificate_hours
            )
        })
    }

    fn lacks_authority(&self, authority: Option<&str>) -> Option<String> {
        match authority {
            Some(one) if self.authorities.contains(one) => None,
            Some(one) => Some(format!(
                "certificates of the authority {} do not count here",
                excerpt(one, 120)
            )),
            None => Some("the authority of the certificate is not told".to_owned()),
        }
    }
}
