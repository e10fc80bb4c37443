//! The step's clock needs no launch where the batch is gathered before all else and the parameters are updated.

use super::Rewriter;
use crate::ops::{GatherBatch, Tick, Update};

/// tick → gather_batch … update: the gathering reads the clock itself and leaves a copy, which is the step of all others;
/// the update puts the clock on. No launch both reads the clock and writes it.
pub(super) fn fold(at: &mut Rewriter<'_>, tick: usize) -> bool {
    let Some(Tick) = at.op::<Tick>(tick) else { return false };
    let clock = at.graph.nodes[tick].inputs[0];
    let (step, next) = (at.graph.nodes[tick].outputs[0], at.graph.nodes[tick].outputs[1]);
    let readers = at.consumers(step);
    let [gather, .., update] = readers[..] else { return false };
    let (Some(first), Some(last)) = (at.op::<GatherBatch>(gather), at.op::<Update>(update)) else { return false };
    let (mut gathered, mut updated) = (at.graph.nodes[gather].clone(), at.graph.nodes[update].clone());
    let once = |inputs: &[crate::Value], place: usize| {
        inputs[place] == step && inputs.iter().filter(|&&value| value == step).count() == 1
    };
    let alone = at.consumers(clock) == [tick] && at.consumers(next).is_empty();
    let room = last.rule.bindings() <= at.caps.storage_bindings;
    if !alone || !room || first.clock || !once(&gathered.inputs, 3) || !once(&updated.inputs, 0) {
        return false;
    }
    at.retire(tick);
    gathered.inputs[3] = clock;
    gathered.outputs.push(step);
    at.replace(gather, GatherBatch { clock: true, ..first }, gathered.inputs, gathered.outputs);
    updated.inputs.push(clock);
    updated.outputs.push(next);
    at.replace(update, Update { clock: true, ..last }, updated.inputs, updated.outputs);
    true
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, Init};
    use crate::ops::{CrossEntropy, GatherBatch, Linear, Optimiser, Reduce, Tick, Update};
    use crate::{DType, Tensor, Type, rewrite::rewrite};
    use gpu_core::{Caps, Order};

    /// Names of the ops that are left of a small training step, and whether its update puts the clock on.
    fn trained(optimiser: Optimiser, caps: &Caps) -> (Vec<&'static str>, bool) {
        let mut graph = Graph::new();
        let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0)).unwrap();
        let ticked = graph.push("tick", Tick, &[clock]).unwrap();
        graph.assign(clock, ticked[1]);
        let images = graph.input("images", Type { shape: [20, 1, 2, 2].into(), dtype: DType::U8 }).unwrap();
        let classes = graph.input("classes", Type::i32([20])).unwrap();
        let order = graph.input("order", Type::i32([16])).unwrap();
        let batch = graph.push("x", GatherBatch::rows(8), &[images, classes, order, ticked[0]]).unwrap();
        let x = graph.push1("flat", crate::ops::Reshape::flatten(&[8, 1, 2, 2], 1), &[batch[0]]).unwrap();
        let weight = graph.parameter("weight", Type::f32([3, 4]), Init::Uniform(0.5)).unwrap();
        let logits = graph.push1("linear", Linear::default(), &[x, weight]).unwrap();
        let losses = graph.push("loss", CrossEntropy::default(), &[logits, batch[1]]).unwrap()[0];
        let mean = graph.push1("mean", Reduce::mean(&[]), &[losses]).unwrap();
        let schedule = graph.constant("schedule", Tensor::f32([1, 4], vec![0.1, 1.0, 1.0, 0.0]).unwrap());
        graph.minimise(mean, optimiser, ticked[0], schedule).unwrap();
        let keep: Vec<_> = graph.assigned().iter().map(|&(_, value)| value).collect();
        let after = rewrite(&graph, &keep, caps, Order::Plain);
        let left = after.nodes.iter().filter(|node| !node.outputs.is_empty());
        let clocked = left.clone().filter_map(|node| node.op_as::<Update>()).any(|update| update.clock);
        (left.map(|node| node.op.name()).collect(), clocked)
    }

    #[test]
    fn the_update_puts_the_clock_on_where_it_has_a_binding_free() {
        let (ops, clocked) = trained(Optimiser::adam(), &Caps::portable());
        assert!(clocked && !ops.contains(&"tick"), "{ops:?}");
        let (ops, clocked) = trained(Optimiser::amsgrad(), &Caps::portable());
        assert!(!clocked && ops.contains(&"tick"), "{ops:?}");
    }
}
