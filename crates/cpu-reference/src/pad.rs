//! Padding of every axis by a constant or from the tensor's own elements, and its gradient.
//!
//! Negative padding crops. The modes are ONNX's; PyTorch calls `edge` replicate and `wrap` circular.

use crate::Tensor;
use crate::take::{Picks, put, take};

/// What padding is made of, shown for the axis 1 2 3 padded by 2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// This number: 0 0 1 2 3 0 0.
    Constant(f64),
    /// Mirrored at the border element: 3 2 1 2 3 2 1; again and again where the padding is longer.
    Reflect,
    /// The border element: 1 1 1 2 3 3 3.
    Edge,
    /// From the other end: 2 3 1 2 3 1 2.
    Wrap,
}

/// `x` with `pads[axis]` elements added at begin and end of each axis.
pub fn pad(x: &Tensor, pads: &[[isize; 2]], mode: PadMode) -> Tensor {
    let fill = if let PadMode::Constant(value) = mode { value } else { 0.0 };
    take(x, &lists(x.shape(), pads, mode), fill)
}

/// Gradient of [`pad`] for its input, of shape `x_shape`.
pub fn pad_dx(dy: &Tensor, x_shape: &[usize], pads: &[[isize; 2]], mode: PadMode) -> Tensor {
    put(dy, &lists(x_shape, pads, mode), x_shape)
}

fn lists(shape: &[usize], pads: &[[isize; 2]], mode: PadMode) -> Vec<Picks> {
    shape.iter().zip(pads).map(|(&dim, &pads)| pad_sources(dim, pads, mode)).collect()
}

/// The index that each element of a padded axis of this size reads; `None` for the constant.
pub fn pad_sources(dim: usize, [begin, end]: [isize; 2], mode: PadMode) -> Vec<Option<usize>> {
    (-begin..dim as isize + end).map(|i| source(i, dim as isize, mode)).collect()
}

/// The element that index `i`, inside or outside of the axis, reads.
fn source(i: isize, dim: isize, mode: PadMode) -> Option<usize> {
    let index = match mode {
        _ if (0..dim).contains(&i) => i,
        PadMode::Constant(_) => return None,
        _ if dim == 0 => return None,
        PadMode::Edge => i.clamp(0, dim - 1),
        PadMode::Wrap => i.rem_euclid(dim),
        PadMode::Reflect => {
            let period = (2 * (dim - 1)).max(1);
            let i = i.rem_euclid(period);
            if i < dim { i } else { period - i }
        }
    };
    Some(index as usize)
}
