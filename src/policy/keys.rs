//! Principals and their keys: the directory and the trust roots that a policy
//! names. The only part of `policy` that reads key files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::file::{PolicyFile, PrincipalTable};
use super::formats;
use super::place::{KeyPath, Spots};
use super::problem::{Problem, Spot};
use crate::model::directory::{Account, Directory};
use crate::model::principal::PrincipalId;
use crate::model::signature::KeyName;
use crate::model::text::{escape, excerpt};
use crate::sign::TrustRoots;

/// Largest key file that is read, in bytes.
pub const MAX_KEY_FILE_BYTES: u64 = 16 << 20;

/// Who there is, and with which keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    pub(crate) directory: Arc<Directory>,
    pub(crate) roots: Arc<TrustRoots>,
}

/// Reads the principals, teams and keys of a policy; key files stand relative to `folder`.
pub(crate) fn people(
    file: &PolicyFile,
    spots: &Spots,
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> People {
    let mut loader = Loader {
        folder,
        spots,
        problems,
        directory: Directory::default(),
        roots: TrustRoots::default(),
        owners: BTreeMap::new(),
        unread: false,
    };
    loader.names(file);
    for (name, table) in &file.principals {
        loader.principal(name, table);
    }
    loader.allowed_signers(file);
    loader.revocations(file);
    loader.directory.keys.clone_from(&loader.owners);
    People {
        directory: Arc::new(loader.directory),
        roots: Arc::new(loader.roots),
    }
}

struct Loader<'a> {
    folder: &'a Path,
    spots: &'a Spots,
    problems: &'a mut Vec<Problem>,
    directory: Directory,
    roots: TrustRoots,
    owners: BTreeMap<KeyName, PrincipalId>,
    /// Whether a file was not read, so that what it would name is not known.
    unread: bool,
}

