//! Max pooling over 1 to 3 spatial axes and its gradient.
//!
//! y[n,c,p,q] = max over r,s of x[n, c, p*stride + r*dilation - pad, q*stride + s*dilation - pad]
//!
//! Taps outside `x` are skipped, so padding cannot win. Among equals the first in row order wins, and it alone gets the
//! gradient. NaN wins over numbers (the last NaN, as in PyTorch). A window wholly in the padding gives -infinity.

use crate::array::{tensor, values};
use crate::window::{each_output, spatial, with_spatial};
use crate::{Tensor, Window};

/// Max pooling of `x [n, c, ...]`; with `ceil_mode` a last window may hang over the end.
pub fn max_pool(x: &Tensor, window: &Window, ceil_mode: bool) -> Tensor {
    let y_shape = pooled(x.shape(), window, ceil_mode);
    let x_flat = values(x);
    let y = winners(x, &y_shape, window).iter().map(|w| w.map_or(f64::NEG_INFINITY, |at| x_flat[at])).collect();
    tensor(&y_shape, y)
}

/// For each output of [`max_pool`] the winner's flat row-major position in the whole of `x` (ONNX's `Indices`); -1 for
/// a window wholly in the padding.
pub fn max_pool_indices(x: &Tensor, window: &Window, ceil_mode: bool) -> Tensor {
    let y_shape = pooled(x.shape(), window, ceil_mode);
    let indices = winners(x, &y_shape, window).iter().map(|w| w.map_or(-1.0, |at| at as f64)).collect();
    tensor(&y_shape, indices)
}

/// Gradient of [`max_pool`] for `x`: each `dy` goes to its window's winner.
pub fn max_pool_dx(x: &Tensor, dy: &Tensor, window: &Window) -> Tensor {
    let mut dx = vec![0.0; x.len()];
    for (winner, dy) in winners(x, dy.shape(), window).iter().zip(values(dy).iter()) {
        if let Some(at) = winner {
            dx[*at] += dy;
        }
    }
    tensor(x.shape(), dx)
}

/// Shape of what a pooling window makes of `x_shape [n, c, ...]`.
pub(crate) fn pooled(x_shape: &[usize], window: &Window, ceil_mode: bool) -> Vec<usize> {
    let input = spatial(x_shape);
    let size = if ceil_mode { window.output_ceil(input) } else { window.output(input) };
    let size = size.expect("invariant: the graph checked that the window fits");
    with_spatial(x_shape[0], x_shape[1], size, x_shape)
}

fn winners(x: &Tensor, y_shape: &[usize], window: &Window) -> Vec<Option<usize>> {
    let input = spatial(x.shape());
    let plane_len: usize = input.iter().product();
    let x = values(x);
    let mut winners = vec![None; y_shape.iter().product()];
    each_output(y_shape[0] * y_shape[1], spatial(y_shape), |plane, y, at| {
        let mut best: Option<usize> = None;
        window.each_tap(at, input, |tap| {
            let tap = plane * plane_len + tap;
            if best.is_none_or(|best| x[tap] > x[best] || x[tap].is_nan()) {
                best = Some(tap);
            }
        });
        winners[y] = best;
    });
    winners
}
