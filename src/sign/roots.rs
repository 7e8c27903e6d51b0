//! What verification starts from: keys, each pinned to one principal.
//!
//! It reads no files and knows no policy; whoever fills it says whose key it is
//! and where it came from.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use ssh_key::public::KeyData;

use super::error::{Problem, RootError};
use super::{allowed_signers, armour, openpgp, ssh};
use crate::model::principal::PrincipalId;
use crate::model::signature::{KeyName, SignatureKind};
use crate::model::verdict::Digest;

/// When an SSH key may be used, both ends included, in seconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Window {
    pub(super) after: Option<i64>,
    pub(super) before: Option<i64>,
}

/// A trusted SSH key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SshRoot {
    pub(super) principal: PrincipalId,
    pub(super) key: KeyData,
    /// When it may sign git objects; empty if only other namespaces are allowed.
    pub(super) windows: BTreeSet<Window>,
    source: String,
}

/// A trusted OpenPGP certificate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OpenPgpRoot {
    pub(super) principal: PrincipalId,
    pub(super) certificate: openpgp::Certificate,
    source: String,
}

/// The keys that are trusted, and for whom. Empty by default: nothing verifies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrustRoots {
    ssh: BTreeMap<KeyName, SshRoot>,
    openpgp: BTreeMap<KeyName, OpenPgpRoot>,
    /// Certificates by the key id of each of their keys, with the subkey's index.
    by_id: BTreeMap<[u8; 8], Vec<(KeyName, Option<usize>)>>,
    pins: BTreeMap<PrincipalId, BTreeSet<KeyName>>,
    revoked: BTreeMap<KeyName, String>,
}

impl TrustRoots {
    /// Trusts an SSH key, given as `ssh-ed25519 AAAA… comment`.
    ///
    /// # Errors
    /// If the line is no such key, or the key belongs to another principal.
    pub fn add_ssh_key(
        &mut self,
        principal: &PrincipalId,
        line: &str,
        source: &str,
    ) -> Result<KeyName, RootError> {
        let window = Window {
            after: None,
            before: None,
        };
        ssh::parse_key(line)
            .and_then(|key| self.insert_ssh(principal, key, Some(window), source))
            .map_err(|problem| error(source, None, problem))
    }

    /// Trusts the keys of a file in OpenSSH's ALLOWED SIGNERS format
    /// (ssh-keygen(1)). `principal_of` maps the file's principals, which git
    /// users write as e-mail addresses, to those of the policy. Times without
    /// `Z` are read as UTC, so that the verdict is the same on every machine.
    ///
    /// # Errors
    /// Every problem of the file, with its line. The good lines are trusted
    /// nevertheless; a caller that wants all or nothing works on a clone.
    pub fn add_allowed_signers(
        &mut self,
        text: &[u8],
        source: &str,
        principal_of: &dyn Fn(&str) -> PrincipalId,
    ) -> Result<Vec<(PrincipalId, KeyName)>, Vec<RootError>> {
        let (mut added, mut errors) = (Vec::new(), Vec::new());
        for (number, line) in allowed_signers::lines(text) {
            let result = line.and_then(|line| {
                let principal = line.principal(principal_of)?;
                let name = self.insert_ssh(&principal, line.key, line.window, source)?;
                Ok((principal, name))
            });
            match result {
                Ok(pair) => added.push(pair),
                Err(problem) => errors.push(error(source, Some(number), problem)),
            }
        }
        if errors.is_empty() {
            Ok(added)
        } else {
            Err(errors)
        }
    }

    /// Trusts one or several OpenPGP certificates, armoured or binary. Another
    /// copy of a certificate adds what it says, such as a revocation. If
    /// fingerprints are pinned for the principal, only those are taken.
    ///
    /// # Errors
    /// If a certificate cannot be read, can never sign, belongs to another
    /// principal or is not pinned; then none of them is trusted.
    pub fn add_openpgp(
        &mut self,
        principal: &PrincipalId,
        cert: &[u8],
        source: &str,
    ) -> Result<Vec<KeyName>, RootError> {
        let mut next = self.clone();
        let names = next
            .insert_openpgp(principal, cert, source)
            .map_err(|problem| error(source, None, problem))?;
        *self = next;
        Ok(names)
    }

