//! What it costs to say what a change does to the build environment, beside
//! zizmor on the same files:
//!
//! ```text
//! pip install zizmor==1.32.0
//! cargo bench --bench build_environment -- --zizmor PATH [--repositories FOLDER…]
//! ```
//!
//! `--repositories` takes work trees whose workflows are read as they stand;
//! without it, 93 workflows in eight repositories are made up. All commands are
//! interleaved in one run. Ratios of CPU time are the figures to keep.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    dead_code,
    reason = "a bench starts programs and prints figures"
)]

mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use measure::{Outcome, measure_any, median, peak_of, run};

const FORGEWARDEN: &str = env!("CARGO_BIN_EXE_forgewarden");

/// Runs of each case; the median is printed.
const ROUNDS: usize = 15;

/// Workflows of the made-up repositories, eight of them: 93 in all.
const WORKFLOWS: [usize; 8] = [12, 11, 12, 11, 12, 11, 12, 12];

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|it| it == "--peak-of") {
        return peak_of(&arguments[at + 1..]);
    }
    let zizmor = value_of(&arguments, "--zizmor").unwrap_or_else(|| "zizmor".to_owned());
    let stage = Stage::new()?;
    stage.one_changed_workflow(&zizmor)?;
    stage.many_workflows(&zizmor, &repositories(&stage, &arguments)?)?;
    stage.larger_repository()?;
    stage.more_changed_files()
}

fn value_of(arguments: &[String], name: &str) -> Option<String> {
    let at = arguments.iter().position(|it| it == name)?;
    arguments.get(at + 1).cloned()
}

fn repositories(stage: &Stage, arguments: &[String]) -> Outcome<Vec<PathBuf>> {
    if let Some(at) = arguments.iter().position(|it| it == "--repositories") {
        let named = arguments[at + 1..]
            .iter()
            .take_while(|it| !it.starts_with("--"));
        return Ok(named.map(PathBuf::from).collect());
    }
    let made = WORKFLOWS.iter().enumerate();
    made.map(|(number, workflows)| {
        let repository = stage.repository(&format!("made-{number}"))?;
        for workflow in 0..*workflows {
            repository.write(
                &format!(".github/workflows/w{workflow}.yml"),
                &self::workflow(workflow),
            )?;
        }
        repository.commit("workflows")?;
        Ok(repository.0)
    })
    .collect()
}

/// A workflow as people write them: some 60 lines.
fn workflow(number: usize) -> String {
    let mut text = format!(
        "name: Workflow {number}\non:\n  push:\n    branches: [main]\n  pull_request:\npermissions:\n  contents: read\njobs:\n"
    );
    for job in ["lint", "test", "build"] {
        text.push_str(&format!(
            "  {job}:\n    runs-on: ubuntu-24.04\n    strategy:\n      matrix:\n        version: [1, 2, 3]\n    steps:\n      \
             - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0\n        with:\n          persist-credentials: false\n      \
             - uses: actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0\n        with:\n          node-version: ${{{{ matrix.version }}}}\n      \
             - name: Run {job}\n        run: |\n          set -eu\n          npm ci\n          npm run {job} -- --shard {number}\n        env:\n          \
             NUMBER: {number}\n"
        ));
    }
    text
}

struct Stage {
    folder: tempfile::TempDir,
}

/// A work tree.
struct Repository(PathBuf);

/// CPU and wall milliseconds.
type Sample = (f64, f64);

