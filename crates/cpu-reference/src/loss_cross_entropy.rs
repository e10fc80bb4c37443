//! Cross-entropy from logits and negative log-likelihood, for class indices or probabilities as targets.
//!
//! Each place's loss is -sum over classes of q * log_softmax(logits), and the variants differ in the coefficients `q`
//! alone: that is what `hard_targets` and `soft_targets` make, after PyTorch's `cross_entropy`. The gradient is
//! softmax * (sum of q) - q. Class axis is 1: `[n, c, ...]`.

use crate::array::{each_lane, planes, tensor, values};
use crate::{Reduction, Tensor, log_softmax, log_softmax_dx};

/// Options of [`cross_entropy`] and its relatives; the default is PyTorch's without an index to ignore.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrossEntropy {
    /// A factor for each class; the mean is then over the targets' weights.
    pub weight: Option<Vec<f64>>,
    /// How much of each target is spread evenly over all classes, 0 to 1.
    pub label_smoothing: f64,
    /// Targets of this index add neither loss nor weight.
    pub ignore_index: Option<i64>,
    /// What becomes of the losses; the batch mean divides by n.
    pub reduction: Reduction,
}

/// Coefficients `q [n, c, ...]` of -log_softmax and what the mean divides by.
struct Targets {
    q: Vec<f64>,
    divisor: f64,
}

/// Cross-entropy of `logits [n, c, ...]` against class `indices [n, ...]`: rank 0, or `[n, ...]` without reduction.
///
/// The mean is NaN where every target is ignored, as in PyTorch; the loss is NaN where an index is out of range.
pub fn cross_entropy(logits: &Tensor, indices: &Tensor, options: &CrossEntropy) -> Tensor {
    let targets = hard_targets(logits.shape(), indices, options);
    weighted(&log_softmax(logits, 1), &targets, options)
}

/// Gradient of [`cross_entropy`] for the logits.
pub fn cross_entropy_dx(logits: &Tensor, indices: &Tensor, dy: &Tensor, options: &CrossEntropy) -> Tensor {
    let log_probabilities = log_softmax(logits, 1);
    let targets = hard_targets(logits.shape(), indices, options);
    log_softmax_dx(&log_probabilities, &weighted_dx(logits.shape(), &targets, dy, options), 1)
}

/// Cross-entropy of `logits [n, c, ...]` against `probabilities` of the same shape; `ignore_index` does not apply, and
/// the mean is over places whatever the weights. Classes of probability 0 add nothing, even at a logit of -infinity.
pub fn cross_entropy_soft(logits: &Tensor, probabilities: &Tensor, options: &CrossEntropy) -> Tensor {
    weighted(&log_softmax(logits, 1), &soft_targets(probabilities, options), options)
}

/// Gradient of [`cross_entropy_soft`] for the logits.
pub fn cross_entropy_soft_dx(logits: &Tensor, probabilities: &Tensor, dy: &Tensor, options: &CrossEntropy) -> Tensor {
    let targets = soft_targets(probabilities, options);
    log_softmax_dx(&log_softmax(logits, 1), &weighted_dx(logits.shape(), &targets, dy, options), 1)
}

/// Negative log-likelihood of `log_probabilities [n, c, ...]` at class `indices [n, ...]`, reduced like
/// [`cross_entropy`].
pub fn nll_loss(log_probabilities: &Tensor, indices: &Tensor, options: &CrossEntropy) -> Tensor {
    weighted(log_probabilities, &hard_targets(log_probabilities.shape(), indices, options), options)
}

/// Gradient of [`nll_loss`] for the log-probabilities, of this shape.
pub fn nll_loss_dx(shape: &[usize], indices: &Tensor, dy: &Tensor, options: &CrossEntropy) -> Tensor {
    weighted_dx(shape, &hard_targets(shape, indices, options), dy, options)
}

/// q[t] = (1 - ε) weight[t], plus ε/c weight[k] for every class k; nothing where `t` is ignored. The divisor is the sum
/// of weight[t].
fn hard_targets(shape: &[usize], indices: &Tensor, options: &CrossEntropy) -> Targets {
    let classes = shape[1];
    let weight = |class: usize| options.weight.as_ref().map_or(1.0, |weight| weight[class]);
    let indices = values(indices);
    let mut targets = Targets { q: vec![0.0; shape.iter().product()], divisor: 0.0 };
    each_lane(shape, 1, |place, lane| {
        let index = indices[place];
        if options.ignore_index.is_some_and(|ignored| ignored as f64 == index) {
            return;
        }
        // A device cannot raise an error in a launch; NaN is what the training loop stops at.
        if !(0.0 <= index && index < classes as f64) {
            lane.for_each(|at| targets.q[at] = f64::NAN);
            return;
        }
        let truth = index as usize;
        targets.divisor += weight(truth);
        for (class, at) in lane.enumerate() {
            let sharp = if class == truth { 1.0 - options.label_smoothing } else { 0.0 };
            targets.q[at] = weight(class) * (sharp + options.label_smoothing / classes as f64);
        }
    });
    targets
}

/// q[k] = weight[k] * ((1 - ε) probability[k] + ε/c). The divisor is the number of places.
fn soft_targets(probabilities: &Tensor, options: &CrossEntropy) -> Targets {
    let [n, classes, inner] = planes(probabilities.shape());
    let smoothing = options.label_smoothing;
    let coefficient = |(at, p): (usize, &f64)| {
        let weight = options.weight.as_ref().map_or(1.0, |weight| weight[at / inner % classes]);
        weight * (p * (1.0 - smoothing) + smoothing / classes as f64)
    };
    let q = values(probabilities).iter().enumerate().map(coefficient).collect();
    Targets { q, divisor: (n * inner) as f64 }
}

fn weighted(log_probabilities: &Tensor, targets: &Targets, options: &CrossEntropy) -> Tensor {
    let shape = log_probabilities.shape();
    let flat = values(log_probabilities);
    let mut losses = Vec::new();
    // A class without weight is left out, since 0 * -infinity would be NaN.
    each_lane(shape, 1, |_, lane| {
        losses.push(lane.filter(|&at| targets.q[at] != 0.0).map(|at| -targets.q[at] * flat[at]).sum());
    });
    options.reduction.finish(losses, &without_classes(shape), options.reduction.divisor(targets.divisor, shape[0]))
}

fn weighted_dx(shape: &[usize], targets: &Targets, dy: &Tensor, options: &CrossEntropy) -> Tensor {
    let places: usize = without_classes(shape).iter().product();
    let dy = options.reduction.spread(dy, places, options.reduction.divisor(targets.divisor, shape[0]));
    let mut dx = vec![0.0; targets.q.len()];
    each_lane(shape, 1, |place, lane| lane.for_each(|at| dx[at] = -targets.q[at] * dy[place]));
    tensor(shape, dx)
}

fn without_classes(shape: &[usize]) -> Vec<usize> {
    [&shape[..1], &shape[2..]].concat()
}
