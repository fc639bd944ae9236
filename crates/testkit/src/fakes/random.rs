//! Chance that can be foretold.

use std::sync::atomic::{AtomicU64, Ordering};

use autorisen_domain::error::PortError;
use autorisen_domain::id::Random;

/// Gives the same bytes in every run, and no eight of them twice in one.
#[derive(Debug, Default)]
pub struct SequenceRandom(AtomicU64);

impl Random for SequenceRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64: a bijection, so a number that did not come before gives bytes that did not.
            let mut word = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            word ^= word >> 31;
            chunk.copy_from_slice(&word.to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_same_in_every_run_and_never_twice_in_one() {
        let (one, other) = (SequenceRandom::default(), SequenceRandom::default());
        let (mut a, mut b, mut c) = ([0; 10], [0; 10], [0; 10]);
        one.fill(&mut a).unwrap();
        one.fill(&mut b).unwrap();
        other.fill(&mut c).unwrap();
        assert_eq!(a, c);
        assert_ne!(a, b);
    }
}
