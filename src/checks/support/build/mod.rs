//! What the rules of the build environment share: they look at the models of
//! two versions, and report what the newer one brings.
//!
//! A rule is one of two kinds. One that can be seen in a single version
//! `detect`s; [`introduced`] reports what was not there before. One that
//! needs both `compare`s; [`compared`] reports what every base differs in.

mod code;
mod detection;
mod exposure;
pub(crate) mod files;
pub(crate) mod guarded;
mod hosts;
mod introduced;
mod matching;
mod owned;
mod pairs;
pub(crate) mod programs;
mod publishing;
mod reached;
mod shell;
mod side;
mod slots;
mod switches;
mod weaker;

pub(crate) use code::{Earlier, foreign_code, owner};
pub(crate) use detection::Detection;
pub(crate) use exposure::{Exposure, Secrets};
pub(crate) use hosts::{Host, hosts_of, is_local};
pub(crate) use introduced::{Terms, compared, compared_or_alone, introduced, introduced_elsewhere};
pub(crate) use owned::{Ownership, books, ownerships};
pub(crate) use pairs::{Pair, pairs};
pub(crate) use publishing::publishes;
pub(crate) use reached::{Reached, ReachedKind, reached};
pub(crate) use shell::{Line, Shell, is_downloader, scripts};
pub(crate) use side::{Seen, Side};
pub(crate) use slots::slot_changes;
pub(crate) use switches::{Switch, switches};
pub(crate) use weaker::{Weaker, Words, weaker};
