//! Stochastic gradient descent with momentum, after `torch.optim.SGD`.
//!
//! All optimisers here change the parameters `w` and their moments in place, given the gradient `g`: slices of one
//! length. `step` counts from 1. Moments start at 0. The others are in `optimiser_adam.rs`, `optimiser_adaptive.rs`.

/// Hyper-parameters of [`sgd`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f64,
    /// How much of the last step's velocity stays; 0 for none.
    pub momentum: f64,
    /// How much less the gradient adds to the velocity; the first step is not damped.
    pub dampening: f64,
    /// Whether to look ahead along the velocity.
    pub nesterov: bool,
    /// L2 penalty: weight_decay * w is added to the gradient.
    pub weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Sgd { lr: 1e-3, momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

/// g += decay w; v = momentum v + (1 - dampening) g (on step 1: v = g); w -= lr v, or with Nesterov w -= lr (g +
/// momentum v). Without momentum `velocity` may be empty.
pub fn sgd(hyper: &Sgd, step: u64, w: &mut [f64], g: &[f64], velocity: &mut [f64]) {
    for (i, (w, &g)) in w.iter_mut().zip(g).enumerate() {
        let g = g + hyper.weight_decay * *w;
        if hyper.momentum == 0.0 {
            *w -= hyper.lr * g;
            continue;
        }
        let v = &mut velocity[i];
        *v = if step == 1 { g } else { hyper.momentum * *v + (1.0 - hyper.dampening) * g };
        *w -= hyper.lr * if hyper.nesterov { g + hyper.momentum * *v } else { *v };
    }
}
