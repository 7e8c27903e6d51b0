//! Why a job did not work, and what that means for it.

use jiff::Timestamp;

use crate::forge::ForgeError;
use crate::report::ReportError;
use crate::store::StoreError;

/// Why a job did not work.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The forge did not do it.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The objects could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What people read could not be written; the operator's template is wrong.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// It will never work.
    #[error("{0}")]
    Never(String),
    /// It panicked; a mistake of ours.
    #[error("a mistake in Forgewarden itself (a panic, see the log)")]
    Panicked,
}

/// Why objects could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The file system failed.
    #[error("the mirror {mirror} cannot be used: {source}")]
    Io {
        /// The mirror's folder name.
        mirror: String,
        /// What happened.
        source: std::io::Error,
    },
    /// git failed.
    #[error("`git {command}` failed: {reason}")]
    Git {
        /// The subcommand.
        command: &'static str,
        /// What git said, escaped and cut.
        reason: String,
    },
    /// git took too long and was stopped.
    #[error("`git {command}` took longer than {seconds} s (`git.timeout_seconds`)")]
    TimedOut {
        /// The subcommand.
        command: &'static str,
        /// The bound.
        seconds: u64,
    },
    /// The pack grew too large and git was stopped.
    #[error("the objects are larger than {megabytes} MiB (`git.max_megabytes`)")]
    TooLarge {
        /// The bound.
        megabytes: u64,
    },
    /// Another process holds the mirror.
    #[error("another fetch has held the mirror for longer than {seconds} s")]
    Busy {
        /// The bound.
        seconds: u64,
    },
    /// The repository uses SHA-256.
    #[error("the repository uses SHA-256 object ids, which this version does not read")]
    Sha256,
}

/// What an error means for its job.
pub(super) enum Verdict {
    /// Try again after a while.
    Retry,
    /// Try again then; it does not count as a failure.
    Wait(Timestamp),
    /// Give up at once.
    GiveUp,
    /// The job is another's now: leave it alone.
    NotOurs,
}

impl JobError {
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Forge(ForgeError::RateLimited { until, .. }) => Verdict::Wait(*until),
            Self::Store(StoreError::LeaseLost(_)) => Verdict::NotOurs,
            Self::Never(_) | Self::Report(_) | Self::Fetch(FetchError::Sha256) => Verdict::GiveUp,
            Self::Forge(_) | Self::Store(_) | Self::Fetch(_) | Self::Panicked => Verdict::Retry,
        }
    }
}
