//! Servers run as a user of their own, whoever runs the tests: in namespaces
//! for users, mounts and processes. There, the machine's accounts are what the
//! story says, and all that a server starts ends with it.
//!
//! It needs neither root nor a change of the machine. Where the kernel or the
//! container forbids user namespaces, a story that needs this fails and says so.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::program::Program;
use super::world::World;

/// What the user is called inside.
pub const NAME: &str = "git";

/// Its number and its group's inside; outside they are the tester's own.
const ID: &str = "47110";

/// Shows files in the places of others, then becomes the user.
const ENTER: &str = "\
while [ \"$1\" != -- ]; do mount --bind \"$1\" \"$2\" || exit 99; shift 2; done; shift
exec unshare --user --map-user=47110 --map-group=47110 -- \"$@\"";

/// A user about to run something.
pub struct OwnUser {
    shown: Vec<(PathBuf, &'static str)>,
}

impl OwnUser {
    /// One whose home, shell and hashed password are these (crypt(5)).
    pub fn new(world: &World, folder: &Path, shell: &str, password: &str) -> Self {
        expect_namespaces();
        let text = |path: &str| std::fs::read_to_string(path).expect("read the machine's accounts");
        let others = |path: &str| -> String {
            let start = format!("{NAME}:");
            let all = text(path);
            let lines = all.lines().filter(|line| !line.starts_with(&start));
            lines.map(|line| format!("{line}\n")).collect()
        };
        let home = folder.join("home");
        std::fs::create_dir_all(&home).expect("make the home");
        let (passwd, group) = (others("/etc/passwd"), others("/etc/group"));
        let file = |name: &str, content: String| world.file(folder.join(name), content);
        let user = format!("{NAME}:x:{ID}:{ID}:git:{}:{shell}\n", home.display());
        let shadow = file("shadow", format!("{NAME}:{password}:19000:0:99999:7:::\n"));
        make_private(&shadow);
        Self {
            shown: vec![
                (file("passwd", passwd + &user), "/etc/passwd"),
                (
                    file("group", format!("{group}{NAME}:x:{ID}:\n")),
                    "/etc/group",
                ),
                (shadow, "/etc/shadow"),
            ],
        }
    }

    /// Shows a file in the place of another, which exists.
    #[must_use]
    pub fn seeing(mut self, file: PathBuf, place: &'static str) -> Self {
        self.shown.push((file, place));
        self
    }

    /// A program about to be run by this user, to its full path.
    pub fn program(&self, world: &World, path: &str) -> Program {
        let enter = world.program("unshare").args(NAMESPACES);
        let mut enter = enter.args(["--", "sh", "-c", ENTER, "sh"]);
        for (file, place) in &self.shown {
            enter = enter.arg(file).arg(place);
        }
        enter.args(["--", path])
    }
}

/// The last two end everything inside together with the first process.
const NAMESPACES: [&str; 6] = [
    "--user",
    "--map-root-user",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
];

/// Fails the story where there can be no user of its own.
fn expect_namespaces() {
    static TRIED: OnceLock<Result<(), String>> = OnceLock::new();
    let tried = TRIED.get_or_init(|| {
        let enter = ["--", "sh", "-c", ENTER, "sh", "/etc/passwd", "/etc/passwd"];
        let ran = Program::new("unshare")
            .args(NAMESPACES)
            .args(enter)
            .args(["--", "true"])
            .runs();
        match ran.code {
            Some(0) => Ok(()),
            _ => Err(ran.to_string()),
        }
    });
    if let Err(why) = tried {
        panic!(
            "this story runs a server as a user of its own and needs user and mount namespaces, which this \
             machine or container forbids. Allow them (user.max_user_namespaces and, on Ubuntu, \
             kernel.apparmor_restrict_unprivileged_userns=0; in Docker, --security-opt seccomp=unconfined \
             or --privileged): {why}"
        );
    }
}

/// A server that runs until this is dropped.
pub struct Running {
    /// The process that we started.
    pub process: Child,
    /// Whether that only waits for the first process of a namespace.
    enclosed: bool,
}

impl Running {
    /// Starts what [`OwnUser::program`] gave.
    pub fn enclosed(program: Program, log: Stdio) -> Self {
        Self::start(program, log, true)
    }

    /// Starts a program that is run by whoever runs the tests.
    pub fn plain(program: Program, log: Stdio) -> Self {
        Self::start(program, log, false)
    }

    fn start(program: Program, log: Stdio, enclosed: bool) -> Self {
        let mut command: Command = program.into_command();
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        Self {
            process: command.spawn().expect("start a server"),
            enclosed,
        }
    }

    /// Whether it runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Ends the first process inside, with which the kernel ends all others
    /// there. Whoever waits for it then ends too, so that nothing is left for
    /// the machine to clean up.
    fn ends_inside(&mut self) {
        let id = self.process.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let Some(first) = children
            .ok()
            .and_then(|all| all.split_whitespace().next().map(str::to_owned))
        else {
            return;
        };
        let killed = Program::new("kill").args(["-KILL", &first]).runs();
        let start = Instant::now();
        while killed.code == Some(0) && self.runs() && start.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.enclosed && self.runs() {
            self.ends_inside();
        }
        // --kill-child does the same, without waiting for it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Lets nobody else read a file.
pub fn make_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(file, mode).expect("protect a file");
}

/// What crypt(5) makes of a password, by openssl.
pub fn hashed(password: &str) -> String {
    let hash = Program::new("openssl").args(["passwd", "-6", "-stdin"]);
    hash.with_stdin(format!("{password}\n")).succeeds()
}

/// The full path of a program that may not be on everybody's PATH.
pub fn full_path(program: &str, package: &str) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).collect::<Vec<_>>();
    let more = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    let places = folders.into_iter().chain(more);
    let found = places
        .map(|folder| folder.join(program))
        .find(|place| place.is_file());
    let found = found.unwrap_or_else(|| panic!("{program} is missing: apt-get install {package}"));
    found.to_str().expect("UTF-8 path").to_owned()
}
