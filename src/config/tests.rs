use secrecy::ExposeSecret;

use super::{Config, ConfigError};

const WHOLE: &str = "public_url = 'https://warden.example/'\n[[github]]\nkey = 'github'\n\
    app_id = 1\nprivate_key_file = 'app.pem'\nwebhook_secret_files = ['hook']\n";

fn read(config: &str, hook: &str) -> (tempfile::TempDir, Result<Config, ConfigError>) {
    let folder = tempfile::tempdir().expect("folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    write("forgewarden.toml", config).expect("config");
    write("app.pem", "-----BEGIN RSA PRIVATE KEY-----\n").expect("key");
    write("hook", hook).expect("secret");
    let config = Config::read(&folder.path().join("forgewarden.toml"));
    (folder, config)
}

fn problems(config: &str, hook: &str) -> String {
    match read(config, hook).1 {
        Ok(_) => panic!("taken: {config}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_short_file_is_enough() {
    let (folder, config) = read(WHOLE, "0123456789abcdef\n");
    let config = config.expect("taken");
    assert_eq!(config.public_url, "https://warden.example");
    assert_eq!(
        config.forges.github[0].webhook_secrets[0].expose_secret(),
        "0123456789abcdef"
    );
    let url = config.database_url.expose_secret().to_owned();
    assert!(url.starts_with("sqlite:") && url.ends_with("/forgewarden.db"));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(folder.path().join("link.key"))
            .expect("made")
            .permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let again = Config::read(&folder.path().join("forgewarden.toml")).expect("taken");
    assert_eq!(
        again.link_key.expose_secret(),
        config.link_key.expose_secret()
    );
}

#[test]
fn empty_and_short_secrets_refuse_to_start() {
    assert!(problems(WHOLE, "\n").contains("`github[0].webhook_secrets` is empty."));
    assert!(problems(WHOLE, "short").contains("has 5 bytes"));
    let none = WHOLE.replace("['hook']", "[]");
    assert!(problems(&none, "x").contains("without a secret"));
}

#[test]
fn a_secret_in_the_file_itself_is_refused_and_not_repeated() {
    let plain = WHOLE.replace(
        "webhook_secret_files = ['hook']",
        "webhook_secrets = ['hunter2hunter2hunter2']",
    );
    let text = problems(&plain, "x");
    assert!(text.contains("`github[0].webhook_secrets` holds a secret in plain text"));
    assert!(!text.contains("hunter2"));
    let url = format!("database_url = 'postgres://w:hunter2@db/w'\n{WHOLE}");
    let text = problems(&url, "0123456789abcdef");
    assert!(text.contains("`database_url` holds a password") && !text.contains("hunter2"));
}

#[test]
fn every_problem_is_reported_at_once_and_names_its_key() {
    let text = problems(
        &WHOLE
            .replace("https://warden.example/", "warden.example")
            .replace("key = 'github'", "key = 'Git Hub'"),
        "short",
    );
    for part in ["`public_url`", "`Git Hub`", "`github[0].webhook_secrets`"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let text = problems(&format!("listn = '127.0.0.1:1'\n{WHOLE}"), "x");
    assert!(text.contains("unknown field `listn`"), "{text}");
}
