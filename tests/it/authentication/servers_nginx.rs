//! What nginx and fcgiwrap really tell a hook: with our snippets, and with
//! configurations that are met in the wild.

use super::scene::{LIES, Scene};
use crate::support::nginx::Nginx;
use crate::support::secrets::{Secret, assert_nowhere};
use crate::support::tls::TlsAuthority;
use crate::support::web::Proof;

/// A server of the story's own with this in its location.
pub(super) fn server(location: &'static str) -> impl Fn([u16; 2]) -> String {
    move |ports| {
        let of = |port: u16, more: &str| {
            format!(
                "server {{ listen 127.0.0.1:{port} ssl; client_max_body_size 0;\n\
                 ssl_certificate /etc/ssl/certs/git.example.org.pem;\n\
                 ssl_certificate_key /etc/ssl/private/git.example.org.key;\n{more}\n\
                 location ~ ^/git(?<path>/.+)$ {{\n\
                 include /etc/nginx/fastcgi_params;\nfastcgi_pass unix:/run/fcgiwrap.socket;\n\
                 fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;\n\
                 fastcgi_param GIT_PROJECT_ROOT /srv/git;\nfastcgi_param GIT_HTTP_EXPORT_ALL \"\";\n\
                 fastcgi_param PATH_INFO $path;\n{location}\n}} }}\n"
            )
        };
        let certificates =
            "ssl_client_certificate /etc/forgewarden/client-ca.pem; ssl_verify_client on;";
        of(ports[0], "") + &of(ports[1], certificates)
    }
}

#[test]
fn our_snippets_tell_passwords_tokens_and_certificates_apart() {
    let scene = Scene::new();
    let recorder = scene.records();
    let nginx = Nginx::new(&scene.world);
    let (site, web) = (&nginx.site, nginx.starts());
    let certificate = site.clients.certifies("alice", "/O=Corp/CN=alice");
    let digest = site.digest();
    for (proof, method, label) in [
        (Proof::Basic("alice", &site.password), "password", None),
        (Proof::Bearer(&site.token), "token", Some(digest.as_str())),
        (
            Proof::Basic("alice", &site.token),
            "token",
            Some(digest.as_str()),
        ),
        (Proof::Certificate(&certificate), "client-certificate", None),
    ] {
        let push = scene.pushes(&web, &proof, &LIES).expect_accepted();
        let given = recorder.given();
        assert_eq!(given.one("FORGEWARDEN_AUTH_METHOD"), Some(method));
        assert_eq!(given.one("FORGEWARDEN_AUTH_USER"), Some("alice"));
        assert_eq!(given.one("FORGEWARDEN_AUTH_TOKEN"), label);
        assert_eq!(given.one("REMOTE_USER"), Some("alice"));
        assert_eq!(given.one("GATEWAY_INTERFACE"), Some("CGI/1.1"));
        assert_eq!(given.one("HTTP_AUTHORIZATION"), None);
        let headers = given.names("HTTP_");
        let lawful = ["HTTP_CONTENT_ENCODING", "HTTP_GIT_PROTOCOL"];
        assert!(
            headers.iter().all(|name| lawful.contains(name)),
            "{headers:?}"
        );
        let verified = given.one("SSL_CLIENT_VERIFY") == Some("SUCCESS");
        assert_eq!(verified, method == "client-certificate");
        if verified {
            assert_eq!(given.one("SSL_CLIENT_S_DN"), Some("CN=alice,O=Corp"));
            assert_eq!(given.one("SSL_CLIENT_I_DN"), Some("CN=client-ca,O=Corp"));
            assert_eq!(given.one("SSL_CLIENT_M_SERIAL"), Some("1092"));
        }
        let texts = [
            ("the hook's environment", &given.raw[..]),
            ("git", push.raw()),
        ];
        assert_nowhere(
            &[&site.password, &site.token],
            &[&scene.upstream.path()],
            &texts,
        );
    }
}

