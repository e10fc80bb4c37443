//! The step that batch, layer, group and instance norm share: mean 0 and variance 1 within groups of elements.
//!
//! x̂ = (x - mean) / √(variance + eps), the variance biased (over the number of elements). The norms differ only in
//! which elements form a group and which element of weight and bias each one meets: see `batch_norm.rs`,
//! `layer_norm.rs`, `group_norm.rs`.

use crate::Tensor;
use crate::array::{planes, tensor, values};

/// Which group each element belongs to, row-major, and how many elements a group has.
pub(crate) struct Groups {
    of: Vec<usize>,
    count: usize,
    len: usize,
}

impl Groups {
    /// One group a channel of `[n, c, ...]`: batch norm's.
    pub(crate) fn by_channel(shape: &[usize]) -> Self {
        let [n, channels, inner] = planes(shape);
        Groups { of: channel_of(shape), count: channels, len: n * inner }
    }

    /// One group every `len` elements in a row: layer norm's, and with the channels of a sample also group norm's.
    pub(crate) fn by_rows(total: usize, len: usize) -> Self {
        Groups { of: (0..total).map(|i| i / len).collect(), count: total / len.max(1), len }
    }

    /// Sum of `f(i)` over the elements `i` of each group.
    pub(crate) fn sums(&self, f: impl Fn(usize) -> f64) -> Vec<f64> {
        sums_by(&self.of, self.count, f)
    }

    /// Mean and biased variance of each group.
    pub(crate) fn statistics(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mean = self.means(|i| x[i]);
        let var = self.means(|i| (x[i] - mean[self.of[i]]).powi(2));
        (mean, var)
    }

    /// Mean of `f(i)` over the elements of each group.
    pub(crate) fn means(&self, f: impl Fn(usize) -> f64) -> Vec<f64> {
        self.sums(f).into_iter().map(|sum| sum / self.len as f64).collect()
    }

    /// x̂ for these statistics.
    pub(crate) fn standardize(&self, x: &[f64], mean: &[f64], var: &[f64], eps: f64) -> Vec<f64> {
        let group = |(x, &g): (&f64, &usize)| (x - mean[g]) / (var[g] + eps).sqrt();
        x.iter().zip(&self.of).map(group).collect()
    }

    /// Gradient for x through x̂ and its statistics, given that for x̂:
    /// dx = (dx̂ - mean of dx̂ - x̂ * mean of dx̂ x̂) / √(var + eps).
    pub(crate) fn standardize_dx(&self, x_hat: &[f64], dx_hat: &[f64], var: &[f64], eps: f64) -> Vec<f64> {
        let mean = self.means(|i| dx_hat[i]);
        let along = self.means(|i| dx_hat[i] * x_hat[i]);
        let at = |i: usize, g: usize| (dx_hat[i] - mean[g] - x_hat[i] * along[g]) / (var[g] + eps).sqrt();
        self.of.iter().enumerate().map(|(i, &g)| at(i, g)).collect()
    }
}

/// The channel of each element of `[n, c, ...]`.
pub(crate) fn channel_of(shape: &[usize]) -> Vec<usize> {
    let [n, channels, inner] = planes(shape);
    (0..n * channels * inner).map(|i| i / inner % channels).collect()
}

/// The place of each element in its row of `len`.
pub(crate) fn place_in_row(total: usize, len: usize) -> Vec<usize> {
    (0..total).map(|i| i % len).collect()
}

/// `x * weight + bias`, where element `i` meets number `of[i]` of each; 1 and 0 where they lack.
pub(crate) fn scale_shift(x: Vec<f64>, of: &[usize], weight: Option<&Tensor>, bias: Option<&Tensor>) -> Vec<f64> {
    let (weight, bias) = (weight.map(values), bias.map(values));
    let one = |(x, &j): (f64, &usize)| x * weight.as_ref().map_or(1.0, |w| w[j]) + bias.as_ref().map_or(0.0, |b| b[j]);
    x.into_iter().zip(of).map(one).collect()
}

/// Sum of `f(i)` over the elements `i` with the same `of[i]`.
pub(crate) fn sums_by(of: &[usize], count: usize, f: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; count];
    of.iter().enumerate().for_each(|(i, &g)| sums[g] += f(i));
    sums
}

/// Gradient of a weight that scaled `x_hat` in [`scale_shift`]: sum of dy x̂, of this shape.
pub(crate) fn dweight(x_hat: &[f64], dy: &Tensor, of: &[usize], shape: &[usize]) -> Tensor {
    let dy = values(dy);
    tensor(shape, sums_by(of, shape.iter().product(), |i| dy[i] * x_hat[i]))
}

/// Gradient of a bias in [`scale_shift`]: sum of dy, of this shape.
pub(crate) fn dbias(dy: &Tensor, of: &[usize], shape: &[usize]) -> Tensor {
    let dy = values(dy);
    tensor(shape, sums_by(of, shape.iter().product(), |i| dy[i]))
}
