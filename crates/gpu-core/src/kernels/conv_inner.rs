//! Convolution and its gradients with the batch innermost: what training on a software adapter runs on.
//!
//! Lanes are images (weight gradient: channels), weights go round by subgroup shuffles, nothing has an edge inside a
//! vector. Activation and 2×2 max pooling are made in the same launch, their gradients spread out on the fly.

use super::activation::Activation;
use super::conv::Conv;
use super::winograd::{Behind, Winograd};
use crate::{Arg, Candidate, Caps, Launch, params};

/// Widest kernel that is unrolled.
const WIDEST: usize = 7;
/// Multiply-adds of vec4s in one loop body: more costs seconds of compilation and leaves the instruction cache.
pub(super) const BODY: usize = 320;
/// Fewer channels than these leave too many lanes idle when lanes are channels.
const FEW: usize = 5;

/// Relative rates of tiles (vec4s of kernels, rows, columns), measured on a software adapter by `cargo bench -p
/// lenslet-benches`: more sums do not fit the cache of data, fewer do not pay for their loads.
const FORWARD: &[(f64, [usize; 3])] = &[
    (1.00, [8, 1, 2]),
    (0.98, [4, 1, 4]),
    (0.95, [4, 2, 2]),
    (0.94, [2, 2, 2]),
    (0.93, [2, 2, 4]),
    (0.86, [2, 1, 4]),
    (0.82, [4, 1, 2]),
    (0.80, [1, 2, 4]),
    (0.75, [8, 1, 1]),
    (0.60, [1, 2, 2]),
    (0.50, [2, 1, 2]),
    (0.45, [1, 1, 4]),
    (0.20, [1, 1, 1]),
];
/// The same of the data gradient's tiles (channels, 1, columns).
const DATA: &[(f64, [usize; 3])] = &[
    (1.00, [16, 1, 4]),
    (0.94, [32, 1, 2]),
    (0.88, [16, 1, 2]),
    (0.86, [8, 1, 8]),
    (0.74, [8, 1, 4]),
    (0.60, [4, 1, 8]),
    (0.50, [4, 1, 4]),
    (0.45, [2, 1, 8]),
    (0.30, [1, 1, 8]),
    (0.20, [1, 1, 2]),
];
/// Rounds of the weight gradient's loops, at most: some drivers leave long ones (`rounds.rs`).
const LONGEST: usize = 50_000;
/// The same of the weight gradient's tiles (vec4s of kernels, 1, columns).
const WEIGHT: &[(f64, [usize; 3])] =
    &[(1.00, [8, 1, 2]), (0.92, [4, 1, 2]), (0.85, [4, 1, 4]), (0.70, [2, 1, 4]), (0.60, [2, 1, 2]), (0.40, [1, 1, 4])];

/// A convolution of two spatial axes with everything that its launches may take over from neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvInner {
    /// The convolution. Its activation is applied to y (after pooling).
    pub conv: Conv,
    /// y is max pooled 2×2.
    pub pool: bool,
    /// The data gradient is multiplied by the slope of the activation that made x.
    pub slope: Activation,
}

/// Whether the kernels here can run it.
pub fn fits(conv: &Conv, caps: &Caps) -> bool {
    let [d, t] = [conv.input[0], conv.kernel[0]];
    let (c, k) = (conv.c / conv.groups, conv.k / conv.groups);
    caps.subgroup == Some(8)
        && caps.storage_bindings >= 5
        && d == 1
        && t == 1
        && conv.kernel[2] <= WIDEST
        && conv.stride[2] <= 2
        && (conv.kernel[2] - 1) * conv.dilation[2] < 16
        && conv.pad[2] < 16
        && (conv.groups == 1 || (k % 4 == 0 && c > 1))
}

impl ConvInner {
    pub(super) fn n4(&self) -> usize {
        self.conv.n.div_ceil(4)
    }

    pub(super) fn k4(&self) -> usize {
        self.conv.k.div_ceil(4)
    }

    /// Parts that the weight gradient comes in: enough for a few workgroups a thread, each with work worth its launch.
    pub fn parts(&self) -> u32 {
        let (rows, images) = self.part();
        (self.conv.output[1].div_ceil(rows) * self.n4().div_ceil(images)) as u32
    }

