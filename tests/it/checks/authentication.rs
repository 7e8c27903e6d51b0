//! How pushes were authenticated.

use forgewarden::checks::{ChecksConfig, Rule};
use forgewarden::model::authentication::{Credential, Method};
use serde_json::{Value, json};

use super::{Case, accepts, case, objects};
use crate::support::facts::{
    FactsBuilder, branch, commit, merge_group, nothing_said, pull_request, push, ssh_certificate,
    ssh_key, with, with_all,
};

fn pushed(pushed: crate::support::facts::PushBuilder) -> FactsBuilder {
    push([branch("main").brings(commit(1))])
        .by("alice")
        .pushed(pushed)
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = passwords();
    all.extend(anonymous());
    all.extend(unknown());
    all.extend(ambiguous());
    all.extend(rules());
    all
}

fn passwords() -> Vec<Case> {
    let id = "password-authentication";
    let key_then_password = || {
        let key = Credential::SshKey(ssh_key("ssh-ed25519", None));
        with_all(&[(Method::SshKey, Some(key)), (Method::Password, None)])
    };
    vec![
        objects(id, "a password", pushed(with(&[Method::Password]))),
        objects(
            id,
            "typed answers",
            pushed(with(&[Method::KeyboardInteractive])),
        ),
        objects(
            id,
            "one kind of password or another",
            pushed(with(&[Method::Password, Method::KeyboardInteractive])),
        ),
        objects(
            id,
            "one of two pushes of a pull request",
            pull_request(branch("main").brings(commit(1)))
                .by("alice")
                .pushed(with(&[Method::SshKey]))
                .pushed(with(&[Method::Password]).by("mallory")),
        ),
        objects(
            id,
            "a password that is known while more is awaited",
            pushed(with(&[Method::Password]).awaited()),
        ),
        case(
            id,
            "two refs at once",
            push([branch("main"), branch("topic")])
                .by("alice")
                .pushed(with(&[Method::Password])),
            super::Expected::Objections(2),
        ),
        accepts(id, "a key", pushed(with(&[Method::SshKey]))),
        accepts(id, "a token", pushed(with(&[Method::ClassicToken]))),
        accepts(id, "a key and then a password", pushed(key_then_password())),
        objects(
            id,
            "a key and then a password, where no password will do",
            pushed(key_then_password()),
        )
        .with(|config| config.password_authentication.beside_others = false),
        accepts(
            id,
            "perhaps a password",
            pushed(with(&[Method::Token, Method::Password])),
        ),
        accepts(id, "nothing known", pushed(nothing_said())),
        accepts(id, "nothing pushed", push([branch("main")]).by("alice")),
    ]
}

fn anonymous() -> Vec<Case> {
    let id = "anonymous-push";
    vec![
        objects(id, "nobody asked", pushed(with(&[Method::Anonymous]))),
        accepts(
            id,
            "a certificate",
            pushed(with(&[Method::ClientCertificate])),
        ),
        accepts(id, "a path on the server", pushed(with(&[Method::Local]))),
        accepts(id, "nothing known", pushed(nothing_said())),
    ]
}

fn unknown() -> Vec<Case> {
    let id = "unknown-authentication";
    vec![
        objects(id, "nothing said", pushed(nothing_said())),
        objects(id, "a word that is not understood", pushed(with(&[]))),
        objects(
            id,
            "one of two pushes of a merge group",
            merge_group(branch("main").brings(commit(1)))
                .pushed(with(&[Method::SshKey]))
                .pushed(nothing_said()),
        ),
        accepts(id, "still awaited", pushed(nothing_said().awaited())),
        accepts(id, "a key", pushed(with(&[Method::SshKey]))),
        accepts(
            id,
            "one of several",
            pushed(with(&[Method::SshKey, Method::Password])),
        ),
    ]
}

fn ambiguous() -> Vec<Case> {
    let id = "ambiguous-authentication";
    vec![
        objects(
            id,
            "a token or a password",
            pushed(with(&[Method::Token, Method::Password])),
        ),
        objects(
            id,
            "a key or nothing",
            pushed(with(&[Method::SshKey, Method::Anonymous])),
        ),
        objects(
            id,
            "a password or nothing",
            pushed(with(&[Method::Password, Method::Anonymous])),
        ),
        accepts(
            id,
            "all of them will do",
            pushed(with(&[Method::SshKey, Method::DeployKey])),
        ),
        accepts(
            id,
            "none of them will do, which another check says",
            pushed(with(&[Method::Password, Method::KeyboardInteractive])),
        ),
        accepts(
            id,
            "still awaited",
            pushed(with(&[Method::Token, Method::Password]).awaited()),
        ),
        accepts(id, "a password", pushed(with(&[Method::Password]))),
    ]
}

fn ruled(rule: Value) -> impl FnOnce(&mut ChecksConfig) {
    let rule: Rule = serde_json::from_value(rule).expect("a rule");
    move |config| config.credential_not_allowed.rules = vec![rule]
}

