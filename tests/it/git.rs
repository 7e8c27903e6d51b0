//! Repositories as git makes them, read by ours and compared with git's own answers.

mod changes;
mod history;
mod hook;
mod opening;
mod sandbox;
mod signed;
