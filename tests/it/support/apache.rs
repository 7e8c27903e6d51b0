//! Apache with `git http-backend` as a CGI program: Debian's program and
//! modules with a configuration of the story, or with ours of
//! `hooks/install/servers`.

use super::own_user::full_path;
use super::web::{Site, Web, backend};
use super::world::World;

/// An Apache about to be started.
pub struct Apache {
    /// Its files.
    pub site: Site,
    world: World,
}

/// What `a2enmod` of the snippet's first lines switches on, and what Debian
/// has on anyway.
const MODULES: [&str; 12] = [
    "mpm_event",
    "authn_core",
    "authz_core",
    "ssl",
    "cgid",
    "rewrite",
    "env",
    "alias",
    "auth_basic",
    "authn_file",
    "authz_user",
    "socache_shmcb",
];

impl Apache {
    /// Its folder, a password and a token of alice.
    pub fn new(world: &World) -> Self {
        Self {
            site: Site::new(world, "apache", "apache-tokens"),
            world: world.clone(),
        }
    }

    /// Starts it with our snippet, each of these lines changed.
    pub fn starts(&self, changes: &[(&str, &str)]) -> Web {
        self.starts_with(|ports| {
            let [one, two] = ports.map(|port| format!("<VirtualHost 127.0.0.1:{port}>"));
            let hosts = [
                ("<VirtualHost *:443>", one.as_str()),
                ("<VirtualHost *:8443>", two.as_str()),
            ];
            self.site
                .snippet("apache.conf", &[&hosts[..], changes].concat())
        })
    }

    /// The changes by which a holder's certificate stands for a password.
    pub fn faking_basic(&self, holder: &str) -> [(&'static str, &'static str); 3] {
        // mod_ssl gives this one password to everybody.
        let name = format!("{holder}:$1$OXLyS...$Owx8s2/m9/gfkcRVXzgoE/\n");
        self.world.file(self.site.folder.join("faked"), name);
        [
            (
                "SSLOptions +StdEnvVars",
                "SSLOptions +StdEnvVars +FakeBasicAuth",
            ),
            ("    SSLUserName SSL_CLIENT_S_DN_CN\n", ""),
            (
                "        Require ssl-verify-client\n",
                "        AuthType Basic\n        AuthName git\n        AuthBasicProvider file\n        \
                 AuthUserFile /etc/forgewarden/faked\n        Require valid-user\n",
            ),
        ]
    }

    /// Starts it with hosts of the story's own. In them, as in the snippet,
    /// the usual paths mean the story's.
    pub fn starts_with(&self, hosts: impl Fn([u16; 2]) -> String) -> Web {
        let folder = self.site.folder.to_str().expect("UTF-8 path");
        let identity = self.site.server.certifies("apache", "/CN=git.example.org");
        let root = self.world.path("").display().to_string();
        let root = root.trim_end_matches('/');
        let replace = |text: String| {
            text.replace("/etc/forgewarden", folder)
                .replace("/srv/git", root)
                .replace("/usr/lib/git-core/git-http-backend", &backend())
                .replace(
                    "/etc/ssl/certs/git.example.org.pem",
                    &identity.certificate.display().to_string(),
                )
                .replace(
                    "/etc/ssl/private/git.example.org.key",
                    &identity.key.display().to_string(),
                )
        };
        let modules = MODULES.map(|name| {
            format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
        });
        let variables = self.world.variables().into_iter();
        let variables = variables.map(|(name, value)| format!("SetEnv {name} \"{value}\"\n"));
        let variables = variables.collect::<String>();
        let configure = |ports: [u16; 2]| {
            let listen = ports
                .map(|port| format!("Listen 127.0.0.1:{port}\n"))
                .concat();
            format!(
                "ServerRoot {folder}\nServerName git.example.org\nDefaultRuntimeDir {folder}\n\
                 PidFile {folder}/pid\nErrorLog {folder}/error.log\nLogLevel info\n\
                 StartServers 1\nThreadsPerChild 8\nMaxRequestWorkers 8\nServerLimit 1\n{}\
                 ScriptSock {folder}/cgisock\nSSLSessionCache none\nMutex file:{folder}\n\
                 {listen}{variables}PassEnv PATH\n{}\n",
                modules.concat(),
                replace(hosts(ports))
            )
        };
        let apache = full_path("apache2", "apache2");
        self.site
            .starts(&apache, &["-D", "FOREGROUND", "-f"], configure)
    }
}
