//! The forges: who sent this, what does it mean, what do we know, what do we say.
//!
//! One file per trait, one folder per forge with the same file names inside.
//! A forge's own words stay in its folder.

mod administration;
mod audit;
mod error;
mod evidence;
mod intake;
mod inventory;
mod objects;
mod publisher;
mod support;

use std::sync::Arc;

use crate::clock::SharedClock;
use crate::config::Forges;
use crate::model::repo::ForgeKind;

pub use administration::{Action, Administration, Diagnosis, Level, SECRET, Scope, Step};
pub use audit::{Audit, AuditRecord, Guarantee, RecordedRepository, StreamError};
pub use error::{ConfigError, ForgeError};
pub use evidence::{Evidence, PullRequestState};
pub use intake::{Delivery, Intake, Meaning, Refused, Unreadable};
pub use inventory::{Branch, Inventory};
pub use objects::{Objects, Remote};
pub use publisher::{Annotation, Publisher, Standing, Status, StatusSubject};

/// The registry: a folder here and a list of the same name in [`Forges`].
macro_rules! forges {
    ($($forge:ident)*) => {
        $(pub mod $forge;)*

        /// The words of the configuration for the forges.
        pub const NAMES: &[&str] = &[$(stringify!($forge)),*];

        /// Makes every configured instance; makes no request.
        ///
        /// # Errors
        /// The first setting with which an instance cannot be made.
        pub fn instances(forges: &Forges, clock: &SharedClock) -> Result<Vec<Instance>, ConfigError> {
            let mut all = Vec::new();
            $(for one in &forges.$forge {
                let made = $forge::instance(one, clock.clone());
                all.push(made.map_err(|error| error.of(stringify!($forge), &one.key))?);
            })*
            Ok(all)
        }
    };
}

forges! { github gitlab stash }

/// A configured installation of a forge.
#[derive(Clone)]
pub struct Instance {
    /// Its key in the configuration; the last part of its webhook URL.
    pub key: String,
    /// The product.
    pub kind: ForgeKind,
    /// Authenticates and reads its deliveries.
    pub intake: Arc<dyn Intake>,
    /// Answers our questions.
    pub evidence: Arc<dyn Evidence>,
    /// Takes our statuses.
    pub publisher: Arc<dyn Publisher>,
    /// Gives objects.
    pub objects: Arc<dyn Objects>,
    /// Lists what there is.
    pub inventory: Arc<dyn Inventory>,
    /// Reads and changes settings.
    pub administration: Arc<dyn Administration>,
    /// Tells how pushes were authenticated.
    pub audit: Arc<dyn Audit>,
}
