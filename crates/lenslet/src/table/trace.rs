//! One round of training in numbers: the row, what each layer made of it, how wrong that was, what changed.

use super::reader::TableEvaluation;
use super::trainer::{TableTrainer, numbers};
use crate::train::network::small;
use crate::{Error, Result};
use datasets::table::{Examples, Targets};
use graph::{Execution, Memory, Value};

/// A round: forward, compare, adjust.
#[derive(Clone, Debug, PartialEq)]
pub struct Round {
    /// The step's number, from 1.
    pub step: u64,
    /// Its rows among those trained on; the numbers are those of the first.
    pub rows: Vec<u32>,
    /// That row, scaled as the network takes it.
    pub x: Vec<f32>,
    /// What each layer made of it.
    pub layers: Vec<(String, Vec<f32>)>,
    /// Mean loss over the rows, before the update.
    pub loss: f64,
    /// The row's loss before and after the update, and what the network says of it before.
    pub before: TableEvaluation,
    /// After the update.
    pub after: TableEvaluation,
    /// What is learned, before and after.
    pub parameters: Vec<Unit>,
}

/// A parameter of a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its name, `linear1.weight`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers before the update.
    pub before: Vec<f32>,
    /// And after it.
    pub after: Vec<f32>,
}

/// A second run of each step, which is looked into.
#[derive(Debug)]
pub(super) struct Tracing {
    memory: Memory,
    execution: Execution,
}

impl TableTrainer {
    /// What a round is told from: the training graph, layer by layer, fetching what each makes, in a memory of its own,
    /// so that a run that is watched ends with the same bits.
    pub(super) fn tracing(&self) -> Result<Tracing> {
        if !self.graph.averaged.is_empty() {
            let why =
                "a told round shows what its own update did, but the network is the average: leave out one of them";
            return Err(Error::Setting(why.into()));
        }
        let (fetch, memory) = (self.watched(), Memory::new(&self.engine, self.settings.seed));
        let graph = self.graph.graph.clone();
        let execution = self.engine.compile_in(graph, &fetch, &memory, small(self.batch()))?;
        Ok(Tracing { memory, execution })
    }

    fn watched(&self) -> Vec<Value> {
        let layers = self.graph.layers.iter().map(|layer| layer.value);
        [self.graph.x, self.graph.losses].into_iter().chain(layers).collect()
    }

    /// Runs the next step and tells it.
    pub(super) fn round(&mut self, tracing: &mut Tracing) -> Result<Round> {
        let before = self.memory.snapshot()?;
        for (name, tensor) in &before {
            tracing.memory.set(name, tensor)?;
        }
        let fetched = self.fetch(&mut tracing.execution)?;
        let first = |values: &[f32], batch: usize| values[..values.len() / batch].to_vec();
        let rows = self.rows_of(self.done());
        let own = one(self.train(), rows[0] as usize);
        let judged = self.evaluate(&own)?;
        self.run(1)?;
        let after = self.memory.snapshot()?;
        let batch = rows.len();
        let losses = numbers(&fetched[1]);
        let graph = self.graph.graph.clone();
        let unit = |value: Value| {
            let name = graph.name(value).to_string();
            let [before, after] = [&before, &after].map(|state| state.get(&name).map(numbers).unwrap_or_default());
            Unit { shape: graph.ty(value).shape.to_vec(), name, before, after }
        };
        let layers = self.graph.layers.iter().zip(&fetched[2..]);
        Ok(Round {
            step: self.done(),
            x: first(&numbers(&fetched[0]), batch),
            layers: layers.map(|(layer, y)| (layer.name.clone(), first(&numbers(y), batch))).collect(),
            loss: losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / batch as f64,
            before: judged,
            after: self.evaluate(&own)?,
            parameters: graph.parameters().into_iter().map(unit).collect(),
            rows,
        })
    }
}

/// One row alone.
fn one(examples: &Examples, row: usize) -> Examples {
    let x = examples.x[row * examples.features..][..examples.features].to_vec();
    let y = match &examples.y {
        Targets::Classes(y) => Targets::Classes(vec![y[row]]),
        Targets::Numbers(y) => Targets::Numbers(vec![y[row]]),
    };
    Examples { x, features: examples.features, y }
}
