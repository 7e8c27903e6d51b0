//! The gate as a whole: the real `forgewarden serve`, a real policy and real
//! git objects, against a forge that blocks and merges like GitHub. People are
//! alice and bob, whom the policy trusts, and mallory, whom it does not.

mod approvals;
mod deliveries;
mod moving;
mod one_verdict;
mod outages;
mod policy;
mod pull_requests;
mod scene;
mod sharing;
