//! Programs that tests start: git, gpg, ssh-keygen. None inherits anything
//! from the environment of whoever runs the tests but what is listed here.

use std::ffi::OsStr;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bstr::ByteSlice as _;

/// Variables that a child keeps: where programs and scratch folders are, and
/// what coverage needs. Everything else (`GIT_*`,
/// `SSH_*`, `GPG*`, `XDG_*`, `HOME`, `LC_*`, …) is gone.
const KEPT: [&str; 3] = ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"];

/// How often, and after what pause, a busy program is tried again.
const BUSY_ATTEMPTS: usize = 100;
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// A command about to run.
pub struct Program {
    command: Command,
    stdin: Vec<u8>,
}

/// What a command did.
pub struct Ran {
    /// The command line, for messages.
    pub what: String,
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: Vec<u8>,
}

impl Program {
    /// A program with nothing but [`KEPT`] in its environment.
    pub fn new(name: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(name);
        command
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC");
        for name in KEPT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        Self {
            command,
            stdin: Vec::new(),
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, args: I) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs in a folder.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Gives it an input.
    pub fn with_stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// The bare command, for a program that keeps running.
    pub fn into_command(self) -> Command {
        self.command
    }

    /// Runs it to its end, whatever that is.
    pub fn runs(mut self) -> Ran {
        let what = shown(&self.command);
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut started = self.command.spawn();
        // A script that was just written is busy as long as a child that
        // another test is starting still has it open.
        for _ in 0..BUSY_ATTEMPTS {
            match &started {
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {}
                _ => break,
            }
            std::thread::sleep(BUSY_PAUSE);
            started = self.command.spawn();
        }
        let mut child = started.unwrap_or_else(|error| panic!("cannot start {what}: {error}"));
        let mut stdin = child.stdin.take().expect("piped");
        let input = std::mem::take(&mut self.stdin);
        // A program may end without reading its input: that is its right.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("wait for a child");
        writer.join().expect("input writer");
        Ran {
            what,
            code: output.status.code(),
            out: output.stdout,
            err: output.stderr,
        }
    }

    /// Runs it; a failure fails the test. Gives standard output without
    /// surrounding white space.
    pub fn succeeds(self) -> String {
        let ran = self.runs();
        assert_eq!(ran.code, Some(0), "{ran}");
        ran.out.trim().to_str_lossy().into_owned()
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}\nended with {:?}", self.what, self.code)?;
        write!(
            f,
            "stdout: {}\nstderr: {}",
            self.out.as_bstr(),
            self.err.as_bstr()
        )
    }
}

/// The command line without its environment.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| word.to_string_lossy().into_owned());
    words.collect::<Vec<_>>().join(" ")
}
