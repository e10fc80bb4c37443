//! Reductions over any axes, and their gradients.
//!
//! The gradient of max and min is shared evenly among equals, PyTorch's convention for `amax` and `amin`; that of a
//! product counts on no division, so zeros are safe. Nothing at all reduces to the op's neutral element: 0, 1, -infinity
//! for max and log-sum-exp, infinity for min, NaN for the mean.

use crate::Tensor;
use crate::array::{offsets, strides, tensor, values};
use crate::softmax::maximum;
use crate::unary::sign;

/// What becomes of the elements that are reduced to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduce {
    /// Sum.
    Sum,
    /// Sum over number.
    Mean,
    /// Largest; NaN wins.
    Max,
    /// Smallest; NaN wins.
    Min,
    /// Product.
    Prod,
    /// Sum of absolute values.
    L1,
    /// Root of the sum of squares; gradient 0 where it is 0.
    L2,
    /// log of the sum of exponentials, the maximum taken out first.
    LogSumExp,
    /// Sum of squares.
    SumSquare,
    /// log of the sum.
    LogSum,
}

impl Reduce {
    /// The elements' reduction.
    pub fn apply(self, x: &[f64]) -> f64 {
        let sum = || x.iter().sum::<f64>();
        match self {
            Reduce::Sum => sum(),
            Reduce::Mean => sum() / x.len() as f64,
            Reduce::Max => x.iter().fold(f64::NEG_INFINITY, |a, &b| crate::Binary::Max.apply(a, b)),
            Reduce::Min => x.iter().fold(f64::INFINITY, |a, &b| crate::Binary::Min.apply(a, b)),
            Reduce::Prod => x.iter().product(),
            Reduce::L1 => x.iter().map(|x| x.abs()).sum(),
            Reduce::L2 => Reduce::SumSquare.apply(x).sqrt(),
            Reduce::LogSumExp => match maximum(x) {
                // Infinities (and NaN, which `maximum` passes over) need no shift, and would not survive one.
                top if top.is_infinite() => x.iter().map(|x| x.exp()).sum::<f64>().ln(),
                top => top + x.iter().map(|x| (x - top).exp()).sum::<f64>().ln(),
            },
            Reduce::SumSquare => x.iter().map(|x| x * x).sum(),
            Reduce::LogSum => sum().ln(),
        }
    }

    /// Slope of the reduction along each element.
    pub fn derivatives(self, x: &[f64]) -> Vec<f64> {
        let y = self.apply(x);
        match self {
            Reduce::Sum => vec![1.0; x.len()],
            Reduce::Mean => vec![1.0 / x.len() as f64; x.len()],
            Reduce::Max | Reduce::Min => {
                let equals = x.iter().filter(|&&x| x == y).count() as f64;
                x.iter().map(|&x| if x == y { 1.0 / equals } else { 0.0 }).collect()
            }
            Reduce::Prod => {
                let others = |i: usize| x[..i].iter().chain(&x[i + 1..]).product();
                (0..x.len()).map(others).collect()
            }
            Reduce::L1 => x.iter().map(|&x| sign(x)).collect(),
            Reduce::L2 => x.iter().map(|x| if y == 0.0 { 0.0 } else { x / y }).collect(),
            Reduce::LogSumExp => x.iter().map(|x| (x - y).exp()).collect(),
            Reduce::SumSquare => x.iter().map(|x| 2.0 * x).collect(),
            Reduce::LogSum => vec![1.0 / x.iter().sum::<f64>(); x.len()],
        }
    }
}

/// `kind` of `x` over `axes`, which stay with size 1 under `keepdims`.
pub fn reduce(kind: Reduce, x: &Tensor, axes: &[usize], keepdims: bool) -> Tensor {
    let flat = values(x);
    let cells = Cells::new(x.shape(), axes);
    let of_cell = |&first: &usize| {
        let cell: Vec<f64> = cells.members.iter().map(|offset| flat[first + offset]).collect();
        kind.apply(&cell)
    };
    let y = cells.firsts.iter().map(of_cell).collect();
    let kept = x.shape().iter().enumerate().filter(|(axis, _)| keepdims || !axes.contains(axis));
    let shape: Vec<usize> = kept.map(|(axis, &dim)| if axes.contains(&axis) { 1 } else { dim }).collect();
    tensor(&shape, y)
}

/// Gradient of [`reduce`] for `x`; `dy` with or without the reduced axes.
pub fn reduce_dx(kind: Reduce, x: &Tensor, dy: &Tensor, axes: &[usize]) -> Tensor {
    let (flat, dy) = (values(x), values(dy));
    let cells = Cells::new(x.shape(), axes);
    let mut dx = vec![0.0; x.len()];
    for (first, dy) in cells.firsts.iter().zip(dy.iter()) {
        let cell: Vec<f64> = cells.members.iter().map(|offset| flat[first + offset]).collect();
        for (offset, slope) in cells.members.iter().zip(kind.derivatives(&cell)) {
            dx[first + offset] = dy * slope;
        }
    }
    tensor(x.shape(), dx)
}

/// The first element of each cell that is reduced to one, and the elements of a cell relative to its first.
struct Cells {
    firsts: Vec<usize>,
    members: Vec<usize>,
}

impl Cells {
    fn new(shape: &[usize], axes: &[usize]) -> Self {
        let strides = strides(shape);
        let along = |reduced: bool| {
            let chosen: Vec<usize> = (0..shape.len()).filter(|axis| axes.contains(axis) == reduced).collect();
            let pick = |of: &[usize]| chosen.iter().map(|&axis| of[axis]).collect::<Vec<_>>();
            offsets(&pick(shape), &pick(&strides))
        };
        Cells { firsts: along(false), members: along(true) }
    }
}