    /// Trusts every certificate of a keyring that can sign, each for a principal
    /// of its own that is named by its fingerprint: nothing else in it is proof.
    ///
    /// # Errors
    /// If a certificate cannot be read or belongs to another principal.
    pub fn add_keyring(&mut self, keyring: &[u8], source: &str) -> Result<Vec<KeyName>, RootError> {
        let mut next = self.clone();
        let names = next
            .insert_keyring(keyring, source)
            .map_err(|problem| error(source, None, problem))?;
        *self = next;
        Ok(names)
    }

    /// Restricts a principal's OpenPGP certificates to pinned fingerprints (of
    /// primary keys, in hexadecimal, spaces allowed). Affects certificates that
    /// are added later.
    pub fn pin(&mut self, principal: &PrincipalId, fingerprint: &str) {
        self.pins
            .entry(principal.clone())
            .or_default()
            .insert(normal(fingerprint));
    }

    /// The operator's revocation of a key (or of a whole certificate, by its
    /// primary key): hard, so that it reaches back.
    pub fn revoke(&mut self, key: &KeyName, reason: &str) {
        self.revoked.insert(normal(&key.0), reason.to_owned());
    }

    /// The SHA-256 of all keys and rules, whatever the order in which they were
    /// added. Where they came from does not count.
    pub fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        let mut line = |text: String| {
            hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(text);
        };
        for (name, root) in &self.ssh {
            line(format!(
                "ssh {} {:?} {:?}",
                name.0, root.principal, root.windows
            ));
        }
        for root in self.openpgp.values() {
            line(format!(
                "openpgp {:?} {}",
                root.principal,
                root.certificate.facts()
            ));
        }
        for (name, reason) in &self.revoked {
            line(format!("revoked {} {reason:?}", name.0));
        }
        Digest(hex::encode(hasher.finalize()))
    }

    /// Every trusted key: whose it is, its name, its format, where it came
    /// from. Of OpenPGP certificates the primary key.
    pub fn keys(&self) -> impl Iterator<Item = (&PrincipalId, &KeyName, SignatureKind, &str)> {
        let ssh = self.ssh.iter().map(|(name, root)| {
            (
                &root.principal,
                name,
                SignatureKind::Ssh,
                root.source.as_str(),
            )
        });
        let openpgp = self.openpgp.iter().map(|(name, root)| {
            (
                &root.principal,
                name,
                SignatureKind::OpenPgp,
                root.source.as_str(),
            )
        });
        ssh.chain(openpgp)
    }

    /// Whether no key is trusted, so that nothing can verify.
    pub fn is_empty(&self) -> bool {
        self.ssh.is_empty() && self.openpgp.is_empty()
    }

    pub(super) fn ssh(&self, name: &KeyName) -> Option<&SshRoot> {
        self.ssh.get(name)
    }

    pub(super) fn openpgp_by_id(
        &self,
        id: [u8; 8],
    ) -> impl Iterator<Item = (&OpenPgpRoot, Option<usize>)> {
        let entries = self.by_id.get(&id).into_iter().flatten();
        entries.filter_map(|(name, index)| Some((self.openpgp.get(name)?, *index)))
    }

    /// The operator's reason for revoking a key.
    pub(super) fn revocation(&self, name: &KeyName) -> Option<&str> {
        self.revoked.get(name).map(String::as_str)
    }

    fn insert_ssh(
        &mut self,
        principal: &PrincipalId,
        key: KeyData,
        window: Option<Window>,
        source: &str,
    ) -> Result<KeyName, Problem> {
        let name = ssh::name(&key);
        let root = self.ssh.entry(name.clone()).or_insert_with(|| SshRoot {
            principal: principal.clone(),
            key,
            windows: BTreeSet::new(),
            source: source.to_owned(),
        });
        if root.principal != *principal {
            return Err(Problem::SharedKey {
                key: name,
                holder: root.principal.clone(),
            });
        }
        root.windows.extend(window);
        Ok(name)
    }

    fn insert_openpgp(
        &mut self,
        principal: &PrincipalId,
        cert: &[u8],
        source: &str,
    ) -> Result<Vec<KeyName>, Problem> {
        let mut names = Vec::new();
        for certificate in certificates(cert)? {
            names.push(self.insert_certificate(principal, certificate, source)?);
        }
        self.index()?;
        Ok(names)
    }

    fn insert_keyring(&mut self, keyring: &[u8], source: &str) -> Result<Vec<KeyName>, Problem> {
        let mut names = Vec::new();
        for certificate in certificates(keyring)? {
            if certificate.why_it_cannot_sign().is_none() {
                let principal = PrincipalId::new(certificate.name().0.clone());
                names.push(self.insert_certificate(&principal, certificate, source)?);
            }
        }
        self.index()?;
        Ok(names)
    }

    fn insert_certificate(
        &mut self,
        principal: &PrincipalId,
        certificate: openpgp::Certificate,
        source: &str,
    ) -> Result<KeyName, Problem> {
        let key = certificate.name().clone();
        if self
            .pins
            .get(principal)
            .is_some_and(|pins| !pins.contains(&key))
        {
            return Err(Problem::NotPinned {
                key,
                principal: principal.clone(),
            });
        }
        if let Some(why) = certificate.why_it_cannot_sign() {
            return Err(Problem::CannotSign { key, why });
        }
        match self.openpgp.get_mut(&key) {
            Some(root) if root.principal == *principal => root.certificate.merge(certificate),
            Some(root) => {
                return Err(Problem::SharedKey {
                    key,
                    holder: root.principal.clone(),
                });
            }
            None => {
                let root = OpenPgpRoot {
                    principal: principal.clone(),
                    certificate,
                    source: source.to_owned(),
                };
                self.openpgp.insert(key.clone(), root);
            }
        }
        Ok(key)
    }

    /// Rebuilds the index by key id. One key in two certificates is an error.
    fn index(&mut self) -> Result<(), Problem> {
        let mut by_id: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut holders: BTreeMap<&KeyName, &OpenPgpRoot> = BTreeMap::new();
        for (primary, root) in &self.openpgp {
            for (index, name, id) in root.certificate.keys() {
                if let Some(holder) = holders.insert(name, root) {
                    return Err(Problem::SharedKey {
                        key: name.clone(),
                        holder: holder.principal.clone(),
                    });
                }
                by_id.entry(id).or_default().push((primary.clone(), index));
            }
        }
        self.by_id = by_id;
        Ok(())
    }
}

