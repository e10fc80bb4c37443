//! Batch norm over the channels of `[n, c, ...]`: training, inference, running statistics, gradients.
//!
//! y = (x - mean) / √(var + eps) * weight + bias. Training takes mean and biased variance from the batch; inference
//! takes the running ones, into which each step mixes the batch's mean and its *unbiased* variance, as PyTorch does.

use crate::array::{planes, tensor, values};
use crate::standardize::{Groups, channel_of, dweight, scale_shift};
use crate::{Tensor, sum_channels};

/// Mean and biased variance of each channel of `x [n, c, ...]`: `[c]` each.
pub fn batch_norm_statistics(x: &Tensor) -> (Tensor, Tensor) {
    let (mean, var) = Groups::by_channel(x.shape()).statistics(&values(x));
    (tensor(&[mean.len()], mean), tensor(&[var.len()], var))
}

/// Normalises `x [n, c, ...]` with given statistics `[c]`: the batch's own in training, the running ones at inference.
pub fn batch_norm(
    x: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    mean: &Tensor,
    var: &Tensor,
    eps: f64,
) -> Tensor {
    let x_hat = Groups::by_channel(x.shape()).standardize(&values(x), &values(mean), &values(var), eps);
    tensor(x.shape(), scale_shift(x_hat, &channel_of(x.shape()), weight, bias))
}

/// Training: `(y, mean, var)`, the batch's mean and biased variance `[c]` beside the output.
pub fn batch_norm_train(
    x: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> (Tensor, Tensor, Tensor) {
    let (mean, var) = batch_norm_statistics(x);
    (batch_norm(x, weight, bias, &mean, &var, eps), mean, var)
}

/// Gradient of [`batch_norm_train`] for `x`, through the statistics too; `mean` and `var` are the batch's.
pub fn batch_norm_train_dx(
    x: &Tensor,
    dy: &Tensor,
    weight: Option<&Tensor>,
    mean: &Tensor,
    var: &Tensor,
    eps: f64,
) -> Tensor {
    let groups = Groups::by_channel(x.shape());
    let x_hat = groups.standardize(&values(x), &values(mean), &values(var), eps);
    let dx_hat = scale_shift(values(dy).into_owned(), &channel_of(x.shape()), weight, None);
    tensor(x.shape(), groups.standardize_dx(&x_hat, &dx_hat, &values(var), eps))
}

/// Gradient for `x` at inference, where the statistics are constants: dy * weight / √(var + eps).
pub fn batch_norm_inference_dx(dy: &Tensor, weight: Option<&Tensor>, var: &Tensor, eps: f64) -> Tensor {
    let scaled = scale_shift(values(dy).into_owned(), &channel_of(dy.shape()), weight, None);
    let no_mean = vec![0.0; var.len()];
    tensor(dy.shape(), Groups::by_channel(dy.shape()).standardize(&scaled, &no_mean, &values(var), eps))
}

/// Gradient for the weight `[c]`, with the statistics that the forward pass used.
pub fn batch_norm_dweight(x: &Tensor, dy: &Tensor, mean: &Tensor, var: &Tensor, eps: f64) -> Tensor {
    let x_hat = Groups::by_channel(x.shape()).standardize(&values(x), &values(mean), &values(var), eps);
    dweight(&x_hat, dy, &channel_of(x.shape()), mean.shape())
}

/// Gradient for the bias `[c]`.
pub fn batch_norm_dbias(dy: &Tensor) -> Tensor {
    sum_channels(dy)
}

/// Running mean after a step: `(1 - momentum) * running + momentum * mean`.
pub fn batch_norm_running_mean(running: &Tensor, mean: &Tensor, momentum: f64) -> Tensor {
    running * (1.0 - momentum) + mean * momentum
}

/// Running variance after a step on a batch of shape `[n, c, ...]` with the biased variance `var`, which is made
/// unbiased first (infinite for one element a channel).
pub fn batch_norm_running_var(running: &Tensor, var: &Tensor, x_shape: &[usize], momentum: f64) -> Tensor {
    let [n, _, inner] = planes(x_shape);
    let count = (n * inner) as f64;
    running * (1.0 - momentum) + var * (momentum * count / (count - 1.0))
}
