//! Functions of two numbers under numpy's broadcasting, choice by a condition, PReLU, and their gradients.
//!
//! Gradients are given per operand and already summed back to its shape (`reduce_to_shape`). Where max or min meet
//! equals, each gets half, as in PyTorch. Comparisons and logic give 0 or 1 and have gradient 0.

use crate::Tensor;
use crate::array::{offsets, strides, tensor, values};

/// A function of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// a + b.
    Add,
    /// a - b.
    Sub,
    /// a * b.
    Mul,
    /// a / b.
    Div,
    /// a to the b.
    Pow,
    /// The smaller; NaN wins.
    Min,
    /// The larger; NaN wins.
    Max,
    /// a = b.
    Equal,
    /// a ≠ b.
    NotEqual,
    /// a < b.
    Less,
    /// a ≤ b.
    LessEqual,
    /// a > b.
    Greater,
    /// a ≥ b.
    GreaterEqual,
    /// Both not 0.
    And,
    /// Either not 0.
    Or,
    /// Exactly one not 0.
    Xor,
}

impl Binary {
    /// The function's value at `a, b`.
    pub fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            Binary::Pow => a.powf(b),
            Binary::Min => {
                if b < a || b.is_nan() {
                    b
                } else {
                    a
                }
            }
            Binary::Max => {
                if b > a || b.is_nan() {
                    b
                } else {
                    a
                }
            }
            Binary::Equal => f64::from(a == b),
            Binary::NotEqual => f64::from(a != b),
            Binary::Less => f64::from(a < b),
            Binary::LessEqual => f64::from(a <= b),
            Binary::Greater => f64::from(a > b),
            Binary::GreaterEqual => f64::from(a >= b),
            Binary::And => f64::from(a != 0.0 && b != 0.0),
            Binary::Or => f64::from(a != 0.0 || b != 0.0),
            Binary::Xor => f64::from((a != 0.0) != (b != 0.0)),
        }
    }

    /// Slope along `a`.
    pub fn derivative_a(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add | Binary::Sub => 1.0,
            Binary::Mul => b,
            Binary::Div => 1.0 / b,
            Binary::Pow => {
                if b == 0.0 {
                    0.0
                } else {
                    b * a.powf(b - 1.0)
                }
            }
            Binary::Min => share(a < b, a == b),
            Binary::Max => share(a > b, a == b),
            _ => 0.0,
        }
    }

    /// Slope along `b`. That of `pow` is 0 where a = 0 and b ≥ 0, as in PyTorch.
    pub fn derivative_b(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add => 1.0,
            Binary::Sub => -1.0,
            Binary::Mul => a,
            Binary::Div => -a / (b * b),
            Binary::Pow => {
                if a == 0.0 && b >= 0.0 {
                    0.0
                } else {
                    a.powf(b) * a.ln()
                }
            }
            Binary::Min => share(b < a, a == b),
            Binary::Max => share(b > a, a == b),
            _ => 0.0,
        }
    }
}

fn share(wins: bool, ties: bool) -> f64 {
    if ties { 0.5 } else { f64::from(wins) }
}

/// `kind` of `a` and `b`, broadcast to a common shape as in numpy.
pub fn binary(kind: Binary, a: &Tensor, b: &Tensor) -> Tensor {
    broadcast(&[a, b], |v| kind.apply(v[0], v[1]))
}

/// Gradient of [`binary`] for `a`, in its shape.
pub fn binary_da(kind: Binary, a: &Tensor, b: &Tensor, dy: &Tensor) -> Tensor {
    reduce_to_shape(&broadcast(&[a, b, dy], |v| v[2] * kind.derivative_a(v[0], v[1])), a.shape())
}

/// Gradient of [`binary`] for `b`, in its shape.
pub fn binary_db(kind: Binary, a: &Tensor, b: &Tensor, dy: &Tensor) -> Tensor {
    reduce_to_shape(&broadcast(&[a, b, dy], |v| v[2] * kind.derivative_b(v[0], v[1])), b.shape())
}

/// `a` where `condition` is not 0, else `b`; all three broadcast.
pub fn where_(condition: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    broadcast(&[condition, a, b], |v| if v[0] != 0.0 { v[1] } else { v[2] })
}

