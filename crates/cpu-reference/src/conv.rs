//! Convolution over 1 to 3 spatial axes, with groups, and its three gradients.
//!
//! y[n,k,p,q] = bias[k] + sum over c,r,s of weight[k,c,r,s] * x[n, c, p*stride + r*dilation - pad, q*stride + ...]
//!
//! (cross-correlation, as in PyTorch and ONNX). All three loops visit the same pairs of rows, `each_row`, and differ
//! only in which of the three tensors they write; `conv_transpose.rs` reuses them with the roles exchanged.

use crate::array::{tensor, values};
use crate::window::{spatial, with_spatial};
use crate::{Tensor, Window, sum_channels};

/// Convolution of `x [n, c, ...]` with `weight [k, c/groups, ...]`, plus `bias [k]`: `y [n, k, ...]`.
pub fn conv(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, window: &Window, groups: usize) -> Tensor {
    let size = window.output(spatial(x.shape())).expect("invariant: the graph checked that the window fits");
    let mut y = conv_sized(x, weight, size, window, groups);
    if let Some(bias) = bias {
        add_channels(&mut y, bias);
    }
    y
}

/// Convolution without bias to outputs of the given size: windows past the end read nothing there.
pub(crate) fn conv_sized(x: &Tensor, weight: &Tensor, size: [usize; 3], window: &Window, groups: usize) -> Tensor {
    let y_shape = with_spatial(x.shape()[0], weight.shape()[0], size, x.shape());
    let mut y = vec![0.0; y_shape.iter().product()];
    let (x_flat, weight, step) = (values(x), values(weight), window.stride[2]);
    each_row(x.shape(), &y_shape, window, groups, |row| {
        let w = weight[row.weight];
        let y = &mut y[row.y..row.y + row.len];
        if step == 1 {
            y.iter_mut().zip(&x_flat[row.x..row.x + row.len]).for_each(|(y, x)| *y += w * x);
        } else {
            y.iter_mut().zip(x_flat[row.x..].iter().step_by(step)).for_each(|(y, x)| *y += w * x);
        }
    });
    tensor(&y_shape, y)
}

/// Gradient of [`conv`] for its input, of shape `x_shape`, from `dy [n, k, ...]`.
pub fn conv_dx(dy: &Tensor, weight: &Tensor, x_shape: &[usize], window: &Window, groups: usize) -> Tensor {
    let mut dx = vec![0.0; x_shape.iter().product()];
    let (dy_flat, weight, step) = (values(dy), values(weight), window.stride[2]);
    each_row(x_shape, dy.shape(), window, groups, |row| {
        let w = weight[row.weight];
        let dy = &dy_flat[row.y..row.y + row.len];
        if step == 1 {
            dx[row.x..row.x + row.len].iter_mut().zip(dy).for_each(|(dx, dy)| *dx += w * dy);
        } else {
            dx[row.x..].iter_mut().step_by(step).zip(dy).for_each(|(dx, dy)| *dx += w * dy);
        }
    });
    tensor(x_shape, dx)
}

/// Gradient of [`conv`] for its weight, of shape `weight_shape`, from `x [n, c, ...]` and `dy [n, k, ...]`.
pub fn conv_dweight(x: &Tensor, dy: &Tensor, weight_shape: &[usize], window: &Window, groups: usize) -> Tensor {
    let mut dweight = vec![0.0; weight_shape.iter().product()];
    let (x_flat, dy_flat, step) = (values(x), values(dy), window.stride[2]);
    each_row(x.shape(), dy.shape(), window, groups, |row| {
        let dy = &dy_flat[row.y..row.y + row.len];
        dweight[row.weight] += if step == 1 {
            dot(dy, &x_flat[row.x..row.x + row.len])
        } else {
            dy.iter().zip(x_flat[row.x..].iter().step_by(step)).map(|(dy, x)| dy * x).sum::<f64>()
        };
    });
    tensor(weight_shape, dweight)
}

/// Gradient of [`conv`] for its bias `[k]`: the sum of `dy [n, k, ...]` over everything but channels.
pub fn conv_dbias(dy: &Tensor) -> Tensor {
    sum_channels(dy)
}

/// Sum of products, in four interleaved parts so that the compiler may use vectors.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a_parts, b_parts) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Adds `bias [k]` to every element of its channel of `y [n, k, ...]`.
pub(crate) fn add_channels(y: &mut Tensor, bias: &Tensor) {
    let [_, channels, inner] = crate::array::planes(y.shape());
    let bias = values(bias);
    for (i, y) in y.iter_mut().enumerate() {
        *y += bias[i / inner % channels];
    }
}

/// `len` products of one weight: input from `x` on, `stride` apart, against output from `y` on, side by side.
struct Row {
    x: usize,
    y: usize,
    weight: usize,
    len: usize,
}

/// Visits every row of products between x `[n, c, ...]`, weight `[k, c/groups, ...]` and y `[n, k, ...]`; taps in the
/// padding are left out.
fn each_row(x_shape: &[usize], y_shape: &[usize], window: &Window, groups: usize, mut visit: impl FnMut(Row)) {
    let (input, output) = (spatial(x_shape), spatial(y_shape));
    let (x_plane, y_plane): (usize, usize) = (input.iter().product(), output.iter().product());
    let (channels, filters) = (x_shape[1] / groups, y_shape[1]);
    let [taps_d, taps_r, taps_s] = window.kernel;
    for n in 0..x_shape[0] {
        for k in 0..filters {
            let group = k / (filters / groups);
            let mut weight = k * channels * taps_d * taps_r * taps_s;
            for c in group * channels..(group + 1) * channels {
                let (x_start, y_start) = ((n * x_shape[1] + c) * x_plane, (n * filters + k) * y_plane);
                for tap in (0..taps_d * taps_r * taps_s).map(|t| [t / taps_s / taps_r, t / taps_s % taps_r, t % taps_s])
                {
                    let [ds, ps, qs] = [0, 1, 2].map(|axis| window.reach(axis, tap[axis], input[axis], output[axis]));
                    if !qs.is_empty() {
                        let w = window.source(2, tap[2], qs.start);
                        for d in ds {
                            for p in ps.clone() {
                                let row = window.source(0, tap[0], d) * input[1] + window.source(1, tap[1], p);
                                let x = x_start + row * input[2] + w;
                                let y = y_start + (d * output[1] + p) * output[2] + qs.start;
                                visit(Row { x, y, weight, len: qs.len() });
                            }
                        }
                    }
                    weight += 1;
                }
            }
        }
    }
}
