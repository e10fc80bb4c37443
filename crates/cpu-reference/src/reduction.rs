//! How a loss for each element becomes the loss that is returned: PyTorch's `reduction`.
//!
//! Shared by the files `loss_*.rs`. Reduced losses have rank 0.

use crate::Tensor;
use crate::array::{scalar, tensor, values};

/// PyTorch's `reduction` of a loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// The losses as they are.
    None,
    /// Their sum over their number (over the sum of weights in cross-entropy).
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Their sum over the batch size, the first axis of the input: what KL divergence means mathematically.
    BatchMean,
}

impl Reduction {
    /// The number by which the sum is divided: `total` for the mean, `batch` for the batch mean, else 1.
    pub(crate) fn divisor(self, total: f64, batch: usize) -> f64 {
        match self {
            Reduction::None | Reduction::Sum => 1.0,
            Reduction::Mean => total,
            Reduction::BatchMean => batch as f64,
        }
    }

    /// `losses` of this shape as they are, or their sum over `divisor`.
    pub(crate) fn finish(self, losses: Vec<f64>, shape: &[usize], divisor: f64) -> Tensor {
        match self {
            Reduction::None => tensor(shape, losses),
            _ => scalar(losses.iter().sum::<f64>() / divisor),
        }
    }

    /// What reaches the loss at each of `count` places from the gradient of the result.
    pub(crate) fn spread(self, dy: &Tensor, count: usize, divisor: f64) -> Vec<f64> {
        match self {
            Reduction::None => values(dy).into_owned(),
            _ => vec![values(dy)[0] / divisor; count],
        }
    }
}