    /// Rows p and vec4s of images of one part.
    fn part(&self) -> (usize, usize) {
        let conv = &self.conv;
        let (c, k) = (conv.c / conv.groups, conv.k / conv.groups);
        let tiles = if c < FEW && conv.kernel[1] <= WIDEST {
            c * k.div_ceil(8)
        } else {
            c.div_ceil(8) * k.div_ceil(16) * conv.kernel[1]
        };
        let rounds = conv.output[1] * conv.output[2].div_ceil(2) * (self.n4() + 2);
        let wanted = 32usize.div_ceil(tiles * conv.groups).max(rounds.div_ceil(LONGEST));
        let row_parts = wanted.min(conv.output[1].div_ceil(2));
        let image_parts = wanted.div_ceil(row_parts).min(self.n4());
        let rows = conv.output[1].div_ceil(row_parts).next_multiple_of(2);
        // Four vec4s of images fill a cache line.
        (rows, self.n4().div_ceil(image_parts).next_multiple_of(4).min(self.n4()))
    }

    /// Bindings: x, weight, bias if there is one; y, and code with pooling.
    pub fn candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let conv = &self.conv;
        let s = conv.kernel[2];
        let (pooled, even) = if self.pool { (2, 2) } else { (1, 1) };
        let [_, p, q] = conv.output;
        let [p, q] = [p / pooled * pooled, q / pooled * pooled];
        let k4_group = if conv.groups == 1 { self.k4() } else { conv.k / conv.groups / 4 };
        let mut candidates = Vec::new();
        if let Some(winograd) = Winograd::of(conv, caps).filter(|_| !self.pool) {
            let behind = Behind { bias: conv.bias.then_some(Arg::Input(2)), function: conv.activation, slope: None };
            candidates.push(winograd.candidate(Arg::Input(0), Arg::Input(1), Arg::Output(0), &behind));
        }
        for [o4, rows, columns] in ranked(FORWARD, [k4_group, p, q], even, s * 4) {
            let (tiles_q, tiles_k) = (q.div_ceil(columns), k4_group.div_ceil(o4));
            let grid = [self.n4().div_ceil(8), p.div_ceil(rows) * tiles_q, conv.groups * tiles_k].map(|g| g as u32);
            let bias = Arg::Input(if conv.bias { 2 } else { 1 });
            let launch = Launch::new(&shaders::CONV_INNER, grid)
                .set("S", s as u32)
                .set("STRIDE", conv.stride[2] as u32)
                .set("DILATION", conv.dilation[2] as u32)
                .set("O4", o4 as u32)
                .set("ROWS", rows as u32)
                .set("COLUMNS", columns as u32)
                .set("POOL", self.pool as u32)
                .set("CARRY", (rows > 1 && conv.stride[1] == conv.dilation[1]) as u32)
                .set("PADDED", self.padded())
                .set("BIAS", conv.bias)
                .set("FUNCTION", conv.activation.code)
                .params(params! {
                    n4: self.n4(), c: conv.c / conv.groups, k: conv.k, k4: self.k4(),
                    h: conv.input[1], w: conv.input[2], p, q,
                    r: conv.kernel[1],
                    stride_h: conv.stride[1], dilation_h: conv.dilation[1], pad_h: conv.pad[1], pad_w: conv.pad[2],
                    tiles_q, tiles_k, k4_group,
                    alpha: conv.activation.alpha, beta: conv.activation.beta,
                });
            let code = if self.pool { Arg::Output(1) } else { Arg::Scratch(0) };
            let mut candidate =
                Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), bias, Arg::Output(0), code]));
            if !self.pool {
                candidate.scratch.push(16);
            }
            candidates.push(candidate.named(format!("conv_inner/{}x{rows}x{columns}", o4 * 4)));
        }
        candidates.dedup_by(|a, b| a.name == b.name);
        candidates
    }

    /// Some tap of some output reads padding, or columns beyond x.
    fn padded(&self) -> bool {
        let conv = &self.conv;
        (1..3).any(|axis| {
            let reach = (conv.output[axis] - 1) * conv.stride[axis] + (conv.kernel[axis] - 1) * conv.dilation[axis] + 1;
            conv.pad[axis] > 0 || reach > conv.input[axis]
        })
    }

    /// Bindings: dy, weight, code with pooling, x where its slope is asked for; dx.
    pub fn dx_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let conv = &self.conv;
        let (s, stride) = (conv.kernel[2], conv.stride[2]);
        let c = conv.c / conv.groups;
        let k = conv.k / conv.groups;
        let [h, w] = [conv.input[1], conv.input[2]];
        let code = Arg::Input(if self.pool { 2 } else { 1 });
        let slope = self.slope != Activation::NONE;
        let x = Arg::Input(if slope { 2 + self.pool as usize } else { 1 });
        let mut candidates = Vec::new();
        if let Some(winograd) = Winograd::of_dx(conv, caps).filter(|_| !self.pool) {
            let behind = Behind { bias: None, function: Activation::NONE, slope: slope.then_some((x, self.slope)) };
            candidates.push(winograd.candidate(Arg::Input(0), Arg::Input(1), Arg::Output(0), &behind));
        }
        // Columns come in whole strides and pairs.
        let step = stride * 2;
        for [channels, _, columns] in ranked(DATA, [c, 1, w.next_multiple_of(step)], 1, s.div_ceil(stride)) {
            let columns = columns.next_multiple_of(step);
            let (tiles_w, tiles_c) = (w.div_ceil(columns), c.div_ceil(channels));
            let grid = [self.n4().div_ceil(8), h * tiles_w, conv.groups * tiles_c].map(|g| g as u32);
            let launch = Launch::new(&shaders::CONV_INNER_DX, grid)
                .set("S", s as u32)
                .set("STRIDE", stride as u32)
                .set("DILATION", conv.dilation[2] as u32)
                .set("PAD", conv.pad[2] as u32)
                .set("CHANNELS", channels as u32)
                .set("COLUMNS", columns as u32)
                .set("POOL", self.pool as u32)
                .set("FUNCTION", self.slope.code)
                .params(params! {
                    n4: self.n4(), c, k, k4: self.k4(), h, w, p: conv.output[1], q: conv.output[2],
                    r: conv.kernel[1],
                    stride_h: conv.stride[1], dilation_h: conv.dilation[1], pad_h: conv.pad[1],
                    tiles_w, tiles_c,
                    alpha: self.slope.alpha, beta: self.slope.beta,
                });
            let candidate = Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), code, x, Arg::Output(0)]));
            candidates.push(candidate.named(format!("conv_inner_dx/{channels}x{columns}")));
        }
        candidates.dedup_by(|a, b| a.name == b.name);
        self.dx_row().into_iter().chain(candidates).collect()
    }

    /// Bindings: x, dy, code with pooling; dweight and, with a bias, dbias, both in [`parts`](Self::parts).
    pub fn dweight_candidates(&self) -> Vec<Candidate> {
        let conv = &self.conv;
        let (s, stride) = (conv.kernel[2], conv.stride[2]);
        let (c, k) = (conv.c / conv.groups, conv.k / conv.groups);
        let (rows, images) = self.part();
        let parts = self.parts();
        let weights4 = c * conv.kernel[1] * s * self.k4();
        let code = Arg::Input(if self.pool { 2 } else { 0 });
        let dbias = if conv.bias { Arg::Output(1) } else { Arg::Scratch(0) };
        let few = c < FEW && conv.kernel[1] <= WIDEST;
        if few {
            return self.dweight_few(code, dbias);
        }
        let mut candidates = Vec::new();
        for [o4, _, columns] in ranked(WEIGHT, [k.div_ceil(4), 1, conv.output[2].next_multiple_of(2)], 1, s * 4) {
            let tiles_k = k.div_ceil(o4 * 4);
            let grid = [c.div_ceil(8) * tiles_k, conv.kernel[1], conv.groups * parts as usize].map(|g| g as u32);
            let launch = Launch::new(&shaders::CONV_INNER_DWEIGHT, grid)
                .set("S", s as u32)
                .set("STRIDE", stride as u32)
                .set("DILATION", conv.dilation[2] as u32)
                .set("O4", o4 as u32)
                .set("COLUMNS", columns as u32)
                .set("POOL", self.pool as u32)
                .set("BIAS", conv.bias)
                .params(params! {
                    n: conv.n, n4: self.n4(), c, k, k4: self.k4(),
                    h: conv.input[1], w: conv.input[2], p: conv.output[1], q: conv.output[2],
                    r: conv.kernel[1],
                    stride_h: conv.stride[1], dilation_h: conv.dilation[1], pad_h: conv.pad[1], pad_w: conv.pad[2],
                    tiles_k, parts, rows, images, weights4,
                });
            let args = [Arg::Input(0), Arg::Input(1), code, Arg::Output(0), dbias];
            let mut candidate = Candidate::one(launch.bind(&args));
            if !conv.bias {
                candidate.scratch.push(16);
            }
            candidates.push(candidate.named(format!("conv_inner_dweight/{}x{columns}", o4 * 4)));
        }
        candidates.dedup_by(|a, b| a.name == b.name);
        candidates
    }

    /// The weight gradient with kernels in the lanes.
    fn dweight_few(&self, code: Arg, dbias: Arg) -> Vec<Candidate> {
        let conv = &self.conv;
        let (r, s, stride) = (conv.kernel[1], conv.kernel[2], conv.stride[2]);
        let (c, k) = (conv.c / conv.groups, conv.k / conv.groups);
        let (rows, images) = self.part();
        let parts = self.parts();
        let grid = [k.div_ceil(8), c, conv.groups * parts as usize].map(|g| g as u32);
        let fits = |&columns: &usize| columns == 2 || r * s * columns <= BODY;
        let launches = [8, 4, 2].into_iter().filter(fits).take(2).map(|columns| {
            let launch = Launch::new(&shaders::CONV_INNER_DWEIGHT_FEW, grid)
                .set("R", r as u32)
                .set("S", s as u32)
                .set("STRIDE", stride as u32)
                .set("DILATION", conv.dilation[2] as u32)
                .set("COLUMNS", columns as u32)
                .set("POOL", self.pool as u32)
                .set("BIAS", conv.bias)
                .params(params! {
                    n: conv.n, n4: self.n4(), c, k, k4: self.k4(),
                    h: conv.input[1], w: conv.input[2], p: conv.output[1], q: conv.output[2],
                    stride_h: conv.stride[1], dilation_h: conv.dilation[1], pad_h: conv.pad[1], pad_w: conv.pad[2],
                    parts, rows, images, weights4: c * r * s * self.k4(),
                });
            let args = [Arg::Input(0), Arg::Input(1), code, Arg::Output(0), dbias];
            let mut candidate = Candidate::one(launch.bind(&args)).named(format!("conv_inner_dweight_few/{columns}"));
            if !conv.bias {
                candidate.scratch.push(16);
            }
            candidate
        });
        launches.collect()
    }
}

