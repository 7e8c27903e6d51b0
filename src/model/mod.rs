//! The nouns of the project, one file each.
//!
//! Nothing here does I/O, reads a clock, knows a wire format or is async. The
//! words are those of `ARCHITECTURE.md`.

pub mod approval;
pub mod authentication;
pub mod build;
pub mod ci;
pub mod delivery;
pub mod directory;
pub mod event;
pub mod facts;
pub mod finding;
pub mod imported;
pub mod names;
pub mod object;
pub mod oid;
pub mod pattern;
pub mod principal;
pub mod refs;
pub mod repo;
pub mod request;
pub mod signature;
pub mod sources;
pub mod testimony;
pub mod text;
pub mod verdict;
pub mod zones;
