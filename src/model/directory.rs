//! The principals of a policy, their accounts and their teams.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::principal::{Actor, PrincipalId};
use super::repo::ForgeKind;
use super::signature::KeyName;

/// An account as the policy writes it: `github:alice`, or `github:#583231` for
/// the account's number, which survives a rename.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// By name.
    Login(ForgeKind, String),
    /// By number.
    Number(ForgeKind, u64),
}

/// A group of accounts that a forge keeps: a team of a GitHub organisation
/// (`github:acme/security`), a group of GitLab, a group of Stash's directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// The forge that knows its members.
    pub forge: ForgeKind,
    /// Its name there.
    pub name: String,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = super::text::Escaped(self.name.as_bytes());
        write!(f, "{}:{name}", self.forge.key())
    }
}

/// Principals and teams, already resolved: every member of a team is a principal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// The accounts of each principal.
    pub principals: BTreeMap<PrincipalId, BTreeSet<Account>>,
    /// The members of each team.
    pub teams: BTreeMap<String, BTreeSet<PrincipalId>>,
    /// The groups of forges whose members count as members of a team, as far
    /// as they are principals.
    pub groups: BTreeMap<String, BTreeSet<Group>>,
    /// The principals that the policy calls robots. They approve nothing.
    pub robots: BTreeSet<PrincipalId>,
    /// Whose key this is.
    pub keys: BTreeMap<KeyName, PrincipalId>,
}

impl Directory {
    /// The principal whose account this is. Names compare without letter case,
    /// as all three forges do.
    pub fn principal_of(&self, actor: &Actor) -> Option<&PrincipalId> {
        let is_actor = |account: &Account| match account {
            Account::Number(forge, number) => *forge == actor.forge && Some(*number) == actor.id,
            Account::Login(forge, login) => {
                *forge == actor.forge && login.eq_ignore_ascii_case(&actor.login)
            }
        };
        self.principals
            .iter()
            .find(|(_, accounts)| accounts.iter().any(is_actor))
            .map(|(principal, _)| principal)
    }

    /// The groups that a list of names stands for, besides [`Directory::members`].
    pub fn groups_of<'a>(
        &'a self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> BTreeSet<&'a Group> {
        let teams = names
            .into_iter()
            .filter_map(|name| name.strip_prefix("team:"));
        teams
            .filter_map(|team| self.groups.get(team))
            .flatten()
            .collect()
    }

    /// The groups of the account's forge whose membership can matter: none if
    /// the account is no principal's, or a robot's.
    pub fn groups_for(&self, actor: &Actor) -> BTreeSet<&Group> {
        let principal = self.principal_of(actor);
        let counts = principal.is_some_and(|it| !actor.robot && !self.robots.contains(it));
        let all = self.groups.values().flatten();
        all.filter(|group| counts && group.forge == actor.forge)
            .collect()
    }

    /// The principals that a list of names stands for: `team:<name>` or a
    /// principal. Names were checked when the policy was read; an unknown one
    /// stands for nobody.
    pub fn members<'a>(
        &'a self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> BTreeSet<&'a PrincipalId> {
        let mut members = BTreeSet::new();
        for name in names {
            match name.strip_prefix("team:") {
                Some(team) => members.extend(self.teams.get(team).into_iter().flatten()),
                None => {
                    let named = self.principals.get_key_value(&PrincipalId::new(name));
                    members.extend(named.map(|(principal, _)| principal));
                }
            }
        }
        members
    }
}
