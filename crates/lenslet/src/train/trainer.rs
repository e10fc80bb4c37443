//! Steps of a run: submitted ahead, results taken late and in order. Knows nothing of files; see `session.rs`.

use super::feed::Feed;
use super::network::{CLOCK, TrainGraph, begin_averages, check_fit, schedule};
use super::not_finite;
use crate::data::DataInfo;
use crate::read::{Evaluation, Reader};
use crate::{Error, Model, Result, Settings};
use datasets::Images;
use graph::{Data, Engine, Execution, Memory, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What one step gave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepResult {
    /// Its number, from 1, over the whole run.
    pub step: u64,
    /// Mean loss of the batch, before the update.
    pub loss: f64,
    /// Images of the batch read right.
    pub correct: u32,
}

/// Parameters, moments and states by name.
pub(crate) type State = BTreeMap<String, Tensor>;

/// Images of an evaluation's batch.
const READ_BATCH: usize = 256;

/// A network under training: graphs made ready, data in place.
#[derive(Debug)]
pub struct Trainer {
    pub(crate) engine: Engine,
    pub(crate) model: Model,
    pub(crate) settings: Settings,
    pub(crate) data: DataInfo,
    pub(crate) memory: Memory,
    train: Arc<Images>,
    pub(crate) graph: TrainGraph,
    pub(crate) execution: Execution,
    feed: Feed,
    pub(super) reader: Reader,
    /// Steps submitted.
    submitted: u64,
    /// What the plateau makes of the learning rate.
    factor: f64,
    /// Steps whose results were taken.
    taken: u64,
    results: VecDeque<StepResult>,
    /// A state from which the steps since can be run again.
    pub(crate) good: (u64, State),
}

impl Trainer {
    /// Builds, plans and compiles; draws first values from the seed.
    ///
    /// # Errors
    /// Settings, model and data that do not fit each other, or the device's.
    pub fn new(engine: &Engine, model: Model, settings: Settings, train: Arc<Images>) -> Result<Trainer> {
        settings.check(train.len())?;
        let data = DataInfo::of(&train);
        check_fit(&model, &data, train.shape())?;
        let memory = Memory::new(engine, settings.seed);
        let resident = Feed::fits(engine, &train, &settings);
        let graph = TrainGraph::new(&model, &data, &settings, train.len(), resident)?;
        let mut execution = graph.compile(engine, &memory, settings.batch)?;
        begin_averages(&memory, &graph.averaged)?;
        let reader = Reader::new(engine, &memory, &model, &data, READ_BATCH.min(train.len()), &graph.averaged)?;
        let feed = Feed::new(&mut execution, &graph, &train, &settings, resident)?;
        let good = (0, memory.snapshot()?);
        let mut trainer = Trainer {
            engine: engine.clone(),
            model,
            settings,
            data,
            memory,
            train,
            graph,
            execution,
            feed,
            reader,
            submitted: 0,
            factor: 1.0,
            taken: 0,
            results: VecDeque::new(),
            good,
        };
        trainer.scale_rates(1.0)?;
        Ok(trainer)
    }

    /// Has all steps to come take the schedule's rates times a factor, where the schedule heeds losses.
    pub(crate) fn scale_rates(&mut self, factor: f64) -> Result<()> {
        self.factor = factor;
        give_rates(&mut self.execution, &self.graph, &self.settings, self.train.len(), factor)
    }

    /// Steps of the whole run.
    pub fn steps(&self) -> u64 {
        self.settings.steps(self.train.len())
    }

    /// Steps of an epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        self.settings.steps_per_epoch(self.train.len())
    }

    /// How it learns.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Numbers that are learned.
    pub fn parameters(&self) -> usize {
        let graph = &self.graph.graph;
        graph.parameters().iter().map(|&p| graph.ty(p).shape.count()).sum()
    }

    /// Steps submitted so far.
    pub fn submitted(&self) -> u64 {
        self.submitted
    }

    /// Submits the next step; waits only when too much is under way.
    ///
    /// # Errors
    /// The device is lost, or a batch cannot be made.
    pub fn submit(&mut self) -> Result<()> {
        self.feed.before(&mut self.execution, &self.graph, self.submitted)?;
        self.execution.run()?;
        self.submitted += 1;
        while let Some(fetched) = self.execution.take()? {
            self.collect(&fetched);
        }
        Ok(())
    }

    /// Waits until all that was submitted is done.
    ///
    /// # Errors
    /// The device is lost.
    pub fn wait(&mut self) -> Result<()> {
        while let Some(fetched) = self.execution.wait()? {
            self.collect(&fetched);
        }
        Ok(())
    }

    fn collect(&mut self, fetched: &[Tensor]) {
        let numbers = |tensor: &Tensor| match tensor.data() {
            Data::F32(v) => v.iter().map(|&e| f64::from(e)).sum::<f64>(),
            _ => unreachable!("losses and hits are f32 by the op's shape rule"),
        };
        self.taken += 1;
        let loss = numbers(&fetched[0]) / self.settings.batch as f64;
        self.results.push_back(StepResult { step: self.taken, loss, correct: numbers(&fetched[1]) as u32 });
    }

    /// The oldest result not yet asked for.
    ///
    /// # Errors
    /// The loss is not finite: which step, and what went wrong first.
    pub fn result(&mut self) -> Result<Option<StepResult>> {
        let Some(result) = self.results.pop_front() else { return Ok(None) };
        if result.loss.is_finite() { Ok(Some(result)) } else { Err(self.not_finite(result)) }
    }

    fn not_finite(&mut self, result: StepResult) -> Error {
        not_finite::explain(self, result).unwrap_or_else(|error| error)
    }

    /// Runs a step again, from wherever the state is now.
    pub(crate) fn run_again(&mut self, execution: &mut Execution, step: u64) -> Result<Option<Vec<Tensor>>> {
        self.feed.again(execution, &self.graph, &self.train, &self.settings, step)?;
        give_rates(execution, &self.graph, &self.settings, self.train.len(), self.factor)?;
        execution.run()?;
        Ok(execution.wait()?)
    }

    /// How the network does on these images now, by averages where they are kept. Waits for what is under way.
    ///
    /// # Errors
    /// Images of another size or with more classes, or the device is lost.
    pub fn evaluate(&mut self, images: &Images) -> Result<Evaluation> {
        self.wait()?;
        check_fit(&self.model, &self.data, images.shape())?;
        self.reader.evaluate(images)
    }

    /// All parameters, moments and states now; an error when one is not finite.
    pub(crate) fn state(&mut self) -> Result<State> {
        self.wait()?;
        let state = self.memory.snapshot()?;
        if let Some((name, tensor)) = state.iter().find(|(_, tensor)| not_finite::place(tensor).is_some()) {
            let what = format!("after its update {}", not_finite::describe(name, tensor));
            return Err(Error::NotFinite { step: self.taken, what });
        }
        self.good = (self.taken, state.clone());
        Ok(state)
    }

    /// Continues from a state after so many steps.
    ///
    /// # Errors
    /// The state is of another model.
    pub(crate) fn restore(&mut self, step: u64, state: &State) -> Result<()> {
        self.wait()?;
        for (name, ty) in self.memory.list() {
            match state.get(&name) {
                Some(tensor) if tensor.ty() == ty => self.memory.set(&name, tensor)?,
                other => {
                    let got = other.map_or("nothing".into(), |tensor| tensor.ty().to_string());
                    return Err(Error::Mismatch(format!(
                        "the checkpoint is of another model: {name} is {got} there and {ty} here"
                    )));
                }
            }
        }
        debug_assert!(state.contains_key(CLOCK));
        (self.submitted, self.taken) = (step, step);
        self.results.clear();
        self.feed.rewind();
        self.good = (step, state.clone());
        Ok(())
    }
}

/// Gives the table of learning rates, where the graph takes it as an input.
fn give_rates(
    execution: &mut Execution,
    graph: &TrainGraph,
    settings: &Settings,
    images: usize,
    factor: f64,
) -> Result<()> {
    let Some(input) = graph.schedule else { return Ok(()) };
    Ok(execution.set(input, &schedule(settings, images, factor))?)
}
