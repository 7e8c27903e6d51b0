//! How was a push authenticated? Reads what servers say of it, and draws the
//! conclusion from all the evidence of one push.
//!
//! It reads no variable and no file itself: whoever calls hands it the words.
//! It knows no policy: whether a method will do is for the checks to say.

mod correlate;
mod door;
mod evidence;
pub mod push_certificate;
mod resolve;
pub mod server;
pub mod sshd;
mod variables;
pub mod web;

pub use correlate::{Correlation, Trace, correlate, is_same_account};
pub use door::Door;
pub use evidence::not_understood;
pub use resolve::resolve;
pub use variables::Variables;
