//! A PostgreSQL of our own: a cluster in a temporary folder on a free loopback
//! port, gone with the value.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running cluster with one user and any number of databases.
pub struct Postgres {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

const PASSWORD: &str = "postgres-password-of-the-tests";

impl Postgres {
    /// Makes and starts one.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let data = folder.path().join("data");
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).expect("password");
        give_away(folder.path());
        give_away(&password);
        let init = command("initdb")
            .args(["-A", "scram-sha-256", "-U", "warden", "--no-sync", "-D"])
            .arg(&data)
            .arg("--pwfile")
            .arg(&password)
            .current_dir(folder.path())
            .output()
            .expect("initdb runs");
        assert!(
            init.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&init.stderr)
        );
        let port = free_port();
        let child = command("postgres")
            .arg("-D")
            .arg(&data)
            .args(["-h", "127.0.0.1", "-k", "", "-F", "-p"])
            .arg(port.to_string())
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("postgres runs");
        let cluster = Self {
            child,
            port,
            folder,
        };
        cluster.wait();
        cluster
    }

    /// The URL of a database that does not exist yet, and now does.
    pub fn database(&self, name: &str) -> String {
        let made = self.psql("postgres", &format!("CREATE DATABASE {name}"));
        assert!(made, "the database {name} cannot be made");
        format!(
            "postgres://warden:{PASSWORD}@127.0.0.1:{}/{name}",
            self.port
        )
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.psql("postgres", "SELECT 1") {
            assert!(Instant::now() < deadline, "PostgreSQL does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn psql(&self, database: &str, sql: &str) -> bool {
        let output = command("psql")
            .env("PGPASSWORD", PASSWORD)
            .args(["-q", "-h", "127.0.0.1", "-U", "warden", "-d", database])
            .args(["-p", &self.port.to_string(), "-c", sql])
            .current_dir(self.folder.path())
            .output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The child is the postmaster itself; its own children follow it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One of PostgreSQL's programs, run as its user if we are root, as it demands.
fn command(name: &str) -> Command {
    let mut command = Command::new(program(name));
    if let Some((user, group)) = postgres_user() {
        command.uid(user).gid(group);
    }
    command
}

fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let debian = versions
        .flatten()
        .map(|entry| entry.path().join("bin").join(name));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = debian
        .chain(std::env::split_paths(&path).map(|folder| folder.join(name)))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| {
        panic!("PostgreSQL's `{name}` is not on this machine: `tests/run` installs it")
    })
}

fn postgres_user() -> Option<(u32, u32)> {
    let id = |flag: &str, user: Option<&str>| -> Option<u32> {
        let output = Command::new("id").arg(flag).args(user).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    match id("-u", None) {
        Some(0) => Some((id("-u", Some("postgres"))?, id("-g", Some("postgres"))?)),
        _ => None,
    }
}

fn give_away(path: &Path) {
    if let Some((user, group)) = postgres_user() {
        std::os::unix::fs::chown(path, Some(user), Some(group)).expect("chown");
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
