use jiff::Timestamp;

use super::super::variables::Variables;
use super::super::variables::tests::own;
use super::{evidence, user};
use crate::model::authentication::{Credential, Evidence};

/// The base64 of `alice:hunter2`.
const BASIC: &str = "Basic YWxpY2U6aHVudGVyMg==";

fn pairs(variables: &[(&str, &str)]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let all: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect();
    own(&all)
}

fn read(variables: &[(&str, &str)]) -> Evidence {
    let evidence = evidence(Variables::new(&pairs(variables)), Timestamp::UNIX_EPOCH);
    for secret in ["YWxpY2U6", "hunter2", "glpat-"] {
        assert!(!format!("{evidence:?}").contains(secret), "{variables:?}");
    }
    evidence
}

fn words(variables: &[(&str, &str)]) -> String {
    let evidence = read(variables);
    let words: Vec<_> = evidence.could_be.iter().map(ToString::to_string).collect();
    words.join(" or ")
}

fn account(variables: &[(&str, &str)]) -> Option<String> {
    user(Variables::new(&pairs(variables))).map(str::to_owned)
}

const S_DN: (&str, &str) = (
    "SSL_CLIENT_S_DN",
    "emailAddress=alice@example.org,CN=alice,OU=Dev,O=Corp",
);
const VERIFIED: (&str, &str) = ("SSL_CLIENT_VERIFY", "SUCCESS");
const HTTPS: (&str, &str) = ("HTTPS", "on");

#[test]
fn apache_says_by_auth_type() {
    for (kind, expected) in [
        ("Basic", "password"),
        ("basic", "password"),
        ("Digest", "password"),
        ("Negotiate", "kerberos"),
        ("ClientCert", "client-certificate"),
        ("Bearer", ""),
        ("NTLM", ""),
        ("openid-connect", ""),
        ("x", ""),
    ] {
        let given = [("AUTH_TYPE", kind), ("REMOTE_USER", "alice")];
        assert_eq!(words(&given), expected, "{kind}");
        let known = (!expected.is_empty()).then(|| "alice".to_owned());
        assert_eq!(account(&given), known, "{kind}");
    }
}

#[test]
fn a_certificate_counts_if_the_server_verified_it() {
    let basic = [("AUTH_TYPE", "Basic"), ("REMOTE_USER", "alice")];
    for (variables, expected) in [
        (vec![HTTPS, VERIFIED, S_DN], "client-certificate"),
        (vec![HTTPS, VERIFIED], "client-certificate"),
        (vec![HTTPS, ("SSL_CLIENT_VERIFY", "NONE")], "anonymous"),
        (
            vec![HTTPS, ("SSL_CLIENT_VERIFY", "FAILED:expired"), S_DN],
            "",
        ),
        (vec![HTTPS, ("SSL_CLIENT_VERIFY", "GENEROUS"), S_DN], ""),
        (vec![HTTPS, ("SSL_CLIENT_VERIFY", "success"), S_DN], ""),
        (vec![HTTPS, S_DN], ""),
        (vec![HTTPS], ""),
        (vec![("REQUEST_SCHEME", "https")], ""),
        (vec![("HTTPS", "off")], "anonymous"),
        (vec![HTTPS, ("HTTP_SSL_CLIENT_VERIFY", "SUCCESS")], ""),
        (
            vec![VERIFIED, S_DN, basic[0], basic[1]],
            "client-certificate and password",
        ),
        (
            vec![VERIFIED, S_DN, ("HTTP_AUTHORIZATION", BASIC)],
            "client-certificate and password",
        ),
        (
            vec![VERIFIED, S_DN, ("AUTH_TYPE", "ClientCert")],
            "client-certificate",
        ),
        (
            vec![
                ("SSL_CLIENT_VERIFY", "GENEROUS"),
                ("AUTH_TYPE", "ClientCert"),
            ],
            "",
        ),
        (
            vec![("SSL_CLIENT_VERIFY", "NONE"), ("AUTH_TYPE", "ClientCert")],
            "",
        ),
        (
            vec![("SSL_CLIENT_VERIFY", "NONE"), basic[0], basic[1]],
            "password",
        ),
    ] {
        assert_eq!(words(&variables), expected, "{variables:?}");
    }
}

#[test]
fn a_certificate_is_named() {
    for serial in ["SSL_CLIENT_M_SERIAL", "SSL_CLIENT_SERIAL"] {
        let issuer = ("SSL_CLIENT_I_DN", "CN=Authority,O=Corp");
        let found = read(&[VERIFIED, S_DN, issuer, (serial, "1F")]);
        let factor = &found.could_be.first().expect("known").factors[0];
        let expected = Credential::ClientCertificate {
            subject: S_DN.1.to_owned(),
            issuer: Some(issuer.1.to_owned()),
            serial: Some("1F".to_owned()),
        };
        assert_eq!(factor.credential, Some(expected));
    }
}

#[test]
fn apaches_fake_basic_authentication_is_a_certificate() {
    let name = "/O=Corp/OU=Dev/CN=alice/emailAddress=alice@example.org";
    let basic = ("AUTH_TYPE", "Basic");
    let fake = [VERIFIED, S_DN, basic, ("REMOTE_USER", name)];
    assert_eq!(words(&fake), "client-certificate");
    assert_eq!(account(&fake).as_deref(), Some(name));
    // Another name, or no certificate, is a password.
    let other = [VERIFIED, S_DN, basic, ("REMOTE_USER", "/O=Corp/CN=bob")];
    assert_eq!(words(&other), "client-certificate and password");
    assert_eq!(words(&[basic, ("REMOTE_USER", name)]), "password");
}

