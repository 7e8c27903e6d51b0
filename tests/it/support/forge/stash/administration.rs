//! What administrators do, well and badly.

use serde_json::{Value, json};

use super::Stash;

impl Stash {
    /// The server runs this hook script of ours on these triggers.
    pub fn runs_hook_script(&self, name: &str, triggers: &[&str]) {
        let script = json!({ "script": { "id": 1, "name": "forgewarden", "type": "PRE" },
            "triggerIds": triggers });
        self.state().repository_mut(name).scripts = Some(vec![script]);
    }

    /// Hook scripts are switched off on the whole server.
    pub fn runs_no_hook_scripts(&self, name: &str) {
        self.state().repository_mut(name).scripts = None;
    }

    /// Changes every webhook of the repository.
    pub fn changes_webhooks(&self, name: &str, change: impl Fn(&mut Value)) {
        let mut state = self.state();
        state
            .repository_mut(name)
            .webhooks
            .iter_mut()
            .for_each(change);
    }

    /// All webhooks of the repository are gone.
    pub fn has_no_webhooks(&self, name: &str) {
        self.state().repository_mut(name).webhooks.clear();
    }

    /// All merge checks are switched off.
    pub fn has_no_merge_checks(&self, name: &str) {
        self.state().repository_mut(name).hooks.clear();
    }

    /// No build is required any more.
    pub fn requires_no_build(&self, name: &str) {
        self.state().repository_mut(name).required.clear();
    }

    /// Pull requests from these source branches need no build.
    pub fn exempts(&self, name: &str, branch: &str) {
        let exempt = json!({ "id": branch, "type": { "id": "PATTERN" } });
        self.state().repository_mut(name).exempt = Some(exempt);
    }

    /// Nobody is a default reviewer any more.
    pub fn has_no_default_reviewers(&self, name: &str) {
        self.state().repository_mut(name).default_reviewers.clear();
    }

    /// Somebody else is a default reviewer too, and one approval is enough.
    pub fn adds_default_reviewer(&self, name: &str, user: &str) {
        let mut state = self.state();
        let shown = state.account(user);
        for one in &mut state.repository_mut(name).default_reviewers {
            one["reviewers"]
                .as_array_mut()
                .expect("a list")
                .push(shown.clone());
        }
    }

    /// The branch permission of this kind is gone.
    pub fn lifts_restriction(&self, name: &str, kind: &str) {
        let mut state = self.state();
        let all = &mut state.repository_mut(name).restrictions;
        all.retain(|it| it["type"] != kind);
    }

    /// The branch permission of this kind does not hold for this account.
    pub fn exempts_from_restriction(&self, name: &str, kind: &str, user: &str) {
        let mut state = self.state();
        let shown = state.account(user);
        let all = &mut state.repository_mut(name).restrictions;
        for it in all.iter_mut().filter(|it| it["type"] == kind) {
            it["users"] = json!([shown]);
        }
    }
}
