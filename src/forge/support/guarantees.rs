//! What an installation's settings rule out, with what would make them rule out
//! more: the same for the records of evidence and for the doctor.

use jiff::Timestamp;

use super::lines::Lines;
use crate::forge::Guarantee;
use crate::model::authentication::Method;

/// The line of the doctor, and the guarantee that decides it where no other does.
pub(in crate::forge) const PASSWORDS: &str = "passwords-for-git";

/// A guarantee, and what a person would have to change.
pub(in crate::forge) struct Found {
    pub(in crate::forge) guarantee: Guarantee,
    /// What to switch on, and where; empty if nothing.
    pub(in crate::forge) remedy: &'static str,
}

impl Found {
    /// Something that leaves these methods alone possible.
    pub(in crate::forge) fn leaves(
        id: &'static str,
        methods: &[Method],
        says: impl Into<String>,
        read_at: Timestamp,
    ) -> Self {
        let leaves = Some(methods.iter().copied().collect());
        Self::new((id, says.into(), read_at), leaves, "")
    }

    /// Something that rules nothing out, and why.
    pub(in crate::forge) fn nothing(
        id: &'static str,
        says: impl Into<String>,
        remedy: &'static str,
        read_at: Timestamp,
    ) -> Self {
        Self::new((id, says.into(), read_at), None, remedy)
    }

    fn new(
        (id, says, read_at): (&'static str, String, Timestamp),
        leaves: Option<std::collections::BTreeSet<Method>>,
        remedy: &'static str,
    ) -> Self {
        let guarantee = Guarantee {
            id,
            scope: None,
            leaves,
            says,
            read_at,
        };
        Self { guarantee, remedy }
    }

    fn rules_passwords_out(&self) -> bool {
        let leaves = self.guarantee.leaves.as_ref();
        leaves.is_some_and(|all| !all.iter().any(|method| method.is_password()))
    }
}

/// The doctor's line: whether a password can push.
pub(in crate::forge) fn tell_passwords(all: &[Found], lines: &mut Lines) {
    if let Some(found) = all.iter().find(|found| found.rules_passwords_out()) {
        return lines.ok(PASSWORDS, found.guarantee.says.clone());
    }
    let decisive = all.iter().find(|found| found.guarantee.id == PASSWORDS);
    match decisive {
        Some(found) => lines.warning(PASSWORDS, found.guarantee.says.clone(), found.remedy),
        None => lines.warning(
            PASSWORDS,
            "no setting that was read rules passwords out",
            "",
        ),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Found, PASSWORDS, tell_passwords};
    use crate::forge::Level;
    use crate::forge::support::lines::Lines;
    use crate::model::authentication::Method::{Password, SshKey, Token};

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn line(all: &[Found]) -> (Level, String, String) {
        let mut lines = Lines::at("here");
        tell_passwords(all, &mut lines);
        let line = lines.finish().remove(0);
        assert_eq!(line.id, PASSWORDS);
        (line.level, line.message, line.remedy)
    }

    #[test]
    fn one_guarantee_without_passwords_is_enough_and_none_is_a_warning() {
        let open = || Found::nothing(PASSWORDS, "they work", "switch them off", AT);
        let ssh = Found::leaves("git-protocol", &[SshKey], "ssh alone", AT);
        assert_eq!(line(&[open(), ssh]).0, Level::Ok);
        let (level, message, remedy) = line(&[open()]);
        assert_eq!(level, Level::Warning);
        assert_eq!(
            (message.as_str(), remedy.as_str()),
            ("they work", "switch them off")
        );
        let http = Found::leaves("git-protocol", &[Token, Password], "http alone", AT);
        assert_eq!(line(&[http]).0, Level::Warning);
        assert_eq!(line(&[]).0, Level::Warning);
    }
}
