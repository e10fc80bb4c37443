//! Convolution with a 1×1 kernel, stride 1, no padding and one group: a matrix product over channels, in both layouts.
//!
//! Row-major: y[n] `[k, pixels]` = weight x[n], image by image. First-inner: y `[k, pixels × n]` = weightᵀ x at once.

use super::activation::Activation;
use super::conv::Conv;
use super::matmul::{Bias, Matmul, Matrix};
use crate::{Arg, Candidate, Caps, Order};

/// x `[n, c, pixels]`, weight `[k, c]` → y `[n, k, pixels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointwise {
    /// Images.
    pub n: usize,
    /// Channels of x.
    pub c: usize,
    /// Channels of y.
    pub k: usize,
    /// Product of the spatial lengths.
    pub pixels: usize,
    /// How all operands lie.
    pub order: Order,
    /// A bias is added.
    pub bias: bool,
    /// Applied to the sum.
    pub activation: Activation,
}

impl Pointwise {
    /// The convolution as a product, if it is one.
    pub fn of(conv: &Conv, order: Order) -> Option<Self> {
        let bare = conv.kernel == [1; 3] && conv.stride == [1; 3] && conv.pad == [0; 3] && conv.groups == 1;
        (bare && conv.input == conv.output).then(|| Pointwise {
            n: conv.n,
            c: conv.c,
            k: conv.k,
            pixels: conv.input.iter().product(),
            order,
            bias: conv.bias,
            activation: conv.activation,
        })
    }

    /// Elements of one channel of a first-inner activation: every pixel of the padded batch.
    fn plane(&self) -> usize {
        self.pixels * self.n.next_multiple_of(4)
    }

    /// Kernels as they lie in a first-inner weight.
    fn padded(&self) -> usize {
        self.k.next_multiple_of(4)
    }

    /// The activation with `channels`, as columns of pixels: its images are batches, or all in one row.
    fn columns(&self, arg: Arg, channels: usize) -> Matrix {
        match self.order {
            Order::Plain => Matrix { batch: [0, 0, channels * self.pixels], ..Matrix::new(arg, false, self.pixels) },
            Order::FirstInner => Matrix::new(arg, false, self.plane()),
        }
    }

    /// A product of the weight and the columns `b`.
    fn product(&self, rows: usize, depth: usize, weight: Matrix, b: Matrix) -> Matmul {
        match self.order {
            Order::Plain => Matmul { batch: [1, 1, self.n], ..Matmul::new([rows, self.pixels, depth], weight, b) },
            Order::FirstInner => Matmul::new([rows, self.plane(), depth], weight, b),
        }
    }

    /// The weight; `by_channel` makes x's channels its rows.
    fn weight(&self, by_channel: bool) -> Matrix {
        match self.order {
            Order::Plain => Matrix::new(Arg::Input(1), by_channel, self.c),
            Order::FirstInner => Matrix::new(Arg::Input(1), !by_channel, self.padded()),
        }
    }

    /// y. Bindings: x, weight, bias if there is one, y.
    pub fn candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let mut product = self.product(self.k, self.c, self.weight(false), self.columns(Arg::Input(0), self.c));
        product.bias = if self.bias { Bias::Row(Arg::Input(2)) } else { Bias::None };
        product.activation = self.activation;
        product.candidates(caps)
    }

    /// dx. Bindings: dy, weight, dx.
    pub fn dx_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let dy = self.columns(Arg::Input(0), self.k);
        self.product(self.c, self.k, self.weight(true), dy).candidates(caps)
    }

    /// dweight, whole (in one part). Bindings: x, dy, dweight. A bias's gradient is not made here.
    pub fn dweight_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let Pointwise { n, c, k, pixels, .. } = *self;
        let operand = |arg, channels: usize, trans, pitch, image| {
            let sum = [0, if self.order == Order::Plain { channels * image } else { image }];
            Matrix { sum, ..Matrix::new(arg, trans, pitch) }
        };
        let (x, dy) = (Arg::Input(0), Arg::Input(1));
        let product = match self.order {
            Order::Plain => {
                let (dy, x) = (operand(dy, k, false, pixels, pixels), operand(x, c, true, pixels, pixels));
                Matmul { sums: [1, n], ..Matmul::new([k, c, pixels], dy, x) }
            }
            Order::FirstInner => {
                // A batch that fills its vec4s is one long row; otherwise pixel by pixel, leaving the padding out.
                let (depth, sums) = if n.is_multiple_of(4) { (self.plane(), 1) } else { (n, pixels) };
                let image = n.next_multiple_of(4);
                let (x, dy) = (operand(x, c, false, self.plane(), image), operand(dy, k, true, self.plane(), image));
                Matmul { sums: [1, sums], pitch: self.padded(), ..Matmul::new([c, k, depth], x, dy) }
            }
        };
        product.candidates(caps)
    }
}
