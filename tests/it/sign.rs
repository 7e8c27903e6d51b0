//! Signatures, against what git, gpg and ssh-keygen say of the same objects.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test's helpers may fail as the test does"
)]

mod allowed_signers;
mod attacks;
mod lab;
mod mutations;
mod openpgp;
mod ssh;
