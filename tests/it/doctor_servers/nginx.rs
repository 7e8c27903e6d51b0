//! nginx, by what `nginx -T` prints.

use super::{asks, each_is_noticed, edited, ready};
use crate::support::World;
use crate::support::nginx::Nginx;
use crate::support::own_user::full_path;

/// A token that must not be shown.
const TOKEN: &str = "ZmlyZWZseS1zaGFsbC1ub3QtYmUtc2hvd24=";

/// The ready-made files as a dump.
fn dump() -> String {
    let part = |name: &str, text: &str| format!("# configuration file {name}:\n{text}\n");
    let main = "events {}\nhttp {\n    include /etc/nginx/conf.d/*.conf;\n}\n";
    let tokens = format!("\"Bearer {TOKEN}\" alice/laptop/0123;\n");
    part("/etc/nginx/nginx.conf", main)
        + &part("/etc/nginx/conf.d/forgewarden.conf", &ready("nginx.conf"))
        + &part("/etc/forgewarden/nginx-tokens.conf", &tokens)
        + &part(
            "/etc/forgewarden/nginx-backend.conf",
            &ready("nginx-backend.conf"),
        )
}

/// Who has a token or a password, for the hook.
const USER: &str = "fastcgi_param REMOTE_USER $forgewarden_user;";

/// Who has a certificate, for the hook.
const HOLDER: &str = "fastcgi_param REMOTE_USER $forgewarden_holder;";

/// How, for the hook.
const METHOD: &str = "fastcgi_param FORGEWARDEN_AUTH_METHOD $forgewarden_method;";

/// Edits of the ready-made files: what is replaced, by what, and the line that
/// it must give.
const EDITS: &[(&str, &str, &str, &str)] = &[
    (
        "ssl_verify_client on;",
        "",
        "nginx-authentication",
        "problem",
    ),
    (
        "ssl_verify_client on;",
        "ssl_verify_client optional;",
        "nginx-authentication",
        "problem",
    ),
    (
        "ssl_verify_client on;",
        "ssl_verify_client optional_no_ca;",
        "nginx-authentication",
        "problem",
    ),
    (
        "listen 8443 ssl;",
        "listen 8443 ssl; listen 8080;",
        "nginx-authentication",
        "problem",
    ),
    (
        "satisfy any;",
        "satisfy any; allow 10.0.0.0/8;",
        "nginx-authentication",
        "problem",
    ),
    (
        "satisfy any;",
        "limit_except GET { deny all; }",
        "nginx-authentication",
        "unknown",
    ),
    (
        "satisfy any;",
        "auth_jwt realm;",
        "nginx-authentication",
        "unknown",
    ),
    (
        "auth_basic \"git\";",
        "auth_basic $realm;",
        "nginx-authentication",
        "unknown",
    ),
    (
        USER,
        "fastcgi_param REMOTE_USER $remote_user;",
        "nginx-remote-user",
        "warning",
    ),
    (
        HOLDER,
        "fastcgi_param REMOTE_USER $remote_user;",
        "nginx-remote-user",
        "problem",
    ),
    (
        USER,
        "fastcgi_param REMOTE_USER $http_x_user;",
        "nginx-remote-user",
        "problem",
    ),
    (
        USER,
        "fastcgi_param REMOTE_USER $arg_user;",
        "nginx-remote-user",
        "problem",
    ),
    (
        USER,
        "fastcgi_param REMOTE_USER $some_module;",
        "nginx-remote-user",
        "unknown",
    ),
    (METHOD, "", "nginx-method", "problem"),
    (
        METHOD,
        "fastcgi_param FORGEWARDEN_AUTH_METHOD $http_x_method;",
        "nginx-method",
        "problem",
    ),
    (
        METHOD,
        "fastcgi_param FORGEWARDEN_AUTH_METHOD tokn;",
        "nginx-method",
        "problem",
    ),
    (
        METHOD,
        "fastcgi_param FORGEWARDEN_AUTH_METHOD client-certificate;",
        "nginx-method",
        "problem",
    ),
    (
        METHOD,
        "fastcgi_param FORGEWARDEN_AUTH_METHOD token;",
        "nginx-method",
        "warning",
    ),
    (
        "    default token;",
        "    default $http_x_method;",
        "nginx-method",
        "problem",
    ),
    (
        "AUTH_METHOD client-certificate;",
        "AUTH_METHOD token;",
        "nginx-method",
        "problem",
    ),
    (
        "fastcgi_param HTTP_AUTHORIZATION \"\";",
        "fastcgi_param HTTP_AUTHORIZATION $http_authorization;",
        "nginx-authorization",
        "problem",
    ),
    (
        "fastcgi_pass_request_headers off;\nfastcgi_param HTTP_AUTHORIZATION \"\";",
        "",
        "nginx-authorization",
        "problem",
    ),
    (
        "events {}\nhttp {",
        "events {}\nhttp { underscores_in_headers on;",
        "nginx-underscores",
        "warning",
    ),
    (
        "events {}\nhttp {",
        "events {}\nhttp { ignore_invalid_headers off;",
        "nginx-underscores",
        "warning",
    ),
    (
        "conf.d/*.conf;",
        "conf.d/*.conf; include /etc/nginx/lost;",
        "nginx-configuration",
        "unknown",
    ),
    (
        "git-http-backend;\nfastcgi_param GIT_PROJECT_ROOT /srv/git;",
        "cgit;",
        "nginx-configuration",
        "unknown",
    ),
];

