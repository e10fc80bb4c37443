//! Decision boundaries: what a network says over the plane at random weights, during training and at the end, beside
//! a linear classifier and an RBF-kernel machine.
//!
//! All three are trained by the engine. The kernel machine is logistic regression over Gaussian features of the
//! training points (the same transformed space as a support vector machine's, with another loss). `boundary/points.rs`
//! gets the points, `boundary/machine.rs` trains.

mod machine;
mod points;

use clap::Args;
use serde_json::json;

use super::activation::Activation;
use super::desk::{Desk, usage};
use crate::pictures::animation::animation;
use crate::pictures::boundary::{Frame, Plane, decision_boundary, decision_boundary_image};
use crate::pictures::chart::Axis;
use machine::{Kind, Seen};
use points::Points;

/// Decision boundaries before, during and after training.
#[derive(Args, Debug)]
pub(crate) struct Boundary {
    /// moons, circles, spirals, blobs or xor; lecture, iris, wine or breast_cancer; or a CSV file
    #[arg(default_value = "moons")]
    data: String,
    /// Two columns of the table, by name: `petal_length_cm,petal_width_cm`; else its first two principal components
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    columns: Vec<String>,
    /// The column of classes; the last one unless given
    #[arg(long)]
    target: Option<String>,
    /// Neurons of the hidden layers: `16`, or `16-16`
    #[arg(long, default_value = "16-16")]
    hidden: String,
    /// What hidden neurons make of their sums
    #[arg(long, value_enum, default_value_t = Activation::Tanh)]
    activation: Activation,
    /// Updates, each over all points
    #[arg(long, default_value_t = 800)]
    steps: u32,
    /// Learning rate of Adam
    #[arg(long, default_value_t = 0.02)]
    lr: f32,
    /// How narrow the kernel is: exp(−γ distance²); from the points' spread unless given
    #[arg(long)]
    gamma: Option<f32>,
    /// Made-up points
    #[arg(long, default_value_t = 300)]
    points: usize,
    /// Their standard error
    #[arg(long)]
    noise: Option<f32>,
    /// Makes points up and draws the first weights
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    desk: Desk,
}

/// Points a side of the grid over the plane.
const SIDE: usize = 81;
/// Frames of the animation.
const FRAMES: u32 = 12;

impl Boundary {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let hidden: Result<Vec<usize>, _> = self.hidden.split('-').map(|word| word.trim().parse()).collect();
        let hidden = match hidden {
            Ok(sizes) if sizes.iter().all(|size| (1..=1024).contains(size)) => sizes,
            _ => return Err(usage("--hidden is neurons of each hidden layer, 1 to 1024, such as 16 or 16-16")),
        };
        if self.steps == 0
            || !self.lr.is_finite()
            || self.lr <= 0.0
            || self.gamma.is_some_and(|g| g.is_nan() || g <= 0.0)
        {
            return Err(usage("--steps, --lr and --gamma must be above 0"));
        }
        let points = Points::get(self)?;
        let engine = self.desk.engine()?;
        let classes = points.classes.len();
        say!(
            "{}: {} points of {classes} classes over {} and {}\n",
            self.data,
            points.x.len(),
            points.axes[0],
            points.axes[1]
        );

        let axis = |k: usize| Axis::around(&points.axes[k], false, points.x.iter().map(|x| f64::from(x[k])));
        let (x, y) = square(axis(0), axis(1));
        let grid = grid(&x, &y);
        let gamma = self.gamma.unwrap_or_else(|| points.gamma());
        let frames: Vec<u32> = (0..=FRAMES).map(|f| frame_step(self.steps, f)).collect();
        let ends = [0, self.steps];
        let train = |kind: &Kind, at: &[u32]| machine::train(&engine, &points, &grid, kind, self, at);
        let network = Kind::Network { hidden: hidden.clone(), activation: self.activation };
        let seen = train(&network, &frames)?;
        let linear = train(&Kind::Linear, &ends)?;
        let kernel = train(&Kind::Kernel { gamma }, &ends)?;
        let rows = [("network", &seen), ("linear classifier", &linear), ("RBF kernel machine", &kernel)];
        say!("  {:<20} {:>10} {:>10}", "", "loss", "right");
        for (name, seen) in rows {
            if let Some(last) = seen.last() {
                say!("  {name:<20} {:>10.4} {:>8.1} %", last.loss, 100.0 * last.accuracy);
            }
        }
        say!("\nThe kernel machine is logistic regression over exp(−γ |x − xᵢ|²), γ = {gamma:.3}, of the points xᵢ.");