/// The two best of these tiles by rate and by what they compute beyond the `lengths` that they divide; clamped to those
/// where they are a little larger. Rows and columns must be multiples of `even`, and the loop body, `taps` times the
/// tile, not too long.
fn ranked(tiles: &[(f64, [usize; 3])], lengths: [usize; 3], even: usize, taps: usize) -> Vec<[usize; 3]> {
    let fits = |tile: &[usize; 3]| {
        let near = (0..3).all(|axis| tile[axis] <= lengths[axis].next_power_of_two());
        near && tile[1].is_multiple_of(even)
            && tile[2].is_multiple_of(even)
            && taps * tile.iter().product::<usize>() <= BODY
    };
    let mut ranked: Vec<(f64, [usize; 3])> = tiles
        .iter()
        .filter(|(_, tile)| fits(tile))
        .map(|&(rate, tile)| {
            let tile: [usize; 3] = std::array::from_fn(|axis| tile[axis].min(lengths[axis]));
            let made = |axis: usize| lengths[axis].next_multiple_of(tile[axis]) as f64 / lengths[axis] as f64;
            (rate / (made(0) * made(1) * made(2)), tile)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut best: Vec<[usize; 3]> = Vec::new();
    for (_, tile) in ranked {
        if !best.contains(&tile) {
            best.push(tile);
        }
    }
    best.truncate(2);
    best
}
