//! Chance that can be repeated: what clients do next, drawn from a seed.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). Not for
/// secrets.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The dice of one of many who share a seed.
    pub fn of(seed: u64, number: usize) -> Self {
        let mut dice = Self(seed ^ (number as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`; 0 when that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        // The remainder fits, for it is less than a usize.
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or_default()
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// Between `low` and `high`, to the millisecond.
    pub fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let span = usize::try_from(high.saturating_sub(low).as_millis()).unwrap_or(usize::MAX);
        low + Duration::from_millis(self.below(span) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_row_of_throws_and_each_player_another() {
        let row = |seed, number| {
            let mut dice = Dice::of(seed, number);
            (0..20).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(row(7, 1), row(7, 1));
        assert_ne!(row(7, 1), row(7, 2));
        assert_ne!(row(7, 1), row(8, 1));
    }

    #[test]
    fn throws_stay_inside_their_bounds_and_reach_all_of_them() {
        let mut dice = Dice::of(1, 1);
        let mut seen = [false; 6];
        for _ in 0..1000 {
            seen[dice.below(6)] = true;
            let (low, high) = (Duration::from_millis(5), Duration::from_millis(9));
            assert!((low..high).contains(&dice.between(low, high)));
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!((dice.below(0), dice.pick::<u8>(&[])), (0, None));
    }
}
