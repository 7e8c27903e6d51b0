//! GitHub Actions, and the systems that read the same files: Gitea and Forgejo.
//!
//! <https://docs.github.com/actions>, <https://forgejo.org/docs/latest/user/actions/>.

use super::{CiSystem, FileMap};
use crate::model::ci::Tier::{Executed, Reached, Steering};

/// GitHub Actions.
pub struct System;

static MAPS: [FileMap; 1] = [FileMap::new(&[
    // Only this directory itself is read; what lies below it is not run.
    (".{github,gitea,forgejo}/workflows/*.{yml,yaml}", Executed),
    // Sources of gh-aw, compiled to `*.lock.yml` beside them.
    (".{github,gitea,forgejo}/workflows/*.md", Executed),
    ("**/action.{yml,yaml}", Executed),
    (".{github,gitea,forgejo}/workflows/**", Reached),
    (".{github,gitea,forgejo}/actions/**", Reached),
    (".{github,gitea,forgejo}/scripts/**", Reached),
    (".github/actionlint.{yml,yaml}", Steering),
    (".github/copilot-setup-steps.yml", Steering),
])];

impl CiSystem for System {
    fn key(&self) -> &'static str {
        "github-actions"
    }

    fn title(&self) -> &'static str {
        "GitHub Actions"
    }

    fn maps(&self) -> &'static [FileMap] {
        &MAPS
    }
}
