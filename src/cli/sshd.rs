//! What sshd's effective configuration says, read from the output of
//! `sshd -T`, for set-up and for the doctor. It judges nothing, but for the
//! variables that a client may set. Source: sshd_config(5).

/// Most bytes of `sshd -T`'s output.
pub(super) const MAX_OUTPUT: u64 = 1 << 20;

/// What the variables begin with that steer git, the loader, the shells and
/// the servers before and around the hook.
const STEERING: [&str; 14] = [
    "GIT_",
    "SSH_",
    "LD_",
    "GL_",
    "GITHUB_",
    "BB_",
    "PERL",
    "BASH",
    "ENV",
    "HOME",
    "PATH",
    "XDG_",
    "FORGEWARDEN",
    "GITOLITE",
];

/// The one of them that git itself wants to be taken.
pub(super) const LAWFUL: &str = "GIT_PROTOCOL";

/// The settings: keyword, in small letters, and value, in sshd's order.
pub(super) struct Settings(Vec<(String, String)>);

impl Settings {
    /// Reads `sshd -T`. Nothing if it is something else: what sshd prints in
    /// every version is missing.
    pub(super) fn read(text: &str) -> Option<Self> {
        let lines = text.lines().filter_map(|line| line.trim().split_once(' '));
        let lines = lines.map(|(key, value)| (key.to_ascii_lowercase(), value.trim().to_owned()));
        let settings = Self(lines.collect());
        let has_it = settings.values("permituserenvironment").next().is_some();
        has_it.then_some(settings)
    }

    /// Every value of a keyword.
    pub(super) fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        let of_key = self.0.iter().filter(move |(name, _)| name == key);
        of_key.map(|(_, value)| value.as_str())
    }

    /// Whether a keyword is there and has this value alone.
    pub(super) fn says(&self, key: &str, value: &str) -> bool {
        let mut values = self.values(key).peekable();
        values.peek().is_some() && values.all(|one| one.eq_ignore_ascii_case(value))
    }

    /// The patterns of `AcceptEnv` that can fit a variable that steers.
    pub(super) fn steering(&self) -> Vec<&str> {
        let patterns = self.values("acceptenv").flat_map(str::split_whitespace);
        patterns.filter(|pattern| steers(pattern)).collect()
    }
}

/// Whether a pattern of `AcceptEnv` (with `*` and `?`) can fit a variable that
/// steers. Doubt is a yes.
fn steers(pattern: &str) -> bool {
    if pattern == LAWFUL {
        return false;
    }
    let fixed = pattern.find(['*', '?']);
    let literal = &pattern[..fixed.unwrap_or(pattern.len())];
    STEERING
        .iter()
        .any(|start| literal.starts_with(start) || (fixed.is_some() && start.starts_with(literal)))
}

#[cfg(test)]
mod tests {
    use super::{Settings, steers};

    #[test]
    fn patterns_that_can_fit_a_steering_variable_are_known() {
        for pattern in [
            "*",
            "GIT_*",
            "G*",
            "?IT_DIR",
            "GIT_CONFIG_COUNT",
            "SSH_USER_AUTH",
            "L*",
            "LD_PRELOAD",
        ] {
            assert!(steers(pattern), "{pattern}");
        }
        for pattern in ["LANG", "LC_*", "GIT_PROTOCOL", "COLORTERM", "NO_COLOR"] {
            assert!(!steers(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_setting_that_is_missing_says_nothing() {
        assert!(Settings::read("acceptenv LANG\n").is_none());
        let text = "PermitUserEnvironment no\nacceptenv LANG GIT_*\nacceptenv *\n";
        let settings = Settings::read(text).expect("sshd's");
        assert!(settings.says("permituserenvironment", "no"));
        assert!(!settings.says("exposeauthinfo", "no"));
        assert_eq!(settings.steering(), ["GIT_*", "*"]);
    }
}
