//! A convolution layer, step by step: which window, which products, which cell of the output.
//!
//! The output is the engine's convolution; the products are the engine's too, of the same cells laid out window by
//! window, and the two must agree.

use clap::Args;
use lenslet::datasets::philox::{Draws, Purpose};
use lenslet::graph::ops::{Binary, Conv, Reduce, Reshape};
use lenslet::graph::{Engine, Graph, Tensor};
use serde_json::json;

use super::desk::{Desk, evaluate, given, usage};
use super::numbers::{Matrix, Sizes, bracketed, short, sum_of_products, table};
use super::windows::{Motion, Windows};
use crate::pictures::animation::animation;
use crate::pictures::look::Tone;
use crate::pictures::matrix::{self, heat, heat_image};

/// A convolution layer: which window, which products, which output.
#[derive(Args, Debug)]
pub(crate) struct Convolve {
    /// Rows, columns and channels of the input, filled with digits
    #[arg(long, value_name = "HxWxC", default_value = "6x6x3", conflicts_with = "matrix")]
    input: Sizes,
    /// Rows and columns of a filter
    #[arg(long, value_name = "HxW", default_value = "3x3", conflicts_with = "filter")]
    kernel: Sizes,
    /// How many filters
    #[arg(long, value_name = "N", default_value_t = 2, conflicts_with = "filter")]
    filters: usize,
    /// An input of your own, of one channel: "1 2 3; 4 5 6; 7 8 9"
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true)]
    matrix: Option<Matrix>,
    /// A filter of your own, used for every channel: "1 0 -1; 1 0 -1; 1 0 -1"
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true)]
    filter: Option<Matrix>,
    /// Cells that the window moves on
    #[arg(long, default_value_t = 1)]
    stride: usize,
    #[command(flatten)]
    motion: Motion,
    /// Draws digits and filters
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    desk: Desk,
}

/// Input and filters.
struct Layer {
    c: usize,
    k: usize,
    /// `[c, h, w]`
    x: Vec<f32>,
    /// `[k, c, r, s]`
    weight: Vec<f32>,
    windows: Windows,
}

/// What the engine made of them.
struct Worked {
    /// `[k, p·q]`
    y: Vec<f32>,
    /// `[k, p·q, c]`: each window's sum of products, channel by channel.
    channels: Vec<f32>,
}

/// More channels or filters than these do not fit side by side.
const WIDEST: usize = 16;

impl Convolve {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let layer = self.layer()?;
        let engine = self.desk.engine()?;
        let worked = layer.work(&engine)?;
        let [p, q] = layer.windows.output;
        let [r, s] = layer.windows.kernel;
        let (c, k, count) = (layer.c, layer.k, layer.windows.count());

        say!("A convolution layer: input {}×{c}, {k} filter{} {r}×{s}×{c}\n", layer.windows.input_text(), plural(k));
        layer.windows.formula().iter().for_each(|line| say!("  {line}"));
        say!("  one output for each filter: {p}×{q}×{k}");
        say!("  weights: {r}·{s}·{c}·{k} = {}, multiplications: {}\n", r * s * c * k, r * s * c * k * count);
        for i in 0..self.motion.steps.min(count) {
            layer.tell(i, &worked);
        }
        for f in 0..k {
            say!("Output of filter {}:", f + 1);
            say!("{}", table(&worked.y[f * count..][..count], q).trim_end());
        }

