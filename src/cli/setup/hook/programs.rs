//! The few programs that set-up and the doctor ask: git for its configuration, the hook's
//! own binary, sshd. By argument lists, without the caller's variables, with a
//! bound on time and output, and, if root asks, as the account that it is about.

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::model::text::excerpt;

/// Longest that a program may take.
const MAX_TIME: Duration = Duration::from_secs(20);

/// Most bytes of each output.
const MAX_OUTPUT: u64 = 1 << 20;

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Where programs are.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program to ask.
pub(in crate::cli) struct Question<'a> {
    program: &'a str,
    arguments: &'a [&'a str],
    folder: Option<&'a Path>,
    account: Option<Account>,
}

/// What it said.
pub(super) struct Answer {
    status: ExitStatus,
    out: String,
    err: String,
}

/// An account of this machine.
pub(super) struct Account {
    uid: u32,
    gid: u32,
    /// Its name and its home, if `/etc/passwd` has them.
    pub(super) entry: Option<(String, PathBuf)>,
}

impl Account {
    /// The owner of a file.
    pub(super) fn owner_of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let entries = passwd
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let uid = found.uid();
        let mut entries =
            entries.filter(|entry| entry.get(2).and_then(|it| it.parse().ok()) == Some(uid));
        let entry = entries
            .next()
            .and_then(|entry| Some(((*entry.first()?).to_owned(), PathBuf::from(entry.get(5)?))));
        Some(Self {
            uid,
            gid: found.gid(),
            entry,
        })
    }
}

impl<'a> Question<'a> {
    /// As whoever asks.
    pub(in crate::cli) fn new(program: &'a str, arguments: &'a [&'a str]) -> Self {
        Self {
            program,
            arguments,
            folder: None,
            account: None,
        }
    }

    /// In a repository, as its owner.
    pub(super) fn as_owner_of(
        folder: &'a Path,
        program: &'a str,
        arguments: &'a [&'a str],
    ) -> Self {
        let account = Account::owner_of(folder);
        Self {
            program,
            arguments,
            folder: Some(folder),
            account,
        }
    }

    fn command(&self) -> Command {
        #[expect(
            clippy::disallowed_methods,
            reason = "set-up asks git, sshd and the hook's binary; this is its only place"
        )]
        let mut command = Command::new(self.program);
        command
            .args(self.arguments)
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(folder) = self.folder {
            command.current_dir(folder);
        }
        if let Some(account) = &self.account {
            if let Some((_, home)) = &account.entry {
                command.env("HOME", home);
            }
            if is_root() && account.uid != 0 {
                command.uid(account.uid).gid(account.gid);
            }
        }
        command
    }
}

/// Whether this process may become others.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
}

/// Asks, whatever the exit status.
pub(super) fn ask(question: &Question<'_>) -> Result<Answer, String> {
    let name = question.program;
    let mut child = question
        .command()
        .spawn()
        .map_err(|error| format!("{name} cannot be run: {error}"))?;
    let (out, err) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let status = wait(&mut child).map_err(|error| format!("{name}: {error}"))?;
    let text = |reader: JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
    };
    Ok(Answer {
        status,
        out: text(out),
        err: text(err),
    })
}

/// The standard output of a program that succeeds.
pub(in crate::cli) fn text_of(question: &Question<'_>) -> Result<String, String> {
    let answer = ask(question)?;
    if answer.status.success() {
        return Ok(answer.out);
    }
    let said = if answer.err.trim().is_empty() {
        &answer.out
    } else {
        &answer.err
    };
    Err(format!(
        "{} failed: {}",
        question.program,
        excerpt(said.trim(), 300)
    ))
}

impl Answer {
    /// Standard output, if the exit status is one of these.
    pub(super) fn if_ended_with(self, codes: &[i32]) -> Result<String, String> {
        match self.status.code() {
            Some(code) if codes.contains(&code) => Ok(self.out),
            _ => Err(excerpt(self.err.trim(), 300)),
        }
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What cannot be read is missing, and then the answer is no good one.
            let _ = pipe.take(MAX_OUTPUT).read_to_end(&mut bytes);
        }
        bytes
    })
}

fn wait(child: &mut Child) -> Result<ExitStatus, String> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if started.elapsed() < MAX_TIME => std::thread::sleep(LOOK),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("no answer within {MAX_TIME:?}"));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}
