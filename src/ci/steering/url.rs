//! Addresses of registries, made comparable.

/// An address without user and password, without a slash at its end, scheme
/// and host in lower case; and whether a password stood in clear in it.
pub(super) fn clean(address: &str) -> (String, bool) {
    let address = address.trim().trim_end_matches('/');
    let Some((scheme, rest)) = address.split_once("://") else {
        return (address.to_owned(), false);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let password = user.split_once(':').map_or("", |(_, password)| password);
    let secret = !password.is_empty() && !password.contains(['$', '%', '{']);
    let shown = format!(
        "{}://{}{path}",
        scheme.to_ascii_lowercase(),
        host.to_ascii_lowercase()
    );
    (shown, secret)
}

/// The host of an address; the address itself if it has no scheme.
pub(crate) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest[..end].rsplit('@').next().unwrap_or_default();
    authority
        .rsplit_once(':')
        .map_or(authority, |(name, port)| {
            match port.bytes().all(|byte| byte.is_ascii_digit()) {
                true => name,
                false => authority,
            }
        })
}

/// Whether an address is on the machine itself.
pub(super) fn is_local(address: &str) -> bool {
    matches!(host(address), "localhost" | "127.0.0.1" | "[::1]")
}

/// Whether an address is where an ecosystem's packages usually come from.
pub(super) fn is_usual(ecosystem: &str, address: &str) -> bool {
    let usual: &[&str] = match ecosystem {
        "npm" => &["https://registry.npmjs.org", "https://registry.yarnpkg.com"],
        "pip" => &["https://pypi.org/simple", "https://pypi.python.org/simple"],
        "cargo" => &[
            "sparse+https://index.crates.io",
            "https://index.crates.io",
            "https://github.com/rust-lang/crates.io-index",
            "registry+https://github.com/rust-lang/crates.io-index",
        ],
        "go" => &[
            "https://proxy.golang.org,direct",
            "https://proxy.golang.org",
            "sum.golang.org",
        ],
        "nuget" => &[
            "https://api.nuget.org/v3/index.json",
            "https://www.nuget.org/api/v2",
        ],
        "gem" => &["https://rubygems.org"],
        "maven" => &[
            "https://repo.maven.apache.org/maven2",
            "https://repo1.maven.org/maven2",
        ],
        "composer" => &["https://repo.packagist.org", "https://packagist.org"],
        "conda" => &[
            "defaults",
            "conda-forge",
            "nodefaults",
            "https://repo.anaconda.com/pkgs/main",
        ],
        _ => &[],
    };
    usual.contains(&address)
}

#[cfg(test)]
mod tests {
    use super::{clean, host, is_usual};

    #[test]
    fn addresses_lose_their_credentials() {
        assert_eq!(
            clean("HTTPS://u:p4ss@Reg.Example/Npm/"),
            ("https://reg.example/Npm".to_owned(), true)
        );
        assert!(!clean("https://u:${TOKEN}@reg.example").1);
        assert!(!clean("https://token@reg.example").1);
        assert_eq!(clean("pypi.corp/simple").0, "pypi.corp/simple");
        assert_eq!(host("https://u:p@reg.example:8443/x@y"), "reg.example");
        assert_eq!(host("http://[::1]/x"), "[::1]");
        assert!(is_usual("npm", &clean("https://registry.npmjs.org/").0));
    }
}
