//! Average pooling over 1 to 3 spatial axes and its gradient.
//!
//! y = (sum of the taps inside x) / divisor. The divisor is the number of taps inside `x`, or with
//! `count_include_pad` those inside the padded input: where `ceil_mode` lets a window hang over the padded end, the
//! taps beyond it never count. That is PyTorch's rule and ONNX's. A window wholly in the padding gives 0.

use crate::array::{tensor, values};
use crate::max_pool::pooled;
use crate::window::{each_output, spatial};
use crate::{Tensor, Window};

/// Average pooling of `x [n, c, ...]`.
pub fn average_pool(x: &Tensor, window: &Window, ceil_mode: bool, count_include_pad: bool) -> Tensor {
    let y_shape = pooled(x.shape(), window, ceil_mode);
    let input = spatial(x.shape());
    let plane_len: usize = input.iter().product();
    let x = values(x);
    let mut means = vec![0.0; y_shape.iter().product()];
    each_output(y_shape[0] * y_shape[1], spatial(&y_shape), |plane, y, at| {
        let mut sum = 0.0;
        window.each_tap(at, input, |tap| sum += x[plane * plane_len + tap]);
        means[y] = sum / divisor(window, at, input, count_include_pad);
    });
    tensor(&y_shape, means)
}

/// Gradient of [`average_pool`] for its input, of shape `x_shape`.
pub fn average_pool_dx(dy: &Tensor, x_shape: &[usize], window: &Window, count_include_pad: bool) -> Tensor {
    let input = spatial(x_shape);
    let plane_len: usize = input.iter().product();
    let dy_flat = values(dy);
    let mut dx = vec![0.0; x_shape.iter().product()];
    each_output(x_shape[0] * x_shape[1], spatial(dy.shape()), |plane, y, at| {
        let share = dy_flat[y] / divisor(window, at, input, count_include_pad);
        window.each_tap(at, input, |tap| dx[plane * plane_len + tap] += share);
    });
    tensor(x_shape, dx)
}

/// How many taps of output `at` count; at least 1, so that an empty window divides its sum of 0 by 1.
fn divisor(window: &Window, at: [usize; 3], input: [usize; 3], count_include_pad: bool) -> f64 {
    let counted = |axis: usize| {
        let [begin, end] = window.pads[axis];
        let inside = if count_include_pad { 0..begin + input[axis] + end } else { begin..begin + input[axis] };
        let places = (0..window.kernel[axis]).map(|tap| at[axis] * window.stride[axis] + tap * window.dilation[axis]);
        places.filter(|place| inside.contains(place)).count()
    };
    (counted(0) * counted(1) * counted(2)).max(1) as f64
}
