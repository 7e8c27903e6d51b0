//! When a failed job runs again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Longest wait after a failure.
const CAP: Duration = Duration::from_mins(15);
/// Longest time that we let a forge make us wait at once.
const LONGEST_REQUESTED: SignedDuration = SignedDuration::from_hours(1);

/// The time after the `failures`-th failure: doubled each time, with a random
/// quarter more or less so that many jobs do not come back at once.
pub(super) fn after_failure(now: Timestamp, base: Duration, failures: u32) -> Timestamp {
    let doubled = base.saturating_mul(1 << failures.min(20));
    let wait = doubled.min(CAP);
    let random = u32::from(uuid::Uuid::new_v4().as_bytes()[0]);
    let jittered = wait.mul_f64(0.75 + f64::from(random) / 512.0);
    now + SignedDuration::try_from(jittered).unwrap_or(LONGEST_REQUESTED)
}

/// The time at which a forge asks us to come back, kept within reason.
pub(super) fn as_asked(now: Timestamp, until: Timestamp) -> Timestamp {
    until.clamp(now + SignedDuration::from_secs(1), now + LONGEST_REQUESTED)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::{after_failure, as_asked};

    #[test]
    fn waits_grow_and_are_bounded() {
        let now = Timestamp::UNIX_EPOCH;
        let wait = |failures| {
            let base = Duration::from_secs(1);
            after_failure(now, base, failures).duration_since(now)
        };
        let seconds = |failures| wait(failures).as_millis() as f64 / 1000.0;
        assert!((0.7..=1.3).contains(&seconds(0)));
        assert!((5.9..=10.1).contains(&seconds(3)));
        assert!(seconds(60) <= 15.0 * 60.0 * 1.26);
    }

    #[test]
    fn what_a_forge_asks_is_kept_within_reason() {
        let now = Timestamp::UNIX_EPOCH;
        let far = now + SignedDuration::from_hours(100);
        assert_eq!(as_asked(now, far), now + SignedDuration::from_hours(1));
        assert_eq!(as_asked(now, now), now + SignedDuration::from_secs(1));
    }
}
