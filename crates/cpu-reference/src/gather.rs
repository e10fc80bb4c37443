//! Picking by indices that are data: gather, gather of single elements, embedding; with gradients.
//!
//! Negative indices count from the end. An index out of range gives NaN, and no gradient: a device cannot raise an
//! error in the middle of a launch, and NaN is what the training loop stops at.

use crate::Tensor;
use crate::array::{lanes, tensor, values};

/// ONNX's Gather: `y[.., i.., ..] = x[.., indices[i..], ..]`, the axis replaced by the indices' axes.
pub fn gather(x: &Tensor, indices: &Tensor, axis: usize) -> Tensor {
    let flat = values(x);
    let shape = [&x.shape()[..axis], indices.shape(), &x.shape()[axis + 1..]].concat();
    let places = gathered(x.shape(), indices, axis);
    tensor(&shape, places.into_iter().map(|at| at.map_or(f64::NAN, |at| flat[at])).collect())
}

/// Gradient of [`gather`] for its data, of shape `x_shape`: what was picked often adds up.
pub fn gather_dx(dy: &Tensor, indices: &Tensor, x_shape: &[usize], axis: usize) -> Tensor {
    added(dy, gathered(x_shape, indices, axis), x_shape)
}

/// PyTorch's gather, ONNX's GatherElements: `y[i, j, k] = x[indices[i, j, k], j, k]` for axis 0, and so on; `y` has the
/// indices' shape.
pub fn gather_elements(x: &Tensor, indices: &Tensor, axis: usize) -> Tensor {
    let flat = values(x);
    let places = element_places(x.shape(), indices, axis);
    tensor(indices.shape(), places.into_iter().map(|at| at.map_or(f64::NAN, |at| flat[at])).collect())
}

/// Gradient of [`gather_elements`] for its data, of shape `x_shape`.
pub fn gather_elements_dx(dy: &Tensor, indices: &Tensor, x_shape: &[usize], axis: usize) -> Tensor {
    added(dy, element_places(x_shape, indices, axis), x_shape)
}

/// Rows of `weight [classes, d]` for `indices [..]`: `y [.., d]`.
pub fn embedding(indices: &Tensor, weight: &Tensor) -> Tensor {
    gather(weight, indices, 0)
}

/// Gradient of [`embedding`] for its weight, of shape `weight_shape`; the row `padding_idx` gets none.
pub fn embedding_dweight(indices: &Tensor, dy: &Tensor, weight_shape: &[usize], padding_idx: Option<usize>) -> Tensor {
    let mut dweight = gather_dx(dy, indices, weight_shape, 0);
    if let Some(row) = padding_idx {
        dweight.index_axis_mut(ndarray::Axis(0), row).fill(0.0);
    }
    dweight
}

/// The whole number `index` on an axis of this size; `None` out of range.
fn resolved(index: f64, dim: usize) -> Option<usize> {
    let index = if index < 0.0 { index + dim as f64 } else { index };
    (0.0 <= index && index < dim as f64).then_some(index as usize)
}

fn gathered(x_shape: &[usize], indices: &Tensor, axis: usize) -> Vec<Option<usize>> {
    let [outer, len, inner] = lanes(x_shape, axis);
    let indices: Vec<_> = values(indices).iter().map(|&index| resolved(index, len)).collect();
    let rows = (0..outer).flat_map(|o| indices.iter().map(move |index| index.map(|index| o * len + index)));
    rows.flat_map(|row| (0..inner).map(move |i| row.map(|row| row * inner + i))).collect()
}

fn element_places(x_shape: &[usize], indices: &Tensor, axis: usize) -> Vec<Option<usize>> {
    let strides = crate::array::strides(x_shape);
    let place = |(at, &index): (ndarray::IxDyn, &f64)| {
        let others: usize = (0..x_shape.len()).filter(|&a| a != axis).map(|a| at[a] * strides[a]).sum();
        resolved(index, x_shape[axis]).map(|index| others + index * strides[axis])
    };
    indices.indexed_iter().map(place).collect()
}

fn added(dy: &Tensor, places: Vec<Option<usize>>, shape: &[usize]) -> Tensor {
    let mut dx = vec![0.0; shape.iter().product()];
    for (at, dy) in places.into_iter().zip(values(dy).iter()) {
        if let Some(at) = at {
            dx[at] += dy;
        }
    }
    tensor(shape, dx)
}
