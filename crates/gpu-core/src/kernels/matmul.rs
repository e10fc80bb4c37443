//! Matrix products. One problem serves products with broadcast batches, linear layers with their gradients in either
//! layout, and 1×1 convolutions: they differ in strides, transposes and where the bias goes.
//!
//! The operands' side of all kernels is `lib/product.wgsl`.

use super::activation::Activation;
use crate::{Arg, Candidate, Caps, Launch, Word, params};
use shaders::Knob;

/// An operand in its buffer: rows of `pitch` elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Which buffer.
    pub arg: Arg,
    /// The rows are the product's inner axis for `a` (stored `[k, m]`), its columns for `b` (stored `[n, k]`).
    pub trans: bool,
    /// Elements from one stored row to the next.
    pub pitch: usize,
    /// Elements from one batch to the next along each batch axis, outermost first; 0 where it is broadcast.
    pub batch: [usize; 3],
    /// Elements from one matrix to the next of those whose products are summed, along both axes of them.
    pub sum: [usize; 2],
}

impl Matrix {
    /// A matrix without batches.
    pub fn new(arg: Arg, trans: bool, pitch: usize) -> Self {
        Matrix { arg, trans, pitch, batch: [0; 3], sum: [0; 2] }
    }

    /// Every row begins at a multiple of four elements, so that `vec4`s can be loaded.
    fn whole(&self) -> bool {
        self.pitch.is_multiple_of(4) && self.batch.iter().chain(&self.sum).all(|stride| stride.is_multiple_of(4))
    }
}

/// What is added to the product, one number for each …
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bias {
    /// Nothing.
    None,
    /// Row of y: m numbers.
    Row(Arg),
    /// Column of y: n numbers.
    Column(Arg),
}

/// y[z, i, j] = f(scale * sum over s, l of a[z, s, i, l] * b[z, s, l, j] + bias).
#[derive(Clone, Debug, PartialEq)]
pub struct Matmul {
    /// Rows of y.
    pub m: usize,
    /// Columns of y.
    pub n: usize,
    /// Inner axis.
    pub k: usize,
    /// Lengths of the batch axes, outermost first; 1 for missing ones.
    pub batch: [usize; 3],
    /// Products that are summed into each y: two axes, outermost first.
    pub sums: [usize; 2],
    /// `[m, k]`.
    pub a: Matrix,
    /// `[k, n]`.
    pub b: Matrix,
    /// Where y goes, batch after batch.
    pub y: Arg,
    /// Elements from one row of y to the next; columns from `n` on are written as zeros.
    pub pitch: usize,
    /// Factor on the sum.
    pub scale: f32,
    /// What is added.
    pub bias: Bias,
    /// Applied last.
    pub activation: Activation,
}

impl Matmul {
    /// One product of `a [m, k]` and `b [k, n]` into output 0, nothing added.
    pub fn new([m, n, k]: [usize; 3], a: Matrix, b: Matrix) -> Self {
        Matmul {
            m,
            n,
            k,
            batch: [1; 3],
            sums: [1; 2],
            a,
            b,
            y: Arg::Output(0),
            pitch: n,
            scale: 1.0,
            bias: Bias::None,
            activation: Activation::NONE,
        }
    }

    /// Multiply-adds, each counted as two.
    pub fn flops(&self) -> u64 {
        2 * (self.batches() * self.sums.iter().product::<usize>() * self.m * self.n * self.k) as u64
    }

    /// What could run it, best guess first.
    pub fn candidates(&self, _caps: &Caps) -> Vec<Candidate> {
        let folded = self.folded();
        let blocks = folded.batches() * folded.m.div_ceil(4) * folded.pitch.div_ceil(4);
        vec![Candidate::one(folded.launch(Launch::flat(&shaders::MATMUL_DIRECT, blocks, 64)))]
    }

    /// The same product with fewer axes, where neighbours along one are neighbours along the next: batches of rows that
    /// meet the same `b` become rows, sums over stored rows become depths.
    fn folded(&self) -> Matmul {
        let mut f = self.clone();
        let tall = f.pitch == f.n && !matches!(f.bias, Bias::Row(_)) && !f.a.trans;
        while tall && f.batch != [1; 3] && f.b.batch[2] == 0 && f.a.batch[2] == f.m * f.a.pitch || f.batch[2] == 1 {
            if f.batch == [1; 3] {
                break;
            }
            f.m *= f.batch[2];
            for axes in [&mut f.batch, &mut f.a.batch, &mut f.b.batch] {
                axes.rotate_right(1);
            }
            f.batch[0] = 1;
        }
        let deep = |f: &Matmul| {
            let (a, b) = (f.k * f.a.pitch, f.k * f.b.pitch);
            f.a.trans && !f.b.trans && f.a.sum[1] == a && f.b.sum[1] == b
        };
        while f.sums != [1; 2] && (deep(&f) || f.sums[1] == 1) {
            f.k *= f.sums[1];
            f.sums = [1, f.sums[0]];
            f.a.sum = [0, f.a.sum[0]];
            f.b.sum = [0, f.b.sum[0]];
        }
        f
    }

    fn batches(&self) -> usize {
        self.batch.iter().product()
    }

    /// The knobs, params and bindings of `lib/product.wgsl`.
    fn launch(&self, launch: Launch) -> Launch {
        let (code, bias) = match self.bias {
            Bias::None => (0u32, self.a.arg),
            Bias::Row(arg) => (1, arg),
            Bias::Column(arg) => (2, arg),
        };
        let element = |whole: bool| Knob::Type(if whole { "vec4<f32>" } else { "f32" });
        let (whole_a, whole_b, whole_y) = (self.a.whole(), self.b.whole(), self.pitch.is_multiple_of(4));
        launch
            .set("A", element(whole_a))
            .set("B", element(whole_b))
            .set("Y", element(whole_y))
            .set("VEC_A", whole_a)
            .set("VEC_B", whole_b)
            .set("VEC_Y", u32::from(whole_y))
            .set("TRANS_A", self.a.trans)
            .set("TRANS_B", self.b.trans)
            .set("BIAS", code)
            .set("FUNCTION", self.activation.code)
            .params(self.words())
            .bind(&[self.a.arg, self.b.arg, bias, self.y])
    }

    fn words(&self) -> Vec<(&'static str, Word)> {
        let Matmul { m, n, k, ref a, ref b, .. } = *self;
        let ([a_0, a_1, a_2], [b_0, b_1, b_2]) = (a.batch, b.batch);
        let ([sum_a_0, sum_a_1], [sum_b_0, sum_b_1]) = (a.sum, b.sum);
        let [outer, sums_1] = self.sums;
        let [_, batch_1, batch_2] = self.batch;
        params! {
            m, n, k, sums: outer * sums_1, pitch_a: a.pitch, pitch_b: b.pitch, pitch_y: self.pitch,
            sums_1, sum_a_0, sum_a_1, sum_b_0, sum_b_1,
            batches: self.batches(), batch_1, batch_2, a_0, a_1, a_2, b_0, b_1, b_2,
            scale: self.scale, alpha: self.activation.alpha, beta: self.activation.beta,
        }
    }
}
