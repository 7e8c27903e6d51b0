//! The quick start: the real service on an embedded SQLite, a real bare
//! repository with the real hook, and a stand-in for GitHub that sends signed
//! deliveries, takes statuses and honours them at the merge button.
//!
//! `cargo run --release --example demo` serves until it is interrupted; with
//! `-- --once` it ends by itself, with exit status 0 only if every change was
//! judged as it should be. It needs nothing but Rust and git.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a demonstration starts programs, prints, and stops at the first surprise"
)]

mod service;
mod stage;
mod table;

#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the language of the tests has words that the demo does not need"
)]
#[path = "../../tests/it/support"]
mod support {
    pub mod forge;
    pub mod hook;
    pub mod own_user;
    pub mod people;
    pub mod policy;
    pub mod program;
    pub mod repos;
    pub mod sshd;
    pub mod work;
    pub mod world;

    pub use people::Signing;
    pub use repos::Way;
    pub use world::World;
}

use std::process::ExitCode;

use stage::{Change, Stage};

#[tokio::main]
async fn main() -> ExitCode {
    let once = std::env::args()
        .skip(1)
        .any(|argument| argument == "--once");
    service::build();
    let stage = Stage::new().await;
    println!("Judging five changes, each pushed to a bare repository with the hook and proposed");
    println!(
        "as a pull request on a stand-in GitHub. Policy: {}\n",
        stage.policy.display()
    );
    let changes = [
        Change::new("a signed change").expected_to_pass(),
        Change::new("an unsigned change")
            .unsigned()
            .refused_by("unsigned-commit"),
        Change::new("a change by a stranger")
            .by_a_stranger()
            .refused_by("unknown-signer"),
        Change::new("a change of CI")
            .of_ci()
            .refused_by("ci-change-unapproved"),
        Change::new("the same, approved")
            .of_ci()
            .approved()
            .expected_to_pass(),
    ];
    let mut outcomes = Vec::new();
    for change in changes {
        outcomes.push(stage.tries(change).await);
    }
    println!("{}", table::of(&outcomes));
    let as_expected = stage.pages_are_there(&outcomes).await
        && outcomes.iter().all(|outcome| outcome.is_as_expected());
    if !as_expected {
        println!(
            "Not everything was judged as it should be; the service says:\n{}",
            stage.log()
        );
        return ExitCode::FAILURE;
    }
    println!("Everything was judged as it should be.");
    if !once {
        println!(
            "The service goes on at {} until you press Ctrl-C.",
            stage.url()
        );
        let _ = tokio::signal::ctrl_c().await;
    }
    ExitCode::SUCCESS
}
