//! What Apache really tells a hook: with our snippet, and with settings that
//! are met in the wild.

use super::scene::{LIES, Scene};
use crate::support::apache::Apache;
use crate::support::secrets::{Secret, assert_nowhere};
use crate::support::tls::TlsAuthority;
use crate::support::web::Proof;

#[test]
fn our_snippet_tells_passwords_tokens_and_certificates_apart() {
    let scene = Scene::new();
    let recorder = scene.records();
    let apache = Apache::new(&scene.world);
    let (site, web) = (&apache.site, apache.starts(&[]));
    let certificate = site.clients.certifies("alice", "/O=Corp/CN=alice");
    let digest = site.digest();
    let token = (None, Some("token"), Some(digest.as_str()));
    for (proof, (kind, method, label)) in [
        (
            Proof::Basic("alice", &site.password),
            (Some("Basic"), None, None),
        ),
        (Proof::Bearer(&site.token), token),
        (Proof::Basic("alice", &site.token), token),
        (
            Proof::Certificate(&certificate),
            (Some("ClientCert"), None, None),
        ),
    ] {
        let push = scene.pushes(&web, &proof, &LIES).expect_accepted();
        let given = recorder.given();
        assert_eq!(given.one("AUTH_TYPE"), kind);
        assert_eq!(given.one("FORGEWARDEN_AUTH_METHOD"), method);
        assert_eq!(given.one("FORGEWARDEN_AUTH_TOKEN"), label);
        let user = method.map(|_| "alice");
        assert_eq!(given.one("FORGEWARDEN_AUTH_USER"), user);
        assert_eq!(given.one("REMOTE_USER"), Some("alice"));
        assert_eq!(given.one("GATEWAY_INTERFACE"), Some("CGI/1.1"));
        assert_eq!(given.one("HTTP_AUTHORIZATION"), None);
        if kind == Some("ClientCert") {
            assert_eq!(given.one("SSL_CLIENT_VERIFY"), Some("SUCCESS"));
            assert_eq!(given.one("SSL_CLIENT_S_DN"), Some("CN=alice,O=Corp"));
            assert_eq!(given.one("SSL_CLIENT_I_DN"), Some("CN=client-ca,O=Corp"));
            assert_eq!(given.one("SSL_CLIENT_M_SERIAL"), Some("1092"));
        }
        let texts = [("the environment", &given.raw[..]), ("git", push.raw())];
        let secrets = [&site.password, &site.token];
        assert_nowhere(&secrets, &[&scene.upstream.path()], &texts);
    }
}

#[test]
fn our_snippet_lets_nobody_else_in() {
    let scene = Scene::new();
    let apache = Apache::new(&scene.world);
    let (site, web) = (&apache.site, apache.starts(&[]));
    scene.upstream.config("http.receivepack", "true");
    let wrong = Secret::new();
    let second = format!("Authorization: Bearer {}", site.token.reveal());
    for (proof, headers) in [
        (Proof::Bearer(&wrong), &[][..]),
        (Proof::Bearer(&site.password), &[]),
        (Proof::Nothing, &[]),
        // Two headers are one that is no token.
        (Proof::Bearer(&wrong), &[second.as_str()]),
    ] {
        let _ = scene
            .pushes(&web, &proof, headers)
            .expect_not_let_in("fatal: ");
    }
    for (account, secret) in [
        ("alice", &wrong),
        ("bob", &site.token),
        ("bob", &site.password),
    ] {
        let push = scene.pushes(&web, &Proof::Basic(account, secret), &[]);
        let _ = push.expect_not_let_in("Authentication failed");
    }
    let other = TlsAuthority::new(&scene.world, "other-ca");
    let other = other.certifies("alice", "/O=Corp/CN=alice");
    let push = scene.pushes(&web, &Proof::Certificate(&other), &[]);
    let _ = push.expect_not_let_in("fatal: ");
    assert_eq!(web.status(&[]), "401");
    assert_eq!(web.status(&["Authorization: Bearer 00"]), "401");
}

#[test]
fn passing_the_header_hands_the_password_to_the_hook() {
    let scene = Scene::new();
    let recorder = scene.records();
    let apache = Apache::new(&scene.world);
    let passing = [("AuthType Basic\n", "AuthType Basic\nCGIPassAuth On\n")];
    let web = apache.starts(&passing);
    let proof = Proof::Basic("alice", &apache.site.password);
    let _ = scene.pushes(&web, &proof, &[]).expect_accepted();
    let given = recorder.given();
    let header = given.one("HTTP_AUTHORIZATION").expect("the header");
    assert!(header.starts_with("Basic "), "not Basic");
}

#[test]
fn fake_basic_calls_a_certificate_a_password() {
    let scene = Scene::new();
    let recorder = scene.records();
    let apache = Apache::new(&scene.world);
    let web = apache.starts(&apache.faking_basic("/O=Corp/CN=alice"));
    let identity = apache.site.clients.certifies("alice", "/O=Corp/CN=alice");
    let proof = Proof::Certificate(&identity);
    let _ = scene.pushes(&web, &proof, &[]).expect_accepted();
    let given = recorder.given();
    assert_eq!(given.one("AUTH_TYPE"), Some("Basic"));
    assert_eq!(given.one("SSL_CLIENT_VERIFY"), Some("SUCCESS"));
}

#[test]
fn without_the_standard_variables_a_certificate_is_not_told() {
    let scene = Scene::new();
    let recorder = scene.records();
    scene.upstream.config("http.receivepack", "true");
    let apache = Apache::new(&scene.world);
    let web = apache.starts(&[
        ("SSLOptions +StdEnvVars", ""),
        ("SSLUserName SSL_CLIENT_S_DN_CN", ""),
    ]);
    let identity = apache.site.clients.certifies("alice", "/O=Corp/CN=alice");
    let proof = Proof::Certificate(&identity);
    let _ = scene.pushes(&web, &proof, &LIES).expect_accepted();
    let given = recorder.given();
    assert!(given.names("SSL_").is_empty(), "{:?}", given.names("SSL_"));
    assert_eq!(given.one("REMOTE_USER"), None);
    assert_eq!(given.one("AUTH_TYPE"), None);
    let told = given.one("HTTP_FORGEWARDEN_AUTH_METHOD");
    assert_eq!(told, Some("client-certificate"));
}

#[test]
fn whoever_is_not_asked_is_anonymous() {
    let scene = Scene::new();
    let recorder = scene.records();
    scene.upstream.config("http.receivepack", "true");
    let open = [("Require valid-user", "Require all granted")];
    let web = Apache::new(&scene.world).starts(&open);
    let claim = ["Authorization: Basic cm9vdDp4"];
    for headers in [&[][..], &claim[..]] {
        let push = scene.pushes(&web, &Proof::Nothing, headers);
        let _ = push.expect_accepted();
        let given = recorder.given();
        assert_eq!(given.one("REMOTE_USER"), None);
        assert_eq!(given.one("AUTH_TYPE"), None);
        assert_eq!(given.one("FORGEWARDEN_AUTH_METHOD"), None);
    }
}
