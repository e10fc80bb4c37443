//! Steps of a run over a table: as many a submission as are asked for, none of whose data passes through the host.

use super::graph::{StepGraph, TrainGraph};
use super::reader::{Reader, TableEvaluation};
use super::settings::{TableInfo, TableSettings, check_fit, info, outputs};
use crate::data::DataInfo;
use crate::train::network::{begin_averages, small};
use crate::train::{State, describe, place};
use crate::{Error, Model, Result, Settings};
use datasets::order::{instance, permutation};
use datasets::table::{Examples, Prepared, Scheme, Targets};
use graph::{Data, Engine, Execution, Memory, Tensor};

/// Rows that are read at a time.
const READ_BATCH: usize = 1024;

/// A network that learns from a table: graphs made ready, rows in place.
#[derive(Debug)]
pub struct TableTrainer {
    pub(crate) engine: Engine,
    pub(crate) model: Model,
    pub(crate) settings: Settings,
    pub(crate) info: TableInfo,
    pub(crate) data: DataInfo,
    pub(crate) memory: Memory,
    pub(crate) train: Examples,
    pub(crate) held_out: Examples,
    /// The step layer by layer.
    pub(crate) graph: TrainGraph,
    /// The step in one launch, where it is of that kind: what runs then.
    step: Option<StepGraph>,
    pub(crate) execution: Execution,
    pub(super) reader: Reader,
    /// Steps done.
    done: u64,
    /// First step of the order that lies on the device.
    ordered: Option<u64>,
}

impl TableTrainer {
    /// Builds, plans and compiles; draws first values from the seed.
    ///
    /// # Errors
    /// Settings, model and table that do not fit each other, or the device's.
    pub fn new(
        engine: &Engine,
        model: Model,
        settings: Settings,
        table: TableSettings,
        prepared: Prepared,
    ) -> Result<Self> {
        table.check(&settings, prepared.train.len())?;
        check_fit(&model, &prepared.scheme)?;
        let data = info(&prepared);
        let Prepared { scheme, train, held_out, .. } = prepared;
        let info = TableInfo { settings: table, scheme };
        let memory = Memory::new(engine, settings.seed);
        let graph = TrainGraph::new(&model, &info.scheme, &settings, &info.settings, train.len())?;
        let batch = info.settings.batch(&settings);
        let step = StepGraph::of(&graph, &model, &info.scheme, &settings, &info.settings)?;
        let execution = match &step {
            Some(step) => {
                let mut execution = engine.compile_in(step.graph.clone(), &[step.loss], &memory, small(batch))?;
                execution.set(step.rows, &rows(&train)?)?;
                execution.set(step.targets, &shares(&train, &info.scheme, settings.label_smoothing)?)?;
                execution
            }
            None => {
                let mut execution = engine.compile_in(graph.graph.clone(), &[graph.losses], &memory, small(batch))?;
                give(&mut execution, &graph, &train)?;
                execution
            }
        };
        begin_averages(&memory, &graph.averaged)?;
        let some = READ_BATCH.min(train.len());
        let reader = Reader::new(engine, &memory, &model, &info.scheme, some, &graph.averaged)?;
        let engine = engine.clone();
        let (done, ordered) = (0, None);
        Ok(TableTrainer {
            engine,
            model,
            settings,
            info,
            data,
            memory,
            train,
            held_out,
            graph,
            step,
            execution,
            reader,
            done,
            ordered,
        })
    }

    /// Steps of the whole run.
    pub fn steps(&self) -> u64 {
        self.info.settings.steps
    }

    /// Steps done.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Rows of a step.
    pub fn batch(&self) -> usize {
        self.info.settings.batch(&self.settings)
    }

    /// The rows that it learns from.
    pub fn train(&self) -> &Examples {
        &self.train
    }

    /// The rows held out.
    pub fn held_out(&self) -> &Examples {
        &self.held_out
    }

    /// What the columns mean.
    pub fn info(&self) -> &TableInfo {
        &self.info
    }

    /// Numbers that are learned.
    pub fn parameters(&self) -> usize {
        let graph = &self.graph.graph;
        graph.parameters().iter().map(|&p| graph.ty(p).shape.count()).sum()
    }

    /// The rows of a step, from 0, among those trained on: a function of the seed and the step.
    pub fn rows_of(&self, step: u64) -> Vec<u32> {
        rows_of(&self.info.settings, &self.settings, self.train.len(), step)
    }

    /// Runs at most `most` steps, fewer where the order on the device ends; returns how many. Waits for the last one.
    ///
    /// # Errors
    /// The device is lost.
    pub fn run(&mut self, most: u64) -> Result<u64> {
        let steps = self.prepare(most)?;
        self.execution.run_times(steps as u32)?;
        self.execution.wait()?;
        self.done += steps;
        Ok(steps)
    }

    /// Sees to it that the order of the next step lies on the device; returns how many of `most` steps it reaches.
    fn prepare(&mut self, most: u64) -> Result<u64> {
        let ahead = self.graph.ahead;
        let first = self.done / ahead * ahead;
        if self.ordered != Some(first) {
            let order = self.order(first)?;
            let input = self.step.as_ref().map_or(self.graph.order, |step| step.order);
            self.execution.set(input, &order)?;
            self.ordered = Some(first);
        }
        Ok(most.min(first + ahead - self.done).min(self.steps() - self.done))
    }

