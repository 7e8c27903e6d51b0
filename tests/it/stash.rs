//! The Stash adapter against a stand-in Stash with real repositories.

use crate::support::forge;

mod access;
mod administration;
mod audit;
mod contract;
mod events;
mod evidence;
mod hostile;
mod objects;
mod scene;
mod status;
