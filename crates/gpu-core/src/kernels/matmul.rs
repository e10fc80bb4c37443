//! Matrix products. One problem serves products with broadcast batches, linear layers with their gradients in either
//! layout, and 1×1 convolutions: they differ in strides, transposes and where the bias goes.
//!
//! The operands' side of all kernels is `lib/product.wgsl`.

use super::activation::Activation;
use crate::{Arg, Candidate, Caps, Family, Launch, Word, params};
use shaders::Knob;

/// Workgroups that keep a large GPU busy.
const BUSY: usize = 256;
/// Rounds of a tile's loop that are worth a part of their own.
const ROUNDS: usize = 8;

/// An operand with so many elements, read so many times, is packed first: below, that costs more than it saves.
const PACKED_ELEMENTS: usize = 1 << 18;
/// See [`PACKED_ELEMENTS`].
const PACKED_TIMES: usize = 256;

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
    /// Its tiles' columns lie in panels, this many elements apart.
    pub(super) panel: Option<usize>,
}

impl Matrix {
    /// A matrix without batches.
    pub fn new(arg: Arg, trans: bool, pitch: usize) -> Self {
        Matrix { arg, trans, pitch, batch: [0; 3], sum: [0; 2], panel: None }
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
    pub fn candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let folded = self.folded();
        let tiled = folded.tiled();
        let direct = folded.direct();
        match caps.family {
            Family::Gpu => tiled.into_iter().chain([direct]).collect(),
            // The tiled one last and alone: barriers are dear here, but a driver may surprise.
            Family::Software => {
                let mut candidates = folded.shuffled(caps);
                // Four rows are the least that a tile of registers pays for.
                candidates.insert(if folded.m <= 2 { 0 } else { candidates.len() }, direct);
                candidates.into_iter().chain(tiled.into_iter().take(1)).collect()
            }
        }
    }

    fn direct(&self) -> Candidate {
        let blocks = self.batches() * self.m.div_ceil(4) * self.pitch.div_ceil(4);
        Candidate::one(self.launch(Launch::flat(&shaders::MATMUL_DIRECT, blocks, 64)))
    }

    /// Register tiles with subgroups of 8: the tallest whose rows are mostly there.
    fn shuffled(&self, caps: &Caps) -> Vec<Candidate> {
        let heights: &[usize] = match (caps.subgroup, self.m) {
            (Some(8), ..=8) => &[8],
            (Some(8), 9..=16) => &[16],
            (Some(8), 17..=32) => &[32],
            (Some(8), _) => &[64, 32],
            _ => &[],
        };
        let packed = self.packed(heights.first().copied().unwrap_or(0), caps);
        packed.into_iter().chain(heights.iter().map(|&rows| self.shuffled_by(rows))).collect()
    }

    /// The tallest tiles on operands whose tiles were brought together first, where the product is large enough to
    /// pay for that.
    fn packed(&self, rows: usize, caps: &Caps) -> Option<Candidate> {
        let single = self.batches() == 1 && self.sums == [1, 1];
        let large = |length: usize, times: usize| times >= PACKED_TIMES && length * self.k >= PACKED_ELEMENTS;
        let pack_a = self.a.trans && large(self.m, self.n);
        let pack_b = !self.b.trans && large(self.n, self.m);
        if rows == 0 || !single || !(pack_a || pack_b) {
            return None;
        }
        let mut product = self.clone();
        let (mut launches, mut scratch) = (Vec::new(), Vec::new());
        for (wanted, matrix, length, width) in
            [(pack_a, &mut product.a, self.m, rows), (pack_b, &mut product.b, self.n, 32)]
        {
            if !wanted {
                continue;
            }
            let count = length.div_ceil(width) * self.k * width / 4;
            if count as u64 * 16 > caps.binding_bytes {
                return None;
            }
            let whole = matrix.whole();
            let panels = Arg::Scratch(scratch.len());
            launches.push(
                Launch::flat(&shaders::MATMUL_PACK, count, 64)
                    .set("X", Knob::Type(if whole { "vec4<f32>" } else { "f32" }))
                    .set("VEC_X", u32::from(whole))
                    .set("WIDTH", width as u32)
                    .params(params! { rows: self.k, columns: length, pitch: matrix.pitch, count })
                    .bind(&[matrix.arg, panels]),
            );
            scratch.push(count as u64 * 16);
            *matrix = Matrix { panel: Some(self.k * width), ..Matrix::new(panels, matrix.trans, width) };
        }
        let mut candidate = product.shuffled_by(rows);
        candidate.name = format!("matmul_packed/{rows}");
        candidate.scratch = scratch;
        launches.append(&mut candidate.launches);
        candidate.launches = launches;
        Some(candidate)
    }

