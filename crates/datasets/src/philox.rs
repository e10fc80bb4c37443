//! Chance as a function: Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel
//! random numbers: as easy as 1, 2, 3" (SC 2011). A number depends on (seed, purpose, epoch, index, place) and on
//! nothing drawn before, so that a resumed run draws what an unbroken one would have drawn.
//!
//! The users are [`crate::order`], [`crate::split`], and whatever else in this crate leaves something to chance.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// The key's steps between rounds: the golden ratio and √3 − 1, as fractions of 2³².
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// Four random words for a counter and a key, with the constants of the Random123 library.
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let ([mut a, mut b, mut c, mut d], [mut k0, mut k1]) = (counter, key);
    for _ in 0..ROUNDS {
        let left = u64::from(MULTIPLIERS[0]) * u64::from(a);
        let right = u64::from(MULTIPLIERS[1]) * u64::from(c);
        [a, b, c, d] = [(right >> 32) as u32 ^ b ^ k0, right as u32, (left >> 32) as u32 ^ d ^ k1, left as u32];
        (k0, k1) = (k0.wrapping_add(WEYL[0]), k1.wrapping_add(WEYL[1]));
    }
    [a, b, c, d]
}

/// What a number is drawn for; part of the counter, so that two purposes never share numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// The order of an epoch.
    Order = 1,
    /// Which rows are held out.
    Split = 2,
    /// How an image is changed.
    Augment = 3,
    /// Which image is mixed in, and how much of it.
    Mixup = 4,
    /// Points that are made up.
    Synthetic = 5,
    /// Which row a single update takes.
    Instance = 6,
}

/// The numbers at one place (seed, purpose, epoch, index), read from the first on.
///
/// ```
/// use datasets::philox::{Draws, Purpose};
/// let (mut one, mut two) = (Draws::at(7, Purpose::Augment, 3, 1000), Draws::at(7, Purpose::Augment, 3, 1000));
/// assert_eq!(one.below(6), two.below(6));
/// ```
#[derive(Clone, Debug)]
pub struct Draws {
    key: [u32; 2],
    counter: [u32; 4],
    block: [u32; 4],
    /// Words of `block` already given out; 4 asks for the next block.
    used: usize,
}

impl Draws {
    /// The numbers of that place.
    pub fn at(seed: u64, purpose: Purpose, epoch: u32, index: u32) -> Draws {
        let key = [seed as u32, (seed >> 32) as u32];
        Draws { key, counter: [0, index, epoch, purpose as u32], block: [0; 4], used: 4 }
    }

    /// The next 32 random bits.
    pub fn word(&mut self) -> u32 {
        if self.used == 4 {
            self.block = philox4x32(self.counter, self.key);
            self.counter[0] = self.counter[0].wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// A whole number in `0..n`, each equally likely; 0 when `n` is 0.
    ///
    /// Lemire, "Fast random integer generation in an interval" (2019): the high half of word·n, where the few words
    /// that would favour some results are drawn again.
    pub fn below(&mut self, n: u32) -> u32 {
        let favoured = if n == 0 { 0 } else { n.wrapping_neg() % n };
        loop {
            let product = u64::from(self.word()) * u64::from(n);
            if product as u32 >= favoured {
                return (product >> 32) as u32;
            }
        }
    }

    /// A number in `[0, 1)`, a multiple of 2⁻²⁴ (so it is exact in f32).
    pub fn unit(&mut self) -> f32 {
        (self.word() >> 8) as f32 / (1 << 24) as f32
    }

    /// A number in `[low, high]`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A normal number of mean 0 and variance 1, by Box and Muller.
    pub fn normal(&mut self) -> f32 {
        // 1 − unit lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_random123() {
        let zeros = philox4x32([0; 4], [0; 2]);
        assert_eq!(zeros, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let ones = philox4x32([u32::MAX; 4], [u32::MAX; 2]);
        assert_eq!(ones, [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = philox4x32([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]);
        assert_eq!(pi, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn below_is_even() {
        let mut draws = Draws::at(1, Purpose::Order, 0, 0);
        let mut counts = [0i32; 6];
        (0..60_000).for_each(|_| counts[draws.below(6) as usize] += 1);
        // The standard deviation of a count is √(60,000 · 1/6 · 5/6) = 91; five of them.
        assert!(counts.iter().all(|count| (count - 10_000).abs() < 456), "{counts:?}");
        assert_eq!(draws.below(0), 0);
        assert_eq!(draws.below(1), 0);
    }

    #[test]
    fn normal_has_mean_0_and_variance_1() {
        let mut draws = Draws::at(2, Purpose::Synthetic, 0, 0);
        let n = 40_000;
        let x: Vec<f64> = (0..n).map(|_| f64::from(draws.normal())).collect();
        let mean = x.iter().sum::<f64>() / n as f64;
        let variance = x.iter().map(|x| x * x).sum::<f64>() / n as f64 - mean * mean;
        assert!(mean.abs() < 0.025, "{mean}"); // five standard errors, 1/√n each
        assert!((variance - 1.0).abs() < 0.036, "{variance}"); // five of √(2/n)
    }

    #[test]
    fn places_differ() {
        let first = |seed, purpose, epoch, index| Draws::at(seed, purpose, epoch, index).word();
        let here = first(1, Purpose::Order, 2, 3);
        for other in [
            first(1 << 32, Purpose::Order, 2, 3),
            first(1, Purpose::Split, 2, 3),
            first(1, Purpose::Order, 3, 3),
            first(1, Purpose::Order, 2, 4),
        ] {
            assert_ne!(here, other);
        }
    }
}
