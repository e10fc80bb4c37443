//! 3×3 convolution of stride 1 by Winograd's minimal filtering F(4×4, 3×3), batch-innermost: 16 outputs of a channel by
//! 36 multiplications where `conv_inner.rs` takes 144. Its data gradient likewise.
//!
//! Transforms cost as much as many products, so it pays where enough channels share them ([`Winograd::gain`]). Their
//! coefficients (up to 5 and 8, in two axes) make its rounding errors those of some hundred terms of a direct sum, of all
//! that lies under a tile: hence [`LEAST`]. A NaN or an infinity reaches the whole tile.

use super::activation::Activation;
use super::conv::Conv;
use crate::{Arg, Candidate, Caps, Launch, MOST_ROUNDS, params};

/// Channels in and out from which a direct sum may be as wrong as a transformed one.
const LEAST: usize = 16;
/// Products of two axes: 6 × 6 for 4 × 4 outputs.
const PRODUCTS: usize = 36;
/// Times of the parts of the work on a software adapter, in those of one vec4 multiply-add of the direct convolution,
/// measured by `cargo bench -p lenslet-benches`: a tile of x, a tile of y, a filter.
const TILE_X: f64 = 1900.0;
const TILE_Y: f64 = 1300.0;
const FILTER: f64 = 120.0;
/// vec4s of kernels of one product at most, and channels of one loop body.
const KERNELS4: usize = 16;
const STEP: usize = 4;
/// Workgroups, each with its own part of a scratch buffer: enough for the threads of machines without a GPU.
const GROUPS: usize = 32;

/// A convolution that fits: x `[c, h, w, n]`, weight `[c, 3, 3, k]` → y `[k, p, q, n]`.
pub(super) struct Winograd {
    n4: usize,
    c: usize,
    k: usize,
    input: [usize; 2],
    output: [usize; 2],
    pad: [usize; 2],
    /// The weight's c and k are exchanged and its taps turned round.
    turned: bool,
}

/// What is done to y in the last launch.
pub(super) struct Behind {
    /// Where the bias is, if there is one.
    pub(super) bias: Option<Arg>,
    /// Applied to the sum.
    pub(super) function: Activation,
    /// Where that is which tells the slope that y is multiplied by.
    pub(super) slope: Option<(Arg, Activation)>,
}

impl Winograd {
    /// y of this convolution, where that pays.
    pub(super) fn of(conv: &Conv, caps: &Caps) -> Option<Self> {
        Self::shaped(conv).filter(|winograd| winograd.fits(caps))
    }

    /// dx of this convolution, where that pays: a convolution of dy.
    pub(super) fn of_dx(conv: &Conv, caps: &Caps) -> Option<Self> {
        let Self { n4, c, k, input, output, pad, .. } = Self::shaped(conv)?;
        let pad = pad.map(|pad| 2 - pad);
        let turned = Winograd { n4, c: k, k: c, input: output, output: input, pad, turned: true };
        turned.fits(caps).then_some(turned)
    }

    fn shaped(conv: &Conv) -> Option<Self> {
        let ([_, h, w], [_, p, q]) = (conv.input, conv.output);
        let pad = [conv.pad[1], conv.pad[2]];
        let plain = conv.kernel == [1, 3, 3]
            && conv.stride[1..] == [1, 1]
            && conv.dilation[1..] == [1, 1]
            && conv.groups == 1
            && pad.iter().all(|&pad| pad <= 2);
        let (n4, c, k) = (conv.n.div_ceil(4), conv.c, conv.k);
        plain.then_some(Winograd { n4, c, k, input: [h, w], output: [p, q], pad, turned: false })
    }

    fn fits(&self, caps: &Caps) -> bool {
        let bytes = self.scratch().into_iter().max().unwrap_or(0);
        self.c.min(self.k) >= LEAST && self.rounds() <= MOST_ROUNDS && bytes <= caps.binding_bytes && self.gain() > 1.05
    }

