//! How many rounds the loops of one invocation make: some software drivers leave a nest of loops after a number of rounds
//! in all, without a word, and what was summed by then is taken for the sum (`faults.rs`).
//!
//! One line a shader: its loops as a function of `Params`, knobs and tables. A plan takes no kernel that would need more
//! rounds than the device makes (`Caps::loop_rounds`); one that is often long splits its sum instead.

use crate::{Candidate, Launch, Word};
use shaders::Knob;

/// Rounds that kernels are laid out for, whatever the device: a little below what the strictest driver known makes.
pub const MOST_ROUNDS: usize = 60_000;

/// A launch, and the tables that it reads.
struct At<'a> {
    launch: &'a Launch,
    tables: &'a [Vec<u32>],
}

impl At<'_> {
    fn p(&self, name: &str) -> u64 {
        let found = self.launch.params.iter().find(|(own, _)| *own == name);
        match found {
            Some((_, Word::U32(value))) => u64::from(*value),
            _ => unreachable!("{} has no whole number {name} in its Params", self.launch.shader.name),
        }
    }

    fn knob(&self, name: &str, otherwise: u64) -> u64 {
        match self.launch.knobs.get(name) {
            Some(Knob::U32(value)) => u64::from(value),
            _ => otherwise,
        }
    }

    fn divided(&self, name: &str, by: u64) -> u64 {
        self.p(name).div_ceil(by.max(1))
    }

    /// Taps of a pooling window along each axis.
    fn window(&self) -> [u64; 3] {
        let adaptive = self.launch.knobs.resolve("window") == "window_adaptive";
        [("t", "d", "o"), ("r", "h", "p"), ("s", "w", "q")].map(|(taps, input, output)| match adaptive {
            true => self.divided(input, self.p(output)) + 1,
            false => self.p(taps),
        })
    }

    /// Windows that hold an input, along each axis.
    fn holders(&self) -> [u64; 3] {
        let adaptive = self.launch.knobs.resolve("window") == "window_adaptive";
        let axes = [
            ("t", "d", "o", "stride_d", "dilation_d"),
            ("r", "h", "p", "stride_h", "dilation_h"),
            ("s", "w", "q", "stride_w", "dilation_w"),
        ];
        axes.map(|(taps, input, output, stride, dilation)| match adaptive {
            true => self.divided(output, self.p(input)) + 1,
            false => ((self.p(taps) - 1) * self.p(dilation) / self.p(stride) + 1).min(self.p(output)),
        })
    }

    /// The elements of a group that lies in runs, shared by so many invocations.
    fn shared(&self, by: &str) -> u64 {
        (self.p("outer") * self.p("inner")).div_ceil(self.p(by).max(1))
    }

    /// As [`shared`](Self::shared), or with pooling behind it whole rows of blocks.
    fn normalised(&self, by: &str) -> u64 {
        match self.knob("POOL", 0) {
            0 => self.shared(by),
            _ => nest(&[self.divided("rows", self.p(by)), self.p("columns"), self.p("line")]),
        }
    }
}

/// Rounds of loops in each other, outermost first; each loop's last look at its end counts as one.
fn nest(lengths: &[u64]) -> u64 {
    lengths.iter().rev().fold(0, |inner, &length| length * (inner + 1) + 1)
}

/// What a workgroup of 64 takes to add in pairs.
const PAIRS: u64 = 8;

