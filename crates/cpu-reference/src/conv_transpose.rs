//! Transposed convolution: the gradient of a convolution for its input, used as an op of its own.
//!
//! Its own gradients are therefore a convolution and a convolution's weight gradient, with `x` and `dy` exchanged. The
//! weight is `[c, k/groups, ...]`, input channels first, as in PyTorch and ONNX. The loops are those of `conv.rs`.

use crate::conv::{add_channels, conv_sized};
use crate::window::{spatial, with_spatial};
use crate::{Tensor, Window, conv_dweight, conv_dx};

/// Transposed convolution of `x [n, c, ...]` with `weight [c, k/groups, ...]`, plus `bias [k]`: `y [n, k, ...]`.
///
/// Each input element adds `weight * x` under its window; `output_padding` lengthens the output at its end.
pub fn conv_transpose(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    window: &Window,
    groups: usize,
    output_padding: [usize; 3],
) -> Tensor {
    let size = window.output_transposed(spatial(x.shape()), output_padding);
    let size = size.expect("invariant: the graph checked that the padding leaves an output");
    let y_shape = with_spatial(x.shape()[0], weight.shape()[1] * groups, size, x.shape());
    let mut y = conv_dx(x, weight, &y_shape, window, groups);
    if let Some(bias) = bias {
        add_channels(&mut y, bias);
    }
    y
}

/// Gradient of [`conv_transpose`] for its input, of shape `x_shape`, from `dy [n, k, ...]`.
pub fn conv_transpose_dx(dy: &Tensor, weight: &Tensor, x_shape: &[usize], window: &Window, groups: usize) -> Tensor {
    conv_sized(dy, weight, spatial(x_shape), window, groups)
}

/// Gradient of [`conv_transpose`] for its weight, from `x [n, c, ...]` and `dy [n, k, ...]`.
pub fn conv_transpose_dweight(
    x: &Tensor,
    dy: &Tensor,
    weight_shape: &[usize],
    window: &Window,
    groups: usize,
) -> Tensor {
    conv_dweight(dy, x, weight_shape, window, groups)
}
