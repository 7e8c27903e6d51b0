//! The formats of names in `[sources]` and `[zones]`. Each says what is wrong
//! in a clause that follows the text.

use super::super::formats::{Rule, glob};

/// Longest name or pattern, in bytes.
const MAX_NAME: usize = 500;

/// The rule of a format of these tables.
pub(crate) fn rule(format: &str) -> Option<Rule> {
    Some(match format {
        "image-pattern" => image_pattern,
        "code-pattern" => code_pattern,
        "host-pattern" => host_pattern,
        "image-digest" => digest,
        "issuer" => issuer,
        "signer-identity" => identity,
        "name-pattern" => name_pattern,
        _ => return None,
    })
}

/// The digest of an image, by the algorithms that registries serve (OCI image
/// specification, digests).
fn digest(text: &str) -> Result<(), String> {
    let digits = match text.split_once(':') {
        Some(("sha256", digits)) if digits.len() == 64 => digits,
        Some(("sha512", digits)) if digits.len() == 128 => digits,
        _ => return Err("is not a digest; write sha256: and its 64 hexadecimal digits".to_owned()),
    };
    match digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(()),
        false => Err("holds letters that are no hexadecimal digits".to_owned()),
    }
}

/// Text that is a pattern at all: neither too long nor with blanks in it.
fn pattern(text: &str) -> Result<(), String> {
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '$';
    if text.len() > MAX_NAME {
        return Err(format!("is longer than {MAX_NAME} bytes"));
    }
    if text.contains(odd) {
        return Err("holds blanks or `$`, which no such name has".to_owned());
    }
    glob(text).map(drop)
}

fn image_pattern(text: &str) -> Result<(), String> {
    address(text)?;
    if text.contains('@') {
        return Err("names a digest; digests stand in `digests`".to_owned());
    }
    pattern(text)?;
    let (registry, repository) = text.split_once('/').unwrap_or(("", text));
    if repository.contains(':') {
        return Err("names a tag; the list is of repositories, whatever the tag".to_owned());
    }
    let looks_like_host = |part: &str| part.contains(['.', ':', '*', '?', '[', '{']);
    // Docker's own test of whether a first part is a host.
    if text == "**" || registry == "localhost" || looks_like_host(registry) {
        return Ok(());
    }
    Err(match registry {
        "" if looks_like_host(text) => {
            format!("names no repository; write {text}/** for all images of a registry")
        }
        "" => leaves_out(&format!("library/{text}")),
        _ => leaves_out(text),
    })
}

fn leaves_out(repository: &str) -> String {
    format!("leaves out the registry; Docker would read docker.io/{repository}, so write that")
}

fn code_pattern(text: &str) -> Result<(), String> {
    address(text)?;
    if text.contains('@') {
        let why = "names a version; the list is of repositories, and `least_pin` says how firm a version must be";
        return Err(why.to_owned());
    }
    if text.ends_with(".git") {
        return Err("ends with .git, which is not part of the name".to_owned());
    }
    pattern(text)
}

fn host_pattern(text: &str) -> Result<(), String> {
    address(text)?;
    if text.contains('/') {
        return Err("has a path; the list is of hosts".to_owned());
    }
    if text.contains('@') {
        return Err("names a user; the list is of hosts".to_owned());
    }
    pattern(text)
}

fn name_pattern(text: &str) -> Result<(), String> {
    if text.trim() != text {
        return Err("begins or ends with a blank".to_owned());
    }
    if text.starts_with('/') {
        return Err(format!("never matches; write **{text}"));
    }
    if text.len() > MAX_NAME || text.contains(char::is_control) {
        return Err("is too long or holds control characters".to_owned());
    }
    glob(text).map(drop).map_err(|why| match why.as_str() {
        "is empty or too long for a path pattern" => "is empty".to_owned(),
        _ => why,
    })
}

fn issuer(text: &str) -> Result<(), String> {
    let host = text.strip_prefix("https://");
    match host {
        Some(host) if !host.is_empty() && !text.contains(['*', ' ', '"', '\\']) => Ok(()),
        _ => Err("is not an issuer; write its https:// address in full".to_owned()),
    }
}

fn identity(text: &str) -> Result<(), String> {
    if text.is_empty() || text.chars().all(|letter| letter == '*') {
        return Err("lets anybody sign; name the workflow, address or account".to_owned());
    }
    let odd =
        |letter: char| letter.is_control() || letter.is_whitespace() || "\"\\?".contains(letter);
    if text.contains(odd) || text.len() > MAX_NAME {
        return Err(
            "is not an identity; write the certificate's subject, with `*` for any text".to_owned(),
        );
    }
    Ok(())
}

fn address(text: &str) -> Result<(), String> {
    match text.split_once("://") {
        Some((scheme, _)) => Err(format!("is an address; leave out {scheme}://")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::rule;

    #[track_caller]
    fn refused(format: &str, text: &str, why: &str) {
        let said = rule(format).expect("a format")(text).expect_err(text);
        assert!(said.contains(why), "{text}: {said}");
    }

    #[track_caller]
    fn accepted(format: &str, texts: &[&str]) {
        for text in texts {
            assert_eq!(rule(format).expect("a format")(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn images_are_written_as_docker_reads_them() {
        let whole = [
            "registry.example/base/**",
            "docker.io/library/*",
            "localhost:5000/a",
            "*/a",
            "**",
        ];
        accepted("image-pattern", &whole);
        refused("image-pattern", "python", "docker.io/library/python");
        refused("image-pattern", "registry.example", "registry.example/**");
        refused("image-pattern", "acme/app", "docker.io/acme/app");
        refused("image-pattern", "registry.example/a:1", "names a tag");
        refused(
            "image-pattern",
            "registry.example/a@sha256:00",
            "digests stand in",
        );
        refused(
            "image-pattern",
            "https://registry.example/a",
            "leave out https://",
        );
        refused("image-pattern", "$REGISTRY/a", "holds blanks or `$`");
    }

    #[test]
    fn code_hosts_and_identities_have_their_form() {
        accepted(
            "code-pattern",
            &["actions/*", "git.example/a/b/**", "pipeline-library"],
        );
        refused("code-pattern", "actions/checkout@v4", "least_pin");
        refused("code-pattern", "git.example/a/b.git", ".git");
        accepted(
            "host-pattern",
            &["*.example.com", "registry.example:5000", "pypi.org"],
        );
        refused("host-pattern", "pypi.org/simple", "has a path");
        refused("issuer", "http://issuer.example", "https://");
        refused("signer-identity", "*", "lets anybody sign");
        refused("image-digest", "sha256:abc", "64 hexadecimal digits");
        accepted(
            "name-pattern",
            &["prod-*", "payments production", "**/aws/prod"],
        );
        refused("name-pattern", "", "is empty");
        refused("name-pattern", "/aws/prod", "write **/aws/prod");
    }
}
