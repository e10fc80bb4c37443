//! Functions of one number: activations and elementary ones, each one arm of `apply` and one of `derivative`.
//!
//! Forms are chosen so that no finite input overflows (sigmoid of -1000, softplus of 1000). At kinks the derivative is
//! PyTorch's: relu 0 at 0, leaky relu its slope, abs and sign 0, relu6 and hard sigmoid 0 at both corners, clip 1 at
//! both. NaN goes through everything but comparisons. A new activation is one arm of each here.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::array::zip;
use crate::{Tensor, erf, erfc};

/// A function of one number, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
    /// max(x, 0).
    Relu,
    /// x where x > 0, else slope * x (PyTorch's `negative_slope`, ONNX's `alpha`).
    LeakyRelu {
        /// Factor below 0.
        slope: f64,
    },
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// x where x > 0, else alpha * (exp(x) - 1).
    Elu {
        /// Size of the negative plateau.
        alpha: f64,
    },
    /// ELU scaled so that it preserves mean 0 and variance 1 (Klambauer et al. 2017).
    Selu,
    /// x where x > 0, else alpha * (exp(x / alpha) - 1).
    Celu {
        /// Size of the negative plateau.
        alpha: f64,
    },
    /// x * Φ(x) with the normal distribution function, exact.
    Gelu,
    /// GELU with Φ approximated by tanh(√(2/π) (x + 0.044715 x³)).
    GeluTanh,
    /// x * sigmoid(x), also called swish.
    Silu,
    /// alpha * x + beta, held between 0 and 1. PyTorch: 1/6 and 0.5; ONNX's default: 0.2 and 0.5.
    HardSigmoid {
        /// Slope.
        alpha: f64,
        /// Value at 0.
        beta: f64,
    },
    /// x * (x / 6 + 0.5 held between 0 and 1).
    HardSwish,
    /// log(1 + exp(x)).
    Softplus,
    /// x / (1 + |x|).
    Softsign,
    /// x * tanh(softplus(x)).
    Mish,
    /// x held between 0 and 6; gradient 0 at both corners.
    Relu6,
    /// x held between min and max (max where min > max); gradient 1 at both corners.
    Clip {
        /// Lower bound.
        min: f64,
        /// Upper bound.
        max: f64,
    },
    /// |x|.
    Abs,
    /// -x.
    Neg,
    /// Square root.
    Sqrt,
    /// e to the x.
    Exp,
    /// Natural logarithm.
    Log,
    /// 1 / x.
    Reciprocal,
    /// Sine of radians.
    Sin,
    /// Cosine of radians.
    Cos,
    /// Largest whole number not above x.
    Floor,
    /// Smallest whole number not below x.
    Ceil,
    /// Nearest whole number, halves to the even one.
    Round,
    /// Error function.
    Erf,
    /// -1, 0 or 1.
    Sign,
    /// x².
    Square,
    /// 1 where x is 0, else 0.
    Not,
}

const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

