//! Linear layers take over what stands beside them: the activation behind; where outputs are few and the batch lies
//! innermost, the cross-entropy of a classifier, and all gradients become one node, with the slope behind it.

use super::Rewriter;
use super::conv::told_by_result;
use crate::DType;
use crate::graph::{Source, Value};
use crate::ops::{self, CrossEntropyBoth, Linear, LinearCrossEntropy, LinearDweight, LinearDx, LinearGradients};
use crate::ops::{Reshape, Unary, UnaryDx};
use gpu_core::Order;

/// linear → f becomes one node.
pub(super) fn activation(at: &mut Rewriter<'_>, linear: usize) -> bool {
    let Some(Linear { activation: None }) = at.op::<Linear>(linear) else { return false };
    let Some(next) = at.only_consumer(at.graph.nodes[linear].outputs[0]) else { return false };
    let Some(Unary(function)) = at.op::<Unary>(next).filter(|unary| told_by_result(unary.0)) else { return false };
    let (inputs, y) = (at.graph.nodes[linear].inputs.clone(), at.graph.nodes[next].outputs[0]);
    at.replace(linear, Linear { activation: Some(function) }, inputs, vec![y]);
    at.retire(next);
    true
}

/// linear → cross-entropy with its gradient becomes one node, where every loss counts the same.
pub(super) fn cross_entropy(at: &mut Rewriter<'_>, both: usize) -> bool {
    let Some(CrossEntropyBoth(cross_entropy)) = at.op::<CrossEntropyBoth>(both) else { return false };
    let [logits, labels, dlosses] = at.graph.nodes[both].inputs[..] else { return false }; // no weights of classes
    let Some(linear) = at.maker(logits) else { return false };
    let Some(Linear { activation: None }) = at.op::<Linear>(linear) else { return false };
    let Some(dloss) = uniform(at, dlosses) else { return false };
    let mut inputs = at.graph.nodes[linear].inputs.clone();
    let problem = ops::linear_few(&at.graph.ty(inputs[0]).shape, at.graph.ty(inputs[1]).shape[0], inputs.len() > 2);
    let fits = problem.is_ok_and(|problem| problem.fits(at.caps)) && at.graph.ty(labels).dtype == DType::I32;
    if at.order != Order::FirstInner || !fits || at.only_consumer(logits) != Some(both) {
        return false;
    }
    inputs.insert(2, labels);
    let outputs = at.graph.nodes[both].outputs.clone();
    at.replace(both, LinearCrossEntropy { cross_entropy, dloss }, inputs, outputs);
    at.retire(linear);
    true
}

/// The number that all elements of a constant are.
fn uniform(at: &Rewriter<'_>, value: Value) -> Option<f32> {
    let Source::Constant(tensor) = at.graph.source(value) else { return None };
    let (first, rest) = tensor.as_f32().ok()?.split_first()?;
    rest.iter().all(|element| element == first).then_some(*first)
}

/// Gradients by weight, bias and x become one node in the place of the earlier.
pub(super) fn gradients(at: &mut Rewriter<'_>, dweight: usize) -> bool {
    let Some(LinearDweight { bias }) = at.op::<LinearDweight>(dweight) else { return false };
    let [x, dy] = at.graph.nodes[dweight].inputs[..] else { return false };
    let Some(&outputs) = at.graph.ty(dy).shape.last() else { return false };
    let problem = ops::linear_few(&at.graph.ty(x).shape, outputs, bias);
    if at.order != Order::FirstInner || !problem.is_ok_and(|problem| problem.gradients_fit(at.caps)) {
        return false;
    }
    let of_x = |&node: &usize| {
        let of_dy = at.op::<LinearDx>(node).is_some() && at.graph.nodes[node].inputs[0] == dy;
        of_dy && at.graph.ty(at.graph.nodes[node].outputs[0]) == at.graph.ty(x)
    };
    let dx = at.consumers(dy).into_iter().find(of_x);
    let place = dx.map_or(dweight, |dx| dx.min(dweight));
    if at.maker(x).is_some_and(|maker| maker >= place) {
        return false;
    }
    let (mut inputs, mut gradients) = (vec![x, dy], at.graph.nodes[dweight].outputs.clone());
    if let Some(dx) = dx {
        inputs.push(at.graph.nodes[dx].inputs[1]);
        gradients.insert(0, at.graph.nodes[dx].outputs[0]);
        at.retire(dx);
    }
    at.retire(dweight);
    at.replace(place, LinearGradients { dx: dx.is_some(), slope: None, bias }, inputs, gradients);
    true
}

/// All gradients → views → slope of the activation that made x: the slope goes into them.
pub(super) fn slope(at: &mut Rewriter<'_>, gradients: usize) -> bool {
    let Some(op) = at.op::<LinearGradients>(gradients).filter(|op| op.dx && op.slope.is_none()) else { return false };
    let (x, mut dx) = (at.graph.nodes[gradients].inputs[0], at.graph.nodes[gradients].outputs[0]);
    let mut last = gradients;
    let next = loop {
        let Some(next) = at.only_consumer(dx) else { return false };
        if at.op::<Reshape>(next).is_none() {
            break next;
        }
        (last, dx) = (next, at.graph.nodes[next].outputs[0]);
    };
    let Some(UnaryDx(function)) = at.op::<UnaryDx>(next) else { return false };
    let [y, dy] = at.graph.nodes[next].inputs[..] else { return false };
    if dy != dx || !told_by_result(function) || at.seen(x) != at.seen(y) {
        return false;
    }
    let result = at.graph.nodes[next].outputs[0];
    at.retire(next);
    at.graph.nodes[last].outputs[0] = result;
    let node = at.graph.nodes[gradients].clone();
    at.replace(gradients, LinearGradients { slope: Some(function), ..op }, node.inputs, node.outputs);
    true
}
