//! Row-major convolution of few images on a software adapter: lanes are pixels along padded rows, weights go round.
//!
//! Two launches: x is padded and split by stride (`conv_rows_x`), then every tap runs along neighbours. The weight lies
//! first-inner. Other row-major kernels: `conv.rs`; many images: `conv_inner.rs`.

use super::conv::Conv;
use crate::{Arg, Candidate, Caps, Family, Launch, MOST_ROUNDS, params};
use shaders::Knob;

/// Widest kernel that is unrolled.
const WIDEST: usize = 7;
/// A tap may lie so many columns to the right of the first: it must be in the next `vec4`.
const FURTHEST: usize = 4;
/// Relative rates of tiles (vec4s of kernels, blocks of 32 pixels), measured by `cargo bench -p lenslet-benches`.
const TILES: &[(f64, [usize; 2])] = &[
    (1.00, [8, 2]),
    (0.95, [4, 4]),
    (0.80, [4, 2]),
    (0.70, [8, 1]),
    (0.70, [2, 4]),
    (0.60, [4, 1]),
    (0.50, [2, 2]),
    (0.40, [1, 4]),
    (0.25, [1, 1]),
];
/// Multiply-adds of vec4s in one loop body.
const BODY: usize = 320;

/// How x lies for the kernel: planes of padded rows, one for each remainder of its coordinates that a tap needs.
struct Rows {
    /// Remainders, down and across.
    phases: [usize; 2],
    /// `vec4`s of a row.
    w4: usize,
    /// `vec4`s of a plane.
    len4: usize,
}

impl Rows {
    fn of(conv: &Conv) -> Self {
        let phases = [1, 2].map(|axis| conv.stride[axis].min((conv.kernel[axis] - 1) * conv.dilation[axis] + 1));
        let furthest = [1, 2].map(|axis| (conv.kernel[axis] - 1) * conv.dilation[axis] / conv.stride[axis]);
        let (q, stride, pad) = (conv.output[2], conv.stride[2], conv.pad[2]);
        // A row may end where the padding to its right is the padding to the left of the next.
        let shared = |width: &usize| {
            let beyond = *width..q + furthest[1];
            let zero = |at: usize| {
                (0..phases[1])
                    .all(|phase| at * stride + phase >= conv.input[2] + pad && (at - width) * stride + phase < pad)
            };
            beyond.into_iter().all(zero)
        };
        let width =
            (q.next_multiple_of(4)..).step_by(4).find(shared).expect("a row that holds every tap shares nothing");
        let w4 = width / 4;
        Rows { phases, w4, len4: (conv.output[1] + furthest[0]) * w4 + 1 }
    }

    /// Planes of all images.
    fn planes(&self, conv: &Conv) -> usize {
        conv.n * conv.c * self.phases[0] * self.phases[1]
    }
}

/// Whether the kernels here can run it: two spatial axes, subgroups of 8. A channel a group: [`depthwise`].
pub fn fits(conv: &Conv, caps: &Caps) -> bool {
    let (c, k) = (conv.c / conv.groups, conv.k / conv.groups);
    (conv.groups == 1 || (k % 4 == 0 && c > 1)) && lies_well(conv, caps)
}

/// Whether [`depthwise`] can run it.
pub fn fits_depthwise(conv: &Conv, caps: &Caps) -> bool {
    conv.groups > 1 && conv.c == conv.groups && conv.k <= caps.grid_axis as usize && lies_well(conv, caps)
}

/// Whether x can be laid out for the kernels here.
fn lies_well(conv: &Conv, caps: &Caps) -> bool {
    let plain = conv.input[0] == 1 && conv.kernel[0] == 1;
    let near = (conv.kernel[2] - 1) * conv.dilation[2] / conv.stride[2] <= FURTHEST && conv.kernel[2] <= WIDEST;
    if caps.family != Family::Software || caps.subgroup != Some(8) || !plain || !near {
        return false;
    }
    let rows = Rows::of(conv);
    let bytes = rows.planes(conv) * rows.len4 * 16;
    let axis = caps.grid_axis as usize;
    bytes as u64 <= caps.binding_bytes
        && rows.planes(conv) <= axis
        && rows.len4.div_ceil(8) <= axis
        && conv.n * conv.groups <= axis
        && conv.c / conv.groups * conv.kernel[1] + conv.kernel[1] <= MOST_ROUNDS
}

/// The launch that lays x out in scratch.
fn lay_out(conv: &Conv, rows: &Rows) -> Launch {
    Launch::new(&shaders::CONV_ROWS_X, [rows.len4.div_ceil(8) as u32, rows.planes(conv) as u32, 1])
        .params(params! {
            h: conv.input[1], w: conv.input[2], len4: rows.len4, w4: rows.w4,
            phases_h: rows.phases[0], phases_w: rows.phases[1],
            stride_h: conv.stride[1], stride_w: conv.stride[2], pad_h: conv.pad[1], pad_w: conv.pad[2],
        })
        .bind(&[Arg::Input(0), Arg::Scratch(0)])
}

