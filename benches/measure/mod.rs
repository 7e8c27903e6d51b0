//! What the benches share: CPU and wall time of commands, medians, peak memory.

use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// What a bench returns.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Runs a command as the only child and writes its largest resident set, KiB.
pub(crate) fn peak_of(arguments: &[String]) -> Outcome<()> {
    let [report, command, arguments @ ..] = arguments else {
        return Err("--peak-of FILE COMMAND ARGUMENTS".into());
    };
    let status = Command::new(command).args(arguments).status()?;
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    std::fs::write(report, peak.to_string())?;
    if status.code().is_some() {
        Ok(())
    } else {
        Err(format!("{command} ended with {status}").into())
    }
}

pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    measure(command).map(|_| ())
}

/// CPU and wall milliseconds of a command with all its children.
pub(crate) fn measure(command: &mut Command) -> Outcome<(f64, f64)> {
    let (cpu, wall, status) = measure_any(command)?;
    if !status.success() {
        return Err(format!("{command:?} ended with {status}").into());
    }
    Ok((cpu, wall))
}

/// The same of a command whose exit status says what it found.
pub(crate) fn measure_any(command: &mut Command) -> Outcome<(f64, f64, ExitStatus)> {
    let before = children_cpu()?;
    let started = Instant::now();
    let status = command.status()?;
    let wall = started.elapsed();
    let cpu = children_cpu()?.saturating_sub(before);
    Ok((milliseconds(cpu), milliseconds(wall), status))
}

fn children_cpu() -> Outcome<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let of = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(time.tv_sec().unsigned_abs())
            + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    Ok(of(usage.user_time()) + of(usage.system_time()))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

pub(crate) fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut samples: Vec<f64> = samples.collect();
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}
