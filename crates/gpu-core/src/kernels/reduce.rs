//! Reductions over any axes. A shape becomes runs of kept and reduced axes in buffer order; the innermost run decides:
//! reduced → `reduce_rows`, kept → `reduce_columns`, or `reduce_ragged` where rows are no whole vec4s.
//!
//! Where that leaves too few invocations, or too long a sum for one, each makes a part, and further launches reduce
//! the parts: a fixed order, no barriers, and sums of sums, which lose fewer digits than one long sum.

use super::runs::{Run, runs};
use crate::{Arg, Candidate, Caps, Family, Launch, params};
use shaders::Shader;

/// What becomes of the elements: codes of `lib/fold.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    map: u32,
    fold: u32,
    finish: u32,
}

#[allow(missing_docs)] // named as in ONNX
impl Function {
    pub const SUM: Self = Function { map: 0, fold: 0, finish: 0 };
    pub const MEAN: Self = Function { map: 0, fold: 0, finish: 1 };
    pub const MAX: Self = Function { map: 0, fold: 1, finish: 0 };
    pub const MIN: Self = Function { map: 0, fold: 2, finish: 0 };
    pub const PROD: Self = Function { map: 0, fold: 3, finish: 0 };
    pub const L1: Self = Function { map: 1, fold: 0, finish: 0 };
    pub const L2: Self = Function { map: 2, fold: 0, finish: 2 };
    pub const SUM_SQUARE: Self = Function { map: 2, fold: 0, finish: 0 };
    pub const LOG_SUM: Self = Function { map: 0, fold: 0, finish: 3 };
    pub const LOG_SUM_EXP: Self = Function { map: 3, fold: 0, finish: 4 };

    /// What changes no result.
    fn none(self) -> f32 {
        [0.0, f32::NEG_INFINITY, f32::INFINITY, 1.0][self.fold as usize]
    }
}

/// y = reduction of x over the reduced axes. y has the kept ones in x's buffer order.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduce {
    /// Which reduction.
    pub function: Function,
    /// Axes of x in buffer order, outermost first: length, elements between neighbours, whether it is reduced.
    pub axes: Vec<Run>,
    /// How much of the innermost axis holds values, where that axis is kept and padded.
    pub valid: Option<usize>,
}

/// A launch's worth of the work: where it reads and writes, and what it does on the way.
struct Pass<'a> {
    function: Function,
    count: f32,
    runs: Vec<Run>,
    valid: Option<(usize, usize)>,
    x: Arg,
    shift: Option<Arg>,
    y: Arg,
    caps: &'a Caps,
}

impl Reduce {
    /// Bindings: x, y. `None` where the axes alternate too often for the kernels' three runs of each kind.
    pub fn candidates(&self, caps: &Caps) -> Option<Vec<Candidate>> {
        let runs = runs(&self.axes);
        let reduced: usize = self.axes.iter().filter(|a| a.reduced).map(|a| a.len).product();
        let kept: usize = self.axes.iter().filter(|a| !a.reduced).map(|a| a.len).product();
        let innermost = self.axes.last().map_or(1, |a| a.len);
        let valid = self.valid.map(|n| (n, innermost));
        let mut candidate = Candidate { name: String::new(), launches: vec![], scratch: vec![], tables: vec![] };
        let mut pass = Pass {
            function: self.function,
            count: reduced as f32,
            runs,
            valid,
            x: Arg::Input(0),
            shift: None,
            y: Arg::Output(0),
            caps,
        };
        if self.function == Function::LOG_SUM_EXP {
            let top = scratch(&mut candidate, kept);
            pass = Pass { function: Function::MAX, y: top, runs: pass.runs.clone(), ..pass };
            pass.add(&mut candidate)?;
            pass = Pass { function: self.function, shift: Some(top), y: Arg::Output(0), ..pass };
        }
        pass.add(&mut candidate)?;
        candidate.name = candidate.launches[0].shader.name.to_string();
        Some(vec![candidate])
    }
}

fn scratch(candidate: &mut Candidate, elements: usize) -> Arg {
    candidate.scratch.push(elements.next_multiple_of(4) as u64 * 4);
    Arg::Scratch(candidate.scratch.len() - 1)
}

/// Into how many parts to cut `loads` of each of `items` invocations.
fn split(caps: &Caps, loads: usize, items: usize) -> usize {
    // Invocations that fill the device, and loads that are worth an invocation (a launch costs as much as about 500
    // loads of one software thread). 4096 bounds an invocation's time and its sum's rounding.
    let (fill, worth): (usize, usize) = match caps.family {
        Family::Software => (256, 128),
        Family::Gpu => (8192, 16),
    };
    let wide = fill.div_ceil(items).min(loads / worth);
    loads.div_ceil(4096).max(if wide < 4 { 1 } else { wide })
}

/// The last `N` of a list, shorter ones filled up in front.
fn last<const N: usize>(list: &[&Run]) -> Option<[Run; N]> {
    let missing = N.checked_sub(list.len())?;
    let filler = Run { len: 1, stride: 0, reduced: false };
    Some(std::array::from_fn(|i| if i < missing { filler } else { *list[i - missing] }))
}