/// The knobs that both kernels share.
fn knobs(conv: &Conv, rows: &Rows, launch: Launch) -> Launch {
    let whole = conv.output[2].is_multiple_of(4);
    launch
        .set("Y", Knob::Type(if whole { "vec4<f32>" } else { "f32" }))
        .set("VEC_Y", u32::from(whole))
        .set("S", conv.kernel[2] as u32)
        .set("STRIDE", conv.stride[2] as u32)
        .set("DILATION", conv.dilation[2] as u32)
        .set("PHASES", rows.phases[1] as u32)
        .set("BIAS", conv.bias)
        .set("FUNCTION", conv.activation.code)
        .bind(&[Arg::Scratch(0), Arg::Input(1), Arg::Input(if conv.bias { 2 } else { 1 }), Arg::Output(0)])
}

/// The launch behind the one that lays x out.
fn behind(conv: &Conv, rows: &Rows, launch: Launch, name: String) -> Candidate {
    let mut candidate = Candidate::one(launch).named(name);
    candidate.launches.insert(0, lay_out(conv, rows));
    candidate.scratch.push((rows.planes(conv) * rows.len4 * 16) as u64);
    candidate
}

/// Every group has one channel of x. Bindings: x, weight (row-major), bias if there is one, y.
pub fn depthwise(conv: &Conv) -> Vec<Candidate> {
    let rows = Rows::of(conv);
    let length = (conv.output[1] * rows.w4).div_ceil(8); // blocks
    let blocks = length.min(4);
    let grid = [length.div_ceil(blocks), conv.k, conv.n].map(|axis| axis as u32);
    let launch = Launch::new(&shaders::CONV_ROWS_DEPTHWISE, grid).set("BLOCKS", blocks as u32).params(params! {
        k: conv.k, groups: conv.groups, multiple: conv.k / conv.groups,
        p: conv.output[1], q: conv.output[2], r: conv.kernel[1],
        len4: rows.len4, w4: rows.w4, last: rows.planes(conv) * rows.len4 - 1,
        phases_h: rows.phases[0], stride_h: conv.stride[1], dilation_h: conv.dilation[1],
        alpha: conv.activation.alpha, beta: conv.activation.beta,
    });
    vec![behind(conv, &rows, knobs(conv, &rows, launch), format!("conv_rows_depthwise/{}", blocks * 32))]
}

/// Bindings: x, weight (first-inner), bias if there is one, y.
pub fn candidates(conv: &Conv) -> Vec<Candidate> {
    let rows = Rows::of(conv);
    let k4 = conv.k.div_ceil(4);
    let k4_group = if conv.groups == 1 { k4 } else { conv.k / conv.groups / 4 };
    let length = (conv.output[1] * rows.w4).div_ceil(8); // blocks
    let tiles = ranked([k4_group, length], conv.kernel[2] * 4);
    let made = tiles.into_iter().map(|[o4, blocks]| {
        let grid = [length.div_ceil(blocks), k4_group.div_ceil(o4), conv.n * conv.groups].map(|axis| axis as u32);
        let launch =
            Launch::new(&shaders::CONV_ROWS, grid).set("O4", o4 as u32).set("BLOCKS", blocks as u32).params(params! {
                c: conv.c / conv.groups, k: conv.k, k4, p: conv.output[1], q: conv.output[2], r: conv.kernel[1],
                len4: rows.len4, w4: rows.w4, last: rows.planes(conv) * rows.len4 - 1,
                phases_h: rows.phases[0], stride_h: conv.stride[1], dilation_h: conv.dilation[1],
                groups: conv.groups, k4_group, alpha: conv.activation.alpha, beta: conv.activation.beta,
            });
        behind(conv, &rows, knobs(conv, &rows, launch), format!("conv_rows/{}x{}", o4 * 4, blocks * 32))
    });
    made.collect()
}

/// The two best tiles by rate and by what they compute beyond the `lengths` that they divide.
fn ranked(lengths: [usize; 2], taps: usize) -> Vec<[usize; 2]> {
    let fits = |tile: &[usize; 2]| {
        (0..2).all(|axis| tile[axis] <= lengths[axis].next_power_of_two()) && taps * tile[0] * tile[1] <= BODY
    };
    let mut ranked: Vec<(f64, [usize; 2])> = TILES
        .iter()
        .filter(|(_, tile)| fits(tile))
        .map(|&(rate, tile)| {
            let tile: [usize; 2] = std::array::from_fn(|axis| tile[axis].min(lengths[axis]));
            let made = |axis: usize| lengths[axis].next_multiple_of(tile[axis]) as f64 / lengths[axis] as f64;
            (rate / (made(0) * made(1)), tile)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut tiles: Vec<[usize; 2]> = ranked.into_iter().map(|(_, tile)| tile).collect();
    tiles.dedup();
    tiles.truncate(2);
    tiles
}