#[test]
fn nginxs_user_is_nobodys_word() {
    let root = ("REMOTE_USER", "root");
    for (variables, expected) in [
        (vec![root], ""),
        (vec![("REMOTE_USER", "glpat-x")], ""),
        (vec![("FORGEWARDEN_AUTH_METHOD", BASIC)], ""),
        (vec![("FORGEWARDEN_AUTH_METHOD", "glpat-x7")], ""),
        (vec![root, ("HTTP_AUTHORIZATION", BASIC)], "password"),
        (vec![root, ("HTTP_AUTHORIZATION", "Bearer glpat-x")], ""),
        (vec![("HTTP_AUTHORIZATION", BASIC)], "password"),
        (vec![("HTTP_AUTHORIZATION", "glpat-x")], ""),
        (vec![("REMOTE_USER", ""), ("REMOTE_USER", "/O=Corp")], ""),
        (
            vec![("REMOTE_USER", ""), ("HTTP_AUTHORIZATION", "")],
            "anonymous",
        ),
        (vec![], "anonymous"),
    ] {
        assert_eq!(words(&variables), expected, "{variables:?}");
        assert_eq!(account(&variables), None, "{variables:?}");
    }
    // With a certificate it is still the header's, unless it is the certificate's.
    assert_eq!(account(&[VERIFIED, S_DN, root]), None);
    let same = ("REMOTE_USER", S_DN.1);
    assert_eq!(account(&[VERIFIED, S_DN, same]).as_deref(), Some(S_DN.1));
}

#[test]
fn the_operators_parameter_decides() {
    let method = |word| ("FORGEWARDEN_AUTH_METHOD", word);
    let basic = [("AUTH_TYPE", "Basic"), ("REMOTE_USER", "alice")];
    for (variables, expected) in [
        (vec![method("token")], "token"),
        (vec![method("password")], "password"),
        (vec![method("token"), basic[0], basic[1]], "token"),
        (vec![method("anonymous")], "anonymous"),
        (
            vec![method("token"), VERIFIED, S_DN],
            "client-certificate and token",
        ),
        (
            vec![method("client-certificate"), VERIFIED, S_DN],
            "client-certificate",
        ),
        (vec![method("client-certificate")], "client-certificate"),
        (vec![method("certificate")], ""),
        (vec![method("Token")], ""),
        (vec![method("push-certificate")], ""),
        (vec![method(""), basic[0], basic[1]], ""),
        (vec![method("token"), method("password")], ""),
        (vec![("HTTP_FORGEWARDEN_AUTH_METHOD", "token")], "anonymous"),
        (
            vec![
                ("HTTP_FORGEWARDEN_AUTH_METHOD", "token"),
                basic[0],
                basic[1],
            ],
            "password",
        ),
    ] {
        assert_eq!(words(&variables), expected, "{variables:?}");
    }
}

#[test]
fn a_token_is_told_by_its_hash_only() {
    let hash = "ab".repeat(32);
    let base64 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    for (method, token, kept) in [
        ("token", hash.as_str(), true),
        ("deploy-token", base64, true),
        ("token", "glpat-ABCDEFGHIJKLMNOPQRST", false),
        ("token", "0123456789abcdef0123456789abcdef01234567", false),
        ("password", &hash, false),
    ] {
        let found = read(&[
            ("FORGEWARDEN_AUTH_METHOD", method),
            ("FORGEWARDEN_AUTH_TOKEN", token),
        ]);
        let factor = &found.could_be.first().expect("known").factors[0];
        let id = token.to_owned();
        assert_eq!(
            factor.credential,
            kept.then_some(Credential::Numbered { id })
        );
        assert_eq!(found.says.contains("left out"), !kept, "{}", found.says);
    }
}

#[test]
fn the_operators_parameter_names_the_user() {
    let method = |word| ("FORGEWARDEN_AUTH_METHOD", word);
    let hexadecimal = "0123456789abcdef".repeat(2) + "01234567";
    let (named, remote) = (("FORGEWARDEN_AUTH_USER", "alice"), ("REMOTE_USER", "root"));
    for (variables, expected) in [
        (vec![method("token"), named, remote], Some("alice")),
        (vec![method("token"), remote], Some("root")),
        (vec![method("client-certificate"), remote], None),
        (vec![method("client-certificate"), named], Some("alice")),
        (vec![method("anonymous"), named, remote], None),
        (vec![method("token"), ("REMOTE_USER", "glpat-abc")], None),
        (vec![method("token"), ("REMOTE_USER", &hexadecimal)], None),
        (vec![method("nonsense"), named], None),
        (vec![method(""), named], None),
        (vec![named], None),
        (vec![("HTTP_FORGEWARDEN_AUTH_USER", "root")], None),
    ] {
        assert_eq!(account(&variables).as_deref(), expected, "{variables:?}");
    }
}

#[test]
fn a_server_that_hands_out_secrets_is_told_of_and_they_are_not() {
    for name in ["HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_PRIVATE_TOKEN"] {
        let found = read(&[
            ("AUTH_TYPE", "Basic"),
            ("REMOTE_USER", "alice"),
            (name, BASIC),
        ]);
        assert!(found.says.contains(name), "{}", found.says);
        assert!(found.says.contains("CGIPassAuth"), "{}", found.says);
    }
    assert!(!read(&[("AUTH_TYPE", "Basic")]).says.contains("secrets"));
}
