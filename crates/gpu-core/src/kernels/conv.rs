//! Convolution and its gradients, one to three spatial axes, row-major: direct kernels and implicit GEMM, which both
//! take anything; `conv_rows.rs` and `pointwise.rs` come first where they can. Batch-innermost: see `conv_inner.rs`.

use super::activation::Activation;
use super::conv_rows;
use super::convert::Convert;
use super::pointwise::Pointwise;
use crate::{Arg, Candidate, Caps, Family, Launch, Layout, Order, Word, params};

/// x `[n, c, …input]`, weight `[k, c/groups, …kernel]` → y `[n, k, …output]`; spatial axes lifted to three.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Images.
    pub n: usize,
    /// Channels of x.
    pub c: usize,
    /// Channels of y.
    pub k: usize,
    /// Groups that channels are divided into.
    pub groups: usize,
    /// Spatial lengths of x.
    pub input: [usize; 3],
    /// Spatial lengths of y.
    pub output: [usize; 3],
    /// Lengths of the kernel.
    pub kernel: [usize; 3],
    /// Step of the window.
    pub stride: [usize; 3],
    /// Distance between taps.
    pub dilation: [usize; 3],
    /// Padding before the first element.
    pub pad: [usize; 3],
    /// A bias is added.
    pub bias: bool,
    /// Applied to the sum.
    pub activation: Activation,
}

/// Pixels that one invocation sums over for a weight, at most: some drivers leave long loops (`rounds.rs`).
const LONGEST: usize = 36_000;

impl Conv {
    fn dims(&self) -> Vec<(&'static str, Word)> {
        let ([d, h, w], [o, p, q], [t, r, s]) = (self.input, self.output, self.kernel);
        let [stride_d, stride_h, stride_w] = self.stride;
        let [dilation_d, dilation_h, dilation_w] = self.dilation;
        let [pad_d, pad_h, pad_w] = self.pad;
        let (n, c, k, groups) = (self.n, self.c, self.k, self.groups);
        params! {
            n, c, k, groups, d, h, w, o, p, q, t, r, s, stride_d, stride_h, stride_w,
            dilation_d, dilation_h, dilation_w, pad_d, pad_h, pad_w,
        }
    }

    fn weights(&self) -> usize {
        self.k * (self.c / self.groups) * self.kernel.iter().product::<usize>()
    }

    /// Multiply-adds, each counted as two. Taps in the padding count too.
    pub fn flops(&self) -> u64 {
        2 * (self.n * self.output.iter().product::<usize>() * self.weights()) as u64
    }

    /// Whether row-major y is made best from a first-inner weight.
    pub fn wants_first_inner_weight(&self, caps: &Caps) -> bool {
        Pointwise::of(self, Order::Plain).is_none() && conv_rows::fits(self, caps)
    }

    /// Row-major y from a weight in this order. Bindings: x, weight, bias if there is one, y.
    pub fn candidates(&self, weight: Order, caps: &Caps) -> Vec<Candidate> {
        let pixels = self.n * self.output.iter().product::<usize>();
        let mut words = self.dims();
        words.extend(params! { alpha: self.activation.alpha, beta: self.activation.beta });
        let bias = Arg::Input(if self.bias { 2 } else { 1 });
        let direct = Launch::flat(&shaders::CONV_DIRECT, self.k * pixels, 64)
            .set("BIAS", self.bias)
            .set("FUNCTION", self.activation.code)
            .params(words)
            .bind(&[Arg::Input(0), Arg::Input(1), bias, Arg::Output(0)]);
        let product = Product { rows: self.k / self.groups, columns: pixels, depth: self.window_size(), parts: 1 };
        let gemm = self.gemm(product, "conv_gemm_y", [0, 1], bias, caps);
        let mut candidates = in_order(gemm, Candidate::one(direct), self.window_size(), caps);
        if weight == Order::FirstInner {
            candidates.iter_mut().for_each(|candidate| self.turn_weight(candidate));
            candidates.splice(0..0, if conv_rows::fits(self, caps) { conv_rows::candidates(self) } else { Vec::new() });
        } else if let Some(pointwise) = Pointwise::of(self, Order::Plain) {
            candidates.splice(0..0, pointwise.candidates(caps).into_iter().take(2));
        } else if conv_rows::fits_depthwise(self, caps) {
            candidates.splice(0..0, conv_rows::depthwise(self));
        }
        candidates
    }

    /// Lets a candidate that reads a row-major weight bring a first-inner one into that order first.
    fn turn_weight(&self, candidate: &mut Candidate) {
        let shape = [&[self.k, self.c / self.groups], &self.kernel[..]].concat();
        let turned = Arg::Scratch(candidate.scratch.len());
        candidate.scratch.push((4 * self.weights()).next_multiple_of(16) as u64);
        let replace = |launch: &mut Launch, from: Arg, to: Arg| {
            launch.args.iter_mut().filter(|arg| **arg == from).for_each(|arg| *arg = to);
        };
        candidate.launches.iter_mut().for_each(|launch| replace(launch, Arg::Input(1), turned));
        let turn = Convert { shape, from: Layout::FIRST_INNER, to: Layout::PLAIN }.candidate();
        for mut launch in turn.launches.into_iter().rev() {
            replace(&mut launch, Arg::Output(0), turned);
            replace(&mut launch, Arg::Input(0), Arg::Input(1));
            candidate.launches.insert(0, launch);
        }
    }

