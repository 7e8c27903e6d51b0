//! Bounds the memory of bodies that are being received at once.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::intake::MAX_BODY;

/// Room for all bodies together, in KiB.
const ROOM: usize = 256 * 1024;
/// Each request takes at least this much, so that their number is bounded too.
const LEAST: usize = 512;

/// The room that is left.
pub(super) struct Budget(Semaphore);

impl Default for Budget {
    fn default() -> Self {
        Self(Semaphore::new(ROOM))
    }
}

impl Budget {
    /// Room for a body of this length, or of the greatest length if it does
    /// not say. `None` if there is none.
    pub(super) fn take(&self, length: Option<u64>) -> Option<SemaphorePermit<'_>> {
        let bytes = length.map_or(MAX_BODY, |length| {
            usize::try_from(length).unwrap_or(MAX_BODY).min(MAX_BODY)
        });
        let kib = u32::try_from((bytes / 1024).max(LEAST)).unwrap_or(u32::MAX);
        self.0.try_acquire_many(kib).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, MAX_BODY};

    #[test]
    fn the_room_is_bounded_and_comes_back() {
        let budget = Budget::default();
        let mut held = Vec::new();
        while let Some(room) = budget.take(None) {
            held.push(room);
        }
        assert!((5..=16).contains(&held.len()), "{}", held.len());
        assert!(budget.take(Some(MAX_BODY as u64)).is_none());
        held.clear();
        assert!(budget.take(None).is_some());
        let small = std::iter::from_fn(|| budget.take(Some(10))).collect::<Vec<_>>();
        assert_eq!(small.len(), 512);
    }
}
