//! The variables of this process as bytes, and what of them git must not have
//! been told: some servers let the client set variables (sshd's `AcceptEnv`).
//! It knows no server.

use forgewarden::auth::Variables;
use forgewarden::model::text::excerpt;

/// Most bytes of a variable that names something.
const MAX_NAME: usize = 1024;

/// Variables that show the hook another repository than the one it guards:
/// git sets none of them for a pre-receive hook.
const MISLEADING: [&str; 3] = ["GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_WORK_TREE"];

/// The settings that are only the operator's.
const OWN_SETTINGS: &[u8] = b"forgewarden.";

/// All variables, in their order, duplicates included.
pub(crate) struct Environment(Vec<(Vec<u8>, Vec<u8>)>);

impl Environment {
    /// The variables of this process.
    pub(crate) fn of_this_process() -> Self {
        let bytes = |text: std::ffi::OsString| text.into_encoded_bytes();
        let all = std::env::vars_os().map(|(name, value)| (bytes(name), bytes(value)));
        Self(all.collect())
    }

    /// The same, for the readers of what servers say of authentication.
    pub(crate) fn variables(&self) -> Variables<'_> {
        Variables::new(&self.0)
    }

    /// Whether a variable is set and not empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values(name).any(|value| !value.is_empty())
    }

    /// The one value of a variable that names something; `None` if it is
    /// missing or empty.
    ///
    /// # Errors
    /// It is there twice with different values, too long, not UTF-8, or holds
    /// control characters.
    pub(crate) fn name(&self, name: &str) -> Result<Option<&str>, String> {
        let mut values = self.values(name);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let odd = |what: &str| Err(format!("{name} {what}: \"{}\"", excerpt(cut(value), 80)));
        if values.any(|other| other != value) {
            return odd("is set twice, to different values");
        }
        if value.len() > MAX_NAME {
            return odd(&format!("is over the bound of {MAX_NAME} bytes"));
        }
        match std::str::from_utf8(value) {
            Err(_) => odd("is not UTF-8"),
            Ok(text) if text.chars().any(char::is_control) => odd("holds control characters"),
            Ok("") => Ok(None),
            Ok(text) => Ok(Some(text)),
        }
    }

    /// Refuses variables that could show the hook another repository, or that
    /// try to set what is only the operator's.
    ///
    /// # Errors
    /// A sentence that names the variable.
    pub(crate) fn expect_untouched(&self) -> Result<(), String> {
        let advice = "git sets no such thing for this hook; if it came from the client, mend the server \
                      (forgewarden setup hook checks sshd)";
        if let Some(name) = MISLEADING.iter().find(|name| self.has(name)) {
            return Err(format!("{name} is set in the hook's environment; {advice}"));
        }
        match self.injected_setting() {
            Some(name) => Err(format!(
                "{name} sets forgewarden.* by the environment; {advice}"
            )),
            None => Ok(()),
        }
    }

    /// The variable by which git's configuration got one of our settings.
    /// They are never read from there; who tries is told.
    fn injected_setting(&self) -> Option<String> {
        let counts = self.has("GIT_CONFIG_COUNT");
        let found = self.0.iter().find(|(name, value)| {
            let counted = counts && name.starts_with(b"GIT_CONFIG_KEY_");
            (counted && starts_with_ours(value))
                || (name == b"GIT_CONFIG_PARAMETERS" && mentions_ours(value))
        });
        found.map(|(name, _)| excerpt(cut(name), 80))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let wanted = name.as_bytes().to_owned();
        let found = self.0.iter().filter(move |(name, _)| *name == wanted);
        found.map(|(_, value)| value.as_slice())
    }
}

fn starts_with_ours(value: &[u8]) -> bool {
    let start = value.get(..OWN_SETTINGS.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(OWN_SETTINGS))
}

/// Whether git's quoted list sets one of ours: `'forgewarden.policy'='…'`, and
/// in the form of older versions `'forgewarden.policy=…'`.
fn mentions_ours(value: &[u8]) -> bool {
    let mut starts = value.split(|byte| *byte == b'\'');
    starts.any(starts_with_ours)
}

/// What is enough to show: a value may be a megabyte long.
fn cut(value: &[u8]) -> &[u8] {
    value.get(..256).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::Environment;

    fn environment(pairs: &[(&str, &[u8])]) -> Environment {
        let own = |(name, value): &(&str, &[u8])| (name.as_bytes().to_vec(), value.to_vec());
        Environment(pairs.iter().map(own).collect())
    }

    #[test]
    fn a_name_is_one_short_line_of_text() {
        let long = "x".repeat(1_000_000);
        let found = environment(&[
            ("A", b"alice"),
            ("A", b"alice"),
            ("B", b"one"),
            ("B", b"two"),
            ("C", b"a\nb"),
            ("D", b"\xff"),
            ("E", long.as_bytes()),
            ("F", b""),
        ]);
        assert_eq!(found.name("A"), Ok(Some("alice")));
        assert_eq!(found.name("F"), Ok(None));
        assert_eq!(found.name("G"), Ok(None));
        for (name, why) in [
            ("B", "twice"),
            ("C", "control"),
            ("D", "UTF-8"),
            ("E", "bound"),
        ] {
            let said = found.name(name).expect_err(name);
            assert!(said.contains(why) && said.len() < 400, "{said}");
        }
    }

    #[test]
    fn what_steers_the_hook_is_refused() {
        for (name, value) in [
            ("GIT_COMMON_DIR", "/elsewhere"),
            ("GIT_NAMESPACE", "x"),
            ("GIT_WORK_TREE", "/elsewhere"),
            ("GIT_CONFIG_PARAMETERS", "'ForgeWarden.policy'='/lax'"),
            ("GIT_CONFIG_PARAMETERS", "'a.b=c' 'forgewarden.policy=/lax'"),
        ] {
            let found = environment(&[(name, value.as_bytes())]);
            assert!(found.expect_untouched().is_err(), "{name}");
        }
        let key = ("GIT_CONFIG_KEY_7", &b"FORGEWARDEN.policy"[..]);
        assert!(
            environment(&[key, ("GIT_CONFIG_COUNT", b"8")])
                .expect_untouched()
                .is_err()
        );
        // Without a count git reads no key.
        assert!(environment(&[key]).expect_untouched().is_ok());
        // Servers configure git so themselves.
        let lawful = (
            "GIT_CONFIG_PARAMETERS",
            &b"'core.hooksPath'='/server/hooks'"[..],
        );
        assert!(environment(&[lawful]).expect_untouched().is_ok());
    }
}
