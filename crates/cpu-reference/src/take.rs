//! Picks elements axis by axis: the core of slice, pad, tile, and nearest resize.
//!
//! Each of those ops is a list for each axis that says which input index an output index reads, `None` for the fill
//! value. Its gradient adds back along the same lists.

use crate::Tensor;
use crate::array::{strides, tensor, values};

/// For one axis: the input index that each output index reads.
pub(crate) type Picks = Vec<Option<usize>>;

/// The elements that the lists pick, `fill` where one says `None`.
pub(crate) fn take(x: &Tensor, lists: &[Picks], fill: f64) -> Tensor {
    let flat = values(x);
    let shape: Vec<usize> = lists.iter().map(Vec::len).collect();
    tensor(&shape, places(x.shape(), lists).into_iter().map(|at| at.map_or(fill, |at| flat[at])).collect())
}

/// Gradient of [`take`] for its input, of shape `x_shape`.
pub(crate) fn put(dy: &Tensor, lists: &[Picks], x_shape: &[usize]) -> Tensor {
    let mut dx = vec![0.0; x_shape.iter().product()];
    for (at, dy) in places(x_shape, lists).into_iter().zip(values(dy).iter()) {
        if let Some(at) = at {
            dx[at] += dy;
        }
    }
    tensor(x_shape, dx)
}

/// For each output element, row-major, the flat place of what it reads.
fn places(x_shape: &[usize], lists: &[Picks]) -> Vec<Option<usize>> {
    let mut all = vec![Some(0)];
    for (list, stride) in lists.iter().zip(strides(x_shape)) {
        let along = |start: &Option<usize>| {
            let start = *start;
            list.iter().map(move |pick| Some(start? + (*pick)? * stride))
        };
        all = all.iter().flat_map(along).collect();
    }
    all
}
