//! Apache, by its configuration file.

use super::{asks, each_is_noticed, edited, ready};

#[test]
fn the_ready_made_file_is_good_and_each_edit_is_noticed() {
    asks("--apache", ready("apache.conf")).expect_good(&["apache-passwords"]);
    let options = "SSLOptions +StdEnvVars\n    SSLUserName";
    let require = "        Require ssl-verify-client\n";
    let any = "            Require valid-user\n";
    let host = "    ServerName git.example.org\n    SSLEngine on\n";
    let with = |what: &str| format!("{host}    {what}\n");
    let known = "{32,512})$\"\n";
    let (problem, unknown) = ("problem", "unknown");
    let variables = "apache-variables";
    each_is_noticed(
        "--apache",
        &ready("apache.conf"),
        &[
            (
                any,
                "            Require all granted\n",
                "apache-authentication",
                problem,
            ),
            (
                any,
                "            Require ip 10.0.0.0/8\n",
                "apache-authentication",
                problem,
            ),
            (
                any,
                "            Require expr true\n",
                "apache-authentication",
                unknown,
            ),
            (
                "AuthBasicProvider file",
                "AuthBasicProvider anon file",
                "apache-authentication",
                problem,
            ),
            (
                "SSLVerifyClient require",
                "SSLVerifyClient none",
                "apache-authentication",
                unknown,
            ),
            (
                "<Location /git/>",
                "<Location /other/>",
                "apache-authentication",
                problem,
            ),
            (
                "<Location /git/>\n        AuthType",
                "<If \"true\">\n</If>\n<Location /git/>\n        AuthType",
                "apache-authentication",
                unknown,
            ),
            (
                "<Location /git/>\n        AuthType",
                "<LocationMatch \"x\">\n</LocationMatch>\n<Location /git/>\n        AuthType",
                "apache-authentication",
                unknown,
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
                problem,
            ),
            (options, "SSLUserName", "apache-certificate", problem),
            (
                options,
                "SSLOptions -StdEnvVars\n    SSLUserName",
                "apache-certificate",
                problem,
            ),
            (
                options,
                "SSLOptions +StdEnvVars +FakeBasicAuth\n    SSLUserName",
                "apache-fake-basic",
                problem,
            ),
            (
                host,
                &with("CGIPassAuth On"),
                "apache-authorization",
                problem,
            ),
            (
                host,
                &with("SetEnvIf Authorization \"(.*)\" HTTP_AUTHORIZATION=$1"),
                "apache-authorization",
                problem,
            ),
            (
                host,
                &with("RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]"),
                "apache-authorization",
                problem,
            ),
            (
                host,
                &with("SetEnvIf X-User (.*) REMOTE_USER=$1"),
                variables,
                problem,
            ),
            (host, &with("SetEnv REMOTE_USER alice"), variables, problem),
            (
                host,
                &with("SetEnv FORGEWARDEN_AUTH_METHOD token"),
                variables,
                problem,
            ),
            (
                host,
                &with("SetEnvIf X-Method token FORGEWARDEN_AUTH_METHOD=token"),
                variables,
                problem,
            ),
            (
                host,
                &with("RewriteRule .* - [E=REMOTE_USER:%{HTTP:X-User}]"),
                variables,
                problem,
            ),
            (host, &with("PassEnv SSL_CLIENT_VERIFY"), variables, unknown),
            (
                host,
                &with("RequestHeader set Remote-User alice"),
                variables,
                "warning",
            ),
            // The condition that looks the token up is gone, or fits everything.
            (
                "    RewriteCond ${forgewarden-tokens:%1}",
                "    #",
                variables,
                problem,
            ),
            (
                "\"^([A-Za-z0-9._@-]+)/[A-Za-z0-9._-]+/([0-9a-f]{64})$\"",
                "\"^(.*)$\"",
                variables,
                unknown,
            ),
            (known, "{32,512})$\" [OR]\n", variables, unknown),
            (
                host,
                &with("Include more.conf"),
                "apache-configuration",
                unknown,
            ),
            ("git-http-backend", "cgit", "apache-configuration", unknown),
        ],
    );
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
