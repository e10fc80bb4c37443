//! RMSprop, Adagrad and Adadelta, after `torch.optim`.
//!
//! Conventions as in `optimiser_sgd.rs`; all three add weight_decay * w to the gradient first.

/// Hyper-parameters of [`rmsprop`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    /// Learning rate.
    pub lr: f64,
    /// What stays of the mean squared gradient.
    pub alpha: f64,
    /// Addend to the denominator.
    pub eps: f64,
    /// How much of the last step's velocity stays; 0 for none.
    pub momentum: f64,
    /// Divide by the standard deviation instead of the root mean square.
    pub centered: bool,
    /// L2 penalty.
    pub weight_decay: f64,
}

impl Default for RmsProp {
    fn default() -> Self {
        RmsProp { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: 0.0, centered: false, weight_decay: 0.0 }
    }
}

/// s = alpha s + (1 - alpha) g²; d = g / (√s + eps), or centred g / (√(s - mean²) + eps); w -= lr d, or with momentum
/// v = momentum v + d; w -= lr v. `mean` and `velocity` may be empty where not used.
pub fn rmsprop(hyper: &RmsProp, w: &mut [f64], g: &[f64], squares: &mut [f64], mean: &mut [f64], velocity: &mut [f64]) {
    for i in 0..w.len() {
        let g = g[i] + hyper.weight_decay * w[i];
        squares[i] = hyper.alpha * squares[i] + (1.0 - hyper.alpha) * g * g;
        let mut variance = squares[i];
        if hyper.centered {
            mean[i] = hyper.alpha * mean[i] + (1.0 - hyper.alpha) * g;
            variance -= mean[i] * mean[i];
        }
        let mut direction = g / (variance.sqrt() + hyper.eps);
        if hyper.momentum > 0.0 {
            velocity[i] = hyper.momentum * velocity[i] + direction;
            direction = velocity[i];
        }
        w[i] -= hyper.lr * direction;
    }
}

/// Hyper-parameters of [`adagrad`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adagrad {
    /// Learning rate.
    pub lr: f64,
    /// The rate on step k is lr / (1 + (k - 1) * lr_decay).
    pub lr_decay: f64,
    /// Addend to the denominator.
    pub eps: f64,
    /// L2 penalty.
    pub weight_decay: f64,
}

impl Default for Adagrad {
    fn default() -> Self {
        Adagrad { lr: 0.01, lr_decay: 0.0, eps: 1e-10, weight_decay: 0.0 }
    }
}

/// s += g²; w -= rate g / (√s + eps).
pub fn adagrad(hyper: &Adagrad, step: u64, w: &mut [f64], g: &[f64], squares: &mut [f64]) {
    let rate = hyper.lr / (1.0 + (step - 1) as f64 * hyper.lr_decay);
    for i in 0..w.len() {
        let g = g[i] + hyper.weight_decay * w[i];
        squares[i] += g * g;
        w[i] -= rate * g / (squares[i].sqrt() + hyper.eps);
    }
}

/// Hyper-parameters of [`adadelta`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adadelta {
    /// Factor of the update.
    pub lr: f64,
    /// What stays of both means of squares.
    pub rho: f64,
    /// Addend under both roots.
    pub eps: f64,
    /// L2 penalty.
    pub weight_decay: f64,
}

impl Default for Adadelta {
    fn default() -> Self {
        Adadelta { lr: 1.0, rho: 0.9, eps: 1e-6, weight_decay: 0.0 }
    }
}

/// s = rho s + (1 - rho) g²; d = √(u + eps) / √(s + eps) g; u = rho u + (1 - rho) d²; w -= lr d.
pub fn adadelta(hyper: &Adadelta, w: &mut [f64], g: &[f64], squares: &mut [f64], updates: &mut [f64]) {
    for i in 0..w.len() {
        let g = g[i] + hyper.weight_decay * w[i];
        squares[i] = hyper.rho * squares[i] + (1.0 - hyper.rho) * g * g;
        let update = ((updates[i] + hyper.eps) / (squares[i] + hyper.eps)).sqrt() * g;
        updates[i] = hyper.rho * updates[i] + (1.0 - hyper.rho) * update * update;
        w[i] -= hyper.lr * update;
    }
}
