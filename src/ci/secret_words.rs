//! Which names of variables are those of secrets, by their words. Knows no
//! system, and never looks at values but to tell that one is none.

/// A key of this kind is public or no credential.
const HARMLESS: &[&str] = &[
    "PUBLIC",
    "PUB",
    "CACHE",
    "FINGERPRINT",
    "SCAN",
    "DETECTION",
    "HOST",
    "URL",
    "NAME",
    "ID",
    "TYPE",
    "COUNT",
    "EXPIRY",
    "TTL",
    "LENGTH",
    "PATH",
    "DIR",
    "REGION",
    "SERVER",
    "VERSION",
    "EXCLUDED",
    "DISABLED",
];

const SECRET: &[&str] = &[
    "TOKEN",
    "TOKENS",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "SECRET",
    "SECRETS",
    "KEY",
    "KEYS",
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "CREDS",
    "KUBECONFIG",
    "PAT",
    "JWT",
    "KEYFILE",
    "KEYSTORE",
    "PRIVATE",
    "WEBHOOK",
];

/// Whether a variable of this name is likely to hold a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let upper = split_humps(name).to_ascii_uppercase();
    let words: Vec<_> = upper
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let whole = ["PWD", "OLDPWD", "PRIVATE"];
    if whole.contains(&upper.as_str()) {
        return false;
    }
    if upper == "DOCKER_AUTH_CONFIG"
        || upper.ends_with("_ACCESS_KEY_ID")
        || upper.contains("GOOGLE_APPLICATION_CREDENTIALS")
    {
        return true;
    }
    let secret = words
        .iter()
        .any(|word| SECRET.contains(word) || word.ends_with("PASSWORD") || word.ends_with("TOKEN"));
    let harmless = words.last().is_some_and(|last| HARMLESS.contains(last))
        || words
            .iter()
            .any(|word| matches!(*word, "PUBLIC" | "CACHE" | "DETECTION"));
    secret && !harmless
}

/// `secretKey` as `secret_Key`.
fn split_humps(name: &str) -> String {
    let mut split = String::with_capacity(name.len());
    let mut lower = false;
    for letter in name.chars() {
        if lower && letter.is_ascii_uppercase() {
            split.push('_');
        }
        lower = letter.is_ascii_lowercase();
        split.push(letter);
    }
    split
}

/// Whether a value of such a variable is a credential in clear: not empty, no
/// expansion, no path, no switch.
pub(crate) fn is_literal(value: &str) -> bool {
    let value = value.trim();
    let word = value.to_ascii_lowercase();
    let switch = matches!(
        word.as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "none" | "null"
    );
    let expands = value.contains("${")
        || value.contains("$(")
        || value.contains("{{")
        || value.contains("$[[")
        || value.starts_with('$')
        || value.starts_with('%');
    let path = value.starts_with('/') || value.starts_with("./") || value.starts_with("~/");
    value.len() >= 4 && !switch && !expands && !path && !value.bytes().all(|byte| byte == b'*')
}

/// The cloud whose long-lived key a variable of this name holds.
pub(crate) fn cloud(name: &str) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    if has(&[
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_KEY",
    ]) {
        Some("aws")
    } else if has(&[
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_CREDENTIALS",
        "GCP_SA_KEY",
        "GCLOUD_SERVICE_KEY",
        "GCP_CREDENTIALS",
        "GCP_SERVICE_ACCOUNT_KEY",
        "SERVICE_ACCOUNT_JSON",
    ]) {
        Some("gcp")
    } else if has(&[
        "AZURE_CLIENT_SECRET",
        "ARM_CLIENT_SECRET",
        "AZURE_CREDENTIALS",
        "AZURE_PASSWORD",
    ]) {
        Some("azure")
    } else if has(&["KUBECONFIG", "KUBE_CONFIG", "KUBE_TOKEN"]) {
        Some("kubernetes")
    } else {
        None
    }
}

/// The variables that a text expands, as a shell or a controller would: `$X`,
/// `${X}`, `%X%`.
pub(crate) fn expanded(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    for (at, _) in text.match_indices('$') {
        let rest = &text[at + 1..];
        let rest = rest.strip_prefix("env:").unwrap_or(rest);
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let rest = rest.strip_prefix(['!', '#']).unwrap_or(rest);
        let end = rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        if name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_') {
            all.push(name);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{expanded, is_literal, is_secret};

    #[test]
    fn names_of_secrets_are_told_by_their_words() {
        for name in [
            "DEPLOY_TOKEN",
            "PGPASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "apiKey",
            "KUBECONFIG",
            "SSH_PRIVATE_KEY",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PWD",
            "SSH_PUBLIC_KEY",
            "CACHE_KEY",
            "SECRET_DETECTION_EXCLUDED_PATHS",
            "MONKEY_COUNT",
            "COMPASS",
            "TOKEN_URL",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn switches_and_expansions_are_no_credentials() {
        assert!(is_literal("hunter22"));
        for value in [
            "",
            "true",
            "$OTHER",
            "${X}",
            "/run/secrets/x",
            "****",
            "$[[ inputs.x ]]",
        ] {
            assert!(!is_literal(value), "{value}");
        }
    }

    #[test]
    fn expansions_are_found_in_any_spelling() {
        assert_eq!(
            expanded("a $X ${Y:-z} $env:W ${!V} $1 $$ $"),
            ["X", "Y", "W", "V"]
        );
    }
}
