//! What checks share: their registration, and words that several of them use.
//! Nothing here objects to anything.

#[macro_use]
mod registry;
mod ballot;
pub(crate) mod build;
mod ci;
mod desk;
mod objections;
mod origin;
mod pushes;
mod rule;
mod selector;
mod shell;
mod signed;

pub(crate) use ballot::{Ballot, Count, Electorate, brought_by};
pub(crate) use ci::{ChangedFile, changed_files, oddities};
pub(crate) use desk::{Demand, Desk, Needing};
pub use objections::{Objections, Unjudged};
pub(crate) use origin::{Origin, Origins, Principals};
pub(crate) use pushes::{either, named, notes, on_whose_word, places, use_a_key};
pub use registry::{CheckMeta, Mode, Registered};
pub use rule::Rule;
pub use selector::PrincipalSelector;
pub(crate) use selector::texts;
pub(crate) use shell::quoted;
pub(crate) use signed::signed_objects;
