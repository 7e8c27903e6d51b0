//! The variables that forges give their hooks: Gitaly, GitHub Enterprise Server
//! and Bitbucket. None of them tells a token from a password.
//!
//! Whoever calls vouches that the forge runs the hook.

use jiff::Timestamp;

use super::evidence::{heard, not_understood};
use super::variables::Variables;
use crate::model::authentication::Method::{
    DeployKey, Kerberos, Password, SshCertificate, SshKey, Token, WebSession,
};
use crate::model::authentication::{Authentication, Credential, Evidence, Method, Source};
use crate::model::text::excerpt;

/// Most characters of a value that is shown.
const MAX_SHOWN: usize = 80;

/// What Gitaly does not pass to hooks: its list of variables is short.
const NOT_OF_GITALY: [&str; 4] = [
    "SSH_CONNECTION",
    "SSH_ORIGINAL_COMMAND",
    "GATEWAY_INTERFACE",
    "REMOTE_ADDR",
];

/// What starts a hook script of Bitbucket besides pushes: its web pages and API.
const BITBUCKET_WEB: [&str; 8] = [
    "branch-create",
    "branch-delete",
    "tag-create",
    "tag-delete",
    "file-edit",
    "pull-request-merge",
    "merge",
    "repo-create",
];

type Read = Result<(Vec<Authentication>, String), String>;

/// GitLab's Gitaly, by `GL_PROTOCOL` and `GL_ID`. A user's name proves nothing:
/// anybody may call themselves like a project's robot.
pub fn gitaly(variables: Variables<'_>, at: Timestamp) -> Evidence {
    told(read_gitaly(variables), at)
}

/// GitHub Enterprise Server, by `GITHUB_PUBLIC_KEY_FINGERPRINT` and `GITHUB_VIA`.
pub fn ghes(variables: Variables<'_>, at: Timestamp) -> Evidence {
    told(read_ghes(variables), at)
}

/// Bitbucket's hook scripts, by `BB_HOOK_TRIGGER_ID`.
pub fn bitbucket(variables: Variables<'_>, at: Timestamp) -> Evidence {
    told(read_bitbucket(variables), at)
}

fn told(read: Read, at: Timestamp) -> Evidence {
    match read {
        Ok((could_be, says)) => heard(Source::HookEnvironment, could_be, at, &says),
        Err(why) => not_understood(Source::HookEnvironment, at, &why),
    }
}

fn read_gitaly(variables: Variables<'_>) -> Read {
    if let Some(name) = NOT_OF_GITALY.iter().find(|name| variables.is_set(name)) {
        return Err(format!(
            "{name} is set, which Gitaly passes to no hook: something else runs this one"
        ));
    }
    let protocol = variables.value("GL_PROTOCOL")?.unwrap_or_default();
    let id = variables.value("GL_ID")?.unwrap_or_default();
    let says = format!(
        "GL_PROTOCOL is \"{}\", GL_ID is \"{}\"",
        excerpt(protocol, MAX_SHOWN),
        excerpt(id, MAX_SHOWN)
    );
    let key = is_numbered(id, "key-").then(|| Credential::Numbered { id: id.to_owned() });
    let user = is_numbered(id, "user-");
    let could_be = match (protocol, key, user) {
        ("ssh", key @ Some(_), _) => each(&[SshKey, DeployKey], key.as_ref()),
        ("ssh", None, true) => each(&[SshCertificate, Kerberos], None),
        ("http", None, true) => each(&[Token, Password], None),
        ("web", None, true) => each(&[WebSession], None),
        _ => return Err(says + ", which is not understood"),
    };
    Ok((could_be, says))
}

fn read_ghes(variables: Variables<'_>) -> Read {
    let fingerprint = variables.value("GITHUB_PUBLIC_KEY_FINGERPRINT")?;
    let via = variables.value("GITHUB_VIA")?;
    match (fingerprint, via) {
        (Some(key), Some(via)) => Err(format!(
            "GITHUB_PUBLIC_KEY_FINGERPRINT is \"{}\" and GITHUB_VIA is \"{}\": a key and the web pages together are not understood",
            excerpt(key, MAX_SHOWN),
            excerpt(via, MAX_SHOWN)
        )),
        (Some(key), None) => {
            let says = format!(
                "GITHUB_PUBLIC_KEY_FINGERPRINT is \"{}\"",
                excerpt(key, MAX_SHOWN)
            );
            let fingerprint = normal_fingerprint(key)
                .ok_or_else(|| says.clone() + ", which is no fingerprint")?;
            let credential = Credential::Numbered { id: fingerprint };
            let could_be = each(&[SshKey, DeployKey, SshCertificate], Some(&credential));
            Ok((could_be, says))
        }
        (None, Some(via)) => Ok((
            each(&[WebSession], None),
            format!("GITHUB_VIA is \"{}\"", excerpt(via, MAX_SHOWN)),
        )),
        (None, None) => Ok((
            each(&[Token, Password], None),
            "neither GITHUB_PUBLIC_KEY_FINGERPRINT nor GITHUB_VIA is set, so it came by HTTPS"
                .to_owned(),
        )),
    }
}

fn read_bitbucket(variables: Variables<'_>) -> Read {
    let trigger = variables.value("BB_HOOK_TRIGGER_ID")?.unwrap_or_default();
    let says = format!("BB_HOOK_TRIGGER_ID is \"{}\"", excerpt(trigger, MAX_SHOWN));
    match trigger {
        "push" => Ok((each(&[SshKey, DeployKey, Token, Password], None), says)),
        web if BITBUCKET_WEB.contains(&web) => Ok((each(&[WebSession], None), says)),
        _ => Err(says + ", which is not understood"),
    }
}

