//! Certificates: which keys they hold, what their owner says of them, and what
//! follows from it.
//!
//! Everything here was verified when it was read (see `build`), so that judging
//! needs no cryptography on certificates. It knows nothing of packets.

use super::key::Key;
use crate::model::signature::KeyName;

/// What the owner says of a key, in a self-signature or a subkey binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    /// When, in seconds since the epoch.
    pub(super) made: i64,
    /// The user id that it is about; `None` for the key itself.
    pub(super) user: Option<Vec<u8>>,
    /// When the statement ends.
    pub(super) ends: Option<i64>,
    /// When the key expires.
    pub(super) expires: Option<i64>,
    /// Whether the key may sign, if it says so.
    pub(super) may_sign: Option<bool>,
    /// Whether a subkey agreed to being bound.
    pub(super) back_signed: bool,
    /// Why the statement cannot be relied on, as a clause. It still hides
    /// older ones, which its owner meant to replace.
    pub(super) weak: Option<String>,
}

/// A revocation by the owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Revocation {
    /// When, in seconds since the epoch.
    pub(super) made: i64,
    /// Whether it reaches back: the key is compromised, or no reason is given
    /// (RFC 9580, section 5.2.3.31).
    pub(super) hard: bool,
    /// The owner's reason, as a clause.
    pub(super) reason: String,
}

/// A key of a certificate with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Component {
    /// The key.
    pub(super) key: Key,
    /// What the owner says of it, oldest first.
    pub(super) statements: Vec<Statement>,
    /// Its revocations, oldest first.
    pub(super) revocations: Vec<Revocation>,
}

impl Component {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            statements: Vec::new(),
            revocations: Vec::new(),
        }
    }

    fn normalise(&mut self) {
        self.statements.sort();
        self.statements.dedup();
        self.revocations.sort();
        self.revocations.dedup();
    }
}

/// A certificate: the primary key and its subkeys.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Certificate {
    pub(super) primary: Component,
    pub(super) subkeys: Vec<Component>,
    /// User ids that were revoked, and when.
    pub(super) revoked_users: Vec<(Vec<u8>, i64)>,
}

impl Certificate {
    /// Adds what another copy of the same certificate says.
    pub(in super::super) fn merge(&mut self, other: Self) {
        absorb(&mut self.primary, other.primary);
        for subkey in other.subkeys {
            match self
                .subkeys
                .iter_mut()
                .find(|known| known.key.name == subkey.key.name)
            {
                Some(known) => absorb(known, subkey),
                None => self.subkeys.push(subkey),
            }
        }
        self.revoked_users.extend(other.revoked_users);
        self.normalise();
    }

    pub(super) fn normalise(&mut self) {
        self.primary.normalise();
        self.subkeys.iter_mut().for_each(Component::normalise);
        self.subkeys.sort_by(|a, b| a.key.name.cmp(&b.key.name));
        self.revoked_users.sort();
        self.revoked_users.dedup();
    }

    /// The primary key's name, which is the certificate's.
    pub(in super::super) fn name(&self) -> &KeyName {
        &self.primary.key.name
    }

    /// The names and ids of all keys: index of the subkey, or `None` for the primary key.
    pub(in super::super) fn keys(
        &self,
    ) -> impl Iterator<Item = (Option<usize>, &KeyName, [u8; 8])> {
        let subkeys = self
            .subkeys
            .iter()
            .enumerate()
            .map(|(index, subkey)| (Some(index), subkey));
        std::iter::once((None, &self.primary))
            .chain(subkeys)
            .map(|(index, component)| (index, &component.key.name, component.key.id))
    }

    pub(super) fn component(&self, index: Option<usize>) -> &Component {
        index
            .and_then(|index| self.subkeys.get(index))
            .unwrap_or(&self.primary)
    }

    /// Why no key of the certificate can ever sign; `None` if one can.
    pub(in super::super) fn why_it_cannot_sign(&self) -> Option<String> {
        let mut reasons = Vec::new();
        for (index, ..) in self.keys() {
            match self.capability(index) {
                Ok(()) => return None,
                Err(reason) if !reasons.contains(&reason) => reasons.push(reason),
                Err(_) => {}
            }
        }
        Some(reasons.join("; "))
    }

    /// One line per fact that matters to judging, in a fixed order.
    pub(in super::super) fn facts(&self) -> String {
        let component = |component: &Component| {
            format!(
                "{} {:?} {:?}\n",
                component.key.name.0, component.statements, component.revocations
            )
        };
        let subkeys: String = self.subkeys.iter().map(component).collect();
        format!(
            "{}{subkeys}{:?}\n",
            component(&self.primary),
            self.revoked_users
        )
    }

    /// What the owner says of the primary key: the newest statement about the
    /// key itself, and the newest about any user id that was not revoked.
    pub(super) fn self_statements(&self) -> Vec<&Statement> {
        let revoked = |statement: &Statement| {
            statement.user.as_ref().is_some_and(|user| {
                self.revoked_users
                    .iter()
                    .any(|(name, made)| name == user && *made >= statement.made)
            })
        };
        let live = || {
            self.primary
                .statements
                .iter()
                .filter(|statement| !revoked(statement))
        };
        let newest = live()
            .filter(|statement| statement.user.is_some())
            .map(|statement| statement.made)
            .max();
        let users =
            live().filter(|statement| statement.user.is_some() && Some(statement.made) == newest);
        let direct = live().rfind(|statement| statement.user.is_none());
        users.chain(direct).collect()
    }

    /// What the owner says of a key.
    pub(super) fn statements(&self, index: Option<usize>) -> Vec<&Statement> {
        match index {
            None => self.self_statements(),
            Some(_) => self
                .component(index)
                .statements
                .last()
                .into_iter()
                .collect(),
        }
    }

    /// Whether a key may sign at all; else why not, as a clause.
    pub(super) fn capability(&self, index: Option<usize>) -> Result<(), String> {
        let primary = self.self_statements();
        let component = self.component(index);
        let statements = self.statements(index);
        for part in [&self.primary, component] {
            if let Some(reason) = part.key.unsupported() {
                return Err(reason);
            }
        }
        if primary.is_empty() || statements.is_empty() {
            return Err("its certificate does not bind it".to_owned());
        }
        if let Some(reason) = primary
            .iter()
            .chain(&statements)
            .find_map(|statement| statement.weak.clone())
        {
            return Err(reason);
        }
        if !component.key.can_sign()
            || statements
                .iter()
                .any(|statement| statement.may_sign == Some(false))
        {
            return Err("the key may not sign".to_owned());
        }
        if statements.iter().any(|statement| !statement.back_signed) {
            return Err("the subkey never agreed to belong to its certificate".to_owned());
        }
        Ok(())
    }
}

fn absorb(known: &mut Component, other: Component) {
    known.statements.extend(other.statements);
    known.revocations.extend(other.revocations);
}
