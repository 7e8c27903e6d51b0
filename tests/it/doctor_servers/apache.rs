//! Apache, by its configuration file.

use super::{asks, each_is_noticed, edited, ready};

/// What lets people in who have a password.
const ANY: &str = "            Require valid-user\n";

/// What tells the hook of a certificate.
const OPTIONS: &str = "SSLOptions +StdEnvVars\n    SSLUserName";

/// The end of the condition that reads a token.
const KNOWN: &str = "{32,512})$\"\n";

/// Where the virtual hosts begin.
const HOST: &str = "    ServerName git.example.org\n    SSLEngine on\n";

/// Edits of the ready-made file: what is replaced, by what, and the line that
/// it must give. The conditions of tokens are taken away, or fit everything.
const EDITS: &[(&str, &str, &str, &str)] = &[
    (
        ANY,
        "            Require all granted\n",
        "apache-authentication",
        "problem",
    ),
    (
        ANY,
        "            Require ip 10.0.0.0/8\n",
        "apache-authentication",
        "problem",
    ),
    (
        ANY,
        "            Require expr true\n",
        "apache-authentication",
        "unknown",
    ),
    (
        "AuthBasicProvider file",
        "AuthBasicProvider anon file",
        "apache-authentication",
        "problem",
    ),
    (
        "SSLVerifyClient require",
        "SSLVerifyClient none",
        "apache-authentication",
        "unknown",
    ),
    (
        "<Location /git/>",
        "<Location /other/>",
        "apache-authentication",
        "problem",
    ),
    (
        "<Location /git/>\n        AuthType",
        "<If \"true\">\n</If>\n<Location /git/>\n        AuthType",
        "apache-authentication",
        "unknown",
    ),
    (
        "<Location /git/>\n        AuthType",
        "<LocationMatch \"x\">\n</LocationMatch>\n<Location /git/>\n        AuthType",
        "apache-authentication",
        "unknown",
    ),
    (
        "SSLVerifyClient require",
        "SSLVerifyClient optional",
        "apache-certificate",
        "warning",
    ),
    (
        "SSLVerifyClient require",
        "SSLVerifyClient optional_no_ca",
        "apache-certificate",
        "problem",
    ),
    (OPTIONS, "SSLUserName", "apache-certificate", "problem"),
    (
        OPTIONS,
        "SSLOptions -StdEnvVars\n    SSLUserName",
        "apache-certificate",
        "problem",
    ),
    (
        OPTIONS,
        "SSLOptions +StdEnvVars +FakeBasicAuth\n    SSLUserName",
        "apache-fake-basic",
        "problem",
    ),
    (
        "    RewriteCond ${forgewarden-tokens:%1}",
        "    #",
        "apache-variables",
        "problem",
    ),
    (
        "\"^([A-Za-z0-9._@-]+)/[A-Za-z0-9._-]+/([0-9a-f]{64})$\"",
        "\"^(.*)$\"",
        "apache-variables",
        "unknown",
    ),
    (KNOWN, "{32,512})$\" [OR]\n", "apache-variables", "unknown"),
    (
        "git-http-backend",
        "cgit",
        "apache-configuration",
        "unknown",
    ),
];

/// Directives that are added to the virtual hosts, and the lines that they
/// must give.
const ADDED: &[(&str, &str, &str)] = &[
    ("CGIPassAuth On", "apache-authorization", "problem"),
    (
        "SetEnvIf Authorization \"(.*)\" HTTP_AUTHORIZATION=$1",
        "apache-authorization",
        "problem",
    ),
    (
        "RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]",
        "apache-authorization",
        "problem",
    ),
    (
        "SetEnvIf X-User (.*) REMOTE_USER=$1",
        "apache-variables",
        "problem",
    ),
    ("SetEnv REMOTE_USER alice", "apache-variables", "problem"),
    (
        "SetEnv FORGEWARDEN_AUTH_METHOD token",
        "apache-variables",
        "problem",
    ),
    (
        "SetEnvIf X-Method token FORGEWARDEN_AUTH_METHOD=token",
        "apache-variables",
        "problem",
    ),
    (
        "RewriteRule .* - [E=REMOTE_USER:%{HTTP:X-User}]",
        "apache-variables",
        "problem",
    ),
    ("PassEnv SSL_CLIENT_VERIFY", "apache-variables", "unknown"),
    (
        "RequestHeader set Remote-User alice",
        "apache-variables",
        "warning",
    ),
    ("Include more.conf", "apache-configuration", "unknown"),
];

#[test]
fn the_ready_made_file_is_good_and_each_edit_is_noticed() {
    let good = ready("apache.conf");
    asks("--apache", good.as_str()).expect_good(&["apache-passwords"]);
    each_is_noticed("--apache", &good, EDITS);
    for (directive, id, level) in ADDED {
        let more = format!("{HOST}    {directive}\n");
        each_is_noticed("--apache", &good, &[(HOST, &more, id, level)]);
    }
    let require = "        Require ssl-verify-client\n";
    // A certificate that everybody has to have is proof enough.
    let granted = edited(
        &ready("apache.conf"),
        require,
        "        Require all granted\n",
    );
    asks("--apache", granted.as_str()).expect_good(&["apache-passwords"]);
    let without_tls = edited(&granted, "SSLEngine on", "SSLEngine off");
    asks("--apache", without_tls).expect("apache-authentication", "problem");
}

#[test]
fn the_innermost_section_with_require_decides() {
    let host = |sections: &str| {
        format!("ScriptAlias /git/ /usr/lib/git-core/git-http-backend/\nAuthType Basic\n{sections}")
    };
    let granted = "<Directory /usr/lib/git-core>\nRequire all granted\n</Directory>\n";
    let denied = "<Directory />\nRequire all denied\n</Directory>\n";
    let users =
        "<LocationMatch \"^/git/.*/git-receive-pack$\">\nRequire valid-user\n</LocationMatch>\n";
    for (sections, level) in [
        (String::new(), "problem"),
        (granted.to_owned(), "problem"),
        (format!("{granted}{denied}"), "problem"),
        (denied.to_owned(), "ok"),
        (format!("{users}{granted}"), "ok"),
        (format!("{users}<Location /git/other>\nRequire all granted\n</Location>\n"), "ok"),
        (format!("{users}<Location /git>\nRequire all granted\n</Location>\n"), "problem"),
        ("<Location /git>\n<RequireAll>\nRequire all granted\nRequire valid-user\nRequire not ip 10.0.0.1\n</RequireAll>\n</Location>\n".to_owned(), "ok"),
        ("<Location /git>\nOrder deny,allow\nDeny from all\n</Location>\n".to_owned(), "unknown"),
        (format!("<IfModule mod_authz_core.c>\n{users}</IfModule>\n"), "ok"),
        (format!("<IfModule !mod_authz_core.c>\n{users}</IfModule>\n"), "unknown"),
    ] {
        let answer = asks("--apache", host(&sections));
        assert!(answer.has("apache-authentication", level), "{sections}: {}", answer.said);
    }
}
