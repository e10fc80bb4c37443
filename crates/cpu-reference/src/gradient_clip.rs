//! What happens to gradients and weights around an optimiser's step: clipping, and averaging of the weights.
//!
//! Apart from the optimisers because each combines with all of them.

/// Scales all gradients together so that their common L2 norm is at most `max_norm`; gives the norm that they had.
///
/// The factor is max_norm / (norm + 1e-6), at most 1, as in `torch.nn.utils.clip_grad_norm_`.
pub fn clip_grad_norm(gradients: &mut [&mut [f64]], max_norm: f64) -> f64 {
    let squares: f64 = gradients.iter().flat_map(|g| g.iter()).map(|g| g * g).sum();
    let factor = (max_norm / (squares.sqrt() + 1e-6)).min(1.0);
    gradients.iter_mut().flat_map(|g| g.iter_mut()).for_each(|g| *g *= factor);
    squares.sqrt()
}

/// Holds every gradient between -limit and limit; NaN stays.
pub fn clip_grad_value(gradient: &mut [f64], limit: f64) {
    gradient.iter_mut().for_each(|g| *g = g.clamp(-limit, limit));
}

/// Exponential moving average of weights: average = decay * average + (1 - decay) * w.
pub fn moving_average(average: &mut [f64], w: &[f64], decay: f64) {
    average.iter_mut().zip(w).for_each(|(average, w)| *average = decay * *average + (1.0 - decay) * w);
}
