//! Row-major arithmetic under every op: flat values, strides, and where each element lies in another array.
//!
//! Apart from ndarray's indexing because the loops of this crate run over plain slices: `offsets` turns "the same
//! element under broadcasting, permutation or reduction" into a list of positions, which is easy to see to be right.

use std::borrow::Cow;

use ndarray::IxDyn;

use crate::Tensor;

/// The values in row-major order; copied only where `x` lies otherwise in memory.
pub(crate) fn values(x: &Tensor) -> Cow<'_, [f64]> {
    match x.as_slice() {
        Some(flat) => Cow::Borrowed(flat),
        None => Cow::Owned(x.iter().copied().collect()),
    }
}

/// A tensor of row-major `values`.
pub(crate) fn tensor(shape: &[usize], values: Vec<f64>) -> Tensor {
    Tensor::from_shape_vec(IxDyn(shape), values).expect("invariant: as many values as the shape holds")
}

/// A tensor of rank 0.
pub(crate) fn scalar(value: f64) -> Tensor {
    ndarray::arr0(value).into_dyn()
}

/// Applies `f` to pairs of elements of two tensors of one shape.
pub(crate) fn zip(a: &Tensor, b: &Tensor, mut f: impl FnMut(f64, f64) -> f64) -> Tensor {
    tensor(a.shape(), values(a).iter().zip(values(b).iter()).map(|(&a, &b)| f(a, b)).collect())
}

/// Elements between neighbours along each axis of a row-major array.
pub(crate) fn strides(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|axis| shape[axis + 1..].iter().product()).collect()
}

/// For each element of `shape`, row-major, its position in an array with these strides.
pub(crate) fn offsets(shape: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut all = vec![0];
    for (&dim, &stride) in shape.iter().zip(strides) {
        all = all.iter().flat_map(|&start| (0..dim).map(move |i| start + i * stride)).collect();
    }
    all
}

/// `[outer, len, inner]`: the shape seen as lanes of `len` elements, `inner` apart, along `axis`.
pub(crate) fn lanes(shape: &[usize], axis: usize) -> [usize; 3] {
    [shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product()]
}

/// The positions of each lane along `axis`, lane by lane in row-major order of the other axes.
pub(crate) fn each_lane(shape: &[usize], axis: usize, mut f: impl FnMut(usize, &mut dyn Iterator<Item = usize>)) {
    let [outer, len, inner] = lanes(shape, axis);
    for o in 0..outer {
        for i in 0..inner {
            f(o * inner + i, &mut (0..len).map(|l| (o * len + l) * inner + i));
        }
    }
}

/// `[n, c, spatial]` sizes of `[n, c, ...]`: how many samples, channels, and elements a channel has.
pub(crate) fn planes(shape: &[usize]) -> [usize; 3] {
    [shape[0], shape[1], shape[2..].iter().product()]
}
