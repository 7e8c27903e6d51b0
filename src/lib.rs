//! Forgewarden keeps forged commits, password pushes and unapproved changes of
//! the build environment out of a repository: one policy and one engine behind
//! a webhook service, a pre-receive hook and a command line.
//!
//! The modules stand in layer order, lowest first. Imports point one way, from
//! a later line to an earlier one; `tests/it/architecture.rs` enforces it.
//! `ARCHITECTURE.md` walks through the whole.

pub mod model;

pub mod clock;
#[cfg(feature = "server")]
pub mod config;

pub mod ci;
pub mod git;
pub mod sign;

pub mod auth;
pub mod checks;

pub mod policy;

pub mod engine;
pub mod gather;
pub mod judge;

pub mod report;

#[cfg(feature = "server")]
pub mod forge;
#[cfg(feature = "server")]
pub mod store;

#[cfg(feature = "server")]
pub mod worker;

#[cfg(feature = "server")]
pub mod server;

#[cfg(feature = "server")]
pub mod cli;
