//! Bots that propose, review and merge.
//!
//! <https://docs.renovatebot.com/configuration-options/>,
//! <https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference>.

use super::leaves::Leaves;
use super::sheet::Sheet;

/// Reads what a bot may do by itself.
pub(super) fn read(sheet: &mut Sheet<'_>) {
    if sheet.system() != "bots" {
        return;
    }
    let tool = sheet.tool();
    let Some(leaves) = sheet.take(Leaves::of_yaml(sheet.content)) else {
        return;
    };
    for (name, leaf) in leaves.named() {
        let lower = leaf.key().to_ascii_lowercase();
        if ["token", "password", "key"].contains(&lower.as_str())
            && leaf
                .keys
                .iter()
                .any(|key| key == "registries" || key == "hostRules")
        {
            // dependabot's `registries.<name>.token`, Renovate's `hostRules[].token`.
            sheet.literal_in(leaf);
            continue;
        }
        sheet.setting(&format!("bots.{tool}.{name}"), &leaf.value, leaf.at_place());
    }
}
