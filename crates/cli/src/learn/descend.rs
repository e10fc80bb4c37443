//! Gradient descent on a surface that can be seen: plain, with momentum, and Adam; steps too small, right, too large.
//!
//! The engine computes surface, gradients and updates; `descend/surface.rs` has the surfaces as graphs. The ascent of
//! a likelihood is the descent of its negative, drawn the right way up.

mod surface;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use lenslet::graph::ops::{Optimiser, Reduce, Tick};
use lenslet::graph::{Engine, Graph, Init, Memory, Tensor, Type};
use serde_json::json;

use super::desk::{Desk, evaluate, floats, given, usage};
use crate::pictures::animation::animation;
use crate::pictures::chart::Axis;
use crate::pictures::curves::{Plot, Series, curves};
use crate::pictures::surface::{Surface, Way, color, surface_paths, surface_paths_image};
use surface::Kind;

/// Gradient descent on a surface: plain, with momentum, Adam; steps too small, right, too large.
#[derive(Args, Debug)]
pub(crate) struct Descend {
    /// What to go down (or, for the likelihood, up)
    #[arg(value_enum, default_value_t = Kind::Bowl)]
    surface: Kind,
    /// Updates of each path
    #[arg(long, default_value_t = 60)]
    steps: u32,
    /// Three learning rates for plain descent and momentum in place of the surface's own, from small to large
    #[arg(long, value_delimiter = ',', value_name = "S,R,L")]
    rates: Vec<f32>,
    /// Where to start
    #[arg(long, value_delimiter = ',', value_name = "X,Y", allow_hyphen_values = true)]
    start: Vec<f32>,
    #[command(flatten)]
    desk: Desk,
}

/// How far from the middle a path may start: beyond, f32 has no digits left for the surfaces' shapes.
const FARTHEST: f32 = 1000.0;
/// Points a side of the drawn surface.
const SIDE: usize = 121;
/// What the surfaces' own rates are, and what is known of anybody else's.
const OWN: [&str; 3] = ["too small", "right", "too large"];
const GIVEN: [&str; 3] = ["small", "middle", "large"];

/// A path taken.
struct Walk {
    optimiser: &'static str,
    rate: f32,
    word: &'static str,
    points: Vec<(f64, f64)>,
    /// The surface's height at each point.
    heights: Vec<f32>,
}

