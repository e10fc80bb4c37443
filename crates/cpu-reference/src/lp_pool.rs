//! Lp pooling over 1 to 3 spatial axes and its gradient: the p-norm of each window.
//!
//! y = (sum over taps of |x|^p)^(1/p), as ONNX's LpPool; PyTorch's leaves the absolute value out, which differs for odd
//! p only. Padding is 0 and so adds nothing.

use crate::array::{tensor, values};
use crate::max_pool::pooled;
use crate::window::{each_output, spatial};
use crate::{Tensor, Window};

/// Lp pooling of `x [n, c, ...]` with `p >= 1`.
pub fn lp_pool(x: &Tensor, p: f64, window: &Window, ceil_mode: bool) -> Tensor {
    let y_shape = pooled(x.shape(), window, ceil_mode);
    let input = spatial(x.shape());
    let plane_len: usize = input.iter().product();
    let x = values(x);
    let mut norms = vec![0.0; y_shape.iter().product()];
    each_output(y_shape[0] * y_shape[1], spatial(&y_shape), |plane, y, at| {
        let mut sum = 0.0;
        window.each_tap(at, input, |tap| sum += x[plane * plane_len + tap].abs().powf(p));
        norms[y] = sum.powf(1.0 / p);
    });
    tensor(&y_shape, norms)
}

/// Gradient of [`lp_pool`] for `x`, from its output `y`: dx = dy * sign(x) * (|x| / y)^(p-1), and 0 where `y` is 0.
pub fn lp_pool_dx(x: &Tensor, y: &Tensor, dy: &Tensor, p: f64, window: &Window) -> Tensor {
    let input = spatial(x.shape());
    let plane_len: usize = input.iter().product();
    let (x_flat, y_flat, dy_flat) = (values(x), values(y), values(dy));
    let mut dx = vec![0.0; x.len()];
    each_output(x.shape()[0] * x.shape()[1], spatial(y.shape()), |plane, y, at| {
        let (norm, dy) = (y_flat[y], dy_flat[y]);
        window.each_tap(at, input, |tap| {
            let tap = plane * plane_len + tap;
            if norm != 0.0 && x_flat[tap] != 0.0 {
                dx[tap] += dy * x_flat[tap].signum() * (x_flat[tap].abs() / norm).powf(p - 1.0);
            }
        });
    });
    tensor(x.shape(), dx)
}
