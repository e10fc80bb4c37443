//! Layer norm and RMS norm over the last axes, with gradients.
//!
//! layer: y = (x - mean) / √(var + eps) * weight + bias. rms: y = x / √(mean of x² + eps) * weight. Both over all axes
//! from `axis` on; weight and bias have the shape of those axes.

use crate::Tensor;
use crate::array::{tensor, values};
use crate::standardize::{Groups, dbias, dweight, place_in_row, scale_shift};

/// Layer norm of `x` over its axes from `axis` on.
pub fn layer_norm(x: &Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>, axis: usize, eps: f64) -> Tensor {
    let rows = Rows::new(x.shape(), axis);
    tensor(x.shape(), scale_shift(rows.standardized(x, eps), &rows.place, weight, bias))
}

/// Gradient of [`layer_norm`] for `x`.
pub fn layer_norm_dx(x: &Tensor, dy: &Tensor, weight: Option<&Tensor>, axis: usize, eps: f64) -> Tensor {
    let rows = Rows::new(x.shape(), axis);
    let (_, var) = rows.groups.statistics(&values(x));
    let dx_hat = scale_shift(values(dy).into_owned(), &rows.place, weight, None);
    tensor(x.shape(), rows.groups.standardize_dx(&rows.standardized(x, eps), &dx_hat, &var, eps))
}

/// Gradient of [`layer_norm`] for its weight.
pub fn layer_norm_dweight(x: &Tensor, dy: &Tensor, axis: usize, eps: f64) -> Tensor {
    let rows = Rows::new(x.shape(), axis);
    dweight(&rows.standardized(x, eps), dy, &rows.place, &x.shape()[axis..])
}

/// Gradient of [`layer_norm`] for its bias.
pub fn layer_norm_dbias(dy: &Tensor, axis: usize) -> Tensor {
    dbias(dy, &Rows::new(dy.shape(), axis).place, &dy.shape()[axis..])
}

/// RMS norm of `x` over its axes from `axis` on.
pub fn rms_norm(x: &Tensor, weight: Option<&Tensor>, axis: usize, eps: f64) -> Tensor {
    let rows = Rows::new(x.shape(), axis);
    tensor(x.shape(), scale_shift(rows.scaled(x, eps), &rows.place, weight, None))
}

/// Gradient of [`rms_norm`] for `x`: (dx̂ - x̂ * mean of dx̂ x̂) / rms.
pub fn rms_norm_dx(x: &Tensor, dy: &Tensor, weight: Option<&Tensor>, axis: usize, eps: f64) -> Tensor {
    let rows = Rows::new(x.shape(), axis);
    let x_hat = rows.scaled(x, eps);
    let dx_hat = scale_shift(values(dy).into_owned(), &rows.place, weight, None);
    let along = rows.groups.means(|i| dx_hat[i] * x_hat[i]);
    let across: Vec<f64> = (0..x.len()).map(|i| dx_hat[i] - x_hat[i] * along[i / rows.len]).collect();
    let no_mean = vec![0.0; along.len()];
    tensor(x.shape(), rows.groups.standardize(&across, &no_mean, &rows.mean_squares(x), eps))
}

/// Gradient of [`rms_norm`] for its weight.
pub fn rms_norm_dweight(x: &Tensor, dy: &Tensor, axis: usize, eps: f64) -> Tensor {
    let rows = Rows::new(x.shape(), axis);
    dweight(&rows.scaled(x, eps), dy, &rows.place, &x.shape()[axis..])
}

/// The elements from `axis` on as one row, and each element's place in its row.
struct Rows {
    groups: Groups,
    place: Vec<usize>,
    len: usize,
}

impl Rows {
    fn new(shape: &[usize], axis: usize) -> Self {
        let (total, len) = (shape.iter().product(), shape[axis..].iter().product());
        Rows { groups: Groups::by_rows(total, len), place: place_in_row(total, len), len }
    }

    fn standardized(&self, x: &Tensor, eps: f64) -> Vec<f64> {
        let x = values(x);
        let (mean, var) = self.groups.statistics(&x);
        self.groups.standardize(&x, &mean, &var, eps)
    }

    fn mean_squares(&self, x: &Tensor) -> Vec<f64> {
        let x = values(x);
        self.groups.means(|i| x[i] * x[i])
    }

    /// x / √(mean of x² + eps): standardised around 0 instead of the mean.
    fn scaled(&self, x: &Tensor, eps: f64) -> Vec<f64> {
        let squares = self.mean_squares(x);
        self.groups.standardize(&values(x), &vec![0.0; squares.len()], &squares, eps)
    }
}
