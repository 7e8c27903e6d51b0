//! One integration binary: one module per subject, one test language.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "an error in a test is a panic, tests start real programs, and `pub` says what other subjects may use"
)]

mod architecture;
mod authentication;
mod build;
mod catalogue;
mod checks;
mod ci;
mod cli;
mod conformance;
mod doctor_servers;
mod engine;
mod gate;
mod git;
mod github;
mod gitlab;
mod hook;
mod incidents;
mod manual;
mod policy;
mod report;
mod rules;
mod service;
mod set_up;
mod sign;
mod stash;
mod store;
mod support;
