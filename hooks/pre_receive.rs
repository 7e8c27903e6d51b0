//! `forgewarden-pre-receive`: judges a push before its refs move.
//!
//! Reads git's pre-receive lines from standard input, reports on standard
//! error, and exits with 0 (accepted), 1 (refused) or 2 (could not judge,
//! refused). See githooks(5) and `hooks/install/plain-git/README.md`.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use forgewarden::clock::{Clock, SystemClock};
use forgewarden::git::Repository;
use forgewarden::judge::{self, Operator};
use forgewarden::model::approval::Circumstances;
use forgewarden::model::authentication::{Evidence, Pushes};
use forgewarden::model::refs::RefUpdate;
use forgewarden::model::repo::RepositoryName;
use forgewarden::model::request::{Concern, EvaluationRequest, Subject};
use forgewarden::model::text::escape;
use forgewarden::model::verdict::{Conclusion, Verdict};
use forgewarden::policy::{Limits, Policy};
use forgewarden::report::{exit_code, json, terminal};

#[path = "pre_receive/authentication.rs"]
mod authentication;
#[path = "pre_receive/environment.rs"]
mod environment;
#[path = "pre_receive/input.rs"]
mod input;
#[path = "pre_receive/server.rs"]
mod server;
#[path = "pre_receive/spool.rs"]
mod spool;

use environment::Environment;
use server::{Kind, Server};
use spool::Keeping;

/// What the arguments are.
const USAGE: &str = "\
usage: forgewarden-pre-receive [--server KIND] [--version | --check | --help]

git runs it as hooks/pre-receive of a bare repository.
--check, run in that repository, shows which policy would judge a push.
--server says whose contract the environment keeps, so that names in it count:
plain-git, gitolite, gitlab, ghes or bitbucket. The shims in hooks/install do.
";

/// Why nothing was judged, as a sentence for whoever pushed.
type Why = String;

/// What the worker tells the watch.
enum Message {
    /// The policy's own deadline, counted from the start.
    Deadline(Duration),
    /// The answer, and what to say of it.
    Answer(Conclusion, String),
    /// There is no answer.
    Failed(Why),
    /// What was seen is kept, or why it is not.
    Kept(Result<(), Why>),
}

/// How long an accepted push waits for its testimony to be written.
const SPOOL_PATIENCE: Duration = Duration::from_millis(500);

/// What the arguments ask for.
enum Asked {
    Hook(Option<Kind>),
    Check,
    Version,
    Help,
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(|word| word.to_str()).collect();
    match asked(&words) {
        Ok(Asked::Hook(told)) => hook(told),
        Ok(Asked::Check) => check(),
        Ok(Asked::Help) => say(io::stdout(), USAGE),
        Ok(Asked::Version) => say(
            io::stdout(),
            &format!("forgewarden-pre-receive {}\n", env!("CARGO_PKG_VERSION")),
        ),
        Err(why) => {
            say(io::stderr(), &format!("forgewarden: {why}\n{USAGE}"));
            ExitCode::from(exit_code(Conclusion::Error))
        }
    }
}

fn asked(words: &[Option<&str>]) -> Result<Asked, Why> {
    match words {
        [] => Ok(Asked::Hook(None)),
        [Some("--version")] => Ok(Asked::Version),
        [Some("--help" | "-h")] => Ok(Asked::Help),
        [Some("--check")] => Ok(Asked::Check),
        [Some("--server"), Some(word)] => Kind::named(word).map(|kind| Asked::Hook(Some(kind))),
        [Some("--server"), Some(word), Some("--check")] => Kind::named(word).map(|_| Asked::Check),
        _ => Err("the arguments are not understood".to_owned()),
    }
}

