//! The test language: people with real keys, real repositories, the real hook
//! and a real sshd, in the words of the design. It knows nothing of the
//! product's insides: what it asserts is what git and people see.
//!
//! The demo uses it too, by path, so no module says `crate::`.
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

pub mod apache;
pub mod contract;
pub mod daemon;
pub mod facts;
pub mod fake_forge;
pub mod forge;
pub mod gate;
pub mod hook;
pub mod nginx;
pub mod origin;
pub mod own_user;
pub mod people;
pub mod policy;
pub mod postgres;
pub mod program;
pub mod repos;
pub mod secrets;
pub mod sshd;
pub mod sshd_login;
pub mod tls;
pub mod web;
pub mod work;
pub mod world;

pub use hook::Hook;
pub use people::{Person, Signing};
pub use policy::PolicyText;
pub use program::Ran;
pub use repos::{Push, Refs, Upstream, Way};
pub use work::{Draft, TagDraft, WorkingCopy, short};
pub use world::World;