        let pictures = [self.desk.path("convolve.png"), self.desk.path("convolve.gif")];
        let (title, matrices, note) = layer.scene(0, 0, &worked.y[..count], &worked);
        heat(&title, &borrowed(&matrices), &note, &pictures[0])?;
        self.animate(&layer, &worked, &pictures[1])?;
        let numbers = json!({
            "lesson": "convolve", "input": [layer.windows.input[0], layer.windows.input[1], c], "kernel": [r, s],
            "stride": self.stride, "output": [p, q, k], "formula": layer.windows.formula(), "x": layer.x,
            "weight": layer.weight, "y": worked.y, "channel_sums": worked.channels,
        });
        self.desk.close(numbers, &pictures);
        Ok(())
    }

    fn layer(&self) -> anyhow::Result<Layer> {
        let (size, own) = match (&self.matrix, &self.input.0[..]) {
            (Some(matrix), _) => ([matrix.rows, matrix.columns, 1], Some(&matrix.values)),
            (None, &[h, w]) => ([h, w, 1], None),
            (None, &[h, w, c]) => ([h, w, c], None),
            _ => return Err(usage("--input is rows x columns x channels, such as 6x6x3")),
        };
        let kernel = match (&self.filter, &self.kernel.0[..]) {
            (Some(filter), _) => [filter.rows, filter.columns],
            (None, &[side]) => [side; 2],
            (None, &[r, s]) => [r, s],
            _ => return Err(usage("--kernel is rows x columns, such as 3x3; it has as many channels as the input")),
        };
        let ([h, w, c], k) = (size, if self.filter.is_some() { 1 } else { self.filters });
        if !(1..=WIDEST).contains(&c) || !(1..=WIDEST).contains(&k) {
            return Err(usage(format!("{c} channels and {k} filters: this lesson shows 1 to {WIDEST} of each")));
        }
        let windows = Windows::new([h, w], kernel, self.stride, &self.motion)?;
        let drawn = |index: u32, count: usize, most: u32, from: f32| -> Vec<f32> {
            let mut draws = Draws::at(self.seed, Purpose::Synthetic, u32::MAX, index);
            (0..count).map(|_| draws.below(most) as f32 + from).collect()
        };
        let x = own.cloned().unwrap_or_else(|| drawn(0, h * w * c, 10, 0.0));
        let weight = match &self.filter {
            Some(filter) => filter.values.repeat(c),
            None => drawn(1, k * c * kernel[0] * kernel[1], 3, -1.0),
        };
        Ok(Layer { c, k, x, weight, windows })
    }

    fn animate(&self, layer: &Layer, worked: &Worked, path: &std::path::Path) -> anyhow::Result<()> {
        let count = layer.windows.count();
        let mut frames = Vec::new();
        for at in 0..(layer.k * count).min(self.motion.frames) {
            let (f, i) = (at / count, at % count);
            let mut shown = worked.y[f * count..][..count].to_vec();
            shown[i + 1..].fill(f32::NAN);
            let (title, matrices, note) = layer.scene(f, i, &shown, worked);
            frames.push(heat_image(&title, &borrowed(&matrices), &note)?);
        }
        if frames.len() < layer.k * count {
            say!("\nThe animation shows the first {} of {} windows (--frames).", frames.len(), layer.k * count);
        }
        animation(&frames, 500, path)
    }
}

/// A matrix that owns what it shows.
struct Scene {
    title: String,
    values: Vec<f32>,
    columns: usize,
    marks: Vec<[usize; 4]>,
    tone: Tone,
    range: (f32, f32),
}

impl Scene {
    fn borrow(&self) -> matrix::Matrix<'_> {
        let Scene { title, values, columns, marks, tone, range } = self;
        matrix::Matrix { marks, tone: *tone, range: Some(*range), ..matrix::Matrix::new(title, values, *columns) }
    }
}

fn borrowed(scenes: &[Scene]) -> Vec<matrix::Matrix<'_>> {
    scenes.iter().map(Scene::borrow).collect()
}

impl Layer {
    /// The cells under each window, `[p·q, c, r·s]`.
    fn cells(&self) -> Vec<f32> {
        let wide = self.windows.padded[1];
        let planes: Vec<Vec<f32>> =
            self.x.chunks(self.x.len() / self.c).map(|plane| self.windows.pad(plane, 0.0)).collect();
        let mut cells = Vec::new();
        for i in 0..self.windows.count() {
            let taps = self.windows.taps(i);
            for plane in &planes {
                cells.extend(taps.iter().map(|[row, column]| plane[row * wide + column]));
            }
        }
        cells
    }

    fn work(&self, engine: &Engine) -> anyhow::Result<Worked> {
        let ([h, w], [r, s]) = (self.windows.input, self.windows.kernel);
        let (c, k, count) = (self.c, self.k, self.windows.count());
        let mut graph = Graph::new();
        let mut inputs = Vec::new();
        let x = given(&mut graph, &mut inputs, "x", Tensor::f32([1, c, h, w], self.x.clone())?)?;
        let weight = given(&mut graph, &mut inputs, "weight", Tensor::f32([k, c, r, s], self.weight.clone())?)?;
        let y = graph.push1("y", Conv::new(self.windows.window), &[x, weight])?;
        let cells = given(&mut graph, &mut inputs, "cells", Tensor::f32([1, count, c * r * s], self.cells())?)?;
        let rows = graph.push1("rows", Reshape { shape: [k, 1, c * r * s].into() }, &[weight])?;
        let products = graph.push1("products", Binary::Mul, &[cells, rows])?;
        let apart = graph.push1("apart", Reshape { shape: [k, count, c, r * s].into() }, &[products])?;
        let channels = graph.push1("channels", Reduce::sum(&[3]), &[apart])?;
        let mut values = evaluate(engine, graph, &inputs, &[y, channels])?;
        let (channels, y) = (values.swap_remove(1), values.swap_remove(0));
        for (y, parts) in y.iter().zip(channels.chunks(c)) {
            let (sum, size) = (parts.iter().sum::<f32>(), parts.iter().map(|v| v.abs()).sum::<f32>());
            anyhow::ensure!((y - sum).abs() <= 1e-5 * size.max(1.0), "the convolution gave {y}, its products {sum}");
        }
        Ok(Worked { y, channels })
    }

