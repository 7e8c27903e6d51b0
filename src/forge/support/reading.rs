//! Payloads, read strictly; and the small steps from them to events.
//!
//! Ids decide, never the flags beside them. What is not of interest is said
//! with its name; what should be and cannot be read is [`Unreadable`], which is
//! kept and shown.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};

use crate::forge::{Meaning, Unreadable};
use crate::model::event::Event;
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;
use crate::model::refs::{RefName, RefUpdate};
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

/// Longest part of a reader's message that is kept.
const MAX_REASON: usize = 300;
/// Longest account name that is read, in bytes.
const MAX_LOGIN: usize = 255;

/// A number that a forge gives out: from 1, and it fits a signed 64-bit column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::forge) struct Id(pub(in crate::forge) u64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            number if number > 0 && i64::try_from(number).is_ok() => Ok(Self(number)),
            _ => Err(de::Error::custom("a number outside 1..=2^63-1")),
        }
    }
}

/// A body as the type that the event has.
pub(in crate::forge) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// A reader's complaint about the event with this name.
pub(in crate::forge) fn unreadable(event: &str, reason: String) -> Unreadable {
    Unreadable(format!(
        "{}: {}",
        excerpt(event, 60),
        excerpt(reason, MAX_REASON)
    ))
}

/// One event.
pub(in crate::forge) fn one(event: Event) -> Result<Meaning, String> {
    Ok(Meaning::Events(vec![event]))
}

/// `event` or `event.action`, which nothing is done about.
pub(in crate::forge) fn not_of_interest(event: &str, action: &str) -> Meaning {
    let separator = if action.is_empty() { "" } else { "." };
    Meaning::NotOfInterest(format!(
        "{}{separator}{}",
        excerpt(event, 60),
        excerpt(action, 40)
    ))
}

/// One ref update, from a ref's full name and two ids of which zeros mean "none".
pub(in crate::forge) fn ref_update(
    name: &str,
    (old_field, old): (&str, &str),
    (new_field, new): (&str, &str),
) -> Result<RefUpdate, String> {
    let update = RefUpdate {
        name: RefName::new(name).map_err(|error| error.to_string())?,
        old: tip(old_field, old)?,
        new: tip(new_field, new)?,
    };
    if update.old.is_none() && update.new.is_none() {
        return Err(format!("{old_field} and {new_field} are both null"));
    }
    Ok(update)
}

fn tip(field: &str, hex: &str) -> Result<Option<ObjectId>, String> {
    ObjectId::parse_or_null(hex).map_err(|error| format!("{field}: {error}"))
}

/// An object id that a field must hold.
pub(in crate::forge) fn id(field: &str, hex: &str) -> Result<ObjectId, String> {
    ObjectId::parse(hex).map_err(|error| format!("{field}: {error}"))
}

/// An account, or why it is none.
pub(in crate::forge) fn actor(
    forge: ForgeKind,
    login: String,
    id: Id,
    robot: bool,
) -> Result<Actor, String> {
    if login.is_empty() || login.len() > MAX_LOGIN {
        return Err(format!("an account name is not 1 to {MAX_LOGIN} bytes"));
    }
    Ok(Actor {
        forge,
        login,
        id: Some(id.0),
        robot,
    })
}
