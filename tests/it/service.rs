//! The service: from a delivery to a status, whatever happens in between.

mod authentication;
mod crash;
mod forwarding;
mod http;
mod mirrors;
mod secrets;
mod stories;
mod sweep;
