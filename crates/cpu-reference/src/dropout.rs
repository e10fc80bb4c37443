//! Dropout: zeroes elements at random and scales the rest so that the expectation stays.
//!
//! Element `i` is kept where uniform(seed, stream, step, i) >= p, compared in f32, and then times 1 / (1 - p). The mask
//! is a function of its numbers (see `philox.rs`), so the gradient is the same op on `dy` and nothing is stored.

use crate::Tensor;
use crate::array::{planes, tensor, values};
use crate::philox::uniform;

/// Where a dropout draws its mask from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DropoutKey {
    /// The run's seed.
    pub seed: u64,
    /// The dropout op's own number.
    pub stream: u32,
    /// The training step.
    pub step: u32,
}

/// 1 for each of `count` elements that stay, 0 for those that go, with probability `p`.
pub fn dropout_mask(count: usize, p: f32, key: DropoutKey) -> Vec<f64> {
    let kept = |i| f64::from(uniform(key.seed, key.stream, key.step, i) >= p);
    (0..count as u64).map(kept).collect()
}

/// `x * mask / (1 - p)`, a mask number an element (0 everywhere where `p` is 1); also its own gradient, of `dy`.
pub fn dropout(x: &Tensor, p: f32, key: DropoutKey) -> Tensor {
    let mask = dropout_mask(x.len(), p, key);
    masked(x, &mask, p, 1)
}

/// Dropout of whole channels of `x [n, c, ...]`, a mask number a plane (PyTorch's dropout1d to 3d); its own gradient.
pub fn spatial_dropout(x: &Tensor, p: f32, key: DropoutKey) -> Tensor {
    let [n, channels, inner] = planes(x.shape());
    masked(x, &dropout_mask(n * channels, p, key), p, inner)
}

fn masked(x: &Tensor, mask: &[f64], p: f32, per_number: usize) -> Tensor {
    let scale = if p < 1.0 { 1.0 / (1.0 - f64::from(p)) } else { 0.0 };
    // Not x * mask: a dropped NaN or infinity is 0 too.
    let one = |(i, x): (usize, &f64)| if mask[i / per_number] != 0.0 { x * scale } else { 0.0 };
    tensor(x.shape(), values(x).iter().enumerate().map(one).collect())
}
