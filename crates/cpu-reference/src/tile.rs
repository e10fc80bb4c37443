//! Repetition: `expand` along axes of size 1, `tile` of whole axes.
//!
//! The gradient of `expand` is `reduce_to_shape` (`binary.rs`).

use crate::Tensor;
use crate::array::{offsets, tensor, values};
use crate::binary::broadcast_strides;
use crate::take::{Picks, put, take};

/// `x` broadcast to exactly this shape.
pub fn expand(x: &Tensor, shape: &[usize]) -> Tensor {
    let flat = values(x);
    tensor(shape, offsets(shape, &broadcast_strides(x.shape(), shape)).into_iter().map(|at| flat[at]).collect())
}

/// `x` repeated so many times along each axis.
pub fn tile(x: &Tensor, repeats: &[usize]) -> Tensor {
    take(x, &lists(x.shape(), repeats), 0.0)
}

/// Gradient of [`tile`] for its input, of shape `x_shape`.
pub fn tile_dx(dy: &Tensor, x_shape: &[usize], repeats: &[usize]) -> Tensor {
    put(dy, &lists(x_shape, repeats), x_shape)
}

fn lists(shape: &[usize], repeats: &[usize]) -> Vec<Picks> {
    shape.iter().zip(repeats).map(|(&dim, &times)| (0..dim * times).map(|i| Some(i % dim)).collect()).collect()
}