/// Gradient of [`where_`] for `a`, of shape `a_shape`.
pub fn where_da(condition: &Tensor, dy: &Tensor, a_shape: &[usize]) -> Tensor {
    reduce_to_shape(&broadcast(&[condition, dy], |v| if v[0] != 0.0 { v[1] } else { 0.0 }), a_shape)
}

/// Gradient of [`where_`] for `b`, of shape `b_shape`.
pub fn where_db(condition: &Tensor, dy: &Tensor, b_shape: &[usize]) -> Tensor {
    reduce_to_shape(&broadcast(&[condition, dy], |v| if v[0] != 0.0 { 0.0 } else { v[1] }), b_shape)
}

/// `x` where x > 0, else `slope * x`; `slope` broadcasts to `x`, so one a channel is `[c, 1, 1]` for `x [n, c, h, w]`.
pub fn prelu(x: &Tensor, slope: &Tensor) -> Tensor {
    broadcast(&[x, slope], |v| if v[0] > 0.0 { v[0] } else { v[1] * v[0] })
}

/// Gradient of [`prelu`] for `x`; the slope at 0.
pub fn prelu_dx(x: &Tensor, slope: &Tensor, dy: &Tensor) -> Tensor {
    broadcast(&[x, slope, dy], |v| if v[0] > 0.0 { v[2] } else { v[1] * v[2] })
}

/// Gradient of [`prelu`] for its slope, of shape `slope_shape`.
pub fn prelu_dslope(x: &Tensor, dy: &Tensor, slope_shape: &[usize]) -> Tensor {
    reduce_to_shape(&broadcast(&[x, dy], |v| if v[0] > 0.0 { 0.0 } else { v[0] * v[1] }), slope_shape)
}

/// Sums `dy` over the axes along which a tensor of this shape was broadcast to it: the gradient of broadcasting.
pub fn reduce_to_shape(dy: &Tensor, shape: &[usize]) -> Tensor {
    let mut sums = vec![0.0; shape.iter().product()];
    let places = offsets(dy.shape(), &broadcast_strides(shape, dy.shape()));
    for (at, dy) in places.into_iter().zip(values(dy).iter()) {
        sums[at] += dy;
    }
    tensor(shape, sums)
}

/// Sum of `x [n, c, ...]` over everything but channels: `[c]`.
pub fn sum_channels(x: &Tensor) -> Tensor {
    let [n, channels, inner] = crate::array::planes(x.shape());
    let flat = values(x);
    let plane = |n: usize, c: usize| flat[(n * channels + c) * inner..][..inner].iter().sum::<f64>();
    tensor(&[channels], (0..channels).map(|c| (0..n).map(|n| plane(n, c)).sum()).collect())
}

/// The shape to which both broadcast under numpy's rule: aligned at the end, equal or 1. `None` where they do not.
pub fn broadcast_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis]);
    (0..rank)
        .map(|axis| match (size(a, axis), size(b, axis)) {
            (a, b) if a == b || b == 1 => Some(a),
            (1, b) => Some(b),
            _ => None,
        })
        .collect()
}

/// Strides with which a tensor of shape `from` is read when broadcast to `to`: 0 along stretched axes.
pub(crate) fn broadcast_strides(from: &[usize], to: &[usize]) -> Vec<usize> {
    let own = strides(from).into_iter().zip(from).map(|(stride, &dim)| if dim == 1 { 0 } else { stride });
    std::iter::repeat_n(0, to.len() - from.len()).chain(own).collect()
}

/// `f` of the values of all tensors at each place of their common shape.
fn broadcast<const N: usize>(tensors: &[&Tensor; N], f: impl Fn([f64; N]) -> f64) -> Tensor {
    let shape = tensors.iter().fold(Vec::new(), |shape, t| {
        broadcast_shape(&shape, t.shape()).expect("invariant: the graph checked that the shapes broadcast")
    });
    let flat = tensors.map(|t| values(t));
    let places = tensors.map(|t| offsets(&shape, &broadcast_strides(t.shape(), &shape)));
    let count = shape.iter().product();
    tensor(&shape, (0..count).map(|i| f(std::array::from_fn(|t| flat[t][places[t][i]]))).collect())
}