/// Judges the push, and refuses it when the deadline passes first.
fn hook(told: Option<Kind>) -> ExitCode {
    let started = Instant::now();
    let server = Arc::new(Server::new(told, Environment::of_this_process()));
    let (sender, receiver) = mpsc::channel();
    let workers = Arc::clone(&server);
    std::thread::spawn(move || work(&workers, &sender));
    let refuse = |why: &str| refuse(&server, why);
    let mut deadline = server.deadline(Limits::default().hook_deadline);
    loop {
        match receiver.recv_timeout(deadline.saturating_sub(started.elapsed())) {
            Ok(Message::Deadline(of_policy)) => deadline = server.deadline(of_policy),
            Ok(Message::Answer(conclusion, report)) => {
                let code = answer(conclusion, &report);
                if conclusion == Conclusion::Pass {
                    await_testimony(&receiver);
                }
                return code;
            }
            // Nothing is kept before there is an answer.
            Ok(Message::Kept(_)) => {}
            Ok(Message::Failed(why)) => return refuse(&why),
            Err(RecvTimeoutError::Timeout) => {
                return refuse(&format!(
                    "the push was not judged within {deadline:?} (limits.hook_deadline); push fewer commits at \
                     once, or ask the operator to raise the bound"
                ));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return refuse(
                    "the hook failed inside; this is a defect of Forgewarden, please report it",
                );
            }
        }
    }
}

/// Gives the writer of the testimony a moment; the push is accepted anyway.
fn await_testimony(receiver: &Receiver<Message>) {
    let why = match receiver.recv_timeout(SPOOL_PATIENCE) {
        Ok(Message::Kept(Err(why))) => why,
        Ok(_) => return,
        Err(_) => format!("the spool was not written within {SPOOL_PATIENCE:?}"),
    };
    let line = format!(
        "forgewarden: the push is accepted, and how it was authenticated is not kept: {why}\n"
    );
    say(io::stderr(), &line);
}

fn work(server: &Server, watch: &Sender<Message>) {
    // The watch is gone only after it has answered.
    let tell = |message| {
        let _ = watch.send(message);
    };
    match judge_push(server, watch) {
        Ok(judged) => {
            tell(Message::Answer(judged.conclusion, judged.report));
            if judged.conclusion == Conclusion::Pass {
                tell(Message::Kept(judged.keeping.map_or(Ok(()), Keeping::keep)));
            }
        }
        Err(why) => tell(Message::Failed(why)),
    }
}

/// A push that was judged.
struct Judged {
    conclusion: Conclusion,
    report: String,
    keeping: Option<Keeping>,
}

fn judge_push(server: &Server, watch: &Sender<Message>) -> Result<Judged, Why> {
    server.expect_contract()?;
    let repository = Repository::open_in_hook().map_err(|error| error.to_string())?;
    let policy = operator_policy(&repository)?.map(|(_, policy)| policy);
    let limits = policy
        .as_ref()
        .map_or_else(Limits::default, |policy| policy.limits);
    // The watch is gone only after it has refused the push.
    let _ = watch.send(Message::Deadline(limits.hook_deadline));
    let request = EvaluationRequest {
        repository: repository_name(server, &repository)?,
        subject: Subject::Push {
            updates: updates(server, limits.refs)?,
        },
        actor: server.actor()?,
        seen_at: SystemClock.now(),
        concern: Concern::Everything,
    };
    let operator = policy
        .as_ref()
        .map_or(Operator::TargetBranch, Operator::Policy);
    let push = request.push(evidence(server, &repository, &request, operator));
    // Of what is only asked, nothing is kept.
    let keeping = match server.is_rehearsal()? {
        true => None,
        false => Keeping::of(&repository, &request, &push),
    };
    let circumstances = Circumstances {
        pushes: Pushes::Known(vec![push]),
        ..Circumstances::default()
    };
    let verdict = judge::judge(operator, &request, &repository, circumstances);
    Ok(Judged {
        conclusion: verdict.conclusion,
        report: report(server, &repository, &verdict)?,
        keeping,
    })
}

/// All that is said of how the push was authenticated. Without a policy no
/// signature of a push is trusted, and nothing is judged either.
fn evidence(
    server: &Server,
    repository: &Repository,
    request: &EvaluationRequest,
    operator: Operator<'_>,
) -> Vec<Evidence> {
    let let_in = authentication::let_in(server, request.seen_at);
    let policy = || {
        let policy = judge::effective_policy(operator, request, repository);
        policy.map(|policy| policy.roots).map_err(|gap| gap.0)
    };
    let signature = authentication::signature(server, repository, request, policy);
    std::iter::once(let_in).chain(signature).collect()
}