    /// Channels of whole loop bodies.
    fn depth(&self) -> usize {
        self.c.next_multiple_of(STEP)
    }

    /// Blocks of 8 vec4s of tiles and images that one workgroup takes, and workgroups.
    fn blocks(&self) -> [usize; 2] {
        let all = self.columns().div_ceil(8);
        let blocks = all.div_ceil(GROUPS).min(MOST_ROUNDS / self.rounds()).max(1);
        [blocks, all.div_ceil(blocks)]
    }

    /// Bytes of the transformed filters, and of all workgroups' parts.
    fn scratch(&self) -> [u64; 2] {
        let filters = self.depth() * self.k.div_ceil(4);
        let parts = self.blocks()[1] * (self.depth() + 1 + 4 * self.o4() + 1) * 8;
        [filters, parts].map(|vec4s| (PRODUCTS * vec4s * 16) as u64)
    }

    /// Rounds of loops for one block.
    fn rounds(&self) -> usize {
        let depth = self.depth();
        depth + self.k.div_ceil(4).div_ceil(self.o4()) * (PRODUCTS * (depth / STEP + 1) + 4 * self.o4() + 1) + 1
    }

    /// vec4s of kernels of one product: as even as can be.
    fn o4(&self) -> usize {
        let k4 = self.k.div_ceil(4);
        k4.div_ceil(k4.div_ceil(KERNELS4))
    }

    fn tiles(&self) -> [usize; 2] {
        self.output.map(|length| length.div_ceil(4))
    }

    /// vec4s of tiles and images.
    fn columns(&self) -> usize {
        self.tiles().iter().product::<usize>() * self.n4
    }

    /// How many times faster than a direct convolution it should be.
    fn gain(&self) -> f64 {
        let (c, k, columns) = (self.c as f64, self.k as f64, self.columns() as f64);
        let direct = self.output.iter().product::<usize>() as f64 * self.n4 as f64 * c * k * 9.0;
        let made = columns * (PRODUCTS as f64 * c * k + c * TILE_X + k * TILE_Y) + c * k * FILTER;
        direct / made
    }

    /// The launches from x and weight to y.
    pub(super) fn candidate(&self, x: Arg, weight: Arg, y: Arg, behind: &Behind) -> Candidate {
        let Winograd { n4, c, k, input: [h, w], output: [p, q], pad: [pad_h, pad_w], turned } = *self;
        let (k4, depth, columns, o4) = (k.div_ceil(4), self.depth(), self.columns(), self.o4());
        let [u, work] = [0, 1].map(Arg::Scratch);
        let weight4 = if turned { c.div_ceil(4) } else { k4 };
        let filters = Launch::flat(&shaders::CONV_WINOGRAD_WEIGHT, depth * k4, 8)
            .set("TURNED", turned)
            .params(params! { c, depth, k, k4, weight4 })
            .bind(&[weight, u]);
        let [blocks, groups] = self.blocks();
        let (made, slope) = behind.slope.unwrap_or((u, Activation::NONE));
        let words = if behind.slope.is_some() { slope } else { behind.function };
        let product = Launch::new(&shaders::CONV_WINOGRAD, [groups as u32, 1, 1])
            .set("O4", o4 as u32)
            .set("STEP", STEP as u32)
            .set("BIAS", behind.bias.is_some())
            .set("FUNCTION", behind.function.code)
            .set("SLOPE", slope.code)
            .params(params! {
                n4, c, depth, k, k4, h, w, p, q, tiles_q: self.tiles()[1], columns, blocks, pad_h, pad_w,
                alpha: words.alpha, beta: words.beta,
            })
            .bind(&[x, u, behind.bias.unwrap_or(u), made, y, work]);
        Candidate {
            name: format!("conv_winograd/{}", o4 * 4),
            launches: vec![filters, product],
            scratch: self.scratch().to_vec(),
            tables: Vec::new(),
        }
    }
}
