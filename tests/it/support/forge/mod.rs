//! Stand-in forges: in-process, on loopback, with real git repositories behind
//! them. They answer, validate, sign and block like the product they stand in
//! for, and record what they were asked. They know nothing of Forgewarden.
//!
//! The demo uses them too, by path, so no module says `crate::`.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a language has words that not every user needs, it starts real programs, and an error in a test is a panic"
)]

pub mod common;
pub mod github;
mod stand_in;
pub mod stash;

pub use stand_in::StandIn;
