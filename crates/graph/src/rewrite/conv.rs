//! Convolution takes over the activation behind it, and its data gradient the slope of the activation in front of it.
//! Pooling is in `conv_pool.rs`.

use super::Rewriter;
use crate::UnaryFunction as Function;
use crate::ops::{Conv, ConvDx, Unary, UnaryDx};
use gpu_core::Order;

/// conv → f becomes one node.
pub(super) fn activation(at: &mut Rewriter<'_>, conv: usize) -> bool {
    let Some(op) = at.op::<Conv>(conv) else { return false };
    let Some(next) = at.only_consumer(at.graph.nodes[conv].outputs[0]) else { return false };
    let Some(Unary(function)) = at.op::<Unary>(next) else { return false };
    if op.activation.is_some() || op.pool || !told_by_result(function) {
        return false;
    }
    let (inputs, y) = (at.graph.nodes[conv].inputs.clone(), at.graph.nodes[next].outputs[0]);
    at.replace(conv, Conv { activation: Some(function), ..op }, inputs, vec![y]);
    at.retire(next);
    true
}

/// Functions that a launch may apply on its way out: their slope is told by the result.
fn told_by_result(function: Function) -> bool {
    matches!(function, Function::Relu | Function::Sigmoid | Function::Tanh | Function::LeakyRelu { .. })
}

/// conv's data gradient → slope of the activation in front of it becomes one node.
pub(super) fn slope(at: &mut Rewriter<'_>, dx: usize) -> bool {
    let Some(op) = at.op::<ConvDx>(dx) else { return false };
    let inner = op.conv.inner(&op.x.shape, &at.graph.ty(at.graph.nodes[dx].inputs[1]).shape, at.caps);
    if at.order != Order::FirstInner || op.slope.is_some() || !inner {
        return false;
    }
    let Some(next) = at.only_consumer(at.graph.nodes[dx].outputs[0]) else { return false };
    let Some(UnaryDx(function)) = at.op::<UnaryDx>(next) else { return false };
    let [x, dy] = at.graph.nodes[next].inputs[..] else { return false };
    if dy != at.graph.nodes[dx].outputs[0] || !told_by_result(function) {
        return false;
    }
    let mut inputs = at.graph.nodes[dx].inputs.clone();
    inputs.push(x);
    let outputs = at.graph.nodes[next].outputs.clone();
    at.replace(dx, ConvDx { slope: Some(function), ..op }, inputs, outputs);
    at.retire(next);
    true
}
