//! What a change does to the build environment, through real git and the real
//! program.

mod commands;
mod deltas;
mod hiding;
mod moves;
mod passing;
mod scene;
