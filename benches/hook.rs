//! What the pre-receive hook costs, beside a bare push and a shell hook that
//! calls `git verify-commit`: `cargo bench --bench hook`.
//!
//! All cases are interleaved in one run; the figures to keep are CPU seconds
//! and the ratios, which do not move with the machine's load as wall time does.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench starts programs and prints figures"
)]

mod measure;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use measure::{Outcome, measure, median, peak_of, run};

const HOOK: &str = env!("CARGO_BIN_EXE_forgewarden-pre-receive");

/// Pushes of each case; the median is printed.
const ROUNDS: usize = 21;

/// Commits of the long push, for the cost of each further commit.
const LONG: usize = 40;

const VERIFY_COMMIT: &str = "#!/bin/bash
while read -r old new ref; do
  for commit in $(git rev-list \"$new\" \"^$old\"); do git verify-commit \"$commit\" 2>/dev/null || exit 1; done
done
";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments
        .iter()
        .position(|argument| argument == "--peak-of")
    {
        return peak_of(&arguments[at + 1..]);
    }
    let stage = Stage::new()?;
    println!("size of the hook: {} bytes", std::fs::metadata(HOOK)?.len());
    println!(
        "start-up (--version): {:.2} ms CPU, {:.2} ms wall, median of {ROUNDS}",
        start_up()?.0,
        start_up()?.1
    );
    println!(
        "peak memory of the hook, push of 1 commit: {} KiB",
        stage.peak(1)?
    );
    println!(
        "peak memory of the hook, push of {LONG} commits: {} KiB",
        stage.peak(LONG)?
    );
    let one = stage.compare(1)?;
    let long = stage.compare(LONG)?;
    println!(
        "\n{:<34}{:>12}{:>12}{:>12}",
        "push of 1 commit, median", "CPU ms", "over bare", "wall ms"
    );
    print_rows(&one);
    println!(
        "\n{:<34}{:>12}{:>12}{:>12}",
        format!("push of {LONG} commits, median"),
        "CPU ms",
        "over bare",
        "wall ms"
    );
    print_rows(&long);
    println!();
    let further = |case: usize| {
        ((long[case].cpu - long[0].cpu) - (one[case].cpu - one[0].cpu)) / (LONG - 1) as f64
    };
    for (case, row) in one.iter().enumerate().skip(1) {
        println!(
            "{:<34}{:>12.3} ms CPU for each further commit",
            row.name,
            further(case)
        );
    }
    let (ours, shell) = (one[2].cpu - one[0].cpu, one[3].cpu - one[0].cpu);
    println!(
        "\nforgewarden over bare : verify-commit over bare = {:.2}",
        ours / shell
    );
    Ok(())
}

fn print_rows(rows: &[Row]) {
    for row in rows {
        println!(
            "{:<34}{:>12.2}{:>12.2}{:>12.2}",
            row.name,
            row.cpu,
            row.cpu - rows[0].cpu,
            row.wall
        );
    }
}

/// One measured case, in milliseconds.
struct Row {
    name: &'static str,
    cpu: f64,
    wall: f64,
}