impl Loader<'_> {
    fn error(&mut self, spot: &Spot, message: String) {
        self.problems.push(spot.error(message));
    }

    /// The directory, and what two principals both claim.
    fn names(&mut self, file: &PolicyFile) {
        let mut accounts: BTreeMap<Account, &str> = BTreeMap::new();
        for (name, table) in &file.principals {
            let list = KeyPath::from("principals").key(name).key("accounts");
            let mut own = BTreeSet::new();
            for text in &table.accounts {
                let Ok(account) = formats::account(&text.0) else {
                    continue;
                };
                let folded = fold(&account);
                if let Some(other) = accounts.insert(folded, name).filter(|other| other != name) {
                    let spot = self.spots.entry(&list, &text.0).clone();
                    self.error(
                        &spot,
                        format!(
                            "the account `{}` belongs to `{other}` already",
                            escape(&text.0)
                        ),
                    );
                }
                own.insert(account);
            }
            let id = PrincipalId::new(name);
            if table.robot {
                self.directory.robots.insert(id.clone());
            }
            self.directory.principals.insert(id, own);
        }
        for (team, members) in &file.teams {
            let groups = members.iter().filter_map(|it| formats::group(&it.0)?.ok());
            let groups: BTreeSet<_> = groups.collect();
            if !groups.is_empty() {
                self.directory.groups.insert(team.clone(), groups);
            }
            let people = members
                .iter()
                .filter(|name| formats::group(&name.0).is_none())
                .map(|name| PrincipalId::new(&name.0))
                .collect();
            self.directory.teams.insert(team.clone(), people);
        }
    }

    fn principal(&mut self, name: &str, table: &PrincipalTable) {
        let path = KeyPath::from("principals").key(name);
        let id = PrincipalId::new(name);
        for key in &table.ssh_keys {
            let spot = self.spots.entry(&path.key("ssh_keys"), &key.0).clone();
            match self.roots.add_ssh_key(&id, key.0.trim(), spot.source()) {
                Ok(key) => self.own(&id, key, &spot),
                Err(why) => self.error(&spot, format!("the SSH key cannot be used: {why}")),
            }
        }
        for certificate in &table.openpgp {
            let spot = self
                .spots
                .entry(&path.key("openpgp"), &certificate.0)
                .clone();
            self.openpgp(&id, &certificate.0, &spot);
        }
        let nothing = table.accounts.is_empty()
            && table.ssh_keys.is_empty()
            && table.openpgp.is_empty()
            && table.signs_as.is_empty();
        if nothing {
            let spot = self.spots.key(&path);
            let help = "give it `accounts`, `ssh_keys`, `openpgp` or `signs_as`, or remove it";
            let message = format!("`{path}` has no key and no account, so it can never be anybody");
            self.problems.push(spot.warning(message).with_help(help));
        }
    }

    fn openpgp(&mut self, id: &PrincipalId, certificate: &str, spot: &Spot) {
        let (bytes, source) = if formats::is_armour(certificate) {
            (certificate.as_bytes().to_vec(), spot.source().to_owned())
        } else {
            match self.read(certificate) {
                Ok(bytes) => (bytes, certificate.to_owned()),
                Err(why) => return self.error(spot, why),
            }
        };
        match self.roots.add_openpgp(id, &bytes, &source) {
            Ok(keys) => keys.into_iter().for_each(|key| self.own(id, key, spot)),
            Err(why) => self.error(
                spot,
                format!("the OpenPGP certificate cannot be used: {why}"),
            ),
        }
    }

    /// Notes whose key it is; a key that two share would make either the other.
    fn own(&mut self, id: &PrincipalId, key: KeyName, spot: &Spot) {
        let other = self.owners.insert(key.clone(), id.clone());
        if let Some(other) = other.filter(|other| other != id) {
            self.error(
                spot,
                format!("the key {key} belongs to `{other}` already; a key names one principal"),
            );
        }
    }

    fn allowed_signers(&mut self, file: &PolicyFile) {
        let mut names: BTreeMap<&str, PrincipalId> = BTreeMap::new();
        for (name, table) in &file.principals {
            for alias in &table.signs_as {
                let list = KeyPath::from("principals").key(name).key("signs_as");
                if let Some(other) = names.insert(alias, PrincipalId::new(name)) {
                    let spot = self.spots.entry(&list, alias).clone();
                    self.error(
                        &spot,
                        format!("`{other}` signs as `{}` already", excerpt(alias, 60)),
                    );
                }
            }
        }
        let mut used = BTreeSet::new();
        for text in &file.trust.allowed_signers {
            let spot = self
                .spots
                .entry(&KeyPath::from("trust.allowed_signers"), &text.0)
                .clone();
            used.extend(self.allowed_signers_file(&text.0, &names, &spot));
        }
        if self.unread {
            return;
        }
        let idle = file.principals.iter().filter(|(name, table)| {
            !table.signs_as.is_empty() && !used.contains(&PrincipalId::new(name.as_str()))
        });
        for (name, _) in idle {
            let path = KeyPath::from("principals").key(name).key("signs_as");
            let message =
                format!("no name in `{path}` stands in a file of `trust.allowed_signers`");
            self.problems.push(self.spots.key(&path).warning(message));
        }
    }

    /// Reads one file; returns the principals that it has keys for.
    fn allowed_signers_file(
        &mut self,
        text: &str,
        names: &BTreeMap<&str, PrincipalId>,
        spot: &Spot,
    ) -> Vec<PrincipalId> {
        let bytes = match self.read(text) {
            Ok(bytes) => bytes,
            Err(why) => {
                self.unread = true;
                self.error(spot, why);
                return Vec::new();
            }
        };
        let principal_of = |name: &str| {
            names
                .get(name)
                .cloned()
                .unwrap_or_else(|| PrincipalId::new(name))
        };
        let found = match self.roots.add_allowed_signers(&bytes, text, &principal_of) {
            Ok(found) => found,
            Err(errors) => {
                errors
                    .iter()
                    .for_each(|why| self.error(spot, why.to_string()));
                return Vec::new();
            }
        };
        for (id, key) in &found {
            self.own(id, key.clone(), spot);
            if !self.directory.principals.contains_key(id) {
                let message = format!(
                    "`{id}` in {} is no principal's `signs_as`, so it becomes a principal without accounts",
                    escape(text)
                );
                let help = format!("add it to the principal that it is: signs_as = [\"{id}\"]");
                self.problems.push(spot.warning(message).with_help(help));
                self.directory
                    .principals
                    .insert(id.clone(), BTreeSet::new());
            }
        }
        found.into_iter().map(|(id, _)| id).collect()
    }

    fn revocations(&mut self, file: &PolicyFile) {
        let mut seen = BTreeSet::new();
        for (index, revoked) in file.trust.revoked.iter().enumerate() {
            let path = KeyPath::from("trust.revoked").index(index).key("key");
            let Ok(key) = formats::key_name(&revoked.key.0) else {
                continue;
            };
            if !seen.insert(key.clone()) {
                self.error(
                    &self.spots.value(&path).clone(),
                    format!("the key {key} is revoked twice"),
                );
            }
            if !self.owners.contains_key(&key) {
                let message = format!("the revoked key {key} is no key of this policy");
                self.problems.push(self.spots.value(&path).warning(message));
            }
            self.roots.revoke(&key, revoked.reason.0.trim());
        }
    }

    fn read(&self, text: &str) -> Result<Vec<u8>, String> {
        let shown = excerpt(text, 80);
        if self.folder.as_os_str().is_empty() {
            return Err(format!(
                "{shown}: a policy inside a repository names no files; write the key itself"
            ));
        }
        let file = std::fs::File::open(self.folder.join(text))
            .map_err(|error| format!("{shown} cannot be read: {error}"))?;
        let mut bytes = Vec::new();
        file.take(MAX_KEY_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("{shown} cannot be read: {error}"))?;
        if bytes.len() as u64 > MAX_KEY_FILE_BYTES {
            return Err(format!("{shown} has more than {MAX_KEY_FILE_BYTES} bytes"));
        }
        Ok(bytes)
    }
}

/// An account as forges compare it: names without letter case.
fn fold(account: &Account) -> Account {
    match account {
        Account::Login(forge, login) => Account::Login(*forge, login.to_ascii_lowercase()),
        Account::Number(..) => account.clone(),
    }
}
