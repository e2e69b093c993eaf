//! Figures that look random and are the same in every run and on every machine (SplitMix64), for draws that a bootstrap, a
//! measurement or a test makes.

/// A stream of figures, named by its seed.
#[derive(Clone, Debug)]
pub struct Seeded(pub u64);

impl Seeded {
    /// The next figure.
    pub fn figure(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, `end`; 0 where there is nothing to choose from.
    pub fn below(&mut self, end: usize) -> usize {
        (self.figure() % end.max(1) as u64) as usize
    }

    /// From 0 up to, not including, 1.
    pub fn part(&mut self) -> f64 {
        (self.figure() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Puts several in an order of no meaning.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }

    /// One of several.
    ///
    /// # Panics
    /// Of none.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}
