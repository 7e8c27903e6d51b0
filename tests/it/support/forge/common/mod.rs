//! What all stand-ins share: git, git over HTTP, traffic, what people do.

pub mod git;
pub mod git_http;
pub mod people;
pub mod traffic;
