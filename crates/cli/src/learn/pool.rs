//! Pooling, step by step: the largest or the mean of each window, by the engine's pooling.

use clap::{Args, ValueEnum};
use lenslet::datasets::philox::{Draws, Purpose};
use lenslet::graph::ops::{AveragePool, MaxPool};
use lenslet::graph::{Graph, Tensor};
use serde_json::json;

use super::desk::{Desk, evaluate, usage};
use super::numbers::{Matrix, Sizes, bracketed, short, table};
use super::windows::{Motion, Windows};
use crate::pictures::animation::animation;
use crate::pictures::look::Tone;
use crate::pictures::matrix::{self, heat_image};
use crate::pictures::save_png;

/// Pooling: the largest or the mean of each window.
#[derive(Args, Debug)]
pub(crate) struct Pool {
    /// What is kept of a window
    #[arg(long, value_enum, default_value_t = Kind::Max)]
    kind: Kind,
    /// Rows and columns of an input filled with digits, in place of the example
    #[arg(long, value_name = "HxW", conflicts_with = "matrix")]
    input: Option<Sizes>,
    /// An input of your own
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true, default_value = "1 3 2 1; 2 9 1 1; 1 3 2 3; 5 6 1 2")]
    matrix: Matrix,
    /// Rows and columns of the window
    #[arg(long, value_name = "HxW", default_value = "2x2")]
    kernel: Sizes,
    /// Cells that the window moves on; the window's own side unless given
    #[arg(long)]
    stride: Option<usize>,
    #[command(flatten)]
    motion: Motion,
    /// Draws the digits
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    desk: Desk,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The largest
    Max,
    /// The mean; padding does not count
    Average,
}

impl Pool {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let (input, x) = self.values()?;
        let kernel = match self.kernel.0[..] {
            [side] => [side; 2],
            [r, s] => [r, s],
            _ => return Err(usage("--kernel is rows x columns, such as 2x2")),
        };
        let stride = self.stride.unwrap_or(kernel[0]);
        let windows = Windows::new(input, kernel, stride, &self.motion)?;
        if self.kind == Kind::Average && self.motion.dilation > 1 {
            return Err(usage("--dilation is for --kind max: a mean over cells apart is not offered"));
        }
        // An empty cell stands for padding, which neither wins nor counts.
        let padded = windows.pad(&x, f32::NAN);
        let under = |i: usize| -> Vec<f32> {
            let taps = windows.taps(i).into_iter().map(|[a, b]| padded[a * windows.padded[1] + b]);
            taps.filter(|v| !v.is_nan()).collect()
        };
        if (0..windows.count()).any(|i| under(i).is_empty()) {
            return Err(usage("some windows lie wholly in the padding: take less --padding or a larger --kernel"));
        }
        let engine = self.desk.engine()?;
        let mut graph = Graph::new();
        let tensor = Tensor::f32([1, 1, input[0], input[1]], x.clone())?;
        let given = graph.input("x", tensor.ty())?;
        let y = match self.kind {
            Kind::Max => graph.push1("y", MaxPool::new(windows.window), &[given])?,
            Kind::Average => graph.push1("y", AveragePool::new(windows.window), &[given])?,
        };
        let y = evaluate(&engine, graph, &[(given, tensor)], &[y])?.swap_remove(0);

        let kind = if self.kind == Kind::Max { "Max" } else { "Average" };
        say!("{kind} pooling: input {}, window {}×{}, stride {stride}\n", windows.input_text(), kernel[0], kernel[1]);
        windows.formula().iter().for_each(|line| say!("  {line}"));
        say!();
        let word = |i: usize| {
            let texts: Vec<_> = under(i).into_iter().map(bracketed).collect();
            match self.kind {
                Kind::Max => format!("max({}) = {}", texts.join(", "), short(y[i])),
                Kind::Average => format!("({}) / {} = {}", texts.join(" + "), texts.len(), short(y[i])),
            }
        };
        for i in 0..self.motion.steps.min(windows.count()) {
            say!("  window {}: {}", i + 1, word(i));
        }
        say!("\nOutput:");
        say!("{}", table(&y, windows.output[1]).trim_end());

        let title = format!("{kind} pooling {}×{}, stride {stride}", kernel[0], kernel[1]);
        let grey = Tone::Blues.range(x.iter().copied());
        // Half of the tone, so that black numbers stand out on it.
        let range = Some((grey.0, grey.0 + 2.0 * (grey.1 - grey.0)));
        let frame = |i: usize, shown: &[f32]| {
            let (marks, [row, column]) = (windows.marks(i), windows.place(i));
            let own = [[row, column, 1, 1]];
            let show = |title, values, columns, marks| matrix::Matrix {
                marks,
                tone: Tone::Blues,
                range,
                ..matrix::Matrix::new(title, values, columns)
            };
            let input = show("input", &padded, windows.padded[1], &marks);
            let output = show("output", shown, windows.output[1], &own);
            heat_image(&title, &[input, output], &word(i))
        };
        let pictures = [self.desk.path("pool.png"), self.desk.path("pool.gif")];
        save_png(&pictures[0], &frame(0, &y)?)?;
        let mut frames = Vec::new();
        for i in 0..windows.count().min(self.motion.frames) {
            let mut shown = y.clone();
            shown[i + 1..].fill(f32::NAN);
            frames.push(frame(i, &shown)?);
        }
        animation(&frames, 700, &pictures[1])?;
        let numbers = json!({
            "lesson": "pool", "kind": kind.to_lowercase(), "input": input, "kernel": kernel, "stride": stride,
            "output": windows.output, "formula": windows.formula(), "x": x, "y": y,
        });
        self.desk.close(numbers, &pictures);
        Ok(())
    }

    fn values(&self) -> anyhow::Result<([usize; 2], Vec<f32>)> {
        let Some(sizes) = &self.input else {
            return Ok(([self.matrix.rows, self.matrix.columns], self.matrix.values.clone()));
        };
        let &[h, w] = &sizes.0[..] else { return Err(usage("--input is rows x columns, such as 4x4")) };
        let mut draws = Draws::at(self.seed, Purpose::Synthetic, u32::MAX, 2);
        Ok(([h, w], (0..h.saturating_mul(w).min(1 << 16)).map(|_| draws.below(10) as f32).collect()))
    }
}
