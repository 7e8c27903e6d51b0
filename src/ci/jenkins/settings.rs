//! Variables whose values say something by themselves.

use crate::ci::host::engine_variable;
use crate::ci::secret::{has_login, is_literal, is_secret_name};
use crate::model::build::{Item, Literal, Spot, What};

/// Whether what a name holds is a secret that stands there in clear. What
/// Jenkins has encrypted itself, and ids of stored credentials, are none.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let own = value.starts_with("{AQAA") || value.starts_with("#jbcrypt:");
    if value.contains("PRIVATE KEY-----") {
        return true;
    }
    let word = !value.trim().contains(char::is_whitespace);
    is_secret_name(name) && is_literal(value) && word && !own
}

/// What a variable with this value says.
pub(super) fn variable(name: &str, value: &str, slot: &str, spot: Spot) -> Option<Item> {
    let what = match engine_variable(name, value) {
        Some(privilege) => What::Privilege(privilege),
        None if has_login(value) || (is_secret(name, value) && !value.contains("://")) => {
            What::Literal(Literal {
                name: name.to_owned(),
            })
        }
        None => return None,
    };
    Some(Item::of(slot, spot, what))
}
