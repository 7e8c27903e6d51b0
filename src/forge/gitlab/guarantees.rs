//! What the settings of a GitLab rule out.

use super::GitLab;
use crate::forge::{ForgeError, Guarantee};

impl GitLab {
    pub(super) async fn read_guarantees(&self) -> Result<Vec<Guarantee>, ForgeError> {
        Ok(Vec::new())
    }
}