impl Pass<'_> {
    fn add(&self, candidate: &mut Candidate) -> Option<()> {
        let (inner, outer) = self.runs.split_last()?;
        let kept: Vec<&Run> = outer.iter().filter(|r| !r.reduced).collect();
        let reduced: Vec<&Run> = outer.iter().filter(|r| r.reduced).collect();
        let rows: usize = kept.iter().map(|r| r.len).product();
        if inner.reduced {
            return self.rows(candidate, last(&kept)?, last(&reduced)?, inner.len);
        }
        let whole = outer.iter().all(|r| r.stride.is_multiple_of(4)) && (rows == 1 || inner.len.is_multiple_of(4));
        let (kept, reduced) = (last(&kept)?, last(&reduced)?);
        if whole {
            self.columns(candidate, kept, reduced, inner.len)
        } else {
            self.ragged(candidate, kept, reduced, inner.len)
        }
    }

    fn launch(&self, shader: &'static Shader, invocations: usize, cut: bool, y: Arg) -> Launch {
        let Function { map, fold, finish } = self.function;
        Launch::flat(shader, invocations, 64)
            .set("MAP", map)
            .set("FOLD", fold)
            .set("FINISH", if cut { 0 } else { finish })
            .bind(&[self.x, self.shift.unwrap_or(self.x), y])
    }

    /// The pass that reduces the parts of this one.
    fn rest(&self, x: Arg, runs: Vec<Run>, valid: Option<(usize, usize)>, candidate: &mut Candidate) -> Option<()> {
        let function = Function { map: 0, ..self.function };
        Pass { function, x, runs, valid, ..*self }.add(candidate)
    }

    fn rows(&self, candidate: &mut Candidate, [k0, k1, k2]: [Run; 3], [r0, r1]: [Run; 2], len: usize) -> Option<()> {
        let (outputs, lines, len4) = (k0.len * k1.len * k2.len, r0.len * r1.len, len.div_ceil(4));
        let chunks = split(self.caps, lines * len4, outputs);
        let vec_chunks = chunks.min(len4.div_ceil(4));
        let per = lines.div_ceil(chunks.div_ceil(vec_chunks));
        let line_chunks = lines.div_ceil(per);
        let chunks = line_chunks * vec_chunks;
        let y = if chunks > 1 { scratch(candidate, outputs * chunks) } else { self.y };
        let words = params! {
            outputs, k1: k1.len, k2: k2.len, a0: k0.stride, a1: k1.stride, a2: k2.stride,
            lines, r1: r1.len, s0: r0.stride, s1: r1.stride, len, line_chunks, per, vec_chunks,
            none: self.function.none(), count: self.count,
        };
        let launch = self.launch(&shaders::REDUCE_ROWS, outputs * chunks, chunks > 1, y).params(words);
        candidate.launches.push(launch);
        if chunks == 1 {
            return Some(());
        }
        let outputs = Run { len: outputs, stride: chunks, reduced: false };
        self.rest(y, vec![outputs, Run { len: chunks, stride: 1, reduced: true }], None, candidate)
    }

    fn columns(&self, candidate: &mut Candidate, [k0, k1]: [Run; 2], [r0, r1, r2]: [Run; 3], len: usize) -> Option<()> {
        let inner = len.div_ceil(4);
        let (columns, reduced) = (k0.len * k1.len * inner, r0.len * r1.len * r2.len);
        let per = reduced.div_ceil(split(self.caps, reduced, columns));
        let chunks = reduced.div_ceil(per);
        let (n, padded) = self.valid.unwrap_or((len, len));
        let y = if chunks > 1 { scratch(candidate, chunks * columns * 4) } else { self.y };
        let words = params! {
            columns, inner, n, n4: padded.div_ceil(4), k1: k1.len, a0: k0.stride / 4, a1: k1.stride / 4,
            r1: r1.len, r2: r2.len, s0: r0.stride / 4, s1: r1.stride / 4, s2: r2.stride / 4,
            reduced, chunks, per, none: self.function.none(), count: self.count,
        };
        let launch = self.launch(&shaders::REDUCE_COLUMNS, columns * chunks, chunks > 1, y).params(words);
        candidate.launches.push(launch);
        if chunks == 1 {
            return Some(());
        }
        // Rows of whole vec4s follow each other without gaps; a single row may end within one.
        let row = if columns == inner { len } else { columns * 4 };
        self.rest(y, parts(chunks, columns * 4, row), self.valid, candidate)
    }

    fn ragged(
        &self,
        candidate: &mut Candidate,
        [k0, k1]: [Run; 2],
        [r0, r1, r2]: [Run; 3],
        inner: usize,
    ) -> Option<()> {
        let (rows, reduced, inner4) = (k0.len * k1.len, r0.len * r1.len * r2.len, inner.div_ceil(4));
        let per = reduced.div_ceil(split(self.caps, reduced, rows * inner4));
        let chunks = reduced.div_ceil(per);
        let stride = (rows * inner).next_multiple_of(4);
        let y = if chunks > 1 { scratch(candidate, chunks * stride) } else { self.y };
        let words = params! {
            rows, inner, inner4, stride, k1: k1.len, a0: k0.stride, a1: k1.stride,
            r1: r1.len, r2: r2.len, s0: r0.stride, s1: r1.stride, s2: r2.stride,
            reduced, chunks, per, none: self.function.none(), count: self.count,
        };
        let launch = self.launch(&shaders::REDUCE_RAGGED, rows * inner4 * chunks, chunks > 1, y).params(words);
        candidate.launches.push(launch);
        if chunks == 1 { Some(()) } else { self.rest(y, parts(chunks, stride, rows * inner), None, candidate) }
    }
}

/// Parts of a row of y, one after another.
fn parts(chunks: usize, stride: usize, row: usize) -> Vec<Run> {
    vec![Run { len: chunks, stride, reduced: true }, Run { len: row, stride: 1, reduced: false }]
}
