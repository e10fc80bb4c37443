//! Batch norm in training takes over the activation behind it, and max pooling behind that, both ways.

use super::Rewriter;
use super::conv::told_by_result;
use super::conv_pool::rises;
use crate::Window;
use crate::ops::{
    BatchNorm, BatchNormDx, BatchNormFused, BatchNormFusedDx, Behind, MaxPool, MaxPoolDx, Unary, UnaryDx,
};
use gpu_core::Order;

/// batch norm → f becomes one node.
pub(super) fn activation(at: &mut Rewriter<'_>, norm: usize) -> bool {
    let Some(op) = at.op::<BatchNorm>(norm) else { return false };
    let Some(next) = at.only_consumer(at.graph.nodes[norm].outputs[0]) else { return false };
    let Some(Unary(activation)) = at.op::<Unary>(next).filter(|unary| told_by_result(unary.0)) else { return false };
    let mut node = at.graph.nodes[norm].clone();
    node.outputs[0] = at.graph.nodes[next].outputs[0];
    at.retire(next);
    let behind = Behind { activation, pool: false };
    at.replace(norm, BatchNormFused { norm: op, behind }, node.inputs, node.outputs);
    true
}

/// slope of f → batch norm's gradients become one node, where the norm makes f.
pub(super) fn slope(at: &mut Rewriter<'_>, dx: usize) -> bool {
    let Some(BatchNormDx { eps, training: true }) = at.op::<BatchNormDx>(dx) else { return false };
    let [x, dy, weight, statistics] = at.graph.nodes[dx].inputs[..] else { return false };
    let (Some(slope), Some(norm)) = (at.maker(dy), at.maker(statistics)) else { return false };
    let Some(UnaryDx(function)) = at.op::<UnaryDx>(slope) else { return false };
    let Some(BatchNormFused { behind, .. }) = at.op::<BatchNormFused>(norm) else { return false };
    let [y, upstream] = at.graph.nodes[slope].inputs[..] else { return false };
    if at.only_consumer(dy) != Some(dx) || behind.activation != function || at.graph.nodes[norm].outputs[0] != y {
        return false;
    }
    let bias = at.graph.nodes[norm].inputs[2];
    let outputs = at.graph.nodes[dx].outputs.clone();
    at.retire(slope);
    at.replace(dx, BatchNormFusedDx { eps, behind }, vec![x, upstream, weight, statistics, bias], outputs);
    true
}

/// batch norm with f → 2×2 max pooling becomes one node; behind it, their gradients.
pub(super) fn pool(at: &mut Rewriter<'_>, norm: usize) -> bool {
    let Some(op) = at.op::<BatchNormFused>(norm).filter(|op| !op.behind.pool) else { return false };
    let node = at.graph.nodes[norm].clone();
    let poolable = rises(Some(op.behind.activation)) && Behind::poolable(&at.graph.ty(node.inputs[0]).shape);
    if at.order != Order::FirstInner || at.kept(node.outputs[0]) || !poolable {
        return false;
    }
    let halves = MaxPool::new(Window::square(2, 2, 0));
    let (mut pool, mut gradient) = (None, None);
    for reader in at.consumers(node.outputs[0]) {
        let place = match (at.op::<MaxPool>(reader), at.op::<MaxPoolDx>(reader)) {
            (Some(p), _) if p == halves => &mut pool,
            (_, Some(MaxPoolDx(p))) if p == halves => &mut gradient,
            _ => return false,
        };
        if place.replace(reader).is_some() {
            return false;
        }
    }
    let Some(pool) = pool else { return false };
    let behind = Behind { pool: true, ..op.behind };
    if let Some(gradient) = gradient {
        let (dy, upstream) = (at.graph.nodes[gradient].outputs[0], at.graph.nodes[gradient].inputs[1]);
        let Some(dx) = at.only_consumer(dy) else { return false };
        let Some(back) = at.op::<BatchNormFusedDx>(dx).filter(|back| back.behind == op.behind) else { return false };
        let mut of_norm = at.graph.nodes[dx].clone();
        if of_norm.inputs[1] != dy || of_norm.inputs[3] != node.outputs[1] {
            return false;
        }
        of_norm.inputs[1] = upstream;
        at.retire(gradient);
        at.replace(dx, BatchNormFusedDx { behind, ..back }, of_norm.inputs, of_norm.outputs);
    }
    let mut outputs = node.outputs;
    outputs[0] = at.graph.nodes[pool].outputs[0];
    at.retire(pool);
    at.replace(norm, BatchNormFused { behind, ..op }, node.inputs, outputs);
    true
}
