//! Cross-entropy and its gradient by the same logits become one node: both need the same maximum and the same sum.

use super::Rewriter;
use crate::graph::{Node, Value};
use crate::ops::{CrossEntropy, CrossEntropyBoth, CrossEntropyDx};
use std::collections::HashSet;

/// cross_entropy, cross_entropy_dx → both in one, in the gradient's place. The gradient of the losses must not depend on
/// the losses themselves, which is so for a mean or a sum; what reads them in between moves behind.
pub(super) fn both(at: &mut Rewriter<'_>, dx: usize) -> bool {
    let Some(CrossEntropyDx(options)) = at.op::<CrossEntropyDx>(dx) else { return false };
    let gradient = &at.graph.nodes[dx];
    let ([logits, targets, dlosses, weight @ ..], &[dlogits]) = (&gradient.inputs[..], &gradient.outputs[..]) else {
        return false;
    };
    let wanted: Vec<Value> = [*logits, *targets].into_iter().chain(weight.iter().copied()).collect();
    let fits = |node: &Node| node.op_as::<CrossEntropy>() == Some(&options) && node.inputs == wanted;
    let Some(forward) = at.graph.nodes[..dx].iter().position(fits) else { return false };
    let &[losses, correct] = &at.graph.nodes[forward].outputs[..] else { return false };

    let behind = dependent(&at.graph.nodes[..dx], forward);
    let made_behind = |value: &Value| behind.iter().any(|&node| at.graph.nodes[node].outputs.contains(value));
    // What moves behind must not read a state that has changed in place by then.
    let reads = |value: &Value| behind.iter().any(|&node| at.graph.nodes[node].inputs.contains(value));
    let changes = |node: &Node| node.op.in_place().iter().any(|&(_, input)| reads(&node.inputs[input]));
    let between = (forward..dx).filter(|node| !behind.contains(node));
    if made_behind(dlosses) || between.into_iter().any(|node| changes(&at.graph.nodes[node])) {
        return false;
    }
    let inputs = at.graph.nodes[dx].inputs.clone();
    at.replace(dx, CrossEntropyBoth(options), inputs, vec![losses, correct, dlogits]);
    at.retire(forward);
    // A stable order: first what does not need the losses, the new node last, then what does.
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (i, node) in at.graph.nodes.drain(forward..=dx).enumerate() {
        if behind.contains(&(forward + i)) && i > 0 { after.push(node) } else { before.push(node) }
    }
    before.append(&mut after);
    at.graph.nodes.splice(forward..forward, before);
    true
}

/// `from` and every node that needs what it makes, however indirectly.
fn dependent(nodes: &[Node], from: usize) -> HashSet<usize> {
    let mut made: HashSet<Value> = nodes[from].outputs.iter().copied().collect();
    let mut found = HashSet::from([from]);
    for (at, node) in nodes.iter().enumerate().skip(from + 1) {
        if node.inputs.iter().any(|value| made.contains(value)) {
            made.extend(&node.outputs);
            found.insert(at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, Value};
    use crate::ops::{Binary, CrossEntropy, CrossEntropyBoth, CrossEntropyDx};
    use crate::rewrite::rewrite;
    use crate::{Operation, Type};
    use gpu_core::{Caps, Order};

    /// Losses that somebody reads before their gradient is made, from the losses or from an input.
    fn graph(from_losses: bool) -> (Graph, [Value; 2]) {
        let mut graph = Graph::new();
        let logits = graph.input("logits", Type::f32([6, 10])).unwrap();
        let labels = graph.input("labels", Type::i32([6])).unwrap();
        let given = graph.input("dlosses", Type::f32([6])).unwrap();
        let losses = graph.push1("loss", CrossEntropy::default(), &[logits, labels]).unwrap();
        let twice = graph.push1("twice", Binary::Add, &[losses, losses]).unwrap();
        let other = if from_losses { twice } else { given };
        let dlosses = graph.push1("half", Binary::Add, &[given, other]).unwrap();
        let op = CrossEntropyDx(CrossEntropy::default());
        let dlogits = graph.push1("dx", op, &[logits, labels, dlosses]).unwrap();
        (graph, [twice, dlogits])
    }

    fn rewritten(from_losses: bool) -> Graph {
        let (graph, keep) = graph(from_losses);
        rewrite(&graph, &keep, &Caps::software(), Order::FirstInner)
    }

    #[test]
    fn losses_and_their_gradient_become_one_node_in_an_order_that_runs() {
        let graph = rewritten(false);
        let names: Vec<&str> = graph.nodes.iter().filter(|n| !n.outputs.is_empty()).map(|n| n.op.name()).collect();
        assert_eq!(names, [Binary::Add.name(), CrossEntropyBoth::default().name(), Binary::Add.name()]);
        let mut made = graph.inputs();
        for node in &graph.nodes {
            assert!(node.inputs.iter().all(|value| made.contains(value)), "{} runs too early", node.name);
            made.extend(&node.outputs);
        }
    }

    #[test]
    fn a_gradient_made_from_the_losses_keeps_them_apart() {
        assert!(rewritten(true).nodes.iter().all(|node| node.op_as::<CrossEntropyBoth>().is_none()));
    }
}
