//! Moves without arithmetic: reshape, transpose, and the two shuffles between channels and pixels made of them.
//!
//! Each is undone by another of the kind, which is its gradient: transpose by the inverse permutation, `depth_to_space`
//! by `space_to_depth` with the same order.

use crate::Tensor;
use crate::array::{offsets, strides, tensor, values};

/// The same elements in row-major order under another shape.
pub fn reshape(x: &Tensor, shape: &[usize]) -> Tensor {
    tensor(shape, values(x).into_owned())
}

/// Axis `i` of the result is axis `perm[i]` of `x`; its gradient is the transpose by [`inverse_permutation`].
pub fn transpose(x: &Tensor, perm: &[usize]) -> Tensor {
    let (flat, own) = (values(x), strides(x.shape()));
    let shape: Vec<usize> = perm.iter().map(|&axis| x.shape()[axis]).collect();
    let stride: Vec<usize> = perm.iter().map(|&axis| own[axis]).collect();
    tensor(&shape, offsets(&shape, &stride).into_iter().map(|at| flat[at]).collect())
}

/// The permutation that undoes `perm`.
pub fn inverse_permutation(perm: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; perm.len()];
    perm.iter().enumerate().for_each(|(to, &from)| inverse[from] = to);
    inverse
}

/// How the channels that become a block of pixels are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShuffleOrder {
    /// Depth, column, row: channel = (row * block + column) * c + depth. ONNX's default and TensorFlow's.
    Dcr,
    /// Column, row, depth: channel = (depth * block + row) * block + column. PyTorch's pixel shuffle.
    Crd,
}

/// `[n, c * block², h, w]` to `[n, c, h * block, w * block]`.
pub fn depth_to_space(x: &Tensor, block: usize, order: ShuffleOrder) -> Tensor {
    let &[n, channels, h, w] = x.shape() else { unreachable!("invariant: the graph checked that x is [n, c, h, w]") };
    let c = channels / (block * block);
    let blocks = match order {
        ShuffleOrder::Dcr => transpose(&reshape(x, &[n, block, block, c, h, w]), &[0, 3, 4, 1, 5, 2]),
        ShuffleOrder::Crd => transpose(&reshape(x, &[n, c, block, block, h, w]), &[0, 1, 4, 2, 5, 3]),
    };
    reshape(&blocks, &[n, c, h * block, w * block])
}

/// `[n, c, h * block, w * block]` to `[n, c * block², h, w]`; ONNX's SpaceToDepth is order `Dcr`, PyTorch's pixel unshuffle
/// `Crd`.
pub fn space_to_depth(x: &Tensor, block: usize, order: ShuffleOrder) -> Tensor {
    let &[n, c, tall, wide] = x.shape() else { unreachable!("invariant: the graph checked that x is [n, c, h, w]") };
    let (h, w) = (tall / block, wide / block);
    let pixels = reshape(x, &[n, c, h, block, w, block]);
    let blocks = match order {
        ShuffleOrder::Dcr => transpose(&pixels, &[0, 3, 5, 1, 2, 4]),
        ShuffleOrder::Crd => transpose(&pixels, &[0, 1, 3, 5, 2, 4]),
    };
    reshape(&blocks, &[n, c * block * block, h, w])
}
