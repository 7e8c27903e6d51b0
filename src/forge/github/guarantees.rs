//! What the settings of a GitHub rule out.

use super::GitHub;
use crate::forge::{ForgeError, Guarantee};

impl GitHub {
    pub(super) async fn read_guarantees(&self) -> Result<Vec<Guarantee>, ForgeError> {
        Ok(Vec::new())
    }
}