/// What would move: git's input, or what a server asks before there is any.
fn updates(server: &Server, limit: usize) -> Result<Vec<RefUpdate>, Why> {
    let mut text = Vec::new();
    let bound = input::MAX_BYTES + 1;
    io::stdin()
        .lock()
        .take(bound)
        .read_to_end(&mut text)
        .map_err(|error| format!("git's input: {error}"))?;
    match server.rehearsal()? {
        Some(update) if text.is_empty() => Ok(vec![update]),
        _ => input::updates(&text, limit),
    }
}

/// What whoever pushes reads: nothing if there is nothing to say, else text, or
/// the versioned JSON if `forgewarden.format` in the repository's configuration
/// says `json`.
fn report(server: &Server, repository: &Repository, verdict: &Verdict) -> Result<String, Why> {
    let format = repository
        .setting("forgewarden.format")
        .map_err(|error| error.to_string())?;
    match format.as_deref() {
        Some("json") => json::render(verdict).map_err(|error| error.to_string()),
        None | Some("text")
            if verdict.conclusion == Conclusion::Pass && verdict.findings.is_empty() =>
        {
            Ok(String::new())
        }
        None | Some("text") => {
            let text = terminal::render(verdict, &terminal::Options::default());
            let passes = verdict.conclusion == Conclusion::Pass;
            Ok(if passes { text } else { server.shown(&text) })
        }
        Some(other) => Err(format!(
            "forgewarden.format is neither text nor json: {}",
            escape(other)
        )),
    }
}

/// The operator's policy and its file, if there is one.
fn operator_policy(repository: &Repository) -> Result<Option<(PathBuf, Policy)>, Why> {
    let Some(file) = judge::operator_policy(repository)? else {
        return Ok(None);
    };
    match Policy::read(&file) {
        Ok(policy) => Ok(Some((file, policy))),
        Err(problems) => Err(format!("the policy cannot be used:\n{problems}")),
    }
}

/// `forgewarden.repository` in the repository's configuration, else what the
/// server calls it, else the name of its folder without `.git`.
fn repository_name(server: &Server, repository: &Repository) -> Result<RepositoryName, Why> {
    let configured = repository
        .setting("forgewarden.repository")
        .map_err(|error| error.to_string())?;
    if let Some(name) = configured {
        return Ok(RepositoryName::new(name));
    }
    let name = server.repository()?;
    Ok(name.unwrap_or_else(|| RepositoryName::new(repository.folder_name())))
}

fn answer(conclusion: Conclusion, report: &str) -> ExitCode {
    say(io::stderr(), report);
    ExitCode::from(exit_code(conclusion))
}

fn refuse(server: &Server, why: &str) -> ExitCode {
    let text = format!("forgewarden: could not judge this push, so it is refused: {why}\n");
    say(io::stderr(), &server.shown(&text));
    ExitCode::from(exit_code(Conclusion::Error))
}

/// What the hook would use, for whoever installs it.
fn check() -> ExitCode {
    // Names come with a push; a shell has none.
    let server = Server::new(Some(Kind::Plain), Environment::of_this_process());
    let state = Repository::open_in_hook()
        .map_err(|error| error.to_string())
        .and_then(|repository| {
            let name = repository_name(&server, &repository)?;
            let policy = operator_policy(&repository)?;
            Ok(match policy {
                Some((file, policy)) => format!(
                    "repository {name}, policy {} (operator), digest {}\n",
                    escape(file.display().to_string()),
                    policy.digest
                ),
                None => format!(
                    "repository {name}, policy from {} on the target branch\n",
                    judge::REPOSITORY_POLICY
                ),
            })
        });
    match state {
        Ok(state) => say(io::stdout(), &state),
        Err(why) => {
            let then =
                "every push is refused until this is mended; --check runs in the bare repository";
            say(io::stderr(), &format!("forgewarden: {why}\n{then}\n"));
            ExitCode::from(exit_code(Conclusion::Error))
        }
    }
}

/// Writes; a reader that has gone away changes no verdict.
fn say(mut to: impl Write, text: &str) -> ExitCode {
    let _ = to.write_all(text.as_bytes());
    ExitCode::SUCCESS
}
