//! Instances that asked us to wait. A rate limit is of the whole instance: one
//! job that meets it makes all of them wait.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Until when each instance is left alone; in memory, since a forge says it again.
#[derive(Default)]
pub struct Pauses(Mutex<HashMap<String, Timestamp>>);

impl Pauses {
    /// Leaves an instance alone until then, or longer if that is known.
    pub fn pause(&self, instance: &str, until: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(instance.to_owned()).or_insert(until);
        *known = until.max(*known);
    }

    /// Until when the instance is to be left alone, if that is not over.
    pub fn until(&self, instance: &str, now: Timestamp) -> Option<Timestamp> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = all.get(instance).copied()?;
        if until <= now {
            all.remove(instance);
            return None;
        }
        Some(until)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Pauses;

    #[test]
    fn an_instance_is_left_alone_until_the_latest_time_that_it_named() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let pauses = Pauses::default();
        pauses.pause("one", at(9));
        pauses.pause("one", at(5));
        assert_eq!(pauses.until("one", at(8)), Some(at(9)));
        assert_eq!(pauses.until("other", at(8)), None);
        assert_eq!(pauses.until("one", at(9)), None);
    }
}
