//! Random numbers without state: Philox4x32-10 (Salmon et al. 2011), a function of (seed, stream, step, index).
//!
//! Shaders compute the same words, so host and device agree bit for bit and a resumed run repeats an unbroken one. The
//! layout, which `shaders/lib/random.wgsl` shares: key = [seed low word, seed high word], counter = [index / 4, stream,
//! step, use], lane = index % 4, with use 0 for uniform numbers and 1 for normal ones. A *stream* tells apart what draws
//! (a node, a parameter); a *step* when.

/// Ten rounds of Philox on four 32-bit words.
pub fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let [a, b] = [0xD251_1F53 * u64::from(counter[0]), 0xCD9E_8D57 * u64::from(counter[2])];
        let high = |product: u64| (product >> 32) as u32;
        counter = [high(b) ^ counter[1] ^ key[0], b as u32, high(a) ^ counter[3] ^ key[1], a as u32];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

/// Number `index` of a uniform sequence over [0, 1): the upper 24 bits of its word, over 2²⁴, so exact in f32.
///
/// The index is meant modulo 2³⁴, four numbers for each of 2³² blocks.
pub fn uniform(seed: u64, stream: u32, step: u32, index: u64) -> f32 {
    let words = philox4x32([(index / 4) as u32, stream, step, 0], [seed as u32, (seed >> 32) as u32]);
    (words[(index % 4) as usize] >> 8) as f32 / 16_777_216.0
}

/// Number `index` of a standard normal sequence, by Box and Muller in f64: a block of four words makes two 53-bit
/// uniform numbers u, v and from them √(-2 ln(1 - u)) times cos 2πv (even index) or sin 2πv (odd).
pub fn normal(seed: u64, stream: u32, step: u32, index: u64) -> f64 {
    let words = philox4x32([(index / 2) as u32, stream, step, 1], [seed as u32, (seed >> 32) as u32]);
    let unit = |high: u32, low: u32| ((u64::from(high) << 32 | u64::from(low)) >> 11) as f64 / (1u64 << 53) as f64;
    let radius = (-2.0 * (1.0 - unit(words[0], words[1])).ln()).sqrt();
    let angle = std::f64::consts::TAU * unit(words[2], words[3]);
    radius * if index.is_multiple_of(2) { angle.cos() } else { angle.sin() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random123_known_answers() {
        let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (pi, [0xa409_3822, 0x299f_31d0], [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
        ];
        for (counter, key, words) in cases {
            assert_eq!(philox4x32(counter, key), words);
        }
    }

    #[test]
    fn layout_of_key_and_counter() {
        let words = philox4x32([2, 7, 9, 0], [0x89ab_cdef, 0x0123_4567]);
        for (lane, word) in words.into_iter().enumerate() {
            let got = uniform(0x0123_4567_89ab_cdef, 7, 9, 8 + lane as u64);
            assert_eq!(got, (word >> 8) as f32 * 2.0f32.powi(-24));
        }
    }

    #[test]
    fn moments() {
        const N: u64 = 100_000;
        let mean = |f: &dyn Fn(u64) -> f64| (0..N).map(f).sum::<f64>() / N as f64;
        // Four standard errors: 1/√(12 N), 1/√N, √(2/N).
        assert!((mean(&|i| f64::from(uniform(1, 2, 3, i))) - 0.5).abs() < 4.0 * 0.000_92);
        assert!(mean(&|i| normal(1, 2, 3, i)).abs() < 4.0 * 0.003_2);
        assert!((mean(&|i| normal(1, 2, 3, i).powi(2)) - 1.0).abs() < 4.0 * 0.004_5);
        assert!(mean(&|i| normal(1, 2, 3, i) * normal(1, 2, 3, i + 1)).abs() < 4.0 * 0.003_2);
    }
}
