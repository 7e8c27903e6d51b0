//! What the settings of a Stash rule out.

use super::Stash;
use crate::forge::{ForgeError, Guarantee};

impl Stash {
    pub(super) async fn read_guarantees(&self) -> Result<Vec<Guarantee>, ForgeError> {
        Ok(Vec::new())
    }
}