impl Stage {
    fn new() -> Outcome<Self> {
        let stage = Self {
            folder: tempfile::tempdir()?,
        };
        let off = |check: &str| format!("[checks.{check}]\nmode = \"off\"\n");
        let policy = format!(
            "version = 1\n{}{}{}",
            off("unsigned-commit"),
            off("unknown-signer"),
            off("ci-change-unapproved")
        );
        fs::write(stage.path("policy.toml"), policy)?;
        Ok(stage)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn repository(&self, name: &str) -> Outcome<Repository> {
        let repository = Repository(self.path(name));
        fs::create_dir_all(&repository.0)?;
        run(repository.git().args(["init", "-q", "-b", "main"]))?;
        repository.write("README", "A project.\n")?;
        repository.commit("first")?;
        Ok(repository)
    }

    fn check(&self, repository: &Path) -> Command {
        let mut command = Command::new(FORGEWARDEN);
        command.args(["check", "HEAD~1..HEAD", "--format", "json", "--policy"]);
        command
            .arg(self.path("policy.toml"))
            .arg("--repo")
            .arg(repository);
        command.stdout(Stdio::null());
        command
    }

    fn audit(&self, repository: &Path) -> Command {
        let mut command = Command::new(FORGEWARDEN);
        command.args(["ci", "audit", "--format", "json", "--policy"]);
        command
            .arg(self.path("policy.toml"))
            .arg("--repo")
            .arg(repository);
        command.stdout(Stdio::null());
        command
    }

    fn one_changed_workflow(&self, zizmor: &str) -> Outcome<()> {
        let repository = self.repository("one")?;
        repository.write(".github/workflows/ci.yml", &workflow(1))?;
        repository.commit("a workflow")?;
        repository.write(".github/workflows/ci.yml", &workflow(2))?;
        repository.commit("the workflow again")?;
        let mut ours = || self.check(&repository.0);
        let file = repository.0.join(".github/workflows/ci.yml");
        let mut theirs = || scan(zizmor, &file);
        println!("one changed workflow, cold process");
        let both = interleaved(&mut [&mut ours, &mut theirs])?;
        print_both(&both);
        println!("  in a warm process: `forgewarden policy replay` of the same push, per push");
        let warm = self.warm(&repository)?;
        println!("  {warm:.2} ms CPU; over zizmor: {:.3}", warm / both[1].0);
        let peak = self.peak(&ours())?;
        println!("  peak memory: {peak} KiB");
        Ok(())
    }

    /// CPU milliseconds of one more push in a process that runs already.
    fn warm(&self, repository: &Repository) -> Outcome<f64> {
        const PUSHES: usize = 200;
        for number in 0..PUSHES {
            repository.write(".github/workflows/ci.yml", &workflow(number))?;
            repository.commit("again")?;
        }
        let of = |pushes: usize| {
            let mut command = Command::new(FORGEWARDEN);
            command.args([
                "policy",
                "replay",
                "--commits",
                &pushes.to_string(),
                "--policy",
            ]);
            command
                .arg(self.path("policy.toml"))
                .arg("--repo")
                .arg(&repository.0);
            command.stdout(Stdio::null());
            command
        };
        let (mut one, mut all) = (|| of(1), || of(PUSHES));
        let samples = interleaved(&mut [&mut one, &mut all])?;
        Ok((samples[1].0 - samples[0].0) / (PUSHES - 1) as f64)
    }

    fn many_workflows(&self, zizmor: &str, repositories: &[PathBuf]) -> Outcome<()> {
        let folders: Vec<_> = repositories
            .iter()
            .map(|it| it.join(".github/workflows"))
            .collect();
        let mut files = 0;
        for folder in &folders {
            files += fs::read_dir(folder)?.count();
        }
        println!("\n{files} workflows of {} repositories", repositories.len());
        let mut total = [(0.0, 0.0), (0.0, 0.0)];
        let mut peak = 0;
        for (repository, folder) in repositories.iter().zip(&folders) {
            let (mut ours, mut theirs) = (|| self.audit(repository), || scan(zizmor, folder));
            let both = interleaved(&mut [&mut ours, &mut theirs])?;
            for (sum, sample) in total.iter_mut().zip(&both) {
                *sum = (sum.0 + sample.0, sum.1 + sample.1);
            }
            peak = peak.max(self.peak(&ours())?);
        }
        print_both(&total);
        println!("  peak memory: {peak} KiB");
        Ok(())
    }

    /// The same change where ten times the files stand beside it.
    fn larger_repository(&self) -> Outcome<()> {
        let grown = |name: &str, files: usize| -> Outcome<Repository> {
            let repository = self.repository(name)?;
            for number in 0..files {
                let folder = number % 40;
                repository.write(&format!("src/m{folder}/f{number}.txt"), &number.to_string())?;
                if number % 50 == 0 {
                    let path = format!(".github/workflows/w{number}.yml");
                    repository.write(&path, &workflow(number))?;
                }
            }
            repository.commit("files")?;
            repository.write(".github/workflows/w0.yml", &workflow(7))?;
            repository.commit("one workflow")?;
            Ok(repository)
        };
        let (small, large) = (grown("small", 400)?, grown("large", 4000)?);
        let (mut one, mut ten) = (|| self.check(&small.0), || self.check(&large.0));
        let both = interleaved(&mut [&mut one, &mut ten])?;
        println!("\nthe same change in a repository with ten times the files");
        println!(
            "  {:.2} ms and {:.2} ms CPU: {:.2}×",
            both[0].0,
            both[1].0,
            both[1].0 / both[0].0
        );
        Ok(())
    }

    /// Linear in the number of changed files.
    fn more_changed_files(&self) -> Outcome<()> {
        println!("\nchanged workflows in one push, CPU ms over an empty push");
        let mut repositories = Vec::new();
        for files in [0, 10, 20, 40, 80] {
            let repository = self.repository(&format!("changed-{files}"))?;
            for number in 0..files {
                repository.write(
                    &format!(".github/workflows/w{number}.yml"),
                    &workflow(number),
                )?;
            }
            repository.write("other", "text\n")?;
            repository.commit("workflows")?;
            repositories.push((files, repository));
        }
        let mut commands: Vec<_> = repositories
            .iter()
            .map(|(_, it)| || self.check(&it.0))
            .collect();
        let mut cases: Vec<&mut dyn FnMut() -> Command> = Vec::new();
        for command in &mut commands {
            cases.push(command);
        }
        let samples = interleaved(&mut cases)?;
        for ((files, _), sample) in repositories.iter().zip(&samples).skip(1) {
            let over = sample.0 - samples[0].0;
            println!(
                "  {files:>3} files: {over:>8.2}, {:.3} each",
                over / *files as f64
            );
        }
        Ok(())
    }

    /// The largest resident set of a command, KiB.
    fn peak(&self, command: &Command) -> Outcome<u64> {
        let report = self.path("peak");
        let mut measuring = Command::new(std::env::current_exe()?);
        measuring
            .arg("--peak-of")
            .arg(&report)
            .arg(command.get_program());
        measuring.args(command.get_args()).stdout(Stdio::null());
        run(&mut measuring)?;
        Ok(fs::read_to_string(report)?.trim().parse()?)
    }
}

impl Repository {
    fn git(&self) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.0).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Alice");
            command.env(format!("GIT_{who}_EMAIL"), "alice@example.com");
        }
        command
    }

    fn write(&self, path: &str, text: &str) -> Outcome<()> {
        let path = self.0.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, text)?)
    }

    fn commit(&self, message: &str) -> Outcome<()> {
        run(self.git().args(["add", "-A"]))?;
        run(self
            .git()
            .args(["commit", "-q", "--allow-empty", "-m", message]))
    }
}