fn rules() -> Vec<Case> {
    let id = "credential-not-allowed";
    let bad = |name, facts: FactsBuilder, rule: Value| objects(id, name, facts).with(ruled(rule));
    let good = |name, facts: FactsBuilder, rule: Value| accepts(id, name, facts).with(ruled(rule));
    let keys = || json!({"methods": ["ssh-key", "ssh-certificate"]});
    let mut all = vec![
        accepts(id, "no rule", pushed(with(&[Method::ClassicToken]))),
        bad(
            "not among the methods",
            pushed(with(&[Method::ClassicToken])),
            keys(),
        ),
        good("among the methods", pushed(with(&[Method::SshKey])), keys()),
        bad(
            "a method that is refused",
            pushed(with(&[Method::ClassicToken])),
            json!({"refuse": ["classic-token"]}),
        ),
        bad("not known", pushed(nothing_said()), keys()),
        bad(
            "perhaps not among the methods",
            pushed(with(&[Method::SshKey, Method::Token])),
            keys(),
        ),
        good("still awaited", pushed(nothing_said().awaited()), keys()),
    ];
    all.extend(scopes());
    all.extend(certificates());
    all.extend(key_sizes());
    all
}

fn scopes() -> Vec<Case> {
    let id = "credential-not-allowed";
    let token = || with(&[Method::ClassicToken]);
    let to = |name: &str| push([branch(name)]).by("alice").pushed(token());
    let bad = |name, facts: FactsBuilder, rule: Value| objects(id, name, facts).with(ruled(rule));
    let good = |name, facts: FactsBuilder, rule: Value| accepts(id, name, facts).with(ruled(rule));
    let release = || json!({"refs": ["release/*"], "refuse": ["classic-token"]});
    let deploy = || json!({"paths": ["deploy/**"], "refuse": ["classic-token"]});
    let ci = || json!({"actors": ["team:ci"], "refuse": ["classic-token"]});
    let robots = || json!({"who": "robots", "refuse": ["classic-token"]});
    let people = || json!({"who": "people", "refuse": ["classic-token"]});
    vec![
        bad("on a ref of the rule", to("release/1"), release()),
        good("on another ref", to("main"), release()),
        bad(
            "a pull request into a ref of the rule",
            pull_request(branch("release/1").brings(commit(1))).pushed(token()),
            release(),
        ),
        bad(
            "a path of the rule",
            push([branch("main").touches("deploy/prod/app.yaml")])
                .by("alice")
                .pushed(token()),
            deploy(),
        ),
        good(
            "another path",
            push([branch("main").touches("src/main.rs")])
                .by("alice")
                .pushed(token()),
            deploy(),
        ),
        bad("by somebody of the rule", pushed(token().by("bob")), ci()),
        good("by somebody else", pushed(token()), ci()),
        good(
            "by an account that is nobody's",
            pushed(token().by("x")),
            ci(),
        ),
        bad(
            "by nobody knows whom",
            push([branch("main")]).pushed(token()),
            ci(),
        ),
        good("by a person, for robots", pushed(token()), robots()),
        bad("by a person, for people", pushed(token()), people()),
    ]
}

fn certificates() -> Vec<Case> {
    let id = "credential-not-allowed";
    let certified = |authority: &str, hours| {
        let certificate = ssh_certificate(authority, hours);
        pushed(with_all(&[(Method::SshCertificate, Some(certificate))]))
    };
    let bad = |name, facts: FactsBuilder, rule: Value| objects(id, name, facts).with(ruled(rule));
    let good = |name, facts: FactsBuilder, rule: Value| accepts(id, name, facts).with(ruled(rule));
    let ours = || json!({"authorities": ["SHA256:ours"]});
    let a_day = || json!({"max_certificate_hours": 24});
    let of_tls = |issuer: Option<&str>| {
        let certificate = Credential::ClientCertificate {
            subject: "CN=alice".to_owned(),
            issuer: issuer.map(str::to_owned),
            serial: None,
        };
        pushed(with_all(&[(Method::ClientCertificate, Some(certificate))]))
    };
    let tls = || json!({"authorities": ["CN=Corp"]});
    vec![
        good(
            "of our authority",
            certified("SHA256:ours", Some(8)),
            ours(),
        ),
        bad(
            "of another authority",
            certified("SHA256:x", Some(8)),
            ours(),
        ),
        good("for eight hours", certified("SHA256:x", Some(8)), a_day()),
        bad("for a week", certified("SHA256:x", Some(168)), a_day()),
        bad("for ever", certified("SHA256:x", None), a_day()),
        bad(
            "a certificate of which nothing is told",
            pushed(with(&[Method::SshCertificate])),
            ours(),
        ),
        good("of our TLS authority", of_tls(Some("CN=Corp")), tls()),
        bad("of another TLS authority", of_tls(Some("CN=X")), tls()),
        bad("of an untold TLS authority", of_tls(None), tls()),
    ]
}

fn key_sizes() -> Vec<Case> {
    let id = "credential-not-allowed";
    let key = |algorithm: &str, bits| {
        let key = Credential::SshKey(ssh_key(algorithm, bits));
        pushed(with_all(&[(Method::SshKey, Some(key))]))
    };
    let bad = |name, facts: FactsBuilder, rule: Value| objects(id, name, facts).with(ruled(rule));
    let good = |name, facts: FactsBuilder, rule: Value| accepts(id, name, facts).with(ruled(rule));
    let modern = || json!({"key_types": ["ssh-ed25519"]});
    let long = || json!({"min_rsa_bits": 3072});
    vec![
        good("a modern key", key("ssh-ed25519", None), modern()),
        bad("an old key", key("ssh-dss", Some(1024)), modern()),
        bad(
            "a key of an untold type",
            pushed(with(&[Method::SshKey])),
            modern(),
        ),
        good("a long RSA key", key("ssh-rsa", Some(4096)), long()),
        bad("a short RSA key", key("ssh-rsa", Some(2048)), long()),
        bad("an RSA key of untold length", key("ssh-rsa", None), long()),
        good("no RSA key", key("ssh-ed25519", None), long()),
    ]
}
