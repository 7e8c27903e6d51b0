//! nginx before fcgiwrap and `git http-backend`: Debian's programs with a
//! configuration of the story, or with ours of `hooks/install/servers`.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::own_user::{OwnUser, Running, full_path};
use super::web::{Site, Web, backend};
use super::world::World;

/// An nginx about to be started.
pub struct Nginx {
    /// Its files.
    pub site: Site,
    world: World,
}

impl Nginx {
    /// Its folder, a password and a token of alice.
    pub fn new(world: &World) -> Self {
        Self {
            site: Site::new(world, "nginx", "nginx-tokens.conf"),
            world: world.clone(),
        }
    }

    /// Starts it with our snippets.
    pub fn starts(&self) -> Web {
        let ours = |ports: [u16; 2]| {
            let [one, two] = ports.map(|port| format!("listen 127.0.0.1:{port} ssl;"));
            let listen = [
                ("listen 443 ssl;", one.as_str()),
                ("listen 8443 ssl;", two.as_str()),
            ];
            self.site.snippet("nginx.conf", &listen)
        };
        self.starts_with(ours)
    }

    /// Starts it with servers of the story's own. In them, as in the snippets,
    /// the usual paths mean the story's.
    pub fn starts_with(&self, servers: impl Fn([u16; 2]) -> String) -> Web {
        let folder = self.site.folder.to_str().expect("UTF-8 path");
        let identity = self.site.server.certifies("nginx", "/CN=git.example.org");
        let (certificate, key) = (identity.certificate, identity.key);
        let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
        let socket = format!("{folder}/fcgiwrap.socket");
        let root = self.world.path("").display().to_string();
        let root = root.trim_end_matches('/');
        let replace = |text: String| {
            text.replace("/etc/forgewarden", folder)
                .replace("/run/fcgiwrap.socket", &socket)
                .replace("/srv/git", root)
                .replace("/usr/lib/git-core/git-http-backend", &backend())
                .replace("/etc/ssl/certs/git.example.org.pem", &certificate)
                .replace("/etc/ssl/private/git.example.org.key", &key)
        };
        let ours = self.site.snippet("nginx-backend.conf", &[]);
        self.world
            .file(self.site.folder.join("nginx-backend.conf"), replace(ours));
        let fcgiwrap = self.fcgiwrap(&socket);
        let configure = |ports| {
            let temporary = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"];
            let temporary = temporary.map(|what| format!("{what}_temp_path {folder}/temporary;\n"));
            format!(
                "daemon off; pid {folder}/pid; worker_processes 1; error_log stderr info;\n\
                 events {{ worker_connections 64; }}\n\
                 http {{\naccess_log {folder}/access.log;\n{}{}\n}}\n",
                temporary.concat(),
                replace(servers(ports))
            )
        };
        let nginx = full_path("nginx", "nginx-light");
        let arguments = ["-e", "stderr", "-p", folder, "-c"];
        self.site
            .starts(&nginx, &arguments, configure)
            .with(fcgiwrap)
    }

    /// fcgiwrap, which gives what it has in its environment to all that it runs.
    fn fcgiwrap(&self, socket: &str) -> Running {
        let _ = fs::remove_file(socket);
        let folder = self.site.folder.join("fcgiwrap");
        fs::create_dir_all(&folder).expect("make a folder");
        let user = OwnUser::new(&self.world, &folder, "/bin/sh", "!");
        let program = user.program(&self.world, &full_path("fcgiwrap", "fcgiwrap"));
        let program = program
            .args(["-f", "-c", "2", "-s"])
            .arg(format!("unix:{socket}"));
        let log = fs::File::create(folder.join("log")).expect("make the log");
        let mut running = Running::enclosed(program, Stdio::from(log));
        let start = Instant::now();
        while !std::path::Path::new(socket).exists() {
            let waits = running.runs() && start.elapsed() < Duration::from_secs(20);
            assert!(waits, "fcgiwrap does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        running
    }
}
