//! Slicing with steps of either sign, splitting, concatenating, and their gradients.
//!
//! Split and concatenation are each other's gradient; only slice has one of its own.

use std::iter::once;

use crate::Tensor;
use crate::array::{lanes, tensor, values};
use crate::take::{Picks, put, take};

/// What is taken of one axis: `len` elements from `start` on, `step` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SliceAxis {
    /// First index.
    pub start: usize,
    /// How many.
    pub len: usize,
    /// Distance; negative goes down.
    pub step: isize,
}

impl SliceAxis {
    /// All of an axis of this size.
    pub fn all(dim: usize) -> Self {
        SliceAxis { start: 0, len: dim, step: 1 }
    }

    /// Python's and ONNX's `start:end:step` on an axis of this size: negative numbers count from the end, numbers
    /// beyond either end are clamped. `step` must not be 0.
    pub fn new(start: i64, end: i64, step: i64, dim: usize) -> Self {
        let size = dim as i64;
        let wrap = |i: i64| if i < 0 { i.saturating_add(size) } else { i };
        let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
        let (start, end) = (wrap(start).clamp(low, high), wrap(end).clamp(low, high));
        let span = if step > 0 { end - start } else { start - end };
        let len = if span > 0 { (span as u64).div_ceil(step.unsigned_abs()) as usize } else { 0 };
        SliceAxis { start: start.max(0) as usize, len, step: step as isize }
    }

    fn picks(&self) -> Picks {
        (0..self.len).map(|i| Some(self.start.wrapping_add_signed(i as isize * self.step))).collect()
    }
}

/// The elements that `axes`, one for each axis of `x`, take.
pub fn slice(x: &Tensor, axes: &[SliceAxis]) -> Tensor {
    take(x, &axes.iter().map(SliceAxis::picks).collect::<Vec<_>>(), 0.0)
}

/// Gradient of [`slice()`] for its input, of shape `x_shape`.
pub fn slice_dx(dy: &Tensor, x_shape: &[usize], axes: &[SliceAxis]) -> Tensor {
    put(dy, &axes.iter().map(SliceAxis::picks).collect::<Vec<_>>(), x_shape)
}

/// The tensors one after the other along `axis`; its gradient is [`split`].
pub fn concat(tensors: &[&Tensor], axis: usize) -> Tensor {
    let mut shape = tensors[0].shape().to_vec();
    shape[axis] = tensors.iter().map(|t| t.shape()[axis]).sum();
    let [outer, _, inner] = lanes(&shape, axis);
    let parts: Vec<_> = tensors.iter().map(|t| (values(t), t.shape()[axis] * inner)).collect();
    let rows = (0..outer).flat_map(|o| parts.iter().map(move |(flat, len)| &flat[o * len..][..*len]));
    tensor(&shape, rows.flatten().copied().collect())
}

/// Parts of these sizes along `axis`; its gradient is [`concat()`].
pub fn split(x: &Tensor, sizes: &[usize], axis: usize) -> Vec<Tensor> {
    let starts = once(0).chain(sizes.iter().scan(0, |end, size| {
        *end += size;
        Some(*end)
    }));
    let part = |(start, &len): (usize, &usize)| {
        let mut axes: Vec<SliceAxis> = x.shape().iter().map(|&dim| SliceAxis::all(dim)).collect();
        axes[axis] = SliceAxis { start, len, step: 1 };
        slice(x, &axes)
    };
    starts.zip(sizes).map(part).collect()
}
