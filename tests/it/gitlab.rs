//! The GitLab adapter against a stand-in GitLab with real repositories, with
//! all that others than us can do there, and against what was written down of
//! GitLab's API.

use crate::support::forge;

mod access;
mod administration;
mod audit;
mod contract;
mod events;
mod evidence;
mod hostile;
mod inventory;
mod objects;
mod scene;
mod status;
