//! Local response norm across neighbouring channels (Krizhevsky et al. 2012), and its gradient.
//!
//! y[c] = x[c] / (bias + alpha/size * sum of x[j]² for j in c - (size-1)/2 ..= c + size/2)^beta, channels outside left
//! out: ONNX's rule. PyTorch's is the same for odd sizes and has the longer half below `c` for even ones.

use crate::Tensor;
use crate::array::{planes, tensor, values};

/// Parameters of [`local_response_norm`], with PyTorch's names (`k` is ONNX's `bias`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalResponseNorm {
    /// Channels in a neighbourhood.
    pub size: usize,
    /// Factor of the mean square.
    pub alpha: f64,
    /// Exponent.
    pub beta: f64,
    /// Addend that keeps the denominator away from 0.
    pub k: f64,
}

impl LocalResponseNorm {
    /// Channels whose squares bear on channel `c`.
    fn neighbours(&self, c: usize, channels: usize) -> std::ops::Range<usize> {
        c.saturating_sub((self.size - 1) / 2)..(c + self.size / 2 + 1).min(channels)
    }

    /// k + alpha/size * sum of squares, for each element.
    fn scales(&self, x: &Tensor) -> Vec<f64> {
        let [_, channels, inner] = planes(x.shape());
        let flat = values(x);
        let scale = |i: usize| {
            let (c, first) = (i / inner % channels, i - i / inner % channels * inner);
            let squares: f64 = self.neighbours(c, channels).map(|j| flat[first + j * inner].powi(2)).sum();
            self.k + self.alpha / self.size as f64 * squares
        };
        (0..x.len()).map(scale).collect()
    }
}

/// Local response norm of `x [n, c, ...]`.
pub fn local_response_norm(x: &Tensor, norm: &LocalResponseNorm) -> Tensor {
    let y = values(x).iter().zip(norm.scales(x)).map(|(x, scale)| x / scale.powf(norm.beta)).collect();
    tensor(x.shape(), y)
}

/// Gradient of [`local_response_norm`] for `x`: each `dy[c]` reaches `x[c]` through the numerator, and every neighbour
/// through the denominator.
pub fn local_response_norm_dx(x: &Tensor, dy: &Tensor, norm: &LocalResponseNorm) -> Tensor {
    let [_, channels, inner] = planes(x.shape());
    let (x_flat, dy_flat, scales) = (values(x), values(dy), norm.scales(x));
    let mut dx = vec![0.0; x.len()];
    for i in 0..x.len() {
        let (c, first) = (i / inner % channels, i - i / inner % channels * inner);
        dx[i] += dy_flat[i] / scales[i].powf(norm.beta);
        let slope = dy_flat[i] * x_flat[i] * -norm.beta * scales[i].powf(-norm.beta - 1.0);
        for j in norm.neighbours(c, channels) {
            let at = first + j * inner;
            dx[at] += slope * 2.0 * norm.alpha / norm.size as f64 * x_flat[at];
        }
    }
    tensor(x.shape(), dx)
}
