//! What nginx and Apache have in common in a story: `git http-backend` behind
//! them, TLS with certificates of the run, and a person's way to prove who
//! they are over https.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::hook::make_executable;
use super::own_user::{self, OwnUser, Running};
use super::people::Person;
use super::program::Program;
use super::repos::Push;
use super::secrets::Secret;
use super::sshd::free_port;
use super::tls::{Identity, TlsAuthority};
use super::work::WorkingCopy;
use super::world::World;

/// Longest wait for a server to take connections.
const START: Duration = Duration::from_secs(20);

/// Another program may take a port between our look and the server's bind.
const ATTEMPTS: usize = 5;

/// A running web server with two ports: one by tokens and passwords, one by
/// client certificates.
pub struct Web {
    /// Its process; further ones that it needs.
    processes: Vec<Running>,
    ports: [u16; 2],
    folder: PathBuf,
    world: World,
}

/// How somebody proves who they are.
#[derive(Debug, Clone)]
pub enum Proof<'a> {
    /// Not at all.
    Nothing,
    /// An account and a password, or what stands in its place.
    Basic(&'a str, &'a Secret),
    /// A bearer token.
    Bearer(&'a Secret),
    /// A client certificate with its key.
    Certificate(&'a Identity),
}

/// What a story's server has in its folder.
pub struct Site {
    /// The folder, which stands for /etc/forgewarden.
    pub folder: PathBuf,
    /// The server's own authority.
    pub server: TlsAuthority,
    /// The authority of client certificates.
    pub clients: TlsAuthority,
    /// alice's password.
    pub password: Secret,
    /// alice's token.
    pub token: Secret,
    world: World,
}

impl Site {
    /// The files that the snippets of a kind (`nginx` or `apache`) name, with
    /// a password and a token of alice.
    pub fn new(world: &World, kind: &str, tokens: &str) -> Self {
        let folder = world.path(kind);
        fs::create_dir_all(&folder).expect("make the server's folder");
        let clients = TlsAuthority::new(world, "client-ca");
        fs::copy(clients.certificate(), folder.join("client-ca.pem")).expect("copy");
        let password = Secret::new();
        let hash = own_user::hashed(password.reveal());
        world.file(folder.join("passwords"), format!("alice:{hash}\n"));
        let tokens = folder.join(tokens);
        let file = tokens.to_str().expect("UTF-8 path");
        let made = world
            .program(&snippet("new-token"))
            .args([kind, file, "alice", "laptop"]);
        Self {
            server: TlsAuthority::new(world, "server-ca"),
            token: Secret::known(&made.succeeds()),
            clients,
            password,
            folder,
            world: world.clone(),
        }
    }

    /// The SHA-256 of alice's token, by coreutils.
    pub fn digest(&self) -> String {
        let sum = self
            .world
            .program("sha256sum")
            .with_stdin(self.token.reveal());
        let sum = sum.succeeds();
        sum.split(' ').next().expect("digits").to_owned()
    }

    /// A file of `hooks/install/servers`, each of these replaced, which must
    /// stand in it.
    pub fn snippet(&self, file: &str, replacements: &[(&str, &str)]) -> String {
        let text = fs::read_to_string(snippet(file)).expect("read the snippet");
        let replace = |text: String, (from, to): &(&str, &str)| {
            assert!(text.contains(from), "{file} does not say {from}");
            text.replace(from, to)
        };
        replacements.iter().fold(text, replace)
    }

    /// Starts a server, whose configuration is written anew for each pair of
    /// ports that is tried.
    pub fn starts(
        &self,
        program: &str,
        arguments: &[&str],
        configure: impl Fn([u16; 2]) -> String,
    ) -> Web {
        let user = OwnUser::new(&self.world, &self.folder, "/bin/sh", "!");
        let (config, log) = (
            self.folder.join("server.conf"),
            self.folder.join("server.log"),
        );
        for _ in 0..ATTEMPTS {
            let ports = [free_port(), free_port()];
            fs::write(&config, configure(ports)).expect("write the configuration");
            let log = fs::File::create(&log).expect("make the log");
            let server = user.program(&self.world, program).args(arguments);
            let server = server.env("PATH", std::env::var("PATH").expect("PATH"));
            let mut process = Running::enclosed(server.arg(&config), Stdio::from(log));
            if answers(&mut process, ports) {
                return Web {
                    processes: vec![process],
                    ports,
                    folder: self.folder.clone(),
                    world: self.world.clone(),
                };
            }
        }
        let log = fs::read_to_string(log).unwrap_or_default();
        panic!("{program} does not start: {log}");
    }
}

fn answers(process: &mut Running, ports: [u16; 2]) -> bool {
    let start = Instant::now();
    let taken = |port| TcpStream::connect(("127.0.0.1", port)).is_ok();
    while process.runs() && start.elapsed() < START {
        if ports.into_iter().all(taken) {
            return process.runs();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

fn snippet(file: &str) -> String {
    format!(
        "{}/hooks/install/servers/{file}",
        env!("CARGO_MANIFEST_DIR")
    )
}

impl Web {
    /// Keeps a process that this server needs for as long as itself.
    #[must_use]
    pub fn with(mut self, process: Running) -> Self {
        self.processes.push(process);
        self
    }

    /// The address of a repository: below `/git`, on the port for this proof.
    pub fn url(&self, proof: &Proof<'_>, repository: &str) -> String {
        let port = match proof {
            Proof::Certificate(_) => self.ports[1],
            _ => self.ports[0],
        };
        format!("https://127.0.0.1:{port}/git/{repository}")
    }

    /// The folder with its logs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Pushes a refspec, proving who one is in this way, with these further
    /// lines in the requests' heads.
    #[must_use = "say what is expected"]
    pub fn pushes(
        &self,
        work: &WorkingCopy,
        proof: &Proof<'_>,
        headers: &[&str],
        args: &[&str],
    ) -> Push {
        let text = |path: &Path| path.to_str().expect("UTF-8 path").to_owned();
        let repository = work.git(&["config", "forgewarden.served-as"]);
        work.git(&["remote", "set-url", "origin", &self.url(proof, &repository)]);
        let authority = text(&self.world.path("tls/server-ca.pem"));
        let mut settings = vec![("http.sslCAInfo", authority)];
        let mut variables = vec![("GIT_TERMINAL_PROMPT", "0".to_owned())];
        match proof {
            Proof::Nothing => {}
            Proof::Basic(account, password) => {
                variables.push(("GIT_ASKPASS", text(&self.ask(account, password))));
            }
            Proof::Bearer(token) => settings.push((
                "http.extraHeader",
                format!("Authorization: Bearer {}", token.reveal()),
            )),
            Proof::Certificate(identity) => {
                settings.push(("http.sslCert", text(&identity.certificate)));
                settings.push(("http.sslKey", text(&identity.key)));
            }
        }
        settings.extend(
            headers
                .iter()
                .map(|header| ("http.extraHeader", (*header).to_owned())),
        );
        let count = settings.len().to_string();
        let names = (0..settings.len()).map(|number| {
            (
                format!("GIT_CONFIG_KEY_{number}"),
                format!("GIT_CONFIG_VALUE_{number}"),
            )
        });
        let names: Vec<_> = names.collect();
        let mut all = vec![("GIT_CONFIG_COUNT", count.as_str())];
        for ((key, value), (name, setting)) in names.iter().zip(&settings) {
            all.extend([(key.as_str(), *name), (value.as_str(), setting.as_str())]);
        }
        all.extend(
            variables
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        work.pushes_in(&all, args)
    }

    /// What the first port answers to a request with these lines in its head:
    /// the number of the status.
    pub fn status(&self, headers: &[&str]) -> String {
        let curl = self
            .world
            .program("curl")
            .args(["-s", "-o", "/dev/null", "-w", "%{http_code}"]);
        let curl = curl
            .arg("--cacert")
            .arg(self.world.path("tls/server-ca.pem"));
        let curl = headers
            .iter()
            .fold(curl, |curl, header| curl.args(["-H", header]));
        let what = "info/refs?service=git-receive-pack";
        let url = self.url(&Proof::Nothing, "project.git");
        curl.arg(format!("{url}/{what}")).succeeds()
    }

    /// What git asks for an account and a password.
    fn ask(&self, account: &str, password: &Secret) -> PathBuf {
        let script = format!(
            "#!/bin/sh\ncase $1 in Username*) echo '{account}' ;; *) printf '%s\\n' '{}' ;; esac\n",
            password.reveal()
        );
        let file = self.world.file("clients/ask", script);
        make_executable(&file);
        file
    }
}

/// Lets a working copy be pushed to web servers as a repository of this name.
pub fn serve(work: &WorkingCopy, name: &str) {
    work.git(&["config", "forgewarden.served-as", name]);
}

/// `git http-backend`'s full path.
pub fn backend() -> String {
    let folder = Program::new("git").arg("--exec-path").succeeds();
    let path = format!("{folder}/git-http-backend");
    assert!(Path::new(&path).is_file(), "{path} is missing");
    path
}