impl Unary {
    /// The function's value at `x`.
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Unary::Relu => at_least(x, 0.0),
            Unary::LeakyRelu { slope } => {
                if x > 0.0 {
                    x
                } else {
                    slope * x
                }
            }
            Unary::Sigmoid => sigmoid(x),
            Unary::Tanh => x.tanh(),
            Unary::Elu { alpha } => {
                if x > 0.0 {
                    x
                } else {
                    alpha * x.exp_m1()
                }
            }
            Unary::Selu => SELU_SCALE * Unary::Elu { alpha: SELU_ALPHA }.apply(x),
            Unary::Celu { alpha } => {
                if x > 0.0 {
                    x
                } else {
                    alpha * (x / alpha).exp_m1()
                }
            }
            Unary::Gelu => x * normal_cdf(x),
            Unary::GeluTanh => 0.5 * x * (1.0 + gelu_inner(x).tanh()),
            Unary::Silu => x * sigmoid(x),
            Unary::HardSigmoid { alpha, beta } => at_most(at_least(alpha * x + beta, 0.0), 1.0),
            Unary::HardSwish => x * at_most(at_least(x / 6.0 + 0.5, 0.0), 1.0),
            Unary::Softplus => softplus(x),
            Unary::Softsign => x / (1.0 + x.abs()),
            Unary::Mish => x * softplus(x).tanh(),
            Unary::Relu6 => at_most(at_least(x, 0.0), 6.0),
            Unary::Clip { min, max } => at_most(at_least(x, min), max),
            Unary::Abs => x.abs(),
            Unary::Neg => -x,
            Unary::Sqrt => x.sqrt(),
            Unary::Exp => x.exp(),
            Unary::Log => x.ln(),
            Unary::Reciprocal => 1.0 / x,
            Unary::Sin => x.sin(),
            Unary::Cos => x.cos(),
            Unary::Floor => x.floor(),
            Unary::Ceil => x.ceil(),
            Unary::Round => x.round_ties_even(),
            Unary::Erf => erf(x),
            Unary::Sign => sign(x),
            Unary::Square => x * x,
            Unary::Not => f64::from(x == 0.0),
        }
    }

    /// The function's slope at `x`; at a kink the convention that this file's head states.
    pub fn derivative(self, x: f64) -> f64 {
        match self {
            Unary::Relu => step(x > 0.0),
            Unary::LeakyRelu { slope } => {
                if x > 0.0 {
                    1.0
                } else {
                    slope
                }
            }
            Unary::Sigmoid => sigmoid(x) * sigmoid(-x),
            Unary::Tanh => 1.0 - x.tanh() * x.tanh(),
            Unary::Elu { alpha } => {
                if x > 0.0 {
                    1.0
                } else {
                    alpha * x.exp()
                }
            }
            Unary::Selu => SELU_SCALE * Unary::Elu { alpha: SELU_ALPHA }.derivative(x),
            Unary::Celu { alpha } => {
                if x > 0.0 {
                    1.0
                } else {
                    (x / alpha).exp()
                }
            }
            Unary::Gelu => normal_cdf(x) + x * (-0.5 * x * x).exp() / (2.0 * PI).sqrt(),
            Unary::GeluTanh => {
                let t = gelu_inner(x).tanh();
                let inner_slope = (2.0 / PI).sqrt() * (1.0 + 3.0 * 0.044715 * x * x);
                0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner_slope
            }
            Unary::Silu => sigmoid(x) * (1.0 + x * sigmoid(-x)),
            Unary::HardSigmoid { alpha, beta } => {
                let y = alpha * x + beta;
                if 0.0 < y && y < 1.0 { alpha } else { 0.0 }
            }
            Unary::HardSwish => {
                if x <= -3.0 {
                    0.0
                } else if x < 3.0 {
                    x / 3.0 + 0.5
                } else {
                    1.0
                }
            }
            Unary::Softplus => sigmoid(x),
            Unary::Softsign => (1.0 + x.abs()).powi(-2),
            Unary::Mish => {
                let t = softplus(x).tanh();
                t + x * sigmoid(x) * (1.0 - t * t)
            }
            Unary::Relu6 => step(0.0 < x && x < 6.0),
            Unary::Clip { min, max } => step(min <= x && x <= max),
            Unary::Abs => sign(x),
            Unary::Neg => -1.0,
            Unary::Sqrt => 0.5 / x.sqrt(),
            Unary::Exp => x.exp(),
            Unary::Log => 1.0 / x,
            Unary::Reciprocal => -1.0 / (x * x),
            Unary::Sin => x.cos(),
            Unary::Cos => -x.sin(),
            Unary::Erf => 2.0 / PI.sqrt() * (-x * x).exp(),
            Unary::Square => 2.0 * x,
            Unary::Floor | Unary::Ceil | Unary::Round | Unary::Sign | Unary::Not => 0.0,
        }
    }
}

/// `kind` of every element of `x`.
pub fn unary(kind: Unary, x: &Tensor) -> Tensor {
    x.mapv(|x| kind.apply(x))
}

/// Gradient of [`unary`] for `x`: `dy` times the slope at `x`.
pub fn unary_dx(kind: Unary, x: &Tensor, dy: &Tensor) -> Tensor {
    zip(x, dy, |x, dy| dy * kind.derivative(x))
}

/// 1 / (1 + exp(-x)), by the exponential that cannot overflow.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// log(1 + exp(x)), by the exponential that cannot overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    at_least(x, 0.0) + (-x.abs()).exp().ln_1p()
}

/// -1, 0 or 1; NaN stays.
pub(crate) fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

fn step(inside: bool) -> f64 {
    f64::from(inside)
}

/// The larger, NaN kept (`f64::max` drops it).
fn at_least(x: f64, low: f64) -> f64 {
    if x < low { low } else { x }
}

fn at_most(x: f64, high: f64) -> f64 {
    if x > high { high } else { x }
}

fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * FRAC_1_SQRT_2)
}

fn gelu_inner(x: f64) -> f64 {
    (2.0 / PI).sqrt() * (x + 0.044715 * x * x * x)
}
