//! First values of parameters: PyTorch's `nn.init` formulas over the counter-based generator.
//!
//! A parameter is a function of (seed, its own stream): it does not depend on which others exist. Values are rounded to
//! f32, so that every executor starts from the same bits. Draws are made at step 2³² - 1, which no training step
//! reaches, so a parameter and a dropout may share a stream.

use crate::Tensor;
use crate::array::tensor;
use crate::philox::{normal, uniform};

const INIT_STEP: u32 = u32::MAX;

/// What follows the layer, for [`gain`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nonlinearity {
    /// Nothing, or sigmoid: gain 1.
    Linear,
    /// Gain 5/3.
    Tanh,
    /// Gain √2.
    Relu,
    /// Gain √(2 / (1 + slope²)).
    LeakyRelu {
        /// Its negative slope.
        slope: f64,
    },
    /// Gain 3/4.
    Selu,
}

/// PyTorch's recommended gain.
pub fn gain(nonlinearity: Nonlinearity) -> f64 {
    match nonlinearity {
        Nonlinearity::Linear => 1.0,
        Nonlinearity::Tanh => 5.0 / 3.0,
        Nonlinearity::Relu => 2f64.sqrt(),
        Nonlinearity::LeakyRelu { slope } => (2.0 / (1.0 + slope * slope)).sqrt(),
        Nonlinearity::Selu => 0.75,
    }
}

/// Inputs that reach one output, and outputs that one input reaches, for a weight `[out, in, kernel...]`.
pub fn fan_in_out(shape: &[usize]) -> [usize; 2] {
    let kernel: usize = shape[2..].iter().product();
    [shape[1] * kernel, shape[0] * kernel]
}

/// Uniform between -bound and bound.
pub fn uniform_init(shape: &[usize], bound: f64, seed: u64, stream: u32) -> Tensor {
    filled(shape, |i| bound * (2.0 * f64::from(uniform(seed, stream, INIT_STEP, i)) - 1.0))
}

/// Normal with mean 0 and this standard deviation.
pub fn normal_init(shape: &[usize], std: f64, seed: u64, stream: u32) -> Tensor {
    filled(shape, |i| std * normal(seed, stream, INIT_STEP, i))
}

/// Kaiming uniform: bound gain * √(3 / fan), where `fan` is one of [`fan_in_out`]'s (He et al. 2015).
pub fn kaiming_uniform(shape: &[usize], fan: usize, gain: f64, seed: u64, stream: u32) -> Tensor {
    uniform_init(shape, gain * (3.0 / fan as f64).sqrt(), seed, stream)
}

/// Kaiming normal: standard deviation gain / √fan.
pub fn kaiming_normal(shape: &[usize], fan: usize, gain: f64, seed: u64, stream: u32) -> Tensor {
    normal_init(shape, gain / (fan as f64).sqrt(), seed, stream)
}

/// Xavier uniform: bound gain * √(6 / (fan in + fan out)) (Glorot and Bengio 2010).
pub fn xavier_uniform(shape: &[usize], gain: f64, seed: u64, stream: u32) -> Tensor {
    uniform_init(shape, gain * (6.0 / fans(shape)).sqrt(), seed, stream)
}

/// Xavier normal: standard deviation gain * √(2 / (fan in + fan out)).
pub fn xavier_normal(shape: &[usize], gain: f64, seed: u64, stream: u32) -> Tensor {
    normal_init(shape, gain * (2.0 / fans(shape)).sqrt(), seed, stream)
}

/// What PyTorch gives weights and biases of linear and convolution layers: uniform within 1 / √(fan in).
///
/// `fan_in` is the weight's, for its bias too.
pub fn default_init(shape: &[usize], fan_in: usize, seed: u64, stream: u32) -> Tensor {
    uniform_init(shape, 1.0 / (fan_in as f64).sqrt(), seed, stream)
}

fn fans(shape: &[usize]) -> f64 {
    let [fan_in, fan_out] = fan_in_out(shape);
    (fan_in + fan_out) as f64
}

fn filled(shape: &[usize], f: impl Fn(u64) -> f64) -> Tensor {
    let count = shape.iter().product::<usize>() as u64;
    tensor(shape, (0..count).map(|i| f64::from(f(i) as f32)).collect())
}
