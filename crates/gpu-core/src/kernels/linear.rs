//! A linear layer and its gradients as matrix products, in both layouts.
//!
//! Row-major: y [rows, out] = x weightᵀ. First-inner: everything lies transposed (x `[in, n]`, weight `[in, out]`,
//! y `[out, n]`, the last axis padded), so y = weightᵀ x with images in lanes.

use super::activation::Activation;
use super::matmul::{Bias, Matmul, Matrix};
use crate::{Arg, Candidate, Caps, Launch, Order, params};

/// x `[rows, inputs]`, weight `[outputs, inputs]` → y `[rows, outputs]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Rows of x: images, or images × whatever axes lie between.
    pub rows: usize,
    /// Features of x.
    pub inputs: usize,
    /// Features of y.
    pub outputs: usize,
    /// How all operands lie.
    pub order: Order,
    /// A bias is added, or its gradient is asked for.
    pub bias: bool,
    /// Applied to the sum.
    pub activation: Activation,
}

impl Linear {
    /// Rows as they lie: padded when innermost.
    fn lanes(&self) -> usize {
        self.rows.next_multiple_of(4)
    }

    /// Outputs as they lie in a first-inner weight.
    fn padded(&self) -> usize {
        self.outputs.next_multiple_of(4)
    }

    /// Multiply-adds, each counted as two.
    pub fn flops(&self) -> u64 {
        2 * (self.rows * self.inputs * self.outputs) as u64
    }

    /// y. Bindings: x, weight, bias if there is one, y.
    pub fn candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let Linear { rows, inputs, outputs, .. } = *self;
        let (x, weight, bias) = (Arg::Input(0), Arg::Input(1), Arg::Input(2));
        let mut product = match self.order {
            Order::Plain => {
                let (x, weight) = (Matrix::new(x, false, inputs), Matrix::new(weight, true, inputs));
                Matmul::new([rows, outputs, inputs], x, weight)
            }
            Order::FirstInner => {
                let (x, weight) = (Matrix::new(x, false, self.lanes()), Matrix::new(weight, true, self.padded()));
                Matmul::new([outputs, self.lanes(), inputs], weight, x)
            }
        };
        if self.bias {
            product.bias = if self.order == Order::Plain { Bias::Column(bias) } else { Bias::Row(bias) };
        }
        product.activation = self.activation;
        product.candidates(caps)
    }

    /// dx. Bindings: dy, weight, dx.
    pub fn dx_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let Linear { rows, inputs, outputs, .. } = *self;
        let (dy, weight) = (Arg::Input(0), Arg::Input(1));
        match self.order {
            Order::Plain => {
                let (dy, weight) = (Matrix::new(dy, false, outputs), Matrix::new(weight, false, inputs));
                Matmul::new([rows, inputs, outputs], dy, weight).candidates(caps)
            }
            Order::FirstInner => {
                let (dy, weight) = (Matrix::new(dy, false, self.lanes()), Matrix::new(weight, false, self.padded()));
                Matmul::new([inputs, self.lanes(), outputs], weight, dy).candidates(caps)
            }
        }
    }

    /// dweight, and dbias if there is a bias. Bindings: x, dy, dweight, dbias.
    pub fn dweight_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let Linear { rows, inputs, outputs, .. } = *self;
        let (x, dy) = (Arg::Input(0), Arg::Input(1));
        let product = match self.order {
            Order::Plain => {
                let (dy, x) = (Matrix::new(dy, true, outputs), Matrix::new(x, false, inputs));
                Matmul::new([outputs, inputs, rows], dy, x)
            }
            // The padded images lie beyond the product's inner axis; the padded outputs become zeros.
            Order::FirstInner => {
                let (x, dy) = (Matrix::new(x, false, self.lanes()), Matrix::new(dy, true, self.lanes()));
                Matmul { pitch: self.padded(), ..Matmul::new([inputs, outputs, rows], x, dy) }
            }
        };
        let mut candidates = product.candidates(caps);
        if self.bias {
            for candidate in &mut candidates {
                candidate.launches.push(self.dbias());
            }
        }
        candidates
    }

    /// dbias, in a launch of its own.
    fn dbias(&self) -> Launch {
        let (rows, outputs) = (self.rows, self.outputs);
        let launch = match self.order {
            Order::Plain => Launch::new(&shaders::LINEAR_DBIAS, [outputs.div_ceil(16) as u32, 1, 1]),
            Order::FirstInner => Launch::flat(&shaders::LINEAR_DBIAS_INNER, self.padded(), 8),
        };
        launch.params(params! { rows, outputs }).bind(&[Arg::Input(1), Arg::Output(1)])
    }
}
