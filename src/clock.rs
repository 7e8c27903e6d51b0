//! The only caller of the system clock.

use std::sync::Arc;

use jiff::Timestamp;

/// Where the time comes from. Tests move it by hand.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that several parts share.
pub type SharedClock = Arc<dyn Clock>;
