//! Pushes through nginx and Apache, judged: with our snippets, and with what is
//! met in the wild.

use super::scene::{Answer, LIES, Scene};
use super::servers_nginx::server;
use crate::support::apache::Apache;
use crate::support::nginx::Nginx;
use crate::support::web::{Proof, Site, Web};

const REFUSED: (&str, &[&str]) = ("fail", &["password-authentication"]);
const ACCEPTED: (&str, &[&str]) = ("pass", &[]);
const ANONYMOUS: (&str, &[&str]) = ("fail", &["anonymous-push"]);

/// alice pushes in this way: the methods that are told, and the answer.
fn expect(
    scene: &Scene,
    (site, web): (&Site, &Web),
    proof: &Proof<'_>,
    methods: &[&str],
    (conclusion, checks): (&str, &[&str]),
) -> Answer {
    let push = scene.pushes(web, proof, &LIES);
    scene.expect_unleaked(&[&site.password, &site.token], &push);
    let answer = Answer::to(&push);
    answer.expect(methods, "web-server", conclusion, checks);
    assert_eq!(push.is_accepted(), conclusion == "pass");
    answer
}

/// The ways of our snippets, on either server.
fn expect_our_ways(scene: &Scene, site: &Site, web: &Web) {
    let by = |proof: Proof<'_>, methods: &[&str], answer| {
        expect(scene, (site, web), &proof, methods, answer)
    };
    by(
        Proof::Basic("alice", &site.password),
        &["password"],
        REFUSED,
    );
    let told = by(Proof::Bearer(&site.token), &["token"], ACCEPTED);
    assert_eq!(told.credential()["id"], site.digest());
    by(Proof::Basic("alice", &site.token), &["token"], ACCEPTED);
    let identity = site.clients.certifies("alice", "/O=Corp/CN=alice");
    let proof = Proof::Certificate(&identity);
    let told = by(proof, &["client-certificate"], ACCEPTED);
    assert_eq!(told.credential()["subject"], "CN=alice,O=Corp");
    assert_eq!(told.credential()["issuer"], "CN=client-ca,O=Corp");
    assert_eq!(told.credential()["serial"], "1092");
}

#[test]
fn nginx_with_our_snippets() {
    let scene = Scene::new();
    scene.is_judged();
    let nginx = Nginx::new(&scene.world);
    expect_our_ways(&scene, &nginx.site, &nginx.starts());
    scene.upstream.config("forgewarden.format", "text");
    let web = nginx.starts();
    let push = scene.pushes(&web, &Proof::Basic("alice", &nginx.site.password), &[]);
    let push = push.expect_refused_with(&[
        "was let in with nothing but a password (web server, direct)",
        "push with an SSH key or a token instead of a password",
    ]);
    scene.expect_unleaked(&[&nginx.site.password], &push);
}

#[test]
fn apache_with_our_snippet() {
    let scene = Scene::new();
    scene.is_judged();
    let apache = Apache::new(&scene.world);
    expect_our_ways(&scene, &apache.site, &apache.starts(&[]));
}

#[test]
fn nginx_with_stock_parameters() {
    let scene = Scene::new();
    scene.is_judged();
    let nginx = Nginx::new(&scene.world);
    let web = nginx.starts_with(server(
        "auth_basic git; auth_basic_user_file /etc/forgewarden/passwords;",
    ));
    let proof = Proof::Basic("alice", &nginx.site.password);
    expect(&scene, (&nginx.site, &web), &proof, &["password"], REFUSED);
}

#[test]
fn nginx_that_asks_nobody() {
    let scene = Scene::new();
    scene.is_judged();
    scene.upstream.config("http.receivepack", "true");
    let nginx = Nginx::new(&scene.world);
    let web = nginx.starts_with(server(
        "fastcgi_param SSL_CLIENT_VERIFY $ssl_client_verify;",
    ));
    let of = (&nginx.site, &web);
    expect(&scene, of, &Proof::Nothing, &["anonymous"], ANONYMOUS);
    // root with any password: a user who is claimed is no user who is known.
    let claim = ["Authorization: Basic cm9vdDp4"];
    let push = scene.pushes(&web, &Proof::Nothing, &claim);
    let told = Answer::to(&push);
    told.expect(
        &["password"],
        "web-server",
        "fail",
        &["password-authentication"],
    );
    assert!(told.push()["actor"].is_null(), "root is believed");
}

#[test]
fn nginx_with_two_remote_users() {
    let scene = Scene::new();
    scene.is_judged();
    scene.upstream.config("http.receivepack", "true");
    let nginx = Nginx::new(&scene.world);
    let web = nginx.starts_with(server("fastcgi_param REMOTE_USER $ssl_client_s_dn;"));
    let identity = nginx.site.clients.certifies("alice", "/O=Corp/CN=alice");
    let push = scene.pushes(&web, &Proof::Certificate(&identity), &[]);
    Answer::to(&push).expect_unknown("REMOTE_USER");
}

#[test]
fn apache_that_passes_the_header() {
    let scene = Scene::new();
    scene.is_judged();
    let apache = Apache::new(&scene.world);
    let web = apache.starts(&[("AuthType Basic\n", "AuthType Basic\nCGIPassAuth On\n")]);
    let proof = Proof::Basic("alice", &apache.site.password);
    expect(&scene, (&apache.site, &web), &proof, &["password"], REFUSED);
}

#[test]
fn apache_that_fakes_basic() {
    let scene = Scene::new();
    scene.is_judged();
    let apache = Apache::new(&scene.world);
    let web = apache.starts(&apache.faking_basic("/O=Corp/CN=alice"));
    let identity = apache.site.clients.certifies("alice", "/O=Corp/CN=alice");
    let proof = Proof::Certificate(&identity);
    let of = (&apache.site, &web);
    expect(&scene, of, &proof, &["client-certificate"], ACCEPTED);
}

#[test]
fn apache_that_does_not_tell_of_certificates() {
    let scene = Scene::new();
    scene.is_judged();
    scene.upstream.config("http.receivepack", "true");
    let apache = Apache::new(&scene.world);
    let web = apache.starts(&[
        ("SSLOptions +StdEnvVars", ""),
        ("SSLUserName SSL_CLIENT_S_DN_CN", ""),
    ]);
    let identity = apache.site.clients.certifies("alice", "/O=Corp/CN=alice");
    let push = scene.pushes(&web, &Proof::Certificate(&identity), &LIES);
    Answer::to(&push).expect_unknown("+StdEnvVars");
}

#[test]
fn apache_that_asks_nobody() {
    let scene = Scene::new();
    scene.is_judged();
    scene.upstream.config("http.receivepack", "true");
    let apache = Apache::new(&scene.world);
    let web = apache.starts(&[("Require valid-user", "Require all granted")]);
    let of = (&apache.site, &web);
    expect(&scene, of, &Proof::Nothing, &["anonymous"], ANONYMOUS);
}
