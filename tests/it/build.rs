//! What a change does to the build environment, through real git and the real
//! program.

mod commands;
mod deltas;
mod hiding;
mod likeness;
mod moves;
mod passing;
mod scene;
