//! The graphs of a run over a table: rows on the device → the row or batch of this step → model → loss → update, and the
//! same without loss for reading. A small perceptron that learns from one row at a time has a graph of one launch.

use super::settings::{TableSettings, outputs};
use crate::model::activation;
use crate::train::network::{CLOCK, learn, read_averages};
use crate::{Built, Error, Layer, Mode, Model, Optimiser, Result, Settings};
use datasets::table::Scheme;
use graph::{Graph, Init, LossFunction, Source, Tensor, Type, UnaryFunction, Value, ops};
use std::sync::Arc;

/// A training graph.
#[derive(Clone, Debug)]
pub(crate) struct TrainGraph {
    pub(crate) graph: Arc<Graph>,
    /// `[count, features]`.
    pub(crate) rows: Value,
    /// Classes or numbers, `[count]`.
    pub(crate) targets: Value,
    /// Rows of the steps to come, `[ahead · batch]`.
    pub(crate) order: Value,
    /// Steps that the order reaches.
    pub(crate) ahead: u64,
    /// What the model sees of a step, `[batch, features]`.
    pub(crate) x: Value,
    pub(crate) layers: Vec<Built>,
    /// Loss of each row, `[batch]`.
    pub(crate) losses: Value,
    /// Names of the parameters that averages are kept of.
    pub(crate) averaged: Vec<String>,
}

/// Rows whose numbers are sent at a time: a quarter of a MiB.
const ORDER_ROWS: usize = 1 << 16;

impl TrainGraph {
    pub(crate) fn new(
        model: &Model,
        scheme: &Scheme,
        settings: &Settings,
        table: &TableSettings,
        count: usize,
    ) -> Result<Self> {
        let (batch, features) = (table.batch(settings), model.input()[0]);
        let ahead = (ORDER_ROWS / batch).clamp(1, 4096);
        let mut graph = Graph::new();
        let clock = graph.state(CLOCK, Type::i32([1]), Init::Fill(0.0))?;
        let ticked = graph.push("tick", ops::Tick, &[clock])?;
        graph.assign(clock, ticked[1]);
        let step = ticked[0];
        let rows = graph.input("rows", Type::f32([count, features]))?;
        let ty = if scheme.classes().is_some() { Type::i32([count]) } else { Type::f32([count]) };
        let targets = graph.input("targets", ty)?;
        let order = graph.input("order", Type::i32([ahead * batch]))?;
        let gathered = graph.push("x", ops::GatherBatch::rows(batch), &[rows, targets, order, step])?;
        let (x, y) = (gathered[0], gathered[1]);
        let layers = model.build_layers(&mut graph, x, Mode::Train { step, seed: settings.seed })?;
        let output = layers.last().map_or(x, |last| last.value);
        let losses = if scheme.classes().is_some() {
            let op = ops::CrossEntropy { label_smoothing: settings.label_smoothing as f32, ..Default::default() };
            graph.push("cross_entropy", op, &[output, y])?[0]
        } else {
            let number = graph.push1("number", ops::Reshape { shape: [batch].into() }, &[output])?;
            graph.push1("squared_error", ops::Loss(LossFunction::Mse), &[number, y])?
        };
        let loss = graph.push1("loss", ops::Reduce::mean(&[]), &[losses])?;
        let rates = settings.rates(table.steps, table.epochs(settings, count));
        let schedule = graph.constant("schedule", settings.rule().schedule(&rates));
        if graph.parameters().is_empty() {
            return Err(Error::Setting("the model has no layer that learns: add a linear".into()));
        }
        let averaged = learn(&mut graph, settings, [loss, step, schedule])?;
        let (graph, ahead) = (Arc::new(graph), ahead as u64);
        Ok(TrainGraph { graph, rows, targets, order, ahead, x, layers, losses, averaged })
    }
}

/// A training graph whose step is one launch: of a plain perceptron, on one row, by plain descent.
#[derive(Clone, Debug)]
pub(crate) struct StepGraph {
    pub(crate) graph: Arc<Graph>,
    pub(crate) rows: Value,
    /// Shares of each class, or the number, `[count, outputs]`.
    pub(crate) targets: Value,
    pub(crate) order: Value,
    pub(crate) loss: Value,
}

/// Numbers and neurons of a row that every device's workgroup holds: two f32 each in 16 KiB.
const MOST_NEURONS: usize = 2048;
/// Beyond them layers of their own are faster, and some drivers leave loops as long as one workgroup would make.
const MOST_PARAMETERS: usize = 1 << 16;

