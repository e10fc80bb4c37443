//! The graphs of a run: images in bytes → normalised x → model → loss → update, and the same without loss for reading.
//!
//! One shape of graph for every way that images come: a set on the device with the epoch's order, or a batch at a time
//! with the order 0, 1, 2 … .

use crate::data::DataInfo;
use crate::{Built, Error, Mode, Model, Result, Settings};
use graph::gpu_core::Order;
use graph::{DType, Engine, Execution, Graph, Init, Memory, Tensor, Type, Value, ops};
use std::sync::Arc;

/// The name of the state that counts steps.
pub(crate) const CLOCK: &str = "clock";

/// Inputs of a graph that takes images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Images {
    /// Bytes `[count, c, h, w]`.
    pub(crate) pixels: Value,
    /// `[count]`.
    pub(crate) classes: Value,
    /// The rows of an epoch's batches, where the set lies on the device.
    pub(crate) order: Option<Value>,
    /// Shares of the classes `[count, classes]`, where images are mixed.
    pub(crate) shares: Option<Value>,
}

/// Appends inputs and the op that makes batches of them; returns x and labels too. `resident` is the set's length and
/// the number of steps of an epoch, where the set lies on the device.
fn gather(
    graph: &mut Graph,
    model: &Model,
    data: &DataInfo,
    batch: usize,
    resident: Option<(usize, usize)>,
    step: Value,
) -> Result<(Images, Value, Value)> {
    let (count, steps) = resident.unwrap_or((batch, 1));
    let shape: Vec<usize> = std::iter::once(count).chain(model.input().iter().copied()).collect();
    let pixels = graph.input("images", Type { shape: shape.into(), dtype: DType::U8 })?;
    let classes = graph.input("classes", Type::i32([count]))?;
    let order = match resident {
        Some(_) => Some(graph.input("order", Type::i32([steps * batch]))?),
        None => None,
    };
    let rows = match order {
        Some(order) => order,
        None => graph.constant("rows", Tensor::i32([batch], (0..batch as i32).collect())?),
    };
    let op = ops::GatherBatch::normalised(batch, &data.mean_std);
    let gathered = graph.push("x", op, &[pixels, classes, rows, step])?;
    Ok((Images { pixels, classes, order, shares: None }, gathered[0], gathered[1]))
}

/// A training graph.
#[derive(Clone, Debug)]
pub(crate) struct TrainGraph {
    pub(crate) graph: Arc<Graph>,
    pub(crate) images: Images,
    pub(crate) x: Value,
    pub(crate) layers: Vec<Built>,
    /// Loss of each image, and whether it was read right.
    pub(crate) losses: Value,
    pub(crate) correct: Value,
    /// The table of learning rates, where it is given anew on the way.
    pub(crate) schedule: Option<Value>,
    /// Names of the parameters that averages are kept of.
    pub(crate) averaged: Vec<String>,
}

impl TrainGraph {
    /// One step of a run over `count` images, which lie on the device if `resident`.
    pub(crate) fn new(
        model: &Model,
        data: &DataInfo,
        settings: &Settings,
        count: usize,
        resident: bool,
    ) -> Result<Self> {
        let mut graph = Graph::new();
        let clock = graph.state(CLOCK, Type::i32([1]), Init::Fill(0.0))?;
        let ticked = graph.push("tick", ops::Tick, &[clock])?;
        graph.assign(clock, ticked[1]);
        let step = ticked[0];
        let steps = settings.steps_per_epoch(count) as usize;
        let resident = resident.then_some((count, steps));
        let (mut images, x, labels) = gather(&mut graph, model, data, settings.batch, resident, step)?;
        let layers = model.build_layers(&mut graph, x, Mode::Train { step, seed: settings.seed })?;
        let logits = layers.last().map_or(x, |last| last.value);
        let op = ops::CrossEntropy { label_smoothing: settings.label_smoothing as f32, ..Default::default() };
        let targets = if settings.mixes() {
            let shares = graph.input("shares", graph.ty(logits).clone())?;
            images.shares = Some(shares);
            shares
        } else {
            labels
        };
        let scored = graph.push("cross_entropy", op, &[logits, targets])?;
        let loss = graph.push1("loss", ops::Reduce::mean(&[]), &[scored[0]])?;
        let rates = schedule(settings, count, 1.0);
        let given = settings.schedule.plateau().is_some();
        let rates = if given { graph.input("schedule", rates.ty())? } else { graph.constant("schedule", rates) };
        if graph.parameters().is_empty() {
            return Err(Error::Setting("the model has no layer that learns: add a conv2d or a linear".into()));
        }
        let averaged = learn(&mut graph, settings, [loss, step, rates])?;
        let schedule = given.then_some(rates);
        let (losses, correct) = (scored[0], scored[1]);
        Ok(TrainGraph { graph: Arc::new(graph), images, x, layers, losses, correct, schedule, averaged })
    }