#[test]
fn what_the_real_nginx_prints_of_the_ready_made_files_is_good() {
    let world = World::new();
    let nginx = Nginx::new(&world);
    drop(nginx.starts());
    let folder = &nginx.site.folder;
    let program = world.program(&full_path("nginx", "nginx-light"));
    let program = program.args(["-T", "-e", "stderr", "-p"]).arg(folder);
    let dump = program.arg("-c").arg(folder.join("server.conf")).succeeds();
    let answer = asks("--nginx", dump);
    answer.expect_good(&["nginx-passwords"]);
    assert!(!answer.said.contains(nginx.site.token.reveal()));
}

#[test]
fn the_ready_made_files_are_good_and_each_edit_is_noticed() {
    asks("--nginx", dump()).expect_good(&["nginx-passwords"]);
    each_is_noticed("--nginx", &dump(), EDITS);
    let twice = format!("fastcgi_param REMOTE_USER $remote_user; {USER}");
    let twice = (USER, twice.as_str(), "nginx-duplicates", "problem");
    each_is_noticed("--nginx", &dump(), &[twice]);
    let basic = "        auth_basic \"git\";";
    let file = "        auth_basic_user_file /etc/forgewarden/passwords;\n";
    let asking = format!("        satisfy any;\n        auth_request /forgewarden-token;\n{basic}");
    let without = edited(&dump(), &asking, "");
    asks("--nginx", without).expect("nginx-authentication", "problem");
    // A realm without a file asks for nothing.
    let no_file = edited(&dump(), "auth_request /forgewarden-token;", "");
    asks("--nginx", edited(&no_file, file, "")).expect("nginx-authentication", "problem");
    // auth_basic alone has checked the name.
    let alone = edited(&no_file, USER, "fastcgi_param REMOTE_USER $remote_user;");
    asks("--nginx", alone).expect_good(&["nginx-passwords"]);
    // A certificate that is asked for and refused in the location.
    let refusing = edited(
        &dump(),
        "ssl_verify_client on;",
        "ssl_verify_client optional;",
    );
    let refusing = edited(
        &refusing,
        "if ($forgewarden_holder = \"\")",
        "if ($ssl_client_verify != SUCCESS)",
    );
    asks("--nginx", refusing).expect_good(&["nginx-passwords"]);
}

#[test]
fn parameters_are_inherited_as_nginx_inherits_them() {
    let location = |inside: &str| {
        format!(
            "http {{ server {{\n fastcgi_param HTTP_AUTHORIZATION '';\n fastcgi_param FORGEWARDEN_AUTH_METHOD password;\n \
             fastcgi_param GIT_PROJECT_ROOT /srv/git;\n auth_basic git;\n auth_basic_user_file f;\n \
             location /git/ {{ fastcgi_pass unix:/s; {inside} }} }} }}"
        )
    };
    asks("--nginx", location("")).expect_good(&["nginx-passwords"]);
    // One parameter of its own, and none of the server's is left.
    let own = location("fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;");
    asks("--nginx", own.as_str())
        .expect("nginx-authorization", "problem")
        .expect("nginx-method", "problem");
    asks("--nginx", location("auth_basic off;")).expect("nginx-authentication", "problem");
}

#[test]
fn what_an_include_hides_is_unknown_and_no_secret_is_shown() {
    let hidden = "server { location /git/ { include fastcgi_params; fastcgi_pass unix:/s; auth_request /a;\n\
                  fastcgi_param GIT_PROJECT_ROOT /srv/git; fastcgi_param HTTP_AUTHORIZATION ''; } }";
    let answer = asks("--nginx", hidden);
    answer.expect("nginx-configuration", "unknown");
    assert!(
        !answer.lines.iter().any(|line| line["level"] == "ok"),
        "{}",
        answer.said
    );
    for broken in [
        "",
        "\"",
        "}",
        "fastcgi_param HTTP_AUTHORIZATION \"Basic eHg6eHg=\"; x",
    ] {
        let answer = asks("--nginx", dump() + broken);
        assert!(
            !answer.said.contains(TOKEN) && !answer.said.contains("eHg6eHg"),
            "{}",
            answer.said
        );
    }
}
