//! Layer, RMS, group and instance norm, row-major and batch-innermost: two launches forward, two for dx, up to three
//! for the gradients of weight and bias.

use super::norm::LONGEST;
use crate::{Arg, Candidate, Caps, Family, Launch, Order, Word, params};
use shaders::Shader;

/// Norm of rows. Number j of a sample's row i meets weight `(i % cycle) * per_row + j / span`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowNorm {
    /// Samples, along the first axis.
    pub n: usize,
    /// Rows of one sample.
    pub rows: usize,
    /// Numbers of a row.
    pub len: usize,
    /// Rows after which weights repeat; divides `rows`.
    pub cycle: usize,
    /// Weights of one row.
    pub per_row: usize,
    /// Numbers that share a weight.
    pub span: usize,
    /// Around 0 instead of the mean, and without bias.
    pub rms: bool,
    /// How x lies.
    pub order: Order,
}

impl RowNorm {
    /// Elements side by side that belong to different rows.
    fn lanes(&self) -> usize {
        match self.order {
            Order::Plain => 1,
            Order::FirstInner => self.n.div_ceil(4),
        }
    }

    /// Rows of elements.
    fn lines(&self) -> usize {
        match self.order {
            Order::Plain => self.n * self.rows,
            Order::FirstInner => self.rows * self.lanes(),
        }
    }

    /// Bytes of an element.
    fn element(&self) -> u64 {
        if self.order == Order::Plain { 4 } else { 16 }
    }

    /// Invocations that share a row, for so many in all.
    fn share(&self, caps: &Caps, software: usize, gpu: usize) -> usize {
        let wanted = if caps.family == Family::Software { software } else { gpu };
        (wanted / self.lines()).clamp(1, self.len.div_ceil(8)).max(self.len.div_ceil(LONGEST))
    }

    fn chunks(&self, caps: &Caps) -> usize {
        self.share(caps, 256, 16_384).min(32).max(self.len.div_ceil(LONGEST))
    }

    fn launch(&self, shader: &'static Shader, count: usize, words: Vec<(&'static str, Word)>) -> Launch {
        let mut all = params! { rows: self.lines(), len: self.len, lanes: self.lanes() };
        all.extend(words);
        let launch = Launch::flat(shader, count, 64).params(all);
        if self.order == Order::Plain { launch.redirect("width4", "width1") } else { launch }
    }

    fn weights(&self, mut before: Vec<(&'static str, Word)>) -> Vec<(&'static str, Word)> {
        before.extend(params! { cycle: self.cycle, per_row: self.per_row, span: self.span });
        before
    }

    /// Bindings: x, weight, bias unless RMS; y, means, inv_std.
    pub fn candidates(&self, eps: f32, caps: &Caps) -> Vec<Candidate> {
        let (chunks, blocks) = (self.chunks(caps), self.share(caps, 512, 65_536));
        let lines = self.lines();
        let moments = self
            .launch(&shaders::ROW_MOMENTS, lines * chunks, params! { chunks })
            .bind(&[Arg::Input(0), Arg::Scratch(0)]);
        let mut words = self.weights(params! { chunks, blocks });
        words.extend(params! { eps });
        let bias = Arg::Input(if self.rms { 1 } else { 2 });
        let [y, means, inv_std] = [0, 1, 2].map(Arg::Output);
        let apply = self.launch(&shaders::ROW_NORM, lines * blocks, words).set("RMS", self.rms).bind(&[
            Arg::Input(0),
            Arg::Input(1),
            bias,
            Arg::Scratch(0),
            y,
            means,
            inv_std,
        ]);
        let scratch = vec![(2 * lines * chunks) as u64 * self.element()];
        vec![Candidate { name: "row_norm".into(), launches: vec![moments, apply], scratch, tables: Vec::new() }]
    }

    /// Bindings: x, dy, weight, means, inv_std; dx, dweight, dbias unless RMS.
    pub fn dx_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let (chunks, blocks) = (self.chunks(caps), self.share(caps, 512, 65_536));
        let lines = self.lines();
        let [x, dy, weight, means, inv_std] = [0, 1, 2, 3, 4].map(Arg::Input);
        let sums = self.launch(&shaders::ROW_NORM_SUMS, lines * chunks, self.weights(params! { chunks })).bind(&[
            x,
            dy,
            weight,
            means,
            inv_std,
            Arg::Scratch(0),
        ]);
        let apply = self
            .launch(&shaders::ROW_NORM_DX, lines * blocks, self.weights(params! { chunks, blocks }))
            .set("RMS", self.rms)
            .bind(&[x, dy, weight, means, inv_std, Arg::Scratch(0), Arg::Output(0)]);

        let weights = self.cycle * self.per_row;
        let most = lines / self.cycle;
        let parts = (256 / weights).clamp(1, 16).max((most * (self.span + 1)).div_ceil(LONGEST)).min(most);
        let stride = weights.next_multiple_of(4);
        let [dweight, dbias] = [Arg::Scratch(1), Arg::Scratch(2)];
        let words = self.weights(params! { n: self.n, chunks: parts, stride });
        let sum = self
            .launch(&shaders::ROW_NORM_DWEIGHT, parts * weights, words)
            .bind(&[x, dy, means, inv_std, dweight, dbias]);
        let mut launches = vec![sums, apply, sum];
        let outputs = [(dweight, Arg::Output(1)), (dbias, Arg::Output(2))];
        for &(from, to) in &outputs[..if self.rms { 1 } else { 2 }] {
            let count = stride / 4;
            let add = Launch::flat(&shaders::SUM_PARTS, count, 64).params(params! { count, parts });
            launches.push(add.bind(&[from, to]));
        }
        let bytes = (parts * stride) as u64 * 4;
        let scratch = vec![(2 * lines * chunks) as u64 * self.element(), bytes, bytes];
        vec![Candidate { name: "row_norm_dx".into(), launches, scratch, tables: Vec::new() }]
    }
}
