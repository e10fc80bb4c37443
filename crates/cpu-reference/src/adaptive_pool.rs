//! Adaptive and global pooling: the output size is given, the windows follow from it.
//!
//! Output `p` of `output` covers input `floor(p*input/output) .. ceil((p+1)*input/output)`, PyTorch's rule; windows may
//! overlap and differ in size. Global pooling is output 1. Conventions on ties and NaN are those of `max_pool.rs`.

use crate::Tensor;
use crate::array::{tensor, values};
use crate::window::{each_output, spatial, with_spatial};

/// Averages of `x [n, c, ...]` over windows that make `output [d, h, w]` (missing axes 1).
pub fn adaptive_average_pool(x: &Tensor, output: [usize; 3]) -> Tensor {
    let y_shape = with_spatial(x.shape()[0], x.shape()[1], output, x.shape());
    let x_flat = values(x);
    let mut y = vec![0.0; y_shape.iter().product()];
    each_window(x.shape(), output, |at, window| {
        y[at] = window.iter().map(|&i| x_flat[i]).sum::<f64>() / window.len() as f64;
    });
    tensor(&y_shape, y)
}

/// Gradient of [`adaptive_average_pool`] for its input, of shape `x_shape`.
pub fn adaptive_average_pool_dx(dy: &Tensor, x_shape: &[usize]) -> Tensor {
    let dy_flat = values(dy);
    let mut dx = vec![0.0; x_shape.iter().product()];
    each_window(x_shape, spatial(dy.shape()), |at, window| {
        window.iter().for_each(|&i| dx[i] += dy_flat[at] / window.len() as f64);
    });
    tensor(x_shape, dx)
}

/// Maxima of `x [n, c, ...]` over windows that make `output [d, h, w]` (missing axes 1).
pub fn adaptive_max_pool(x: &Tensor, output: [usize; 3]) -> Tensor {
    let y_shape = with_spatial(x.shape()[0], x.shape()[1], output, x.shape());
    let x_flat = values(x);
    let mut y = vec![0.0; y_shape.iter().product()];
    each_window(x.shape(), output, |at, window| y[at] = x_flat[winner(&x_flat, window)]);
    tensor(&y_shape, y)
}

/// Gradient of [`adaptive_max_pool`] for `x`: each `dy` goes to its window's winner.
pub fn adaptive_max_pool_dx(x: &Tensor, dy: &Tensor) -> Tensor {
    let (x_flat, dy_flat) = (values(x), values(dy));
    let mut dx = vec![0.0; x.len()];
    each_window(x.shape(), spatial(dy.shape()), |at, window| dx[winner(&x_flat, window)] += dy_flat[at]);
    tensor(x.shape(), dx)
}

/// Mean of each plane of `x [n, c, ...]`: `y [n, c, 1, ...]`.
pub fn global_average_pool(x: &Tensor) -> Tensor {
    adaptive_average_pool(x, [1; 3])
}

/// Gradient of [`global_average_pool`] for its input, of shape `x_shape`.
pub fn global_average_pool_dx(dy: &Tensor, x_shape: &[usize]) -> Tensor {
    adaptive_average_pool_dx(dy, x_shape)
}

/// Largest element of each plane of `x [n, c, ...]`: `y [n, c, 1, ...]`.
pub fn global_max_pool(x: &Tensor) -> Tensor {
    adaptive_max_pool(x, [1; 3])
}

/// Gradient of [`global_max_pool`] for `x`.
pub fn global_max_pool_dx(x: &Tensor, dy: &Tensor) -> Tensor {
    adaptive_max_pool_dx(x, dy)
}

/// The first of the largest, or the last NaN.
fn winner(x: &[f64], window: &[usize]) -> usize {
    let mut best = window[0];
    for &i in &window[1..] {
        if x[i] > x[best] || x[i].is_nan() {
            best = i;
        }
    }
    best
}

/// Calls `f` with each output's flat position and the flat positions of its window in `x`, in row order.
fn each_window(x_shape: &[usize], output: [usize; 3], mut f: impl FnMut(usize, &[usize])) {
    let input = spatial(x_shape);
    let plane_len: usize = input.iter().product();
    let cover = |axis: usize, p: usize| p * input[axis] / output[axis]..((p + 1) * input[axis]).div_ceil(output[axis]);
    let mut window = Vec::new();
    each_output(x_shape[0] * x_shape[1], output, |plane, y, at| {
        window.clear();
        for d in cover(0, at[0]) {
            for h in cover(1, at[1]) {
                window.extend(cover(2, at[2]).map(|w| plane * plane_len + (d * input[1] + h) * input[2] + w));
            }
        }
        f(y, &window);
    });
}