        let dots: Vec<_> = points.dots();
        let plane = Plane { x, y, classes: &points.classes, points: &dots };
        let titled = |seen: &Seen, name: &str| format!("{name}: {} % right", percent(seen.accuracy));
        let title = format!("{}: a network {}", self.data, self.shape(&hidden, classes));
        let middle = seen.len() * 2 / 5;
        let told = |i: usize| {
            let name = if i == 0 { "random weights".into() } else { format!("step {}", seen[i].step) };
            titled(&seen[i], &name)
        };
        let strip: Vec<(String, &Seen)> =
            [0, middle, seen.len() - 1].into_iter().map(|i| (told(i), &seen[i])).collect();
        let pictures = ["boundary.png", "boundary-compare.png", "boundary.gif"].map(|name| self.desk.path(name));
        decision_boundary(&title, &plane, &shown(&strip), &pictures[0])?;
        let beside: Vec<(String, &Seen)> = [("linear", &linear), ("RBF kernel", &kernel), ("network", &seen)]
            .into_iter()
            .map(|(name, seen)| (titled(&seen[seen.len() - 1], name), &seen[seen.len() - 1]))
            .collect();
        let compared = format!("{}: straight line, transformed space, network", self.data);
        decision_boundary(&compared, &plane, &shown(&beside), &pictures[1])?;
        let mut moving = Vec::new();
        for (i, one) in seen.iter().enumerate() {
            moving.push(decision_boundary_image(&title, &plane, &shown(&[(told(i), one)]))?);
        }
        animation(&moving, 250, &pictures[2])?;
        let steps: Vec<_> =
            seen.iter().map(|s| json!({ "step": s.step, "loss": s.loss, "accuracy": s.accuracy })).collect();
        let end = |seen: &[Seen]| seen.last().map(|s| json!({ "loss": s.loss, "accuracy": s.accuracy }));
        let numbers = json!({
            "lesson": "boundary", "data": self.data, "points": points.x.len(), "classes": points.classes,
            "axes": points.axes, "network": steps, "linear": end(&linear), "kernel": end(&kernel), "gamma": gamma,
        });
        self.desk.close(numbers, &pictures);
        Ok(())
    }

    fn shape(&self, hidden: &[usize], classes: usize) -> String {
        let sizes: Vec<_> = [&[2], hidden, &[classes]].concat().iter().map(usize::to_string).collect();
        sizes.join("-")
    }
}

/// Early steps change most, so frames lie closer there.
fn frame_step(steps: u32, frame: u32) -> u32 {
    let part = f64::from(frame) / f64::from(FRAMES);
    (f64::from(steps) * part * part).round() as u32
}

/// With room round the outermost points, and a square plane where the spans are alike: frames side by side are largest so.
fn square(mut x: Axis, mut y: Axis) -> (Axis, Axis) {
    let spans = [&x, &y].map(|axis| (axis.range.1 - axis.range.0) * 1.08);
    let most = spans[0].max(spans[1]);
    for (axis, span) in [&mut x, &mut y].into_iter().zip(spans) {
        let (middle, span) = ((axis.range.0 + axis.range.1) / 2.0, if span > most / 3.0 { most } else { span });
        axis.range = (middle - span / 2.0, middle + span / 2.0);
    }
    (x, y)
}

/// `SIDE` by `SIDE` places over the plane, row 0 at the lowest y.
fn grid(x: &Axis, y: &Axis) -> Vec<[f32; 2]> {
    let along =
        |axis: &Axis, i: usize| (axis.range.0 + (axis.range.1 - axis.range.0) * i as f64 / (SIDE - 1) as f64) as f32;
    (0..SIDE * SIDE).map(|i| [along(x, i % SIDE), along(y, i / SIDE)]).collect()
}

fn shown<'a>(frames: &'a [(String, &'a Seen)]) -> Vec<Frame<'a>> {
    let frame = |(title, seen): &'a (String, &'a Seen)| Frame {
        title,
        probabilities: &seen.probabilities,
        height: SIDE,
        width: SIDE,
    };
    frames.iter().map(frame).collect()
}

/// In whole percent, near the end in tenths as in the table; 100 only where nothing is wrong.
fn percent(share: f32) -> String {
    match 100.0 * share {
        100.0 => "100".into(),
        most if most >= 99.0 => format!("{:.1}", most.min(99.9)),
        some => format!("{some:.0}"),
    }
}
