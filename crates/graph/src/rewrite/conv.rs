//! Convolution takes over the activation behind it and batch norm's constants, and its data gradient the slope of the
//! activation in front of it. Pooling is in `conv_pool.rs`.

use super::Rewriter;
use crate::graph::{Source, Value};
use crate::ops::{BatchNormInference, Conv, ConvDx, Unary, UnaryDx};
use crate::{Tensor, UnaryFunction as Function, Wide};
use gpu_core::Order;

/// conv → batch norm at inference becomes one node where weight, bias and statistics are constants:
/// weight * a and (bias - mean) * a + shift with a = scale / √(var + eps), each in f64.
pub(super) fn batch_norm(at: &mut Rewriter<'_>, conv: usize) -> bool {
    let Some(op) = at.op::<Conv>(conv) else { return false };
    let Some(next) = at.only_consumer(at.graph.nodes[conv].outputs[0]) else { return false };
    let Some(BatchNormInference { eps }) = at.op::<BatchNormInference>(next) else { return false };
    let (inputs, norm) = (at.graph.nodes[conv].inputs.clone(), at.graph.nodes[next].inputs.clone());
    if op.activation.is_some() || op.pool || norm[0] != at.graph.nodes[conv].outputs[0] {
        return false;
    }
    let constant = |v: &Value| match at.graph.source(*v) {
        Source::Constant(tensor) => Some(tensor.to_reference()),
        _ => None,
    };
    let Some(mut own) = inputs[1..].iter().map(constant).collect::<Option<Vec<Wide>>>() else { return false };
    let Some(given) = norm[1..].iter().map(constant).collect::<Option<Vec<Wide>>>() else { return false };
    let [scale, shift, mean, var] = &given[..] else { return false };

    let a = scale / var.mapv(|var| (var + f64::from(eps)).sqrt());
    let bias = if own.len() > 1 { own.remove(1) } else { Wide::zeros(a.raw_dim()) };
    let bias = (bias - mean) * &a + shift;
    let mut weight = own.remove(0);
    weight.outer_iter_mut().zip(&a).for_each(|(mut kernel, &a)| kernel *= a);
    let name = at.graph.nodes[next].name.clone();
    let mut folded = |what: &str, wide: &Wide, like: Value| {
        let ty = at.graph.ty(like).clone();
        let tensor = Tensor::from_reference(wide, ty.dtype);
        let value = at.value(format!("{name}.{what}"), ty);
        at.graph.values[value.at()].source = Source::Constant(tensor);
        value
    };
    let inputs = vec![inputs[0], folded("weight", &weight, inputs[1]), folded("bias", &bias, norm[1])];
    let y = at.graph.nodes[next].outputs[0];
    at.replace(conv, op, inputs, vec![y]);
    at.retire(next);
    true
}

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
pub(super) fn told_by_result(function: Function) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::{Rounding, Type, Window, evaluate, rewrite::rewrite};
    use gpu_core::Caps;

    /// x → conv → batch norm → relu, with and without a bias of the convolution.
    fn graph(bias: bool) -> (Graph, [Value; 2]) {
        let mut graph = Graph::new();
        let number = |i: usize, low: f32| low + cpu_reference::uniform(3, i as u32, 0, i as u64);
        let constant = |graph: &mut Graph, shape: &[usize], low: f32| {
            let count = shape.iter().product();
            graph.constant("c", Tensor::f32(shape, (0..count).map(|i| number(i, low)).collect()).unwrap())
        };
        let x = graph.input("x", Type::f32([2, 3, 5, 4])).unwrap();
        let mut inputs = vec![x, constant(&mut graph, &[4, 3, 3, 3], -0.5)];
        if bias {
            inputs.push(constant(&mut graph, &[4], -0.5));
        }
        let conv = graph.push1("conv", Conv::new(Window::square(3, 1, 1)), &inputs).unwrap();
        let norm = [-0.5, -0.5, -0.5, 0.5].map(|low| constant(&mut graph, &[4], low));
        let op = BatchNormInference { eps: 1e-5 };
        let y = graph.push1("norm", op, &[conv, norm[0], norm[1], norm[2], norm[3]]).unwrap();
        let y = graph.push1("relu", Unary(Function::Relu), &[y]).unwrap();
        (graph, [x, y])
    }

    #[test]
    fn batch_norm_of_constants_goes_into_the_convolution() {
        for bias in [false, true] {
            let (before, [x, y]) = graph(bias);
            let after = rewrite(&before, &[y], &Caps::software(), Order::Plain);
            let left: Vec<&str> = after.nodes.iter().filter(|n| !n.outputs.is_empty()).map(|n| n.op.name()).collect();
            assert_eq!(left, ["conv"]);
            let data =
                Wide::from_shape_fn(vec![2, 3, 5, 4], |at| (at[0] + 2 * at[1] + 3 * at[2] + 5 * at[3]) as f64 - 9.0);
            let [want, got] = [&before, &after].map(|graph| {
                let leaf = |v: Value| match graph.source(v) {
                    Source::Constant(tensor) => Ok(tensor.to_reference()),
                    _ if v == x => Ok(data.clone()),
                    other => panic!("no data for {other:?}"),
                };
                evaluate(graph, &[y], Rounding::None, leaf).unwrap()[&y].clone()
            });
            let largest = want.iter().fold(0.0, |largest: f64, y| largest.max(y.abs()));
            let apart = (&want - &got).iter().fold(0.0, |apart: f64, y| apart.max(y.abs()));
            assert!(apart <= 1e-6 * largest, "{apart} apart, of {largest}"); // weights are rounded to f32
        }
    }
}
