//! Softmax and log-softmax along one axis, and their gradients from the output.
//!
//! softmax: y = exp(x - max) / sum of exp(x - max). log_softmax: y = x - max - log(sum of exp(x - max)). The maximum is
//! taken out first, so logits of any size are safe. A lane of -infinity alone gives NaN, as in PyTorch.

use crate::Tensor;
use crate::array::{each_lane, tensor, values};

/// Exponentials of `x` along `axis`, scaled to sum 1.
pub fn softmax(x: &Tensor, axis: usize) -> Tensor {
    by_lane(&[x], axis, |[x], y| {
        let top = maximum(x);
        let sum: f64 = x.iter().map(|x| (x - top).exp()).sum();
        y.extend(x.iter().map(|x| (x - top).exp() / sum));
    })
}

/// Logarithm of [`softmax`], without its underflow.
pub fn log_softmax(x: &Tensor, axis: usize) -> Tensor {
    by_lane(&[x], axis, |[x], y| {
        let top = maximum(x);
        let sum: f64 = x.iter().map(|x| (x - top).exp()).sum();
        y.extend(x.iter().map(|x| x - top - sum.ln()));
    })
}

/// Gradient of [`softmax`] from its output `y`: dx = y * (dy - sum of dy * y).
pub fn softmax_dx(y: &Tensor, dy: &Tensor, axis: usize) -> Tensor {
    by_lane(&[y, dy], axis, |[y, dy], dx| {
        let sum: f64 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
        dx.extend(y.iter().zip(dy).map(|(y, dy)| y * (dy - sum)));
    })
}

/// Gradient of [`log_softmax`] from its output `y`: dx = dy - exp(y) * sum of dy.
pub fn log_softmax_dx(y: &Tensor, dy: &Tensor, axis: usize) -> Tensor {
    by_lane(&[y, dy], axis, |[y, dy], dx| {
        let sum: f64 = dy.iter().sum();
        dx.extend(y.iter().zip(dy).map(|(y, dy)| dy - y.exp() * sum));
    })
}

pub(crate) fn maximum(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// Calls `f` with each lane of the tensors along `axis`, collecting the lane that it appends.
fn by_lane<const N: usize>(
    tensors: &[&Tensor; N],
    axis: usize,
    mut f: impl FnMut([&Vec<f64>; N], &mut Vec<f64>),
) -> Tensor {
    let shape = tensors[0].shape();
    let flat = tensors.map(|t| values(t));
    let mut result = vec![0.0; tensors[0].len()];
    each_lane(shape, axis, |_, places| {
        let places: Vec<usize> = places.collect();
        let lanes: [Vec<f64>; N] = std::array::from_fn(|t| places.iter().map(|&at| flat[t][at]).collect());
        let mut made = Vec::with_capacity(places.len());
        f(lanes.each_ref(), &mut made);
        places.iter().zip(made).for_each(|(&at, value)| result[at] = value);
    });
    tensor(shape, result)
}