    /// Filter `f` over channel `c`.
    fn filter(&self, f: usize, c: usize) -> &[f32] {
        let size = self.windows.kernel[0] * self.windows.kernel[1];
        &self.weight[(f * self.c + c) * size..][..size]
    }

    /// The pairs of cell and weight of window `i`, channel by channel.
    fn pairs(&self, f: usize, i: usize) -> Vec<Vec<(f32, f32)>> {
        let wide = self.windows.padded[1];
        let taps = self.windows.taps(i);
        let plane = |c: usize| {
            let size = self.x.len() / self.c;
            let plane = self.windows.pad(&self.x[c * size..][..size], 0.0);
            taps.iter().zip(self.filter(f, c)).map(|([a, b], w)| (plane[a * wide + b], *w)).collect()
        };
        (0..self.c).map(plane).collect()
    }

    fn tell(&self, i: usize, worked: &Worked) {
        let [row, column] = self.windows.place(i);
        let first = self.windows.taps(i)[0];
        say!("Window {} starts at row {}, column {}:", i + 1, first[0] + 1, first[1] + 1);
        for f in 0..self.k {
            for (c, pairs) in self.pairs(f, i).into_iter().enumerate() {
                let sum = worked.channels[(f * self.windows.count() + i) * self.c + c];
                let channel = if self.c > 1 { format!(", channel {}", c + 1) } else { String::new() };
                say!("  filter {}{channel}: {} = {}", f + 1, sum_of_products(pairs.into_iter()), short(sum));
            }
            say!("  {}", self.result(f, i, [row, column], worked));
        }
        say!();
    }

    /// `−5 + 4 + 0 = −1, row 1, column 1 of output 1`.
    fn result(&self, f: usize, i: usize, [row, column]: [usize; 2], worked: &Worked) -> String {
        let at = f * self.windows.count() + i;
        let parts: Vec<_> = worked.channels[at * self.c..][..self.c].iter().map(|sum| bracketed(*sum)).collect();
        let y = short(worked.y[at]);
        let sum = if self.c > 1 { format!("{} = {y}", parts.join(" + ")) } else { y };
        format!("{sum}: row {}, column {} of output {}", row + 1, column + 1, f + 1)
    }

    /// Filter `f` at window `i`, with `shown` of the output: title, matrices, and the line below.
    fn scene(&self, f: usize, i: usize, shown: &[f32], worked: &Worked) -> (String, Vec<Scene>, String) {
        let [row, column] = self.windows.place(i);
        let numbered = |what: &str, c: usize| match self.c {
            1 => what.to_owned(),
            _ => format!("{what}, channel {}", c + 1),
        };
        let grey = Tone::Grey.range(self.x.iter().copied().chain([0.0]));
        // Black cells would drown the numbers of small digits: the tone begins a little below them.
        let grey = (grey.0 - 0.8 * (grey.1 - grey.0), grey.1);
        let mut scenes = Vec::new();
        for (c, plane) in self.x.chunks(self.x.len() / self.c).enumerate() {
            let values = self.windows.pad(plane, 0.0);
            let (columns, marks) = (self.windows.padded[1], self.windows.marks(i));
            scenes.push(Scene { title: numbered("input", c), values, columns, marks, tone: Tone::Grey, range: grey });
        }
        for c in 0..self.c {
            let (values, columns) = (self.filter(f, c).to_vec(), self.windows.kernel[1]);
            let range = Tone::Diverging.range(self.weight.iter().map(|w| w * 1.4));
            scenes.push(Scene {
                title: match (self.c, self.k) {
                    (1, _) => "filter".into(),
                    (_, 1) => format!("filter, channel {}", c + 1),
                    _ => format!("filter {}, channel {}", f + 1, c + 1),
                },
                values,
                columns,
                marks: Vec::new(),
                tone: Tone::Diverging,
                range,
            });
        }
        scenes.push(Scene {
            title: if self.k > 1 { format!("output {} of {}", f + 1, self.k) } else { "output".into() },
            values: shown.to_vec(),
            columns: self.windows.output[1],
            marks: vec![[row, column, 1, 1]],
            tone: Tone::Diverging,
            range: Tone::Diverging.range(worked.y.iter().map(|y| y * 1.4)),
        });
        let [r, s] = self.windows.kernel;
        let title = if self.k > 1 {
            format!("{}×{} ∗ filter {} of {}, {r}×{s}×{}", self.windows.input_text(), self.c, f + 1, self.k, self.c)
        } else {
            format!("Input {} ∗ filter {r}×{s}", self.windows.input_text())
        };
        let note = if self.c == 1 && r * s <= 9 {
            let pairs = self.pairs(f, i).into_iter().flatten();
            format!("{} = {}", sum_of_products(pairs), short(worked.y[f * self.windows.count() + i]))
        } else if self.c > 1 {
            format!("sums of the channels: {}", self.result(f, i, [row, column], worked))
        } else {
            self.result(f, i, [row, column], worked)
        };
        (title, scenes, note)
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