fn scan(zizmor: &str, what: &Path) -> Command {
    let mut command = Command::new(zizmor);
    command.args([
        "--offline",
        "--no-config",
        "--no-ignores",
        "--no-progress",
        "--no-exit-codes",
    ]);
    command.args(["--format", "json-v1"]).arg(what);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The median of each command, all run in turn.
fn interleaved(cases: &mut [&mut dyn FnMut() -> Command]) -> Outcome<Vec<Sample>> {
    let mut samples = vec![Vec::new(); cases.len()];
    for round in 0..=ROUNDS {
        for (case, command) in cases.iter_mut().enumerate() {
            let (cpu, wall, status) = measure_any(&mut command())?;
            // 0, 1: judged; 2 would be that it could not be.
            if !matches!(status.code(), Some(0 | 1)) {
                return Err(format!("{:?} ended with {status}", command()).into());
            }
            if round > 0 {
                samples[case].push((cpu, wall));
            }
        }
    }
    let of = |all: Vec<Sample>| {
        let cpu = median(all.iter().map(|sample| sample.0));
        (cpu, median(all.iter().map(|sample| sample.1)))
    };
    Ok(samples.into_iter().map(of).collect())
}

fn print_both(both: &[Sample]) {
    for (name, sample) in ["forgewarden", "zizmor"].iter().zip(both) {
        println!(
            "  {name:<12}{:>10.2} ms CPU{:>10.2} ms wall",
            sample.0, sample.1
        );
    }
    let ratio = |of: fn(&Sample) -> f64| of(&both[0]) / of(&both[1]);
    println!(
        "  over zizmor: {:.3} CPU, {:.3} wall",
        ratio(|it| it.0),
        ratio(|it| it.1)
    );
}
