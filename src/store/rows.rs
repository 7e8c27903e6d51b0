//! Rows to values. What cannot be read is an error, never a default.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::StoreError;
use crate::model::oid::ObjectId;
use crate::model::verdict::Conclusion;

pub(super) fn timestamp(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds)
        .map_err(|_| unreadable("time", &milliseconds.to_string()))
}

/// A number of the forge's; databases have no unsigned ones.
pub(super) fn number(id: u64) -> Result<i64, StoreError> {
    i64::try_from(id).map_err(|_| unreadable("number", &id.to_string()))
}

pub(super) fn object_id(row: &AnyRow, column: &str) -> Result<ObjectId, StoreError> {
    let text: String = row.try_get(column)?;
    ObjectId::parse(&text).map_err(|_| unreadable("object id", &text))
}

pub(super) fn unsigned(row: &AnyRow, column: &str) -> Result<u64, StoreError> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|_| unreadable("number", &value.to_string()))
}

pub(super) fn count(row: &AnyRow, column: &str) -> Result<u32, StoreError> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|_| unreadable("count", &value.to_string()))
}

pub(super) fn conclusion(text: &str) -> Result<Conclusion, StoreError> {
    match text {
        "pass" => Ok(Conclusion::Pass),
        "pending" => Ok(Conclusion::Pending),
        "error" => Ok(Conclusion::Error),
        "fail" => Ok(Conclusion::Fail),
        other => Err(unreadable("conclusion", other)),
    }
}

pub(super) fn unreadable(kind: &str, found: &str) -> StoreError {
    StoreError::Unreadable {
        what: format!("the {kind} `{}`", crate::model::text::excerpt(found, 80)),
    }
}
