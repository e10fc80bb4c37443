//! Losses that compare prediction and target number by number, each one arm of `apply` and one of `derivative`.
//!
//! Definitions are PyTorch's (`torch.nn.functional`) and, for focal loss, torchvision's `sigmoid_focal_loss`. Losses over
//! classes are in `loss_cross_entropy.rs`, over areas in `loss_dice.rs`.

use crate::array::{values, zip};
use crate::unary::{sigmoid, sign, softplus};
use crate::{Reduction, Tensor};

/// A loss of one prediction `x` against one target `t`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Squared error, (x - t)².
    Mse,
    /// Absolute error; slope 0 at 0.
    L1,
    /// ½(x - t)² up to `delta`, then linear with slope delta.
    Huber {
        /// Where the line begins.
        delta: f64,
    },
    /// ½(x - t)²/beta up to `beta`, then linear with slope 1; with beta 0 the absolute error.
    SmoothL1 {
        /// Where the line begins.
        beta: f64,
    },
    /// Binary cross-entropy of probabilities: -(t log x + (1 - t) log(1 - x)), each logarithm at least -100.
    Bce,
    /// Binary cross-entropy of logits: the same of sigmoid(x), stable, positives weighted by `pos_weight`.
    BceWithLogits {
        /// Factor of the loss of positives; 1 for none.
        pos_weight: f64,
    },
    /// t * (log t - x) for log-probabilities `x`; with `log_target` the target is a log-probability too.
    KlDiv {
        /// Whether the target is given as logarithm.
        log_target: bool,
    },
    /// max(0, 1 - t x) for targets -1 and 1; slope 0 at the kink.
    Hinge,
    /// Binary cross-entropy of logits times (1 - p)^gamma, where p is the probability given to the truth, and times
    /// alpha for positives, 1 - alpha for negatives (Lin et al. 2017). A negative alpha leaves that factor out.
    Focal {
        /// Weight of positives.
        alpha: f64,
        /// How much well-classified examples count less.
        gamma: f64,
    },
}

impl Loss {
    /// The loss of `x` against `t`.
    pub fn apply(self, x: f64, t: f64) -> f64 {
        let error = x - t;
        match self {
            Loss::Mse => error * error,
            Loss::L1 => error.abs(),
            Loss::Huber { delta } if error.abs() < delta => 0.5 * error * error,
            Loss::Huber { delta } => delta * (error.abs() - 0.5 * delta),
            Loss::SmoothL1 { beta } if error.abs() < beta => 0.5 * error * error / beta,
            Loss::SmoothL1 { beta } => error.abs() - 0.5 * beta,
            Loss::Bce => -(t * log_from_minus_100(x.ln()) + (1.0 - t) * log_from_minus_100((-x).ln_1p())),
            Loss::BceWithLogits { pos_weight } => pos_weight * t * softplus(-x) + (1.0 - t) * softplus(x),
            Loss::KlDiv { log_target: false } => {
                if t == 0.0 {
                    0.0
                } else {
                    t * (t.ln() - x)
                }
            }
            Loss::KlDiv { log_target: true } => t.exp() * (t - x),
            Loss::Hinge => {
                if t * x >= 1.0 {
                    0.0
                } else {
                    1.0 - t * x
                }
            }
            Loss::Focal { alpha, gamma } => {
                let entropy = t * softplus(-x) + (1.0 - t) * softplus(x);
                focal_weight(alpha, t) * entropy * missed(x, t).powf(gamma)
            }
        }
    }

    /// Slope of the loss along `x`.
    pub fn derivative(self, x: f64, t: f64) -> f64 {
        let error = x - t;
        match self {
            Loss::Mse => 2.0 * error,
            Loss::L1 => sign(error),
            Loss::Huber { delta } if error.abs() < delta => error,
            Loss::Huber { delta } => delta * sign(error),
            Loss::SmoothL1 { beta } if error.abs() < beta => error / beta,
            Loss::SmoothL1 { .. } => sign(error),
            Loss::Bce => error / ((1.0 - x) * x).max(1e-12),
            Loss::BceWithLogits { pos_weight } => (1.0 - t) * sigmoid(x) - pos_weight * t * sigmoid(-x),
            Loss::KlDiv { log_target: false } => -t,
            Loss::KlDiv { log_target: true } => -t.exp(),
            Loss::Hinge => {
                if t * x >= 1.0 {
                    0.0
                } else {
                    -t
                }
            }
            Loss::Focal { alpha, gamma } => {
                let entropy = t * softplus(-x) + (1.0 - t) * softplus(x);
                let missed_slope = (1.0 - 2.0 * t) * sigmoid(x) * sigmoid(-x);
                let by_entropy = (sigmoid(x) - t) * missed(x, t).powf(gamma);
                let by_weight = if gamma == 0.0 || missed_slope == 0.0 {
                    0.0
                } else {
                    entropy * gamma * missed(x, t).powf(gamma - 1.0) * missed_slope
                };
                focal_weight(alpha, t) * (by_entropy + by_weight)
            }
        }
    }
}

/// `kind` of `x` against `target`, of the same shape: rank 0, or that shape without reduction.
pub fn loss(kind: Loss, x: &Tensor, target: &Tensor, reduction: Reduction) -> Tensor {
    let losses = zip(x, target, |x, t| kind.apply(x, t));
    reduction.finish(values(&losses).into_owned(), x.shape(), divisor(x, reduction))
}

/// Gradient of [`loss`] for `x`.
pub fn loss_dx(kind: Loss, x: &Tensor, target: &Tensor, dy: &Tensor, reduction: Reduction) -> Tensor {
    let dy = reduction.spread(dy, x.len(), divisor(x, reduction));
    let dy = crate::array::tensor(x.shape(), dy);
    zip(&zip(x, target, |x, t| kind.derivative(x, t)), &dy, |slope, dy| slope * dy)
}

fn divisor(x: &Tensor, reduction: Reduction) -> f64 {
    reduction.divisor(x.len() as f64, x.shape().first().copied().unwrap_or(1))
}

/// PyTorch keeps the loss of a certain but wrong probability finite this way.
fn log_from_minus_100(log: f64) -> f64 {
    if log < -100.0 { -100.0 } else { log }
}

/// The probability not given to the truth, 1 - p_t.
fn missed(x: f64, t: f64) -> f64 {
    t * sigmoid(-x) + (1.0 - t) * sigmoid(x)
}

fn focal_weight(alpha: f64, t: f64) -> f64 {
    if alpha < 0.0 { 1.0 } else { alpha * t + (1.0 - alpha) * (1.0 - t) }
}
