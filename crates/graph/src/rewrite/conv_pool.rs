//! Convolution takes over the 2×2 max pooling behind it, and its gradients take pooling's.

use super::Rewriter;
use crate::ops::{Conv, ConvDweight, ConvDx, MaxPool, MaxPoolDx, UnaryDx};
use crate::{DType, UnaryFunction as Function, Window};
use gpu_core::Order;

/// Functions that never fall: the largest of f(x) is f of the largest x.
pub(super) fn rises(function: Option<Function>) -> bool {
    match function {
        None | Some(Function::Relu | Function::Sigmoid | Function::Tanh) => true,
        Some(Function::LeakyRelu { slope }) => slope >= 0.0,
        _ => false,
    }
}

/// conv → f → 2×2 max pooling becomes one node that also says which element won; behind it, the gradients of pooling
/// and convolution become one, and the slope of f is taken at the pooled size.
pub(super) fn pool(at: &mut Rewriter<'_>, conv: usize) -> bool {
    let Some(op) = at.op::<Conv>(conv) else { return false };
    if at.order != Order::FirstInner || op.pool || !rises(op.activation) {
        return false;
    }
    let y0 = at.graph.nodes[conv].outputs[0];
    let (x, weight) = (at.graph.nodes[conv].inputs[0], at.graph.nodes[conv].inputs[1]);
    if at.kept(y0) || !op.inner(&at.graph.ty(x).shape, &at.graph.ty(weight).shape, at.caps) {
        return false;
    }
    let halves = Window::square(2, 2, 0);
    let (mut pool, mut gradient, mut slope) = (None, None, None);
    for node in at.consumers(y0) {
        let place = match (at.op::<MaxPool>(node), at.op::<MaxPoolDx>(node), at.op::<UnaryDx>(node)) {
            (Some(p), ..) if p.window == halves && !p.ceil_mode => &mut pool,
            (_, Some(MaxPoolDx(p)), _) if p.window == halves && !p.ceil_mode => &mut gradient,
            (_, _, Some(UnaryDx(f))) if Some(f) == op.activation => &mut slope,
            _ => return false,
        };
        if place.replace(node).is_some() {
            return false;
        }
    }
    let Some(pool) = pool else { return false };
    // Forward only, or the whole chain back: pooling, slope, and nothing but this convolution's gradients.
    let y = at.graph.nodes[pool].outputs[0];
    let mut chain = None;
    if let Some(gradient) = gradient {
        let mut dy = at.graph.nodes[gradient].outputs[0];
        if op.activation.is_some() {
            let Some(slope) = slope.filter(|&s| at.only_consumer(dy) == Some(s)) else { return false };
            dy = at.graph.nodes[slope].outputs[0];
        }
        let readers = at.consumers(dy);
        let ours = |&n: &usize| at.op::<ConvDx>(n).is_some() || at.op::<ConvDweight>(n).is_some();
        if at.kept(dy) || !readers.iter().all(ours) {
            return false;
        }
        let upstream = at.graph.nodes[gradient].inputs[1];
        chain = Some((gradient, dy, readers, upstream));
    } else if slope.is_some() {
        return false;
    }

    let code = at.value(format!("{}.code", at.graph.nodes[conv].name), at.graph.ty(y).with(DType::U8));
    let inputs = at.graph.nodes[conv].inputs.clone();
    at.replace(conv, Conv { pool: true, ..op }, inputs, vec![y, code]);
    at.retire(pool);
    let Some((gradient, dy, readers, upstream)) = chain else { return true };
    let mut pooled = upstream;
    match (op.activation, slope) {
        (Some(function), Some(slope)) => {
            pooled = at.value(format!("{}.pooled", at.graph.nodes[slope].name), at.graph.ty(y).clone());
            at.replace(slope, UnaryDx(function), vec![y, upstream], vec![pooled]);
        }
        _ => debug_assert!(op.activation.is_none()),
    }
    at.retire(gradient);
    for reader in readers {
        let mut inputs = at.graph.nodes[reader].inputs.clone();
        inputs.iter_mut().filter(|v| **v == dy).for_each(|v| *v = pooled);
        inputs.push(code);
        let outputs = at.graph.nodes[reader].outputs.clone();
        if let Some(dx) = at.op::<ConvDx>(reader) {
            at.replace(reader, ConvDx { pool: true, ..dx }, inputs, outputs);
        } else if let Some(dweight) = at.op::<ConvDweight>(reader) {
            at.replace(reader, ConvDweight { pool: true, ..dweight }, inputs, outputs);
        }
    }
    true
}