/// A work tree with signed commits and a bare repository to copy for each push.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Outcome<Self> {
        let stage = Self {
            folder: tempfile::tempdir()?,
        };
        let key = stage.path("key");
        run(Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f"])
            .arg(&key))?;
        let public = std::fs::read_to_string(stage.path("key.pub"))?;
        std::fs::write(stage.path("signers"), format!("alice {public}"))?;
        std::fs::write(
            stage.path("policy.toml"),
            format!(
                "version = 1\n[principals.alice]\nssh_keys = [\"{}\"]\n",
                public.trim()
            ),
        )?;
        std::fs::write(
            stage.path("home.gitconfig"),
            format!(
                "[user]\nname = Alice\nemail = alice@example.com\nsigningkey = {}\n[gpg]\nformat = ssh\n\
             [gpg \"ssh\"]\nallowedSignersFile = {}\n[commit]\ngpgsign = true\n[init]\ndefaultBranch = main\n",
                key.display(),
                stage.path("signers").display(),
            ),
        )?;
        run(stage.git(&stage.path("")).args(["init", "-q", "work"]))?;
        let work = stage.path("work");
        for number in 0..=LONG {
            std::fs::write(work.join("file"), number.to_string())?;
            run(stage.git(&work).args(["add", "file"]))?;
            run(stage
                .git(&work)
                .args(["commit", "-q", "-m", &format!("commit {number}")]))?;
        }
        run(stage
            .git(&stage.path(""))
            .args(["init", "-q", "--bare", "template.git"]))?;
        let base = format!("HEAD~{LONG}:refs/heads/main");
        run(stage
            .git(&work)
            .args(["push", "-q", "../template.git", &base]))?;
        run(stage
            .git(&stage.path("template.git"))
            .args(["config", "forgewarden.policy"])
            .arg(stage.path("policy.toml")))?;
        Ok(stage)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn git(&self, at: &Path) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(at)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_CONFIG_GLOBAL", self.path("home.gitconfig"));
        command
    }

    /// A fresh bare repository with this hook, if any.
    fn upstream(&self, hook: Option<&str>) -> Outcome<PathBuf> {
        let upstream = self.path("upstream.git");
        let _ = std::fs::remove_dir_all(&upstream);
        run(Command::new("cp")
            .arg("-a")
            .arg(self.path("template.git"))
            .arg(&upstream))?;
        if let Some(script) = hook {
            let file = upstream.join("hooks/pre-receive");
            std::fs::write(&file, script)?;
            run(Command::new("chmod").arg("755").arg(&file))?;
        }
        Ok(upstream)
    }

    fn push(&self, commits: usize, hook: Option<&str>) -> Outcome<(f64, f64)> {
        let upstream = self.upstream(hook)?;
        let what = format!("HEAD~{}:refs/heads/main", LONG - commits);
        measure(
            self.git(&self.path("work"))
                .args(["push", "-q"])
                .arg(&upstream)
                .arg(what),
        )
    }

    fn compare(&self, commits: usize) -> Outcome<Vec<Row>> {
        let ours = format!("#!/bin/sh\nexec '{HOOK}'\n");
        let cases: [(&str, Option<&str>); 4] = [
            ("no hook", None),
            ("sh, nothing", Some("#!/bin/sh\nexit 0\n")),
            ("forgewarden-pre-receive", Some(&ours)),
            ("bash + git verify-commit", Some(VERIFY_COMMIT)),
        ];
        let mut samples = vec![Vec::new(); cases.len()];
        for round in 0..=ROUNDS {
            for (case, (_, hook)) in cases.iter().enumerate() {
                let sample = self.push(commits, *hook)?;
                if round > 0 {
                    samples[case].push(sample);
                }
            }
        }
        let row = |(case, (name, _)): (usize, &(&'static str, Option<&str>))| {
            let cpu = median(samples[case].iter().map(|sample| sample.0));
            Row {
                name,
                cpu,
                wall: median(samples[case].iter().map(|sample| sample.1)),
            }
        };
        Ok(cases.iter().enumerate().map(row).collect())
    }

    /// The largest resident set of the hook itself, KiB.
    fn peak(&self, commits: usize) -> Outcome<u64> {
        let report = self.path("peak");
        let measuring = std::env::current_exe()?;
        let script = format!(
            "#!/bin/sh\nexec '{}' --peak-of '{}' '{HOOK}'\n",
            measuring.display(),
            report.display()
        );
        self.push(commits, Some(&script))?;
        Ok(std::fs::read_to_string(report)?.trim().parse()?)
    }
}

fn start_up() -> Outcome<(f64, f64)> {
    let samples = (0..ROUNDS)
        .map(|_| measure(Command::new(HOOK).arg("--version").stdout(Stdio::null())))
        .collect::<Outcome<Vec<_>>>()?;
    Ok((
        median(samples.iter().map(|sample| sample.0)),
        median(samples.iter().map(|sample| sample.1)),
    ))
}