type Formula = fn(&At<'_>) -> u64;

/// Shaders whose loops grow with their operands.
const FORMULAS: &[(&str, Formula)] = &[
    ("arg", |at| nest(&[at.p("k"), at.p("len")])),
    ("average_pool", |at| nest(&at.window())),
    ("average_pool_dx", |at| nest(&at.holders())),
    ("batch_norm", |at| match at.knob("WHOLE", 0) {
        0 => at.p("chunks") + at.normalised("blocks") + 2,
        _ => at.shared("blocks") + at.normalised("blocks") + 2,
    }),
    ("batch_norm_dx", |at| match at.knob("WHOLE", 0) {
        0 => at.p("chunks") + at.normalised("blocks") + 2,
        _ => 2 * at.normalised("blocks") + 2,
    }),
    ("batch_norm_inference", |at| at.shared("blocks") + 1),
    ("batch_norm_sums", |at| at.normalised("chunks") + 1),
    ("channel_sum", |at| (at.p("n") * at.p("rest")).div_ceil(at.knob("WORKGROUP", 64)) + PAIRS),
    ("clip_factor", |at| at.divided("blocks", 64) + PAIRS),
    ("conv_direct", |at| nest(&[at.p("c") / at.p("groups"), at.p("t"), at.p("r"), at.p("s")])),
    ("conv_direct_dweight", |at| nest(&[at.divided("n", at.p("parts")), at.p("o"), at.p("p"), at.p("q")])),
    ("conv_direct_dx", |at| nest(&[at.p("t"), at.p("r"), at.p("s"), at.p("k") / at.p("groups")])),
    ("conv_gemm", |at| {
        let (tile, depth, quads) = (at.knob("TILE", 64), at.knob("DEPTH", 16), at.knob("TILE", 64) / 4);
        at.divided("part", depth) * ((tile * depth).div_ceil(quads * quads) + depth + 3) + 1
    }),
    // Which of the two is the outer loop is a knob: the longer one makes more rounds.
    ("conv_inner", |at| nest(&[at.p("c").max(at.p("r")), at.p("c").min(at.p("r"))])),
    ("conv_inner_dweight", |at| nest(&[at.p("rows"), at.divided("q", at.knob("COLUMNS", 1)), at.p("images")])),
    ("conv_inner_dweight_few", |at| nest(&[at.p("rows"), at.divided("q", at.knob("COLUMNS", 1)), at.p("images")])),
    ("conv_inner_dx", |at| nest(&[(at.p("r") - 1) * at.p("dilation_h") / at.p("stride_h") + 1, at.divided("k", 4), 4])),
    ("conv_inner_dx_row", |at| nest(&[at.p("r"), at.divided("k", 4), 4])),
    ("conv_winograd", |at| {
        let (depth, o4) = (at.p("depth"), at.knob("O4", 1));
        let products = 36 * (depth / at.knob("STEP", 1) + 1) + 4 * o4 + 1;
        at.p("blocks") * (depth + at.divided("k4", o4) * products + 1)
    }),
    ("conv_rows", |at| nest(&[at.p("r"), at.p("c")])),
    ("conv_rows_depthwise", |at| at.p("r") + 1),
    ("cross_entropy", |at| 3 * (at.p("classes") + 1)),
    ("cross_entropy_soft", |at| 3 * (at.p("classes") + 1)),
    ("gather_dx", |at| at.p("picks") + 2),
    ("lamb_norms", |at| at.tables[1].chunks(2).map(|part| u64::from(part[1])).max().unwrap_or(0) / 64 + 1 + PAIRS),
    ("linear_cross_entropy", |at| at.divided("inputs", 8) + 3 * at.p("classes") + 4),
    ("linear_dbias", |at| at.divided("rows", 16) + PAIRS),
    ("linear_dbias_inner", |at| at.divided("rows", 4) + 1),
    ("linear_gradients", |at| at.divided("share", 8) + 1),
    ("local_response_norm", |at| at.p("c").min(at.p("below") + at.p("above") + 1) + 1),
    ("local_response_norm_dx", |at| 2 * at.p("c").min(at.p("below") + at.p("above") + 1) + 2),
    ("lp_pool", |at| nest(&at.window())),
    ("lp_pool_dx", |at| nest(&at.holders())),
    ("matmul_direct", |at| nest(&[at.p("sums"), at.divided("k", 4)])),
    ("matmul_parts", |at| at.p("sums") + 1),
    ("matmul_shuffled", |at| nest(&[at.p("sums"), at.divided("k", 4)])),
    ("matmul_tiled", |at| {
        let depths = 128 / at.knob("SIDE", 4);
        nest(&[at.p("part_steps").min(at.p("sums") * at.divided("k", depths)), depths])
    }),
    ("max_pool", |at| nest(&at.window())),
    ("max_pool_dx", |at| nest(&at.holders()) + at.holders().iter().product::<u64>() * nest(&at.window())),
    ("max_pool_dx_apart", |at| {
        nest(&["t", "r", "s"].map(|taps| at.p(taps))) + nest(&["stride_d", "stride_h", "stride_w"].map(|s| at.p(s)))
    }),
    ("mlp_step", |at| {
        let lanes = at.knob("WORKGROUP", 8);
        let layers = at.tables[0].chunks(4).map(|layer| {
            let [inputs, outputs] = [layer[0], layer[1]].map(u64::from);
            let of = |all: u64, each: u64| nest(&[all.div_ceil(lanes), each]);
            of(outputs, inputs) + of(outputs, 0) + of(inputs, outputs) + 3 * outputs + 8
        });
        layers.sum()
    }),
    ("nll_loss", |at| at.p("classes") + 1),
    ("nll_loss_dx", |at| at.p("classes") + 1),
    ("norm_moments", |at| at.shared("chunks") + 1),
    ("reduce_columns", |at| at.p("per") + 1),
    ("reduce_ragged", |at| at.p("per") + 1),
    ("reduce_rows", |at| nest(&[at.p("per"), at.divided("len", 4 * at.p("vec_chunks")) + 1])),
    ("row_moments", |at| at.divided("len", at.p("chunks")) + 1),
    ("row_norm", |at| at.p("chunks") + at.divided("len", at.p("blocks")) + 2),
    ("row_norm_dweight", |at| nest(&[(at.p("rows") / at.p("cycle")).div_ceil(at.p("chunks")), at.p("span")])),
    ("row_norm_dx", |at| at.p("chunks") + at.divided("len", at.p("blocks")) + 2),
    ("row_norm_sums", |at| at.divided("len", at.p("chunks")) + 1),
    ("softmax", |at| 3 * (at.p("len") + 1)),
    ("softmax_dx", |at| 2 * (at.p("len") + 1)),
    ("sum_parts", |at| at.p("parts") + 1),
    ("target_weight", |at| at.p("classes") + 1),
];

impl Candidate {
    /// Rounds of all loops of an invocation of its longest launch.
    pub fn rounds(&self) -> u64 {
        let of = |launch: &Launch| {
            let formula = FORMULAS.iter().find(|(name, _)| *name == launch.shader.name);
            formula.map_or(0, |(_, formula)| formula(&At { launch, tables: &self.tables }))
        };
        self.launches.iter().map(of).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loops of a number of rounds that is small whatever the operands are: parts of a gradient, halves of a workgroup,
    /// an interpolation's taps, a benchmark's own number.
    const SHORT: &[&str] = &["clip_squares", "gather_batch_inner", "lamb_moments", "multiply_add", "resample"];

    #[test]
    fn every_shader_with_a_loop_has_its_line() {
        assert!(FORMULAS.iter().all(|(name, _)| shaders::find(name).is_some()), "a line of no shader");
        let named = |name: &str| FORMULAS.iter().any(|(own, _)| *own == name);
        for shader in shaders::ALL {
            let loops = shader.text.contains("for (") || shader.text.contains("while ");
            let known = named(shader.name) || SHORT.contains(&shader.name);
            assert!(!loops || known, "{} loops: how often? Say so in rounds.rs", shader.name);
        }
    }

    #[test]
    fn loops_in_each_other_multiply_and_each_end_is_looked_at() {
        assert_eq!((nest(&[5]), nest(&[2, 3]), nest(&[])), (6, 11, 0));
    }
}