    fn order(&self, first: u64) -> Result<Tensor> {
        let mut order: Vec<i32> = Vec::new();
        // An epoch's order serves all its steps.
        let mut known: Option<(u64, Vec<u32>)> = None;
        let (n, batch) = (self.train.len(), self.batch());
        let per_epoch = (n / batch) as u64;
        for step in first..first + self.graph.ahead {
            if self.info.settings.per_instance || batch == n {
                order.extend(self.rows_of(step).into_iter().map(|row| row as i32));
                continue;
            }
            let epoch = step / per_epoch;
            if known.as_ref().is_none_or(|(of, _)| *of != epoch) {
                known = Some((epoch, permutation(self.settings.seed, epoch as u32, n)));
            }
            let start = (step % per_epoch) as usize * batch;
            let rows = known.iter().flat_map(|(_, order)| &order[start..start + batch]);
            order.extend(rows.map(|&row| row as i32));
        }
        Ok(Tensor::i32([order.len()], order)?)
    }

    /// Runs the next step by another execution of the layered graph, which fetches more.
    pub(super) fn fetch(&mut self, execution: &mut Execution) -> Result<Vec<Tensor>> {
        give(execution, &self.graph, &self.train)?;
        execution.set(self.graph.order, &self.order(self.done / self.graph.ahead * self.graph.ahead)?)?;
        execution.run()?;
        Ok(execution.wait()?.unwrap_or_default())
    }

    /// How the network does on rows now.
    ///
    /// # Errors
    /// The device is lost.
    pub fn evaluate(&mut self, examples: &Examples) -> Result<TableEvaluation> {
        self.reader.evaluate(examples, &self.info.scheme)
    }

    /// All parameters, moments and states now; an error when one is not finite.
    pub(crate) fn state(&mut self) -> Result<State> {
        let state = self.memory.snapshot()?;
        match state.iter().find(|(_, tensor)| place(tensor).is_some()) {
            None => Ok(state),
            Some((name, tensor)) => Err(Error::NotFinite { step: self.done, what: describe(name, tensor) }),
        }
    }

    /// Continues from a state after so many steps.
    pub(crate) fn restore(&mut self, step: u64, state: &State) -> Result<()> {
        for (name, ty) in self.memory.list() {
            match state.get(&name) {
                Some(tensor) if tensor.ty() == ty => self.memory.set(&name, tensor)?,
                other => {
                    let got = other.map_or("nothing".into(), |tensor| tensor.ty().to_string());
                    let why = format!("the checkpoint is of another model: {name} is {got} there and {ty} here");
                    return Err(Error::Mismatch(why));
                }
            }
        }
        self.done = step;
        self.ordered = None;
        Ok(())
    }
}

fn rows_of(table: &TableSettings, settings: &Settings, n: usize, step: u64) -> Vec<u32> {
    let batch = table.batch(settings);
    if table.per_instance {
        return vec![instance(settings.seed, step as u32, n as u32)];
    }
    if batch == n {
        return (0..n as u32).collect();
    }
    let per_epoch = (n / batch) as u64;
    let order = permutation(settings.seed, (step / per_epoch) as u32, n);
    order[(step % per_epoch) as usize * batch..][..batch].to_vec()
}

/// Puts the rows and their targets in place.
fn give(execution: &mut Execution, graph: &TrainGraph, examples: &Examples) -> Result<()> {
    execution.set(graph.rows, &rows(examples)?)?;
    let n = examples.len();
    let targets = match &examples.y {
        Targets::Classes(y) => Tensor::i32([n], y.iter().map(|&class| class as i32).collect())?,
        Targets::Numbers(y) => Tensor::f32([n], y.clone())?,
    };
    Ok(execution.set(graph.targets, &targets)?)
}

fn rows(examples: &Examples) -> Result<Tensor> {
    Ok(Tensor::f32([examples.len(), examples.features], examples.x.clone())?)
}

/// What each row's outputs should be, `[n, outputs]`: 1 for its class, less what smoothing spreads; or its number.
fn shares(examples: &Examples, scheme: &Scheme, smoothing: f64) -> Result<Tensor> {
    let (n, classes) = (examples.len(), outputs(scheme));
    let all = match &examples.y {
        Targets::Numbers(y) => y.clone(),
        Targets::Classes(y) => {
            let spread = smoothing / classes as f64;
            let share =
                |truth: u32, class: usize| if truth as usize == class { 1.0 - smoothing + spread } else { spread };
            y.iter().flat_map(|&truth| (0..classes).map(move |class| share(truth, class) as f32)).collect()
        }
    };
    Ok(Tensor::f32([n, classes], all)?)
}

/// Numbers of a fetched tensor.
pub(super) fn numbers(tensor: &Tensor) -> Vec<f32> {
    match tensor.data() {
        Data::F32(v) => v.clone(),
        _ => Vec::new(),
    }
}