    fn shuffled_by(&self, rows: usize) -> Candidate {
        let tiles = self.batches() * self.m.div_ceil(rows) * self.pitch.div_ceil(32);
        let launch = Launch::flat(&shaders::MATMUL_SHUFFLED, tiles * 8, 8)
            .set("ROWS", rows as u32)
            .set("RAGGED", !self.k.is_multiple_of(4));
        let mut launch = self.launch(launch);
        let panel = self.a.panel.unwrap_or(rows);
        launch.params.iter_mut().filter(|(name, _)| *name == "panel_a").for_each(|(_, word)| *word = panel.into());
        Candidate::one(launch).named(format!("matmul_shuffled/{rows}"))
    }

    /// Tiles in workgroup memory: large ones where they keep a device busy, small ones otherwise, and the sum in
    /// parts where even those do not.
    fn tiled(&self) -> Vec<Candidate> {
        let all = |side: usize| {
            let (tile, depths) = (8 * side, 128 / side);
            let tiles = self.batches() * self.m.div_ceil(tile) * self.pitch.div_ceil(tile);
            (tiles, self.sums.iter().product::<usize>() * self.k.div_ceil(depths))
        };
        let tiled = |side: usize, parts: usize| {
            let (tiles, rounds) = all(side);
            let part_steps = rounds.div_ceil(parts).max(1);
            let parts = rounds.div_ceil(part_steps).max(1);
            let mut launch = Launch::new(&shaders::MATMUL_TILED, grid(tiles * parts)).set("SIDE", side as u32);
            launch = if parts == 1 { self.launch(launch) } else { self.part().launch(launch) };
            launch
                .params
                .iter_mut()
                .filter(|(name, _)| *name == "part_steps")
                .for_each(|(_, word)| *word = part_steps.into());
            let name = format!("matmul_tiled/{}", 8 * side);
            let mut candidate = Candidate::one(launch).named(&name);
            if parts > 1 {
                let bytes = 4 * parts * self.batches() * self.m * self.pitch;
                candidate = candidate.named(format!("{name} in {parts}"));
                candidate.scratch.push(bytes.next_multiple_of(16) as u64);
                candidate.launches.push(self.add_parts(parts));
            }
            candidate
        };
        let (tiles, _) = all(8);
        let (small_tiles, rounds) = all(4);
        let parts = (BUSY / small_tiles.max(1)).min(rounds / ROUNDS);
        let (large, small) = (tiled(8, 1), tiled(4, 1));
        if tiles >= BUSY {
            vec![large, small]
        } else if parts > 1 {
            vec![tiled(4, parts), small, large]
        } else {
            vec![small, large]
        }
    }

    /// One part of a split sum: nothing but the sum, into scratch.
    fn part(&self) -> Matmul {
        Matmul { y: Arg::Scratch(0), scale: 1.0, bias: Bias::None, activation: Activation::NONE, ..self.clone() }
    }

    fn add_parts(&self, parts: usize) -> Launch {
        let part = self.batches() * self.m * self.pitch;
        let parts = Matmul {
            a: Matrix { sum: [0, part], ..Matrix::new(Arg::Scratch(0), false, self.pitch) },
            b: Matrix::new(Arg::Scratch(0), false, self.pitch),
            sums: [1, parts],
            ..self.clone()
        };
        let quads = self.batches() * self.m * self.pitch.div_ceil(4);
        parts.launch(Launch::flat(&shaders::MATMUL_PARTS, quads, 64))
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
            .set("TRANS_A", u32::from(self.a.trans))
            .set("TRANS_B", u32::from(self.b.trans))
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
            panel_a: 0u32, panel_b: b.panel.unwrap_or(32), sums_1, sum_a_0, sum_a_1, sum_b_0, sum_b_1,
            batches: self.batches(), batch_1, batch_2, a_0, a_1, a_2, b_0, b_1, b_2,
            part_steps: u32::MAX, scale: self.scale, alpha: self.activation.alpha, beta: self.activation.beta,
        }
    }
}

/// This many workgroups, folded over x and y.
fn grid(groups: usize) -> [u32; 3] {
    let rows = groups.div_ceil(65_535).max(1);
    [groups.div_ceil(rows) as u32, rows as u32, 1]
}