impl StepGraph {
    /// The same parameters and the same order as `layered`; `None` where its step is not of this kind.
    pub(crate) fn of(
        layered: &TrainGraph,
        model: &Model,
        scheme: &Scheme,
        settings: &Settings,
        table: &TableSettings,
    ) -> Result<Option<Self>> {
        let plain = settings.optimiser == Optimiser::Sgd && settings.momentum == 0.0 && settings.weight_decay == 0.0;
        let plain = plain && settings.clip_norm.or(settings.clip_value).or(settings.ema).is_none();
        let plain = plain && settings.groups.is_empty();
        let neurons = model.input()[0] + model.summary()?.neurons;
        let parameters: usize = layered.graph.parameters().iter().map(|&p| layered.graph.ty(p).shape.count()).sum();
        let small = neurons <= MOST_NEURONS && parameters <= MOST_PARAMETERS;
        let Some(step) = perceptron(model, scheme).filter(|_| table.per_instance && plain && small) else {
            return Ok(None);
        };
        let ty = |value: Value| layered.graph.ty(value).clone();
        let mut graph = Graph::new();
        let clock = graph.state(CLOCK, Type::i32([1]), Init::Fill(0.0))?;
        let rows = graph.input("rows", ty(layered.rows))?;
        let targets = graph.input("targets", Type::f32([ty(layered.rows).shape[0], outputs(scheme)]))?;
        let order = graph.input("order", ty(layered.order))?;
        let epochs = table.epochs(settings, ty(layered.rows).shape[0]);
        let rates = settings.rule().schedule(&settings.rates(table.steps, epochs));
        let mut inputs = vec![clock, rows, targets, order, graph.constant("schedule", rates)];
        for known in layered.graph.parameters() {
            let Source::Parameter(init) = layered.graph.source(known) else { unreachable!("a parameter has a source") };
            inputs.push(graph.parameter(layered.graph.name(known), ty(known), init.clone())?);
        }
        let loss = step.place(&mut graph, "step", &inputs)?;
        Ok(Some(StepGraph { graph: Arc::new(graph), rows, targets, order, loss }))
    }
}

/// Linear layers with biases, one activation behind all but the last, perhaps one behind the last.
fn perceptron(model: &Model, scheme: &Scheme) -> Option<ops::MlpStep> {
    let mut behind: Vec<Option<UnaryFunction>> = Vec::new();
    for entry in model.layers() {
        match (entry.layer, activation(entry.layer)) {
            _ if !entry.from.is_empty() => return None,
            (Layer::Linear { bias: true, .. }, _) => behind.push(None),
            (_, Some(function)) => match behind.last_mut() {
                Some(last @ None) if told_by_result(function) => *last = Some(function),
                _ => return None,
            },
            _ => return None,
        }
    }
    let (&output, hidden) = behind.split_last()?;
    let first = hidden.first().copied().flatten();
    hidden.iter().all(|function| *function == first).then_some(ops::MlpStep {
        layers: behind.len(),
        hidden: first,
        output,
        cross_entropy: scheme.classes().is_some(),
        fixed_biases: false,
    })
}

/// Whether the slope can be had from the result: what the one launch keeps.
fn told_by_result(function: UnaryFunction) -> bool {
    use UnaryFunction as F;
    matches!(function, F::Sigmoid | F::Tanh | F::Relu) || matches!(function, F::LeakyRelu { slope } if slope > 0.0)
}

/// A graph that reads rows: x `[batch, features]` in, the model's outputs `[batch, …]` out.
#[derive(Clone, Debug)]
pub(crate) struct ReadGraph {
    pub(crate) graph: Arc<Graph>,
    pub(crate) x: Value,
    pub(crate) output: Value,
    pub(crate) outputs: usize,
}

impl ReadGraph {
    /// For `batch` rows at a time, by the averages of these parameters.
    pub(crate) fn new(model: &Model, scheme: &Scheme, batch: usize, averaged: &[String]) -> Result<Self> {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::f32([batch, model.input()[0]]))?;
        let output = model.build(&mut graph, x, Mode::Eval)?;
        read_averages(&mut graph, averaged)?;
        Ok(ReadGraph { graph: Arc::new(graph), x, output, outputs: outputs(scheme) })
    }
}

/// Numbers of a shape as the graph takes them.
pub(crate) fn matrix(rows: usize, x: Vec<f32>) -> Result<Tensor> {
    let columns = x.len() / rows.max(1);
    Ok(Tensor::f32([rows, columns], x)?)
}
