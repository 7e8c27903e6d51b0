//! An sshd of our own on loopback: OpenSSH's, run by whoever runs the tests,
//! with its own host key and users, stopped by its own pid.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::own_user::{self, OwnUser, Running};
use super::people::Person;
use super::program::Program;
use super::world::World;

/// A running sshd.
pub struct Sshd {
    _process: Running,
    port: u16,
    folder: PathBuf,
    user: String,
    log: Mutex<Receiver<String>>,
}

/// A forced command for git, as the pages recommend it.
pub const ONLY_GIT: &str = "command=\"git-shell -c \\\"$SSH_ORIGINAL_COMMAND\\\"\",restrict";

/// Longest wait for sshd to say that it listens.
const START: Duration = Duration::from_secs(20);

/// Another program may take the port between our look and sshd's bind.
const ATTEMPTS: usize = 5;

impl Sshd {
    pub(super) fn start(world: &World) -> Self {
        Self::configured(world, "sshd", "")
    }

    /// One more sshd, with these lines before the usual ones: the first value
    /// of a keyword counts.
    pub fn configured(world: &World, name: &str, lines: &str) -> Self {
        Self::launched(world, name, lines, None)
    }

    /// The same, run by a user of its own, which alone can log in.
    pub fn of_user(world: &World, name: &str, lines: &str, user: &OwnUser) -> Self {
        Self::launched(world, name, lines, Some(user))
    }

    fn launched(world: &World, name: &str, lines: &str, user: Option<&OwnUser>) -> Self {
        let folder = world.path(name);
        fs::create_dir_all(&folder).expect("make sshd's folder");
        let keygen = world
            .program("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"]);
        keygen.arg(folder.join("host")).succeeds();
        fs::write(folder.join("authorized_keys"), "").expect("write authorized_keys");
        make_privilege_separation_folder();
        let attempts = (0..ATTEMPTS).map(|_| Self::attempt(world, &folder, lines, user));
        let mut failures = Vec::new();
        for attempt in attempts {
            match attempt {
                Ok(sshd) => return sshd,
                Err(log) => failures.push(log),
            }
        }
        panic!("sshd does not start: {failures:#?}");
    }

    fn attempt(
        world: &World,
        folder: &Path,
        lines: &str,
        user: Option<&OwnUser>,
    ) -> Result<Self, Vec<String>> {
        let port = free_port();
        let config = folder.join("config");
        let text = lines.to_owned() + &configuration(world, folder, port);
        fs::write(&config, text).expect("write sshd's config");
        let of = |program: Program| program.args(["-D", "-e", "-f"]).arg(&config);
        let mut process = match user {
            Some(user) => Running::enclosed(of(user.program(world, &program())), Stdio::piped()),
            None => Running::plain(of(world.program(&program())), Stdio::piped()),
        };
        let lines = BufReader::new(process.process.stderr.take().expect("piped")).lines();
        let (sender, log) = channel();
        // Ends with sshd, or with the last reader of the log.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut said = Vec::new();
        while let Ok(line) = log.recv_timeout(START) {
            if line.contains("Server listening on") {
                let tester = || Program::new("id").arg("-un").succeeds();
                return Ok(Self {
                    _process: process,
                    port,
                    folder: folder.to_owned(),
                    user: user.map_or_else(tester, |_| own_user::NAME.to_owned()),
                    log: Mutex::new(log),
                });
            }
            said.push(line);
        }
        Err(said)
    }

    /// Lets a person in, to git and nothing else.
    pub fn admits(&self, person: &Person) {
        self.admits_with(person, ONLY_GIT);
    }

    /// Lets a person's key in with these options of `authorized_keys`.
    pub fn admits_with(&self, person: &Person, options: &str) {
        let key = person.ssh_public_line();
        let file = self.folder.join("authorized_keys");
        let keys = fs::read_to_string(&file).expect("read authorized_keys");
        if !keys.contains(&key) {
            let mut file = fs::OpenOptions::new()
                .append(true)
                .open(&file)
                .expect("open");
            writeln!(file, "{options} {key}").expect("write authorized_keys");
        }
        self.introduces(person);
    }

    /// Tells a person where this sshd is; whether it lets them in is another matter.
    pub fn introduces(&self, person: &Person) {
        fs::write(person.ssh_config(), self.client_configuration(person))
            .expect("write ssh_config");
    }

    /// What `sshd -T` says of its settings.
    pub fn settings(&self) -> String {
        let config = self.folder.join("config");
        Program::new(program())
            .args(["-T", "-f"])
            .arg(config)
            .succeeds()
    }

    /// The address of a folder.
    pub fn url(&self, path: &Path) -> String {
        format!("ssh://upstream.test{}", path.to_str().expect("UTF-8 path"))
    }

    /// What sshd said since the last call.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("the log").try_iter().collect()
    }

    fn client_configuration(&self, person: &Person) -> String {
        let host = fs::read_to_string(self.folder.join("host.pub")).expect("read the host key");
        let known = self.folder.join("known_hosts");
        fs::write(&known, format!("upstream.test {host}")).expect("write known_hosts");
        let (port, user) = (self.port, &self.user);
        let (key, known) = (person.ssh_private(), known.display());
        format!(
            "Host upstream.test\n  HostName 127.0.0.1\n  HostKeyAlias upstream.test\n  Port {port}\n  \
             User {user}\n  IdentityFile \"{}\"\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
             UserKnownHostsFile \"{known}\"\n  GlobalKnownHostsFile none\n  \
             StrictHostKeyChecking yes\n  BatchMode yes\n  ControlMaster no\n  LogLevel ERROR\n",
            key.display()
        )
    }
}

impl Person {
    /// What git calls as `ssh`.
    pub fn ssh_command(&self) -> String {
        format!("ssh -F '{}'", self.ssh_config().display())
    }

    fn ssh_config(&self) -> PathBuf {
        self.file("ssh_config")
    }
}

fn configuration(world: &World, folder: &Path, port: u16) -> String {
    let path = std::env::var("PATH").expect("PATH");
    let variables = world.variables().into_iter().chain([("PATH", path)]);
    let variables = variables.map(|(name, value)| format!(" \"{name}={value}\""));
    let variables = variables.collect::<String>();
    let (host, keys) = (folder.join("host"), folder.join("authorized_keys"));
    format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey \"{}\"\nAuthorizedKeysFile \"{}\"\n\
         PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nExposeAuthInfo yes\n\
         PermitUserRC no\nPermitUserEnvironment no\nPrintMotd no\nPrintLastLog no\n\
         MaxStartups 100\nSetEnv{variables}\n",
        host.display(),
        keys.display()
    )
}

/// sshd wants to be called by its full path.
fn program() -> String {
    own_user::full_path("sshd", "openssh-server")
}

/// Debian's sshd, started by root, wants it; its service unit would make it.
fn make_privilege_separation_folder() {
    let is_root = Program::new("id").arg("-u").succeeds() == "0";
    if is_root {
        fs::create_dir_all("/run/sshd").expect("make /run/sshd");
    }
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("find a free port");
    listener.local_addr().expect("the port").port()
}
