//! What the forges' folders share: requests, answers, secrets, headers, names.
//!
//! It knows no forge's words beyond those that all of them use.

pub(super) mod answer;
pub(super) mod client;
pub(super) mod guarantees;
pub(super) mod headers;
pub(super) mod lines;
pub(super) mod reading;
pub(super) mod secrets;
pub(super) mod steps;
pub(super) mod text;
pub(super) mod url;