#[test]
fn our_snippets_let_nobody_else_in() {
    let scene = Scene::new();
    let nginx = Nginx::new(&scene.world);
    let (site, web) = (&nginx.site, nginx.starts());
    scene.upstream.config("http.receivepack", "true");
    let wrong = Secret::new();
    for proof in [
        Proof::Bearer(&wrong),
        Proof::Bearer(&site.password),
        Proof::Nothing,
    ] {
        let push = scene.pushes(&web, &proof, &[]);
        let _ = push.expect_not_let_in("fatal: ");
    }
    for (account, secret) in [
        ("alice", &wrong),
        ("bob", &site.token),
        ("bob", &site.password),
    ] {
        let push = scene.pushes(&web, &Proof::Basic(account, secret), &[]);
        let _ = push.expect_not_let_in("Authentication failed");
    }
    // The first of two headers is the one that both of nginx's readers see.
    let right = format!("Authorization: Bearer {}", site.token.reveal());
    let push = scene.pushes(&web, &Proof::Bearer(&wrong), &[&right]);
    let _ = push.expect_not_let_in("fatal: ");
    assert_eq!(web.status(&[]), "401");
    assert_eq!(web.status(&["Authorization: Bearer 00"]), "401");
    let other = TlsAuthority::new(&scene.world, "other-ca").certifies("alice", "/O=Corp/CN=alice");
    let comma = site.clients.certifies("comma", "/O=x,CN=root");
    for identity in [other, comma] {
        let push = scene.pushes(&web, &Proof::Certificate(&identity), &[]);
        let _ = push.expect_not_let_in("fatal: ");
    }
}

#[test]
fn a_large_push_goes_through_in_pieces() {
    let scene = Scene::new();
    let recorder = scene.records();
    let nginx = Nginx::new(&scene.world);
    let web = nginx.starts();
    let noise = Secret::new();
    let mut text = String::new();
    for number in 0..40_000 {
        text += &crate::support::secrets::hex(format!("{}{number}", noise.reveal()).as_bytes());
    }
    scene.work.commits("large.txt", &text).unsigned();
    scene.work.git(&["config", "http.postBuffer", "65536"]);
    let push = scene.pushes(&web, &Proof::Bearer(&nginx.site.token), &[]);
    let _ = push.expect_accepted();
    assert_eq!(
        recorder.given().one("FORGEWARDEN_AUTH_METHOD"),
        Some("token")
    );
}

#[test]
fn stock_parameters_hand_the_password_to_the_hook() {
    let scene = Scene::new();
    let recorder = scene.records();
    let nginx = Nginx::new(&scene.world);
    let web = nginx.starts_with(server(
        "auth_basic git; auth_basic_user_file /etc/forgewarden/passwords;",
    ));
    let proof = Proof::Basic("alice", &nginx.site.password);
    let _ = scene.pushes(&web, &proof, &LIES).expect_accepted();
    let given = recorder.given();
    assert_eq!(given.one("REMOTE_USER"), Some("alice"));
    assert_eq!(given.one("AUTH_TYPE"), None);
    let header = given.one("HTTP_AUTHORIZATION").expect("the header");
    assert!(header.starts_with("Basic "), "not Basic");
    // What a client says arrives under a name that shows where it is from.
    assert_eq!(given.one("FORGEWARDEN_AUTH_METHOD"), None);
    assert_eq!(given.one("SSL_CLIENT_VERIFY"), None);
    let told = given.one("HTTP_FORGEWARDEN_AUTH_METHOD");
    assert_eq!(told, Some("client-certificate"));
    let leaks = || assert_nowhere(&[&nginx.site.password], &[], &[("it", &given.raw)]);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(leaks)).is_err());
}

#[test]
fn without_auth_basic_the_client_names_itself() {
    let scene = Scene::new();
    let recorder = scene.records();
    let web = Nginx::new(&scene.world).starts_with(server(""));
    // root with any password
    let claim = ["Authorization: Basic cm9vdDp4"];
    let _ = scene
        .pushes(&web, &Proof::Nothing, &claim)
        .expect_accepted();
    assert_eq!(recorder.given().one("REMOTE_USER"), Some("root"));
    scene.upstream.config("http.receivepack", "true");
    let _ = scene.pushes(&web, &Proof::Nothing, &[]).expect_accepted();
    let given = recorder.given();
    assert_eq!(given.one("REMOTE_USER"), Some(""));
    assert_eq!(given.one("HTTP_AUTHORIZATION"), None);
}

#[test]
fn a_second_remote_user_does_not_replace_the_first() {
    let scene = Scene::new();
    let recorder = scene.records();
    let nginx = Nginx::new(&scene.world);
    let web = nginx.starts_with(server(
        "fastcgi_param REMOTE_USER $ssl_client_s_dn; fastcgi_param SSL_CLIENT_VERIFY $ssl_client_verify;",
    ));
    scene.upstream.config("http.receivepack", "true");
    let identity = nginx.site.clients.certifies("alice", "/O=Corp/CN=alice");
    let _ = scene
        .pushes(&web, &Proof::Certificate(&identity), &[])
        .expect_accepted();
    let given = recorder.given();
    let values = given.variables.get("REMOTE_USER").expect("it is set");
    assert_eq!(values, &["", "CN=alice,O=Corp"]);
    assert_eq!(given.one("SSL_CLIENT_VERIFY"), Some("SUCCESS"));
}
