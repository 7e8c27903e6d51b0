//! What sshd's effective configuration lets a client do to a hook.

use super::Found;
use crate::cli::sshd::{LAWFUL, Settings};
use crate::model::text::excerpt;

/// Judges `sshd -T`. What it does not say is a problem.
pub(super) fn findings(text: &str) -> Vec<Found> {
    let Some(settings) = Settings::read(text) else {
        let what = "sshd: this is not the output of `sshd -T`: it lacks permituserenvironment";
        return vec![Found::Problem(what.to_owned())];
    };
    let steering = settings.steering();
    let accepted = if steering.is_empty() {
        Found::Good("sshd takes no variable from clients that steers git".to_owned())
    } else {
        Found::Problem(format!(
            "sshd takes variables from clients that can switch the hook off (AcceptEnv {}): leave only LANG, LC_* and {LAWFUL}",
            excerpt(steering.join(" "), 200)
        ))
    };
    let environment = if settings.says("permituserenvironment", "no") {
        Found::Good("sshd reads no variables from ~/.ssh/environment".to_owned())
    } else {
        Found::Problem(
            "sshd takes variables from ~/.ssh and authorized_keys: set PermitUserEnvironment no"
                .to_owned(),
        )
    };
    let evidence = if settings.says("exposeauthinfo", "yes") {
        Found::Good("sshd tells the hook how people authenticated".to_owned())
    } else {
        Found::Warning(
            "sshd does not tell the hook how people authenticated: set ExposeAuthInfo yes"
                .to_owned(),
        )
    };
    vec![accepted, environment, evidence]
}

#[cfg(test)]
mod tests {
    use super::{Found, findings};

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
