//! What becomes of a model on a device: nodes, layouts, kernels, slots, bytes and arithmetic. Needs no device: a plan is
//! made from Caps alone.

use crate::data::DataInfo;
use crate::train::network::{ReadGraph, TrainGraph, small};
use crate::{Model, Result, Settings, Summary};
use graph::gpu_core::{Candidate, Caps, Origin, Plan};
use graph::plan::{Choice, Homes, Planned, Request, Row, plan};
use graph::{Graph, Io, Node, Prover, Value, first_not_wrong};

/// A model, counted and planned.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Layers and what they learn.
    pub summary: Summary,
    /// Images in a batch.
    pub batch: usize,
    /// Whether a training step is planned, or reading.
    pub training: bool,
    /// What became of each node, in order.
    pub rows: Vec<Row>,
    /// Bytes of each slot and what it is for.
    pub slots: Vec<(u64, String)>,
    /// Bytes of activations and gradients, slots shared.
    pub transient_bytes: u64,
    /// What no plan can go below.
    pub least_bytes: u64,
    /// Slots and launches.
    pub plan: Plan,
    /// Arithmetic of a run, multiply and add counted as two.
    pub flops: u64,
}

impl Model {
    /// Plans a training step, or reading, for a device with these Caps.
    ///
    /// # Errors
    /// A layer that does not fit, or an op that no kernel runs there.
    pub fn explain(&self, caps: &Caps, batch: usize, training: bool) -> Result<Explanation> {
        self.explain_proved(caps, batch, training, None)
    }

    /// As [`explain`](Self::explain), with the kernels that `prover` knows to be wrong on the device left out. It is
    /// asked only for what it knows; nothing runs.
    ///
    /// # Errors
    /// As [`explain`](Self::explain), or all kernels of an op are wrong.
    pub fn explain_proved(
        &self,
        caps: &Caps,
        batch: usize,
        training: bool,
        prover: Option<&dyn Prover>,
    ) -> Result<Explanation> {
        let data = DataInfo::of_anything(self)?;
        let (graph, fetch) = if training {
            let settings = Settings { batch, epochs: 1, ..Settings::default() };
            let parts = TrainGraph::new(self, &data, &settings, batch, true)?;
            (parts.graph, vec![parts.losses, parts.correct])
        } else {
            let parts = ReadGraph::new(self, &data, batch, &[])?;
            (parts.graph, vec![parts.logits])
        };
        let planned = planned(&graph, &fetch, caps, batch, prover)?;
        Ok(Explanation::of(self.summary()?, batch, training, planned))
    }
}

fn planned(graph: &Graph, fetch: &[Value], caps: &Caps, batch: usize, prover: Option<&dyn Prover>) -> Result<Planned> {
    let choose = |node: &Node, io: &Io, candidates: &[Candidate]| match prover {
        Some(prover) => first_not_wrong(prover, node, io, candidates).map(|(choice, _)| choice),
        None => Ok(Choice::default()),
    };
    let request = Request { fetch, caps, order: small(batch), choose: Some(&choose) };
    Ok(plan(graph, &request, &mut Homes::default())?)
}

impl Explanation {
    /// Plans one run of a graph that computes `fetch`, for a device with these Caps. There are no layers to sum up.
    ///
    /// # Errors
    /// An op that no kernel runs there.
    pub fn of_graph(
        graph: &Graph,
        fetch: &[Value],
        caps: &Caps,
        batch: usize,
        prover: Option<&dyn Prover>,
    ) -> Result<Explanation> {
        let planned = planned(graph, fetch, caps, batch, prover)?;
        let summary = Summary { rows: Vec::new(), neurons: 0, weights: 0, biases: 0, parameters: 0 };
        Ok(Explanation::of(summary, batch, false, planned))
    }

    fn of(summary: Summary, batch: usize, training: bool, planned: Planned) -> Self {
        let slots = planned.plan.slots.iter().map(|slot| {
            let purpose = match &slot.origin {
                Origin::Transient => "activations, gradients".to_string(),
                Origin::Constant(_) => "constant".to_string(),
                Origin::Bound(name) => name.clone(),
            };
            (slot.bytes, purpose)
        });
        Explanation {
            summary,
            batch,
            training,
            slots: slots.collect(),
            transient_bytes: planned.transient_bytes,
            least_bytes: planned.least_bytes,
            flops: planned.rows.iter().map(|row| row.flops).sum(),
            rows: planned.rows,
            plan: planned.plan,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Node, layout, kernel, launches, slot: what a change of rules or kernels must not alter unseen. A change that is
    /// meant is accepted with `INSTA_UPDATE=always cargo test -p lenslet golden`.
    #[test]
    fn golden_plans_for_made_up_caps() {
        let block = |model: Model, channels| model.conv2d(channels, 5).relu().max_pool2d(2);
        let digits = block(block(Model::new([1, 28, 28]), 8), 16).flatten().linear(10);
        for (name, caps) in [("software", Caps::software()), ("gpu", Caps::gpu()), ("portable", Caps::portable())] {
            for (what, batch, training) in [("training", 64, true), ("reading", 1, false)] {
                let explained = digits.explain(&caps, batch, training).unwrap();
                let rows = explained.rows.iter().map(|row| {
                    let Row { node, layout, candidate, launches, slot, .. } = row;
                    let layout = layout.to_string();
                    format!("{node:<28} {layout:<14} {candidate:<34} {launches} slot {slot}")
                });
                let slots = explained.slots.iter().enumerate();
                let slots = slots.map(|(at, (bytes, purpose))| format!("slot {at}: {bytes} {purpose}"));
                let text: Vec<String> = rows.chain(slots).collect();
                insta::assert_snapshot!(format!("{name}-{what}"), text.join("\n"));
            }
        }
    }

    #[test]
    fn the_lectures_network_is_planned_on_any_device() {
        let model = Model::new([3]).linear(4).sigmoid().linear(2);
        for caps in [Caps::software(), Caps::gpu(), Caps::portable()] {
            for training in [true, false] {
                let explained = model.explain(&caps, 4, training).unwrap();
                assert_eq!(explained.summary.parameters, 26);
                assert!(explained.plan.steps.len() > 2 && explained.flops > 0, "{explained:?}");
                assert_eq!(explained.rows.iter().any(|row| row.op == "update"), training);
            }
        }
    }
}
