//! sshd, by real output of `sshd -T`.

use super::{asks, each_is_noticed, edited, ready};
use crate::support::World;
use crate::support::own_user::full_path;

/// What a real sshd makes of a configuration.
fn effective(world: &World, config: &str) -> String {
    // It makes the folder that every sshd wants.
    world.sshd();
    let key = world.path("doctor-host-key");
    if !key.exists() {
        let keygen = world.program("ssh-keygen");
        let keygen = keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
        keygen.arg(&key).succeeds();
    }
    let file = world.file("doctor-sshd.conf", config);
    let sshd = world.program(&full_path("sshd", "openssh-server"));
    sshd.arg("-T")
        .arg("-f")
        .arg(file)
        .arg("-h")
        .arg(key)
        .succeeds()
}

#[test]
fn the_ready_made_file_is_good_and_each_edit_is_noticed() {
    let world = World::new();
    let good = ready("sshd.conf");
    asks("--sshd", effective(&world, &good)).expect_good(&["sshd-match"]);
    for (from, to, id, level) in [
        (
            "ExposeAuthInfo yes",
            "ExposeAuthInfo no",
            "sshd-auth-info",
            "problem",
        ),
        (
            "AcceptEnv GIT_PROTOCOL",
            "AcceptEnv GIT_*",
            "sshd-accept-env",
            "problem",
        ),
        (
            "AcceptEnv GIT_PROTOCOL",
            "AcceptEnv *",
            "sshd-accept-env",
            "problem",
        ),
        (
            "AcceptEnv GIT_PROTOCOL",
            "AcceptEnv SSH_USER_AUTH",
            "sshd-accept-env",
            "problem",
        ),
        (
            "PermitUserEnvironment no",
            "PermitUserEnvironment yes",
            "sshd-user-environment",
            "problem",
        ),
        (
            "AuthenticationMethods publickey",
            "AuthenticationMethods publickey password",
            "sshd-methods",
            "warning",
        ),
    ] {
        let config = edited(&good, from, to);
        asks("--sshd", effective(&world, &config)).expect(id, level);
    }
    // Whatever is switched on is enough.
    let open = edited(&good, "AuthenticationMethods publickey\n", "");
    asks("--sshd", effective(&world, &open)).expect("sshd-methods", "ok");
    for (keyword, id, level) in [
        ("PasswordAuthentication", "sshd-passwords", "warning"),
        (
            "KbdInteractiveAuthentication",
            "sshd-keyboard-interactive",
            "warning",
        ),
        ("PermitEmptyPasswords", "sshd-empty-passwords", "problem"),
    ] {
        let on = edited(&open, &format!("{keyword} no"), &format!("{keyword} yes"));
        asks("--sshd", effective(&world, &on)).expect(id, level);
        // Not if a key is needed all the same.
        let with_key = edited(&good, &format!("{keyword} no"), &format!("{keyword} yes"));
        asks("--sshd", effective(&world, &with_key)).expect(id, "ok");
    }
    let host = format!("{open}HostbasedAuthentication yes\n");
    asks("--sshd", effective(&world, &host)).expect("sshd-host-based", "warning");
}

#[test]
fn what_sshd_does_not_say_is_not_good() {
    let good = "permituserenvironment no\nexposeauthinfo yes\nacceptenv LANG\npubkeyauthentication yes\n\
                authenticationmethods any\npasswordauthentication no\npermitemptypasswords no\n\
                kbdinteractiveauthentication no\nhostbasedauthentication no\n";
    asks("--sshd", good).expect_good(&["sshd-match"]);
    each_is_noticed(
        "--sshd",
        good,
        &[
            (
                "permituserenvironment no\n",
                "",
                "sshd-configuration",
                "unknown",
            ),
            ("exposeauthinfo yes\n", "", "sshd-auth-info", "problem"),
            (
                "passwordauthentication no\n",
                "",
                "sshd-passwords",
                "unknown",
            ),
            ("pubkeyauthentication yes\n", "", "sshd-methods", "warning"),
        ],
    );
    asks("--sshd", "").expect("sshd-configuration", "unknown");
}
