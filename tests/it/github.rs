//! The GitHub adapter against a stand-in GitHub with real repositories, and
//! against what GitHub itself publishes about its API and its deliveries.

use crate::support::forge;

mod access;
mod administration;
mod audit;
mod audit_stream;
mod contract;
mod events;
mod evidence;
mod guarantees;
mod hostile;
mod inventory;
mod manifest;
mod objects;
mod scene;
mod status;