fn certificates(bytes: &[u8]) -> Result<Vec<openpgp::Certificate>, Problem> {
    const ARMOUR: &[u8] = b"-----BEGIN PGP ";
    // The first byte of a binary packet has its highest bit set.
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        return openpgp::read(bytes);
    }
    let blocks = armour::key_blocks(bytes).map_err(|error| Problem::Armour(error.to_string()))?;
    if blocks.is_empty() {
        let armoured = bytes
            .windows(ARMOUR.len() + 7)
            .any(|window| window.starts_with(ARMOUR) && window.ends_with(b"PRIVATE"));
        return Err(if armoured {
            Problem::SecretKey
        } else {
            Problem::NoCertificate
        });
    }
    let mut certificates = Vec::new();
    for block in blocks {
        certificates.extend(openpgp::read(&block)?);
    }
    Ok(certificates)
}

/// An OpenPGP fingerprint in its normal form; SSH fingerprints stay as they are.
fn normal(name: &str) -> KeyName {
    if name.starts_with("SHA256:") {
        return KeyName(name.to_owned());
    }
    KeyName(
        name.chars()
            .filter(|letter| !letter.is_whitespace())
            .collect::<String>()
            .to_uppercase(),
    )
}

fn error(origin: &str, line: Option<usize>, problem: Problem) -> RootError {
    RootError {
        origin: origin.to_owned(),
        line,
        problem,
    }
}
