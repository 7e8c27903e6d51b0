//! The real `forgewarden serve`, as a process of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::World;
use crate::support::forge::github::GitHub;

/// How long the service may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Builds the binaries beside this program: cargo builds none for an example.
pub(crate) fn build() {
    println!("Building the service and the hook …");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--quiet", "--bins"]);
    if own_folder()
        .parent()
        .is_some_and(|profile| profile.ends_with("release"))
    {
        cargo.arg("--release");
    }
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    let built = cargo.status().expect("cargo runs");
    assert!(built.success(), "the binaries could not be built");
}

fn own_folder() -> PathBuf {
    let own = std::env::current_exe().expect("the program's own path");
    own.parent().expect("a folder").to_owned()
}

/// The running service.
pub(crate) struct Service {
    child: Child,
    log: PathBuf,
    pub(crate) url: String,
}

impl Service {
    /// Starts it for a forge, with this policy, and waits until it listens.
    pub(crate) async fn start(world: &World, forge: &GitHub, policy: &Path) -> Self {
        let address = {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
            listener.local_addr().expect("an address")
        };
        let url = format!("http://{address}");
        world.file("service/app.pem", forge.private_key_pem());
        world.file("service/webhook.secret", forge.webhook_secret());
        let config = world.file(
            "service/forgewarden.toml",
            format!(
                "listen = '{address}'\npublic_url = '{url}'\npolicy = '{}'\nlog = 'pretty'\n\
                 [git]\nprotocols = ['http']\n[[github]]\nkey = 'github'\napp_id = {}\n\
                 api_url = '{}'\nweb_url = '{}'\nprivate_key_file = 'app.pem'\n\
                 webhook_secret_files = ['webhook.secret']\n",
                policy.display(),
                forge.app_id(),
                forge.api_url(),
                forge.web_url(),
            ),
        );
        let log = world.path("service/log");
        let to_log = std::fs::File::create(&log).expect("make the log");
        let binary = own_folder()
            .parent()
            .expect("a profile's folder")
            .join("forgewarden");
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .arg("--config")
            .arg(config)
            .stdout(Stdio::null())
            .stderr(to_log);
        let child = command.spawn().expect("the service starts");
        let service = Self { child, log, url };
        service.listens().await;
        service
    }

    async fn listens(&self) {
        let listening = async {
            loop {
                let answer = reqwest::get(format!("{}/readyz", self.url)).await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, listening).await;
        waited.unwrap_or_else(|_| panic!("the service does not listen:\n{}", self.log()));
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