impl Descend {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let kind = self.surface;
        let start = match self.start[..] {
            [] => kind.start(),
            [x, y] if x.abs().max(y.abs()) <= FARTHEST => [x, y],
            _ => return Err(usage(format!("--start takes two numbers up to {FARTHEST}: --start=-2.5,1.5"))),
        };
        let own = match self.rates[..] {
            [] => None,
            [a, b, c] if 0.0 < a && a < b && b < c && c.is_finite() => Some([a, b, c]),
            _ => return Err(usage("--rates takes three numbers above 0, from small to large: --rates 0.01,0.1,1")),
        };
        if !(1..=10_000).contains(&self.steps) {
            return Err(usage(format!("--steps {}: take 1 to 10000", self.steps)));
        }
        let engine = self.desk.engine()?;
        let rules =
            [("plain", Optimiser::sgd(0.0)), ("momentum 0.9", Optimiser::sgd(0.9)), ("Adam", Optimiser::adam())];
        let mut walks = Vec::new();
        for (i, (name, optimiser)) in rules.into_iter().enumerate() {
            let (rates, words) = match own {
                Some(rates) if i < 2 => (rates, GIVEN),
                _ => (kind.rates(i), OWN),
            };
            for (rate, word) in rates.into_iter().zip(words) {
                walks.push(self.walk(&engine, start, name, optimiser, rate, word)?);
            }
        }
        say!("{}\nfrom ({}, {}), {} updates w ← w − rate · gradient\n", kind.formula(), start[0], start[1], self.steps);
        say!("  {:<14} {:>9} {:<10} {:>24} {:>14}", "", "rate", "", "ends at", kind.height());
        for walk in &walks {
            let (x, y) = walk.points[walk.points.len() - 1];
            let end = walk.heights[walk.heights.len() - 1];
            let place = match x.abs().max(y.abs()) {
                reach if reach < 1e5 => format!("({x:.4}, {y:.4})"),
                reach if reach.is_finite() => format!("({x:.1e}, {y:.1e})"),
                _ => "nowhere".into(),
            };
            let end = if end.abs() < 1e5 { format!("{end:.5}") } else { format!("{end:.2e}") };
            say!("  {:<14} {:>9} {:<10} {place:>24} {end:>14}", walk.optimiser, walk.rate, walk.word);
        }
        let pictures = self.draw(&engine, &walks)?;
        let told: Vec<_> = walks
            .iter()
            .map(|w| json!({ "optimiser": w.optimiser, "rate": w.rate, "word": w.word, "points": w.points, "heights": w.heights }))
            .collect();
        self.desk.close(
            json!({ "lesson": "descend", "surface": format!("{kind:?}").to_lowercase(), "walks": told }),
            &pictures,
        );
        Ok(())
    }

    fn walk(
        &self,
        engine: &Engine,
        start: [f32; 2],
        name: &'static str,
        optimiser: Optimiser,
        rate: f32,
        word: &'static str,
    ) -> anyhow::Result<Walk> {
        let mut graph = Graph::new();
        let first = |value: f32| -> anyhow::Result<Init> { Ok(Init::Given(Tensor::f32([1], vec![value])?)) };
        let x = graph.parameter("x", Type::f32([1]), first(start[0])?)?;
        let y = graph.parameter("y", Type::f32([1]), first(start[1])?)?;
        let height = self.surface.build(&mut graph, x, y)?;
        let loss = graph.push1("loss", Reduce::sum(&[]), &[height])?;
        let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0))?;
        let ticked = graph.push("tick", Tick, &[clock])?;
        graph.assign(clock, ticked[1]);
        let schedule = graph.constant("schedule", optimiser.schedule(&[rate]));
        graph.minimise(loss, optimiser, ticked[0], schedule)?;
        let memory = Memory::new(engine, 0);
        let mut execution = engine.compile(Arc::new(graph), &[loss], &memory)?;
        let place = || -> anyhow::Result<(f64, f64)> {
            Ok((memory.get("x")?.as_f32()?[0].into(), memory.get("y")?.as_f32()?[0].into()))
        };
        let sign = self.surface.sign();
        let (mut points, mut heights) = (vec![place()?], Vec::new());
        // One run more than updates: each gives the height that it starts from.
        for step in 0..=self.steps {
            execution.run()?;
            heights.push(sign * floats(execution.wait()?)?[0][0]);
            if step < self.steps {
                points.push(place()?);
            }
        }
        Ok(Walk { optimiser: name, rate, word, points, heights })
    }

    fn draw(&self, engine: &Engine, walks: &[Walk]) -> anyhow::Result<Vec<PathBuf>> {
        let kind = self.surface;
        let [(left, right), (low, high)] = kind.ranges();
        let at = |(a, b): (f64, f64), i: usize| (a + (b - a) * i as f64 / (SIDE - 1) as f64) as f32;
        let mut graph = Graph::new();
        let column = |of: &dyn Fn(usize) -> f32| Tensor::f32([SIDE * SIDE], (0..SIDE * SIDE).map(of).collect());
        let mut inputs = Vec::new();
        let x = given(&mut graph, &mut inputs, "x", column(&|i| at((left, right), i % SIDE))?)?;
        let y = given(&mut graph, &mut inputs, "y", column(&|i| at((low, high), i / SIDE))?)?;
        let height = kind.build(&mut graph, x, y)?;
        let sign = kind.sign();
        let values: Vec<f32> =
            evaluate(engine, graph, &inputs, &[height])?.swap_remove(0).iter().map(|z| sign * z).collect();
        let [x, y] = kind.axes();
        let surface = Surface {
            title: "",
            x: Axis::new(x, (left, right)),
            y: Axis::new(y, (low, high)),
            z: kind.height(),
            values: &values,
            height: SIDE,
            width: SIDE,
        };
        let mut pictures = Vec::new();
        for (three, file) in walks.chunks(3).zip(["plain", "momentum", "adam"]) {
            let names: Vec<String> = three.iter().map(|w| format!("{}: {}", w.word, w.rate)).collect();
            let ways: Vec<Way<'_>> =
                three.iter().zip(&names).map(|(w, name)| Way { name, points: &w.points }).collect();
            let path = self.desk.path(&format!("descend-{file}.png"));
            let title = format!("{}, {}: three learning rates", kind.title(), three[0].optimiser);
            surface_paths(&Surface { title: &title, ..surface.clone() }, &ways, &path)?;
            pictures.push(path);
        }
        let best: Vec<&Walk> = walks.chunks(3).map(|three| &three[1]).collect();
        let names: Vec<String> = best.iter().map(|w| format!("{}, rate {}", w.optimiser, w.rate)).collect();
        let title = format!("{}: three ways", kind.title());
        let until = |steps: usize| -> Vec<Way<'_>> {
            best.iter()
                .zip(&names)
                .map(|(w, name)| Way { name, points: &w.points[..w.points.len().min(steps + 1)] })
                .collect()
        };
        let still = self.desk.path("descend.png");
        surface_paths(&Surface { title: &title, ..surface.clone() }, &until(self.steps as usize), &still)?;
        let mut frames = Vec::new();
        let every = (self.steps as usize).div_ceil(16);
        for steps in (0..=self.steps as usize).step_by(every) {
            let title = format!("{title}, step {steps}");
            frames.push(surface_paths_image(&Surface { title: &title, ..surface.clone() }, &until(steps))?);
        }
        let moving = self.desk.path("descend.gif");
        animation(&frames, 150, &moving)?;
        let lines: Vec<Vec<(f64, f64)>> = best
            .iter()
            .map(|w| w.heights.iter().enumerate().map(|(i, z)| (i as f64, f64::from(*z))).collect())
            .collect();
        let series: Vec<Series<'_>> = lines.iter().zip(&names).map(|(points, name)| Series { name, points }).collect();
        // Heights that fall towards 0 are told apart by their powers of ten.
        let log_y = best.iter().all(|w| w.heights.iter().all(|z| *z > 0.0));
        let plot =
            Plot { title: kind.title(), x: "updates", y: kind.height(), log_y, color: Some(color), ..Plot::default() };
        let curve = self.desk.path("descend-height.png");
        curves(&plot, &series, &curve)?;
        pictures.extend([still, moving, curve]);
        Ok(pictures)
    }
}
