//! OpenPGP signatures over git objects, judged against pinned certificates.
//!
//! It knows nothing of policy, e-mail addresses or user ids: those prove nothing.

mod build;
mod cert;
mod judge;
mod key;
mod packet;
mod subpackets;

pub(super) use build::read;
pub(super) use cert::Certificate;
pub(super) use judge::{claim, verify};

/// Until 2021-04, GitHub's RSA signatures stated a wrong digest prefix. It says
/// nothing about validity in version 4; later signatures must state it right.
const DIGEST_PREFIX_FROM: i64 = 1_619_827_200;
