//! What looks like a secret: by the name of a variable, a file, or the form of
//! a value. Never keeps a value.

/// Words that make a name a secret's, as its last part or with a separator.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "private_key",
    "privatekey",
    "access_key",
    "accesskey",
    "secret_key",
    "credential",
    "credentials",
    "pat",
    "pwd",
    "auth_key",
    "encryption_key",
    "signing_key",
    "client_secret",
    "connection_string",
    "webhook_url",
];

/// Words that make it something about a secret instead.
const ABOUT: &[&str] = &[
    "file",
    "path",
    "name",
    "url",
    "uri",
    "endpoint",
    "id",
    "type",
    "ttl",
    "length",
    "policy",
    "expiry",
    "expiration",
    "enabled",
    "dir",
    "header",
    "issuer",
    "audience",
    "realm",
    "count",
    "limit",
    "limits",
    "timeout",
    "algorithm",
    "prefix",
    "ref",
    "version",
    "min",
    "max",
    "size",
    "key_id",
    "mount",
    "store",
    "backend",
    "provider",
];

/// Whether a variable, key or argument of this name holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = snake(name);
    let ends = |word: &&str| {
        let rest = name.strip_suffix(*word);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    };
    if ABOUT.iter().any(ends) && !name.ends_with("webhook_url") {
        return false;
    }
    let glued = ["password", "passwd", "secret", "token", "apikey"];
    WORDS.iter().any(ends)
        || glued.iter().any(|word| name.ends_with(word))
        || (name.contains("password_") || name.contains("secret_") || name.contains("token_"))
            && name.ends_with("value")
}

/// A name in lower case with `_` between its words: `apiKey` and `api-key` are `api_key`.
fn snake(name: &str) -> String {
    let mut result = String::new();
    let mut before_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before_lower {
            result.push('_');
        }
        before_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        match letter {
            '-' | '.' | ' ' | '/' => result.push('_'),
            _ => result.push(letter.to_ascii_lowercase()),
        }
    }
    result
}

/// Whether a value is written out: not empty, no variable, no stand-in.
pub(crate) fn is_literal(value: &str) -> bool {
    let value = value.trim();
    let stand_in = matches!(
        value.to_ascii_lowercase().as_str(),
        "" | "null"
            | "none"
            | "true"
            | "false"
            | "yes"
            | "no"
            | "changeme"
            | "change_me"
            | "change-me"
            | "xxx"
            | "todo"
            | "dummy"
            | "placeholder"
            | "example"
    );
    let references = [
        "$",
        "{{",
        "%(",
        "<",
        "ENC[",
        "vault:",
        "ref+",
        "arn:aws:secretsmanager",
        "op://",
        "file://",
        "/run/secrets/",
    ];
    let masked = !value.is_empty()
        && value
            .chars()
            .all(|letter| matches!(letter, '*' | 'x' | 'X' | '.'));
    !stand_in
        && !masked
        && !references.iter().any(|start| value.starts_with(start))
        && !value.contains("${")
}

/// Files that hold credentials, by their last parts.
const FILES: &[&str] = &[
    ".npmrc",
    ".yarnrc",
    ".pypirc",
    ".netrc",
    "_netrc",
    ".git-credentials",
    ".env",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    ".aws/credentials",
    ".docker/config.json",
    ".dockercfg",
    ".kube/config",
    "kubeconfig",
    ".vault-token",
    "credentials.json",
    ".htpasswd",
    ".pgpass",
    ".my.cnf",
    ".boto",
    ".s3cfg",
    ".ssh",
    ".aws",
    ".kube",
    ".gnupg",
    "application_default_credentials.json",
    "terraform.tfstate",
    ".terraformrc",
];
const ENDINGS: &[&str] = &[
    ".pem",
    ".key",
    ".p12",
    ".pfx",
    ".jks",
    ".keystore",
    ".kdbx",
    ".ppk",
];
const HARMLESS: &[&str] = &[
    "public",
    ".pub.",
    "example",
    "sample",
    "template",
    "ca.pem",
    "cert.pem",
    "chain.pem",
    "ca-",
    "pubkey",
    "dist",
];

/// Whether a file of this path holds credentials.
pub(crate) fn is_secret_file(path: &str) -> bool {
    let path = path.trim_end_matches('/').to_ascii_lowercase();
    let named = |file: &&str| {
        let rest = path.strip_suffix(*file);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let name = path.rsplit('/').next().unwrap_or(&path);
    if HARMLESS.iter().any(|word| name.contains(word)) {
        return false;
    }
    let of_stage =
        name.starts_with(".env.") || name.starts_with("service-account") && name.ends_with(".json");
    FILES.iter().any(named) || of_stage || ENDINGS.iter().any(|end| name.ends_with(end))
}

/// A URL without its user and password.
pub(crate) fn without_login(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

/// Whether a URL holds a password.
pub(crate) fn has_login(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let login = rest[..end].rsplit_once('@').map(|(login, _)| login);
    let password = login
        .and_then(|login| login.split_once(':'))
        .map(|(_, password)| password);
    password.is_some_and(is_literal)
}

#[cfg(test)]
mod tests {
    use super::{has_login, is_literal, is_secret_file, is_secret_name, without_login};

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "NPM_TOKEN",
            "password",
            "DB_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "apiKey",
            "GITHUB_PAT",
            "PGPASSWORD",
            "client-secret",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "PASSWORD_FILE",
            "TOKEN_URL",
            "PATH",
            "SECRET_NAME",
            "KEY",
            "PATTERN",
            "tokenTTL",
            "COMPAT",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn only_what_is_written_out_is_a_value() {
        assert!(is_literal("hunter2"));
        for value in [
            "",
            "${X}",
            "$X",
            "{{ x }}",
            "changeme",
            "****",
            "/run/secrets/db",
            "pre${X}",
        ] {
            assert!(!is_literal(value), "{value}");
        }
    }

    #[test]
    fn files_and_urls_with_credentials_are_known() {
        for path in [
            ".npmrc",
            "app/.env",
            "~/.aws/credentials",
            "keys/server.key",
            "/root/.ssh/",
            "id_rsa",
            ".env.production",
        ] {
            assert!(is_secret_file(path), "{path}");
        }
        for path in [
            "src/env.rs",
            ".env.example",
            "public.pem",
            "key.rs",
            ".",
            "package.json",
            "ca.pem",
        ] {
            assert!(!is_secret_file(path), "{path}");
        }
        assert_eq!(without_login("https://a:b@h/x@y"), "https://h/x@y");
        assert!(
            has_login("https://a:b1@h/x") && !has_login("https://a:$T@h/") && !has_login("git@h:x")
        );
    }
}
