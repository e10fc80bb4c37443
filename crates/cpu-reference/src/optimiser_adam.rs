//! Adam and its relatives: AdamW and AMSGrad after `torch.optim`, LAMB and Lion after their papers.
//!
//! m and v are running means of gradient and squared gradient; m̂ = m / (1 - beta1^step), v̂ = v / (1 - beta2^step).
//! Conventions as in `optimiser_sgd.rs`.

use crate::unary::sign;

/// Hyper-parameters of [`adam`], [`adamw`] and [`lamb`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate.
    pub lr: f64,
    /// What stays of the means of gradient and squared gradient.
    pub betas: [f64; 2],
    /// Addend to the denominator.
    pub eps: f64,
    /// L2 penalty in [`adam`]; decoupled decay in [`adamw`] and [`lamb`].
    pub weight_decay: f64,
    /// Divide by the largest v so far (Reddi et al. 2018); not in [`lamb`].
    pub amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Adam { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0, amsgrad: false }
    }
}

impl Adam {
    /// Mixes `g` into both means and gives m̂ and √v̂ + eps; `v_max` is only used with `amsgrad`.
    fn moments(&self, step: u64, g: f64, m: &mut f64, v: &mut f64, v_max: Option<&mut f64>) -> [f64; 2] {
        let [beta1, beta2] = self.betas;
        *m = beta1 * *m + (1.0 - beta1) * g;
        *v = beta2 * *v + (1.0 - beta2) * g * g;
        let mut second = *v;
        if let Some(v_max) = v_max.filter(|_| self.amsgrad) {
            *v_max = v_max.max(*v);
            second = *v_max;
        }
        let correction = |beta: f64| 1.0 - beta.powf(step as f64);
        [*m / correction(beta1), second.sqrt() / correction(beta2).sqrt() + self.eps]
    }
}

/// g += decay w; w -= lr m̂ / (√v̂ + eps). Without AMSGrad `v_max` may be empty.
pub fn adam(hyper: &Adam, step: u64, w: &mut [f64], g: &[f64], m: &mut [f64], v: &mut [f64], v_max: &mut [f64]) {
    for i in 0..w.len() {
        let g = g[i] + hyper.weight_decay * w[i];
        let [mean, scale] = hyper.moments(step, g, &mut m[i], &mut v[i], v_max.get_mut(i));
        w[i] -= hyper.lr * mean / scale;
    }
}

/// w *= 1 - lr decay; w -= lr m̂ / (√v̂ + eps) (Loshchilov and Hutter 2019). PyTorch's default decay is 0.01.
pub fn adamw(hyper: &Adam, step: u64, w: &mut [f64], g: &[f64], m: &mut [f64], v: &mut [f64], v_max: &mut [f64]) {
    for i in 0..w.len() {
        let [mean, scale] = hyper.moments(step, g[i], &mut m[i], &mut v[i], v_max.get_mut(i));
        w[i] = w[i] * (1.0 - hyper.lr * hyper.weight_decay) - hyper.lr * mean / scale;
    }
}

/// LAMB (You et al. 2020): u = m̂ / (√v̂ + eps) + decay w; w -= lr (|w| / |u|) u, norms over the whole slice, which is
/// one parameter; the ratio is 1 where a norm is 0. Its usual eps is 1e-6.
pub fn lamb(hyper: &Adam, step: u64, w: &mut [f64], g: &[f64], m: &mut [f64], v: &mut [f64]) {
    let mut update = vec![0.0; w.len()];
    for i in 0..w.len() {
        let [mean, scale] = hyper.moments(step, g[i], &mut m[i], &mut v[i], None);
        update[i] = mean / scale + hyper.weight_decay * w[i];
    }
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (of_w, of_update) = (norm(w), norm(&update));
    let ratio = if of_w > 0.0 && of_update > 0.0 { of_w / of_update } else { 1.0 };
    w.iter_mut().zip(update).for_each(|(w, u)| *w -= hyper.lr * ratio * u);
}

/// Hyper-parameters of [`lion`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lion {
    /// Learning rate, a third to a tenth of Adam's.
    pub lr: f64,
    /// What stays of the mean in the direction, and in the mean itself.
    pub betas: [f64; 2],
    /// Decoupled decay.
    pub weight_decay: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Lion { lr: 1e-4, betas: [0.9, 0.99], weight_decay: 0.0 }
    }
}

/// Lion (Chen et al. 2023): w *= 1 - lr decay; w -= lr sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g.
pub fn lion(hyper: &Lion, w: &mut [f64], g: &[f64], m: &mut [f64]) {
    let [beta1, beta2] = hyper.betas;
    for i in 0..w.len() {
        let direction = sign(beta1 * m[i] + (1.0 - beta1) * g[i]);
        w[i] = w[i] * (1.0 - hyper.lr * hyper.weight_decay) - hyper.lr * direction;
        m[i] = beta2 * m[i] + (1.0 - beta2) * g[i];
    }
}