fn each(methods: &[Method], credential: Option<&Credential>) -> Vec<Authentication> {
    let with = |method: &Method| Authentication::with(*method, credential.cloned());
    methods.iter().map(with).collect()
}

/// `key-7`.
fn is_numbered(id: &str, prefix: &str) -> bool {
    let number = id.strip_prefix(prefix);
    number.is_some_and(|number| {
        number.len() <= 20
            && !number.starts_with('0')
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `SHA256:…`, or `MD5:…` of the pairs of digits that the appliance documents.
fn normal_fingerprint(text: &str) -> Option<String> {
    if let Some(digest) = text.strip_prefix("SHA256:") {
        let lawful = digest.len() == 43
            && digest
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte));
        return lawful.then(|| text.to_owned());
    }
    let pairs = text.strip_prefix("MD5:").unwrap_or(text);
    let lawful = pairs.len() == 47
        && pairs
            .split(':')
            .all(|pair| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit()));
    lawful.then(|| format!("MD5:{}", pairs.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::variables::Variables;
    use super::super::variables::tests::own;
    use super::{bitbucket, ghes, gitaly};
    use crate::model::authentication::{Credential, Evidence};

    type Reader = fn(Variables<'_>, Timestamp) -> Evidence;

    fn read(reader: Reader, variables: &[(&str, &str)]) -> Evidence {
        let pairs: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        reader(Variables::new(&own(&pairs)), Timestamp::UNIX_EPOCH)
    }

    fn words(evidence: &Evidence) -> String {
        let words: Vec<_> = evidence.could_be.iter().map(ToString::to_string).collect();
        words.join(" or ")
    }

    #[test]
    fn gitaly_tells_by_protocol_and_id() {
        for (protocol, id, expected) in [
            ("ssh", "key-7", "deploy-key or ssh-key"),
            ("ssh", "user-3", "ssh-certificate or kerberos"),
            ("http", "user-3", "password or token"),
            ("web", "user-3", "web-session"),
            ("http", "key-7", ""),
            ("web", "key-7", ""),
            ("ssh", "", ""),
            ("ssh", "key-", ""),
            ("ssh", "key-7x", ""),
            ("ssh", "username-alice", ""),
            ("", "user-3", ""),
            ("SSH", "key-7", ""),
            ("git", "user-3", ""),
        ] {
            // A person may take the name of a robot.
            let name = ("GL_USERNAME", "project_7_bot");
            let found = read(gitaly, &[("GL_PROTOCOL", protocol), ("GL_ID", id), name]);
            let mut expected: Vec<_> = expected.split(" or ").collect();
            let found_words = words(&found);
            let mut found_words: Vec<_> = found_words.split(" or ").collect();
            expected.sort_unstable();
            found_words.sort_unstable();
            assert_eq!(found_words, expected, "{protocol} {id}");
        }
        let found = read(gitaly, &[("GL_PROTOCOL", "ssh"), ("GL_ID", "key-7")]);
        let id = "key-7".to_owned();
        let credential = Some(Credential::Numbered { id });
        let mut all = found.could_be.iter().flat_map(|one| &one.factors);
        assert!(all.all(|factor| factor.credential == credential));
    }

    #[test]
    fn what_gitaly_never_passes_spoils_all() {
        for more in [
            ("SSH_CONNECTION", "x"),
            ("GATEWAY_INTERFACE", "CGI/1.1"),
            ("GL_PROTOCOL", "web"),
            ("GL_ID", "user-3"),
        ] {
            let given = [("GL_PROTOCOL", "ssh"), ("GL_ID", "key-7"), more];
            assert_eq!(words(&read(gitaly, &given)), "", "{more:?}");
        }
    }

    #[test]
    fn the_appliance_tells_by_key_and_by_way() {
        let md5 = "a1:b2:c3:d4:e5:f6:07:18:29:3a:4b:5c:6d:7e:8f:90";
        let sha = "SHA256:9p599yq/VBjRbKqY/uoqF27OpzdKqcB8+SNPoSxHToY";
        let keys = "deploy-key or ssh-key or ssh-certificate";
        for (key, via, expected) in [
            (md5, "", keys),
            (sha, "", keys),
            ("", "pull request merge button", "web-session"),
            ("", "a way of next year", "web-session"),
            ("", "", "password or token"),
            (md5, "merge", ""),
            ("a1:b2", "", ""),
            ("SHA256:short", "", ""),
        ] {
            let given = [("GITHUB_PUBLIC_KEY_FINGERPRINT", key), ("GITHUB_VIA", via)];
            assert_eq!(words(&read(ghes, &given)), expected, "{key} {via}");
        }
        let found = read(ghes, &[("GITHUB_PUBLIC_KEY_FINGERPRINT", md5)]);
        let shown = format!("{:?}", found.could_be);
        assert!(shown.contains(&format!("MD5:{md5}")), "{shown}");
    }

    #[test]
    fn bitbucket_tells_only_what_started_the_script() {
        let pushed = "password or token or deploy-key or ssh-key";
        for (trigger, expected) in [
            ("push", pushed),
            ("branch-create", "web-session"),
            ("branch-delete", "web-session"),
            ("tag-create", "web-session"),
            ("tag-delete", "web-session"),
            ("file-edit", "web-session"),
            ("pull-request-merge", "web-session"),
            ("merge", "web-session"),
            ("repo-create", "web-session"),
            ("unknown", ""),
            ("PUSH", ""),
            ("", ""),
        ] {
            let given = [("BB_HOOK_TRIGGER_ID", trigger)];
            assert_eq!(words(&read(bitbucket, &given)), expected, "{trigger}");
        }
    }
}
