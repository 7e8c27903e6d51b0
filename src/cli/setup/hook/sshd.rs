//! What sshd's effective configuration lets a client do to a hook, read from
//! the output of `sshd -T`. Source: sshd_config(5).

use super::Found;
use crate::model::text::excerpt;

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
const LAWFUL: &str = "GIT_PROTOCOL";

/// Reads `sshd -T`. What it does not say is a problem.
pub(super) fn findings(text: &str) -> Vec<Found> {
    let values = |key: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.trim().split_once(' '));
        let of_key = lines.filter(|(name, _)| name.eq_ignore_ascii_case(key));
        of_key.map(|(_, value)| value.trim().to_owned()).collect()
    };
    if values("permituserenvironment").is_empty() {
        let what = "sshd: this is not the output of `sshd -T`: it lacks permituserenvironment";
        return vec![Found::Problem(what.to_owned())];
    }
    let mut found = Vec::new();
    let accepted = values("acceptenv");
    let patterns = accepted.iter().flat_map(|line| line.split_whitespace());
    let steering: Vec<_> = patterns.filter(|pattern| steers(pattern)).collect();
    found.push(if steering.is_empty() {
        Found::Good("sshd takes no variable from clients that steers git".to_owned())
    } else {
        Found::Problem(format!(
            "sshd takes variables from clients that can switch the hook off (AcceptEnv {}): leave only LANG, LC_* and {LAWFUL}",
            excerpt(steering.join(" "), 200)
        ))
    });
    found.push(if values("permituserenvironment").iter().all(|value| value == "no") {
        Found::Good("sshd reads no variables from ~/.ssh/environment".to_owned())
    } else {
        Found::Problem(
            "sshd takes variables from ~/.ssh and authorized_keys: set PermitUserEnvironment no".to_owned(),
        )
    });
    found.push(
        if values("exposeauthinfo").iter().any(|value| value == "yes") {
            Found::Good("sshd tells the hook how people authenticated".to_owned())
        } else {
            Found::Warning(
                "sshd does not tell the hook how people authenticated: set ExposeAuthInfo yes"
                    .to_owned(),
            )
        },
    );
    found
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
    use super::{Found, findings, steers};

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
    fn what_is_not_sshds_output_is_no_good_news() {
        assert!(matches!(findings("").as_slice(), [Found::Problem(_)]));
        let good = "acceptenv LANG\nacceptenv LC_*\npermituserenvironment no\nexposeauthinfo yes\n";
        assert!(
            findings(good)
                .iter()
                .all(|one| matches!(one, Found::Good(_)))
        );
        let bad = "AcceptEnv LANG GIT_*\npermituserenvironment LANG\nexposeauthinfo no\n";
        let problems = findings(bad);
        assert!(matches!(
            problems.as_slice(),
            [Found::Problem(_), Found::Problem(_), Found::Warning(_)]
        ));
    }
}
