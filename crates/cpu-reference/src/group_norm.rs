//! Group norm over the channels of a sample, and instance norm, which is one group a channel; with gradients.
//!
//! y = (x - mean) / √(var + eps) * weight[c] + bias[c], the statistics taken over each sample's `c / groups` channels
//! that form a group. Those lie side by side, so a group is a row of `x [n, c, ...]`.

use crate::array::{tensor, values};
use crate::standardize::{Groups, channel_of, dweight, scale_shift};
use crate::{Tensor, sum_channels};

/// Group norm of `x [n, c, ...]`; weight and bias are `[c]`.
pub fn group_norm(x: &Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>, groups: usize, eps: f64) -> Tensor {
    tensor(x.shape(), scale_shift(standardized(x, groups, eps), &channel_of(x.shape()), weight, bias))
}

/// Gradient of [`group_norm`] for `x`.
pub fn group_norm_dx(x: &Tensor, dy: &Tensor, weight: Option<&Tensor>, groups: usize, eps: f64) -> Tensor {
    let rows = rows(x.shape(), groups);
    let (_, var) = rows.statistics(&values(x));
    let dx_hat = scale_shift(values(dy).into_owned(), &channel_of(x.shape()), weight, None);
    tensor(x.shape(), rows.standardize_dx(&standardized(x, groups, eps), &dx_hat, &var, eps))
}

/// Gradient of [`group_norm`] for its weight `[c]`.
pub fn group_norm_dweight(x: &Tensor, dy: &Tensor, groups: usize, eps: f64) -> Tensor {
    dweight(&standardized(x, groups, eps), dy, &channel_of(x.shape()), &[x.shape()[1]])
}

/// Gradient of [`group_norm`] for its bias `[c]`.
pub fn group_norm_dbias(dy: &Tensor) -> Tensor {
    sum_channels(dy)
}

/// Instance norm of `x [n, c, ...]`: every channel of every sample by itself; its gradients are those of group norm
/// with as many groups as channels.
pub fn instance_norm(x: &Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>, eps: f64) -> Tensor {
    group_norm(x, weight, bias, x.shape()[1], eps)
}

fn rows(shape: &[usize], groups: usize) -> Groups {
    let total = shape.iter().product();
    Groups::by_rows(total, total / (shape[0] * groups))
}

fn standardized(x: &Tensor, groups: usize, eps: f64) -> Vec<f64> {
    let (rows, x) = (rows(x.shape(), groups), values(x));
    let (mean, var) = rows.statistics(&x);
    rows.standardize(&x, &mean, &var, eps)
}
