//! Chance, as much as a load needs of it.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

/// Numbers that nobody foresees and nobody needs to.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new() -> Self {
        Self(RandomState::new().hash_one(0_u8) | 1)
    }

    /// A number below this one, which is not zero.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }

    /// One of these; `None` of none.
    pub(super) fn one<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// A time between these two.
    pub(super) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = usize::try_from(most.saturating_sub(least).as_millis()).unwrap_or(0);
        least + Duration::from_millis(self.below(span + 1) as u64)
    }

    /// A word that no other run has.
    pub(super) fn word(&mut self) -> String {
        format!("{:08x}", self.below(u32::MAX as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_below_their_limit_and_all_of_them_come() {
        let mut chance = Chance::new();
        let mut seen = [0; 5];
        for _ in 0..1_000 {
            seen[chance.below(5)] += 1;
        }
        assert!(seen.iter().all(|&times| times > 50), "{seen:?}");
        assert_eq!(chance.one::<u8>(&[]), None);
        let span = (Duration::from_millis(3), Duration::from_millis(5));
        assert!(
            (0..100).map(|_| chance.between(span.0, span.1)).all(|time| time >= span.0 && time <= span.1)
        );
    }
}
