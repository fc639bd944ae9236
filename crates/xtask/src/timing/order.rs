//! The order in which classes take turns: at random, and the same for the same seed.

/// One request to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    /// Which of the classes.
    pub(super) class: usize,
    /// Which of the addresses of the class.
    pub(super) address: usize,
}

/// Figures that look random, by Steele, Lea and Flood (`SplitMix`).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The figures of this seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers below this one.
    fn below(&mut self, bound: usize) -> usize {
        let product = u128::from(self.next()) * bound as u128;
        usize::try_from(product >> 64).unwrap_or_default()
    }
}

/// Turns of all classes in a random order: as many of each, and of each of its addresses up to one.
pub(super) fn shuffled(classes: usize, each: usize, addresses: usize, random: &mut Random) -> Vec<Turn> {
    let of_class = |class| (0..each).map(move |turn| Turn { class, address: turn % addresses });
    let mut turns: Vec<Turn> = (0..classes).flat_map(of_class).collect();
    for last in (1..turns.len()).rev() {
        turns.swap(last, random.below(last + 1));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_and_address_has_its_turns() {
        let mut turns = shuffled(3, 20, 5, &mut Random::new(7));
        turns.sort();
        let expected = (0..60).map(|turn| Turn { class: turn / 20, address: turn % 20 / 4 });
        assert_eq!(turns, expected.collect::<Vec<_>>());
    }

    #[test]
    fn the_order_depends_on_the_seed_alone() {
        let order = |seed| shuffled(4, 50, 10, &mut Random::new(seed));
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }

    #[test]
    fn no_class_comes_early() {
        // The mean place of each class, of places whose mean is 4,000: it errs by some 26.
        let turns = shuffled(4, 2_000, 10, &mut Random::new(3));
        for class in 0..4 {
            let places = turns.iter().enumerate().filter(|(_, turn)| turn.class == class);
            let mean = places.map(|(place, _)| place).sum::<usize>() / 2_000;
            assert!((3_800..4_200).contains(&mean), "class {class} comes at {mean} on average");
        }
    }

    #[test]
    fn the_figures_are_those_that_everybody_gets() {
        // From the public domain C code of Vigna, for the seed 1234567.
        let mut random = Random::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }
}
