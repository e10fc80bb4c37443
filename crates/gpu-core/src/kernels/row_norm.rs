//! Layer, RMS, group and instance norm on row-major data: two launches forward, two for dx, up to three for the
//! gradients of weight and bias.

use super::norm::Groups;
use crate::{Arg, Candidate, Caps, Launch, Word, params};

/// Norm of rows. Number j of row i meets weight `(i % cycle) * per_row + j / span`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowNorm {
    /// How many rows.
    pub rows: usize,
    /// Numbers of a row.
    pub len: usize,
    /// Rows after which weights repeat.
    pub cycle: usize,
    /// Weights of one row.
    pub per_row: usize,
    /// Numbers that share a weight.
    pub span: usize,
    /// Around 0 instead of the mean, and without bias.
    pub rms: bool,
}

impl RowNorm {
    fn groups(&self) -> Groups {
        Groups::rows(self.rows, self.len)
    }

    fn words(&self, more: Vec<(&'static str, Word)>) -> Vec<(&'static str, Word)> {
        let mut words = params! { rows: self.rows, len: self.len };
        words.extend(more);
        words.extend(params! { cycle: self.cycle, per_row: self.per_row, span: self.span });
        words
    }

    fn blocks(&self, caps: &Caps) -> usize {
        self.groups().blocks(caps)
    }

    /// Bindings: x, weight, bias unless RMS; y, statistics `[2, rows]`.
    pub fn candidates(&self, eps: f32, caps: &Caps) -> Vec<Candidate> {
        let (at, blocks) = (self.groups(), self.blocks(caps));
        let chunks = at.chunks(caps);
        let moments = at.moments(caps, Arg::Input(0), Arg::Scratch(0));
        let mut words = self.words(params! { chunks, blocks });
        words.extend(params! { eps });
        let bias = Arg::Input(if self.rms { 1 } else { 2 });
        let apply = Launch::flat(&shaders::ROW_NORM, self.rows * blocks, 64)
            .set("RMS", self.rms)
            .params(words)
            .bind(&[Arg::Input(0), Arg::Input(1), bias, Arg::Scratch(0), Arg::Output(0), Arg::Output(1)]);
        let scratch = vec![at.moments_bytes(caps)];
        vec![Candidate { name: "row_norm".into(), launches: vec![moments, apply], scratch, tables: Vec::new() }]
    }

    /// Bindings: x, dy, weight, statistics; dx, dweight, dbias unless RMS.
    pub fn dx_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let (at, blocks) = (self.groups(), self.blocks(caps));
        let chunks = at.chunks(caps);
        let [x, dy, weight, statistics] = [0, 1, 2, 3].map(Arg::Input);
        let sums = Launch::flat(&shaders::ROW_NORM_SUMS, self.rows * chunks, 64)
            .params(self.words(params! { chunks }))
            .bind(&[x, dy, weight, statistics, Arg::Scratch(0)]);
        let apply = Launch::flat(&shaders::ROW_NORM_DX, self.rows * blocks, 64)
            .set("RMS", self.rms)
            .params(self.words(params! { chunks, blocks }))
            .bind(&[x, dy, weight, statistics, Arg::Scratch(0), Arg::Output(0)]);
        let mut scratch = vec![(self.rows * chunks) as u64 * 8];

        let weights = self.cycle * self.per_row;
        let rounds = self.rows / self.cycle;
        let parts = (256 / weights).clamp(1, 16).min(rounds);
        let stride = weights.next_multiple_of(4);
        let bytes = (parts * stride) as u64 * 4;
        scratch.extend([bytes, bytes]);
        let [dweight, dbias] = [Arg::Scratch(1), Arg::Scratch(2)];
        let sum = Launch::flat(&shaders::ROW_NORM_DWEIGHT, parts * weights, 64)
            .params(self.words(params! { chunks: parts, stride }))
            .bind(&[x, dy, statistics, dweight, dbias]);
        let mut launches = vec![sums, apply, sum];
        let outputs = [(dweight, Arg::Output(1)), (dbias, Arg::Output(2))];
        for &(from, to) in &outputs[..if self.rms { 1 } else { 2 }] {
            let count = stride / 4;
            let add = Launch::flat(&shaders::SUM_PARTS, count, 64).params(params! { count, parts });
            launches.push(add.bind(&[from, to]));
        }
        vec![Candidate { name: "row_norm_dx".into(), launches, scratch, tables: Vec::new() }]
    }
}