    /// Row-major dx. Bindings: dy, weight, dx.
    pub fn dx_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let pixels = self.n * self.input.iter().product::<usize>();
        let direct = Launch::flat(&shaders::CONV_DIRECT_DX, self.c * pixels, 64).params(self.dims()).bind(&[
            Arg::Input(0),
            Arg::Input(1),
            Arg::Output(0),
        ]);
        let depth = self.k / self.groups * self.kernel.iter().product::<usize>();
        let product = Product { rows: self.c / self.groups, columns: pixels, depth, parts: 1 };
        let gemm = self.gemm(product, "conv_gemm_dx", [0, 1], Arg::Input(0), caps);
        in_order(gemm, Candidate::one(direct), depth, caps)
    }

    /// Row-major dweight in `parts`, and dbias if there is one. Bindings: x, dy, dweight, dbias.
    pub fn dweight_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let pixels = self.n * self.output.iter().product::<usize>();
        let parts = self.parts(caps);
        let mut words = self.dims();
        words.extend(params! { parts });
        let direct = Launch::flat(&shaders::CONV_DIRECT_DWEIGHT, parts as usize * self.weights(), 64)
            .params(words)
            .bind(&[Arg::Input(0), Arg::Input(1), Arg::Output(0)]);
        let product = Product { rows: self.k / self.groups, columns: self.window_size(), depth: pixels, parts };
        let gemm = self.gemm(product, "conv_gemm_dweight", [0, 1], Arg::Input(0), caps);
        let mut candidates = in_order(gemm, Candidate::one(direct), pixels / parts as usize, caps);
        if self.bias {
            let rest = self.output.iter().product::<usize>();
            let sum = Launch::flat(&shaders::CHANNEL_SUM, self.k * 64, 64)
                .params(params! { n: self.n, c: self.k, rest })
                .bind(&[Arg::Input(1), Arg::Output(1)]);
            candidates.iter_mut().for_each(|candidate| candidate.launches.push(sum.clone()));
        }
        candidates
    }

    /// Parts of a row-major dweight: a long sum over images is split where there are too few weights to fill a GPU, and
    /// where it would be too long for one invocation.
    pub fn parts(&self, caps: &Caps) -> u32 {
        let workgroups = (self.k / self.groups).div_ceil(64) * self.window_size().div_ceil(64) * self.groups;
        let wanted = match caps.family {
            Family::Software => 4,
            Family::Gpu => 128,
        };
        let pixels = self.n * self.output.iter().product::<usize>();
        (wanted / workgroups).clamp(1, 32).min(self.n).max(pixels.div_ceil(LONGEST)) as u32
    }

    /// Weights under one output.
    fn window_size(&self) -> usize {
        self.c / self.groups * self.kernel.iter().product::<usize>()
    }

    /// As a product by tiles in workgroup memory, the larger tile first where it fills the device.
    fn gemm(
        &self,
        product: Product,
        operands: &'static str,
        inputs: [usize; 2],
        bias: Arg,
        caps: &Caps,
    ) -> Vec<Candidate> {
        let Product { rows, columns, depth, parts } = product;
        let part = depth.div_ceil(parts as usize);
        let filled = rows.div_ceil(64) * columns.div_ceil(64) * self.groups * parts as usize >= 64;
        let tiles = if filled { [64u32, 32] } else { [32, 64] };
        let fits = |tile: &u32| tile * tile / 16 <= caps.workgroup_size && tile * 128 <= caps.workgroup_bytes;
        let made = tiles.into_iter().filter(fits).filter_map(|tile| {
            let grid = [columns.div_ceil(tile as usize), rows.div_ceil(tile as usize), self.groups * parts as usize];
            if grid.iter().any(|&axis| axis > caps.grid_axis as usize) {
                return None;
            }
            let mut words = self.dims();
            words.extend(params! {
                rows, columns, depth, parts, part, alpha: self.activation.alpha, beta: self.activation.beta,
            });
            let launch = Launch::new(&shaders::CONV_GEMM, grid.map(|axis| axis as u32))
                .redirect("conv_gemm_y", operands)
                .set("TILE", tile)
                .set("BIAS", self.bias && operands == "conv_gemm_y")
                .set("FUNCTION", if operands == "conv_gemm_y" { self.activation.code } else { 0 })
                .params(words)
                .bind(&[Arg::Input(inputs[0]), Arg::Input(inputs[1]), bias, Arg::Output(0)]);
            Some(Candidate::one(launch).named(format!("{operands}/{tile}")))
        });
        made.collect()
    }
}

/// Lengths of the product that stands for a convolution, in one group; the depth comes in parts.
struct Product {
    rows: usize,
    columns: usize,
    depth: usize,
    parts: u32,
}

/// A product pays where its depth fills a tile and barriers cost little: on SwiftShader, the software adapter that has
/// no subgroups of 8, the tiles take more than twice as long as direct sums.
fn in_order(mut gemm: Vec<Candidate>, direct: Candidate, depth: usize, caps: &Caps) -> Vec<Candidate> {
    let dear = caps.family == Family::Software && caps.subgroup != Some(8);
    let at = if depth < 16 || dear { 0 } else { gemm.len() };
    gemm.insert(at, direct);
    gemm
}