    /// Made ready to run; results are losses and hits.
    pub(crate) fn compile(&self, engine: &Engine, memory: &Memory, batch: usize) -> Result<Execution> {
        let fetch = [self.losses, self.correct];
        Ok(engine.compile_in(self.graph.clone(), &fetch, memory, small(batch))?)
    }
}

/// The table of learning rates of a run over `count` images, times `factor`.
pub(crate) fn schedule(settings: &Settings, count: usize, factor: f64) -> Tensor {
    let updates = settings.steps(count) / u64::from(settings.accumulate);
    let rates = settings.rates(updates, settings.epochs.into());
    let rates: Vec<f32> = rates.into_iter().map(|rate| (f64::from(rate) * factor) as f32).collect();
    settings.rule().schedule(&rates)
}

/// Appends gradients and update, by the settings' groups, of loss, step and rates. Returns the names of the parameters
/// that averages are kept of.
pub(crate) fn learn(graph: &mut Graph, settings: &Settings, [loss, step, rates]: [Value; 3]) -> Result<Vec<String>> {
    let names: Vec<String> = graph.parameters().into_iter().map(|p| graph.name(p).to_string()).collect();
    settings.check_groups(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
    graph.minimise_in_groups(loss, settings.rule(), step, rates, |name| settings.group(name))?;
    let averaged = names.into_iter().filter(|name| settings.ema.is_some() && settings.group(name).is_some());
    Ok(averaged.collect())
}

/// What the average of a parameter is called.
pub(crate) fn average_of(name: &str) -> String {
    format!("{name}.average")
}

/// Averages begin as their parameters.
pub(crate) fn begin_averages(memory: &Memory, averaged: &[String]) -> Result<()> {
    averaged.iter().try_for_each(|name| Ok(memory.set(&average_of(name), &memory.get(name)?)?))
}

/// Has a graph read the averages of these parameters in their places.
pub(crate) fn read_averages(graph: &mut Graph, averaged: &[String]) -> Result<()> {
    let own = graph.parameters().into_iter().filter(|&p| averaged.iter().any(|name| name == graph.name(p)));
    for parameter in own.collect::<Vec<_>>() {
        let name = average_of(graph.name(parameter));
        graph.rename(parameter, &name)?;
    }
    Ok(())
}

/// Small batches lie row-major, though the set that they are gathered from is long.
pub(crate) fn small(batch: usize) -> Option<Order> {
    (batch < 16).then_some(Order::Plain)
}

/// A graph that reads images: a batch of bytes in, logits out.
#[derive(Clone, Debug)]
pub(crate) struct ReadGraph {
    pub(crate) graph: Arc<Graph>,
    pub(crate) images: Images,
    pub(crate) logits: Value,
    pub(crate) losses: Value,
}

impl ReadGraph {
    /// For `batch` images at a time, by the averages of these parameters.
    pub(crate) fn new(model: &Model, data: &DataInfo, batch: usize, averaged: &[String]) -> Result<Self> {
        let mut graph = Graph::new();
        let step = graph.constant("step", Tensor::i32([1], vec![0])?);
        let (images, x, labels) = gather(&mut graph, model, data, batch, None, step)?;
        let logits = model.build(&mut graph, x, Mode::Eval)?;
        let losses = graph.push("cross_entropy", ops::CrossEntropy::default(), &[logits, labels])?[0];
        read_averages(&mut graph, averaged)?;
        Ok(ReadGraph { graph: Arc::new(graph), images, logits, losses })
    }
}

/// Refuses a model that does not fit the data, before anything is made.
pub(crate) fn check_fit(model: &Model, data: &DataInfo, shape: [usize; 3]) -> Result<()> {
    let features: usize = shape.iter().product();
    if model.input() != shape && model.input() != [features] {
        let input = model.input();
        return Err(Error::Setting(format!("the model takes {input:?}, the images are {shape:?}; change its input")));
    }
    let (classes, wanted) = (model.classes()?, data.classes.len());
    if classes != wanted {
        let name = model.names().pop().unwrap_or_default();
        return Err(Error::Layer {
            position: model.layers().len(),
            layer: name,
            why: format!("the model ends in {classes} numbers, the data has {wanted} classes; make them equal"),
        });
    }
    Ok(())
}
