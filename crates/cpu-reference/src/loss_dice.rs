//! Dice loss: one minus the overlap of predicted and true area, for segmentation.
//!
//! loss[n,c] = 1 - (2 sum of x t + smooth) / (sum of x + sum of t + smooth) over the places of each plane (Milletari et
//! al. 2016, with sums not squared, as in MONAI's DiceLoss); `x` are probabilities.

use crate::array::{planes, tensor, values};
use crate::{Reduction, Tensor};

/// Dice loss of probabilities `x [n, c, ...]` against `target` of the same shape: rank 0, or `[n, c]` without reduction.
pub fn dice_loss(x: &Tensor, target: &Tensor, smooth: f64, reduction: Reduction) -> Tensor {
    let [n, channels, _] = planes(x.shape());
    let losses = areas(x, target, smooth).iter().map(|[overlap, total]| 1.0 - overlap / total).collect();
    reduction.finish(losses, &[n, channels], reduction.divisor((n * channels) as f64, n))
}

/// Gradient of [`dice_loss`] for `x`: (overlap / total² - 2 t / total) for each place.
pub fn dice_loss_dx(x: &Tensor, target: &Tensor, dy: &Tensor, smooth: f64, reduction: Reduction) -> Tensor {
    let [n, channels, inner] = planes(x.shape());
    let dy = reduction.spread(dy, n * channels, reduction.divisor((n * channels) as f64, n));
    let areas = areas(x, target, smooth);
    let slope = |(at, t): (usize, &f64)| {
        let [overlap, total] = areas[at / inner];
        dy[at / inner] * (overlap / total - 2.0 * t) / total
    };
    tensor(x.shape(), values(target).iter().enumerate().map(slope).collect())
}

/// `[2 sum of x t + smooth, sum of x + sum of t + smooth]` of each plane.
fn areas(x: &Tensor, target: &Tensor, smooth: f64) -> Vec<[f64; 2]> {
    let [n, channels, inner] = planes(x.shape());
    let (x, target) = (values(x), values(target));
    let plane = |plane: usize| {
        let range = plane * inner..(plane + 1) * inner;
        let overlap: f64 = x[range.clone()].iter().zip(&target[range.clone()]).map(|(x, t)| x * t).sum();
        let total = x[range.clone()].iter().sum::<f64>() + target[range].iter().sum::<f64>();
        [2.0 * overlap + smooth, total + smooth]
    };
    (0..n * channels).map(plane).collect()
}
