//! The text of a policy file, in one place, so that a change of its format is
//! a change of this file only.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::people::Person;
use super::world::World;

/// A policy about to be written.
#[derive(Default, Clone)]
pub struct PolicyText {
    head: Vec<String>,
    principals: BTreeMap<String, String>,
    teams: BTreeMap<String, Vec<String>>,
    checks: BTreeMap<String, Vec<String>>,
    limits: Vec<String>,
    tables: Vec<String>,
    files: Vec<(String, String)>,
}

impl PolicyText {
    /// Trusts the keys that the person has by now.
    pub fn trusting(mut self, person: &Person) -> Self {
        let mut table = format!("ssh_keys = [\"{}\"]\n", person.ssh_public_line());
        if let Some(certificate) = person.openpgp_certificate() {
            let file = format!("{}.asc", person.name());
            let _ = writeln!(table, "openpgp = [\"{file}\"]");
            self.files.push((file, certificate));
        }
        let name = person.name();
        let accounts = ["github", "gitlab", "stash"].map(|forge| format!("\"{forge}:{name}\""));
        let _ = writeln!(table, "accounts = [{}]", accounts.join(", "));
        self.principals.insert(person.name().to_owned(), table);
        self
    }

    /// Trusts the person's SSH key by a line of an allowed-signers file with
    /// these options, such as `valid-before="20200101"`.
    pub fn trusting_by_allowed_signers(mut self, person: &Person, options: &str) -> Self {
        let file = format!("{}.allowed_signers", person.name());
        let (name, key) = (person.email(), person.ssh_public_line());
        let line = format!(
            "{name} namespaces=\"git\"{}{options} {key}\n",
            comma(options)
        );
        self.tables
            .push(format!("[trust]\nallowed_signers = [\"{file}\"]"));
        self.files.push((file, line));
        let table = format!("signs_as = [\"{name}\"]\n");
        self.principals.insert(person.name().to_owned(), table);
        self
    }

    /// Names a team.
    pub fn with_team(mut self, team: &str, members: &[&Person]) -> Self {
        let names = members.iter().map(|person| person.name().to_owned());
        self.teams.insert(team.to_owned(), names.collect());
        self
    }

    /// Protects refs besides the default branch.
    pub fn protecting(mut self, patterns: &[&str]) -> Self {
        self.head.push(format!("protected = {patterns:?}"));
        self
    }

    /// Sets a check's mode: `off`, `audit` or `enforce`.
    pub fn with_mode(self, check: &str, mode: &str) -> Self {
        self.with_setting(check, &format!("mode = \"{mode}\""))
    }

    /// Enforces a check.
    pub fn enforcing(self, check: &str) -> Self {
        self.with_mode(check, "enforce")
    }

    /// Sets a check's key, as a line of TOML.
    pub fn with_setting(mut self, check: &str, line: &str) -> Self {
        let lines = self.checks.entry(check.to_owned()).or_default();
        let key = |line: &str| line.split('=').next().map(|key| key.trim().to_owned());
        lines.retain(|old| key(old) != key(line));
        lines.push(line.to_owned());
        self
    }

    /// A signature of these people on each commit approves a change of the
    /// build environment.
    pub fn approving_ci_changes_signed_by(self, people: &[&Person]) -> Self {
        let names: Vec<_> = people.iter().map(|person| person.name()).collect();
        self.with_setting("ci-change-unapproved", &format!("signed_by = {names:?}"))
    }

    /// Sets a bound, as a line of TOML under `[limits]`.
    pub fn with_limit(mut self, line: &str) -> Self {
        self.limits.push(line.to_owned());
        self
    }

    /// Adds any other TOML, a table with its heading.
    pub fn with_table(mut self, toml: &str) -> Self {
        self.tables.push(toml.to_owned());
        self
    }

    /// The TOML.
    pub fn toml(&self) -> String {
        let mut text = "version = 1\n".to_owned();
        for line in &self.head {
            let _ = writeln!(text, "{line}");
        }
        for (name, table) in &self.principals {
            let _ = write!(text, "\n[principals.{name}]\n{table}");
        }
        if !self.teams.is_empty() {
            text.push_str("\n[teams]\n");
        }
        for (team, members) in &self.teams {
            let _ = writeln!(text, "{team} = {members:?}");
        }
        for (check, lines) in &self.checks {
            let _ = write!(text, "\n[checks.{check}]\n{}\n", lines.join("\n"));
        }
        if !self.limits.is_empty() {
            let _ = write!(text, "\n[limits]\n{}\n", self.limits.join("\n"));
        }
        for table in &self.tables {
            let _ = write!(text, "\n{table}\n");
        }
        text
    }

    /// Writes the policy and the files that it names into a folder of their
    /// own and gives the policy's path.
    pub fn write(&self, world: &World, folder: &str) -> PathBuf {
        for (name, content) in &self.files {
            world.file(format!("{folder}/{name}"), content);
        }
        world.file(format!("{folder}/policy.toml"), self.toml())
    }
}

fn comma(options: &str) -> &'static str {
    if options.is_empty() { "" } else { "," }
}
