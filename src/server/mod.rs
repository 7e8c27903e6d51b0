//! HTTP: webhooks in, pages out, and what an operator watches.
//!
//! It stores deliveries and answers; it judges nothing. Error bodies are
//! constant: what went wrong inside stands in the log, under the request's id.

mod app;
mod budget;
mod evidence;
mod health;
mod intake;
mod pages;
mod protect;
mod service;
mod telemetry;

pub use app::{App, router};
pub use intake::MAX_BODY;
pub use service::{Parts, Running, StartError, start};
pub use telemetry::{log_to_stderr, metrics};
