//! What goes wrong with a forge, and with its configuration.

use jiff::Timestamp;

use crate::model::repo::ForgeKind;

/// Why a forge did not do what we asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// It may work later.
    #[error("{forge} did not answer: {reason}")]
    Unavailable {
        /// Which forge.
        forge: ForgeKind,
        /// What happened.
        reason: String,
    },
    /// A rate limit, and when to ask again.
    #[error("{forge} asks us to wait until {until}")]
    RateLimited {
        /// Which forge.
        forge: ForgeKind,
        /// The earliest time to try again.
        until: Timestamp,
    },
    /// It will not work without somebody changing something.
    #[error("{forge} refused: {reason}")]
    Refused {
        /// Which forge.
        forge: ForgeKind,
        /// What it said, and what we needed.
        reason: String,
    },
    /// An answer that does not follow the contract.
    #[error("{forge} gave an answer that we cannot read: {reason}")]
    Unreadable {
        /// Which forge.
        forge: ForgeKind,
        /// What is wrong with it.
        reason: String,
    },
}

/// A setting with which an instance cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{setting}: {problem}")]
pub struct ConfigError {
    /// Which instance: `[[github]] main: `, or nothing yet.
    place: String,
    /// The setting's name.
    pub setting: &'static str,
    /// What is wrong with it. Never shows a secret.
    pub problem: String,
}

impl ConfigError {
    /// A setting and what is wrong with it.
    pub fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self {
            place: String::new(),
            setting,
            problem,
        }
    }

    /// The same, said of the instance with this key.
    pub(super) fn of(mut self, forge: &str, key: &str) -> Self {
        self.place = format!("[[{forge}]] {key}: ");
        self
    }
}
