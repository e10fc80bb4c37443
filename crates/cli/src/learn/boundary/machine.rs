//! A classifier of points in the plane, trained on the engine and asked over a grid while it learns.

use std::sync::Arc;

use lenslet::graph::ops::{Binary, CrossEntropy, Linear, Optimiser, Reduce, Softmax, Tick, Unary};
use lenslet::graph::{Engine, Graph, Init, Memory, Tensor, Type, UnaryFunction, Value};

use super::{Boundary, Points};
use crate::learn::activation::Activation;
use crate::learn::desk::floats;
use crate::learn::mlp::dense;

/// What kind of classifier.
pub(super) enum Kind {
    /// Straight lines between classes.
    Linear,
    /// Straight lines in the space of exp(−γ |x − xᵢ|²).
    Kernel { gamma: f32 },
    /// Hidden layers.
    Network { hidden: Vec<usize>, activation: Activation },
}

/// A classifier at one step.
pub(super) struct Seen {
    pub(super) step: u32,
    /// Mean cross-entropy, and the part of points that are right, before the step's update.
    pub(super) loss: f32,
    pub(super) accuracy: f32,
    /// `[classes, side, side]`
    pub(super) probabilities: Vec<f32>,
}

/// Points that stand in the middle of a kernel.
const CENTRES: usize = 200;

/// Trains and looks at the steps `at`, which rise.
pub(super) fn train(
    engine: &Engine,
    points: &Points,
    grid: &[[f32; 2]],
    kind: &Kind,
    asked: &Boundary,
    at: &[u32],
) -> anyhow::Result<Vec<Seen>> {
    let (n, classes) = (points.x.len(), points.classes.len());
    let memory = Memory::new(engine, asked.seed);
    let build = |graph: &mut Graph, x: Value| logits(graph, x, kind, points, classes);

    let mut graph = Graph::new();
    // An input: the kernel's features depend on nothing else, and as a constant's they would not be the device's.
    let given = Tensor::f32([n, 2], points.x.concat())?;
    let x = graph.input("x", given.ty())?;
    let labels = points.labels.iter().map(|label| *label as i32).collect();
    let labels = graph.constant("labels", Tensor::i32([n], labels)?);
    let scores = build(&mut graph, x)?;
    let measured = graph.push("cross_entropy", CrossEntropy::default(), &[scores, labels])?;
    let loss = graph.push1("loss", Reduce::mean(&[]), &[measured[0]])?;
    let right = graph.push1("right", Reduce::mean(&[]), &[measured[1]])?;
    let measure = Arc::new(graph.clone());
    let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0))?;
    let ticked = graph.push("tick", Tick, &[clock])?;
    graph.assign(clock, ticked[1]);
    // A kernel for every point could learn each by heart: the decay keeps its surface smooth.
    let weight_decay = if matches!(kind, Kind::Kernel { .. }) { 1e-3 } else { 0.0 };
    let optimiser = Optimiser { weight_decay, ..Optimiser::adam() };
    let schedule = graph.constant("schedule", optimiser.schedule(&[asked.lr]));
    graph.minimise(loss, optimiser, ticked[0], schedule)?;
    let mut training = engine.compile(Arc::new(graph), &[], &memory)?;
    let mut measuring = engine.compile(measure, &[loss, right], &memory)?;
    training.set(x, &given)?;
    measuring.set(x, &given)?;

    let mut graph = Graph::new();
    let given = Tensor::f32([grid.len(), 2], grid.concat())?;
    let x = graph.input("grid", given.ty())?;
    let scores = build(&mut graph, x)?;
    let softmax = graph.push1("softmax", Softmax { axis: 1 }, &[scores])?;
    let mut asking = engine.compile(Arc::new(graph), &[softmax], &memory)?;
    asking.set(x, &given)?;

    let (mut seen, mut done) = (Vec::new(), 0);
    for &step in at {
        if step > done {
            training.run_times(step - done)?;
            done = step;
        }
        measuring.run()?;
        let measured = floats(measuring.wait()?)?;
        asking.run()?;
        let rows = floats(asking.wait()?)?.swap_remove(0);
        let probabilities = (0..classes).flat_map(|class| rows.iter().skip(class).step_by(classes).copied()).collect();
        seen.push(Seen { step, loss: measured[0][0], accuracy: measured[1][0], probabilities });
    }
    Ok(seen)
}

/// `[n, classes]` from x `[n, 2]`.
fn logits(graph: &mut Graph, x: Value, kind: &Kind, points: &Points, classes: usize) -> anyhow::Result<Value> {
    match kind {
        Kind::Linear => dense(graph, "linear", x, classes, None),
        Kind::Network { hidden, activation } => {
            let mut value = x;
            for (i, size) in hidden.iter().enumerate() {
                value = dense(graph, &format!("hidden{i}"), value, *size, activation.function())?;
            }
            dense(graph, "output", value, classes, None)
        }
        Kind::Kernel { gamma } => {
            // −γ |x − c|² = −γ |x|² + (2γ c·x − γ |c|²): a linear layer and one number a row.
            let every = points.x.len().div_ceil(CENTRES);
            let centres: Vec<[f32; 2]> = points.x.iter().step_by(every).copied().collect();
            let weight = centres.iter().flatten().map(|c| 2.0 * gamma * c).collect();
            let bias = centres.iter().map(|c| -gamma * (c[0] * c[0] + c[1] * c[1])).collect();
            let m = centres.len();
            let weight = graph.constant("centres", Tensor::f32([m, 2], weight)?);
            let bias = graph.constant("centres.square", Tensor::f32([m], bias)?);
            let products = graph.push1("products", Linear { activation: None }, &[x, weight, bias])?;
            let squares = graph.push1("squares", Binary::Mul, &[x, x])?;
            let length = graph.push1("length", Reduce::sum(&[1]).keepdims(), &[squares])?;
            let gamma = graph.constant("gamma", Tensor::f32([1], vec![*gamma])?);
            let scaled = graph.push1("scaled", Binary::Mul, &[length, gamma])?;
            let exponent = graph.push1("exponent", Binary::Sub, &[products, scaled])?;
            let features = graph.push1("features", Unary(UnaryFunction::Exp), &[exponent])?;
            dense(graph, "kernel", features, classes, None)
        }
    }
}
