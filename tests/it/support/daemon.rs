//! The real `forgewarden serve`, as a process that can be killed.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::forge::StandIn;

/// The key of signed links.
pub const LINK_KEY: &str = "the-link-key-of-the-daemon-0123456789";

/// Where people would reach it.
pub const PUBLIC_URL: &str = "https://warden.example";

/// A configured installation; the process may run or not.
pub struct Daemon {
    folder: tempfile::TempDir,
    webhook: String,
    child: Option<Child>,
    log: Arc<Mutex<String>>,
    address: Option<SocketAddr>,
}

impl Daemon {
    /// Writes the configuration with a policy that trusts nobody, and starts nothing.
    pub fn configured(forge: &impl StandIn) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let policy = folder.path().join("policy.toml");
        std::fs::write(&policy, "version = 1\n").expect("written");
        Self::in_folder(folder, forge, &policy)
    }

    /// Writes the configuration, which names this policy, and starts nothing.
    pub fn under(forge: &impl StandIn, policy: &Path) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        Self::in_folder(folder, forge, policy)
    }

    /// More lines of configuration, before it starts.
    pub fn appends(&self, lines: &str) {
        let file = self.folder().join("forgewarden.toml");
        let text = std::fs::read_to_string(&file).expect("read");
        std::fs::write(file, text + "\n" + lines).expect("written");
    }

    fn in_folder<F: StandIn>(folder: tempfile::TempDir, forge: &F, policy: &Path) -> Self {
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("written");
        };
        write("link.key", LINK_KEY);
        let forge = forge.configuration(folder.path());
        write(
            "forgewarden.toml",
            &format!(
                "listen = '127.0.0.1:0'\npublic_url = '{PUBLIC_URL}'\n\
                 link_key_file = 'link.key'\npolicy = '{}'\n\
                 [worker]\nretry_base_milliseconds = 20\n\
                 [git]\nprotocols = ['http']\n{forge}",
                policy.display()
            ),
        );
        Self {
            folder,
            webhook: format!("/webhooks/{}", F::NAME),
            child: None,
            log: Arc::default(),
            address: None,
        }
    }

    /// Its folder: configuration, database, mirrors.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything that it wrote to standard error so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("not poisoned").clone()
    }

    /// The App's private key.
    pub fn private_key(&self) -> String {
        std::fs::read_to_string(self.folder().join("app.pem")).expect("read")
    }

    fn config(&self) -> PathBuf {
        self.folder().join("forgewarden.toml")
    }

    /// Starts the process and waits until it listens.
    pub fn start(&mut self) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_forgewarden"))
            .arg("serve")
            .arg("--config")
            .arg(self.config())
            .env_remove("RUST_LOG")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        self.address = None;
        while self.address.is_none() {
            let mut line = String::new();
            let read = lines.read_line(&mut line).expect("a line");
            self.log.lock().expect("not poisoned").push_str(&line);
            assert_ne!(read, 0, "it ended: {}", self.log());
            self.address = listening(&line);
        }
        let log = self.log.clone();
        std::thread::spawn(move || {
            let mut rest = Vec::new();
            // Kept line by line, so that the log can be read while it runs.
            while lines
                .by_ref()
                .read_until(b'\n', &mut rest)
                .is_ok_and(|read| read > 0)
            {
                let text = String::from_utf8_lossy(&rest).into_owned();
                log.lock().expect("not poisoned").push_str(&text);
                rest.clear();
            }
            let _ = lines.read_to_end(&mut rest);
        });
        self.child = Some(child);
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("killed");
            child.wait().expect("gone");
        }
    }

    /// Its URL.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address.expect("running"))
    }

    /// Where the forge delivers to.
    pub fn webhook(&self) -> String {
        self.url(&self.webhook)
    }

    /// The URL of its database.
    pub fn database(&self) -> String {
        format!("sqlite:{}/forgewarden.db", self.folder().display())
    }

    /// Runs a subcommand with its configuration, and gives the exit status and
    /// what it says.
    pub fn runs(&self, command: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_forgewarden"))
            .args(command)
            .arg("--config")
            .arg(self.config())
            .output()
            .expect("it runs");
        let text = [output.stdout, output.stderr].concat();
        let status = output.status.code().expect("no signal");
        (status, String::from_utf8(text).expect("UTF-8"))
    }

    /// Nobody but the owner can read the files of the configuration.
    pub fn keeps_secrets(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        for entry in std::fs::read_dir(self.folder()).expect("read") {
            let path = entry.expect("an entry").path();
            let only_owner = std::fs::Permissions::from_mode(0o600);
            if path.is_file() {
                std::fs::set_permissions(path, only_owner).expect("changed");
            }
        }
    }

    /// Runs `forgewarden replay` with its configuration, and gives what it says.
    pub fn replay(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_forgewarden"))
            .arg("replay")
            .arg("--config")
            .arg(self.config())
            .args(arguments)
            .output()
            .expect("it runs");
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8(text).expect("UTF-8")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The address in the line that says that it listens.
fn listening(line: &str) -> Option<SocketAddr> {
    let json: serde_json::Value = serde_json::from_str(line).ok()?;
    if json["message"] != "forgewarden is listening" {
        return None;
    }
    json["address"].as_str()?.parse().ok()
}
