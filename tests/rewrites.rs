//! Graphs that the rewrite rules change: same numbers, fewer launches.

use cases::{Fill, Question, Tolerance, Weighted, filled};
use graph::gpu_core::{Caps, Order, test_device};
use graph::ops::{Conv, MaxPool, Unary};
use graph::plan::{Homes, Request, plan};
use graph::{Graph, Tensor, Type, UnaryFunction as F, Value, Window};

/// Two convolutions, each with an activation and 2×2 pooling behind it, and all gradients.
fn two_blocks(function: F) -> (Graph, Vec<Value>, Vec<Value>) {
    let mut graph = Graph::new();
    let mut inputs = Vec::new();
    let mut input = |graph: &mut Graph, name: &str, shape: &[usize]| {
        let value = graph.input(name, Type::f32(shape)).expect("it fits");
        inputs.push(value);
        value
    };
    let halves = MaxPool::new(Window::square(2, 2, 0));
    let mut x = input(&mut graph, "x", &[18, 2, 14, 15]);
    for (block, [c, k, side]) in [[2, 6, 3], [6, 5, 2]].into_iter().enumerate() {
        let weight = input(&mut graph, &format!("weight{block}"), &[k, c, side, side]);
        let bias = input(&mut graph, &format!("bias{block}"), &[k]);
        let conv = Conv::new(Window::square(side, 1, 1));
        let y = graph.push1(&format!("conv{block}"), conv, &[x, weight, bias]).expect("it fits");
        let y = graph.push1(&format!("act{block}"), Unary(function), &[y]).expect("it fits");
        x = graph.push1(&format!("pool{block}"), halves, &[y]).expect("it fits");
    }
    let weights = graph.input("w", graph.ty(x).clone()).expect("it fits");
    let loss = graph.push1("loss", Weighted, &[x, weights]).expect("it fits");
    let mut fetch = graph.gradients(loss, &inputs[1..]).expect("it fits");
    inputs.push(weights);
    fetch.push(x);
    (graph, inputs, fetch)
}

#[test]
fn convolution_with_activation_and_pooling() {
    let Some(device) = test_device() else { return };
    let mut failures = Vec::new();
    for function in [F::Relu, F::Sigmoid] {
        let (graph, inputs, fetch) = two_blocks(function);
        let stream = |v: Value, i: usize| if graph.name(v) == "w" { 9 } else { i as u32 };
        let of = |(i, &v): (usize, &Value)| filled(graph.ty(v), Fill::Signed, stream(v, i));
        let data: Vec<Tensor> = inputs.iter().enumerate().map(of).collect();
        // Sums of up to 18 × 14 × 15 products, each of which went through some 60 roundings before.
        let tolerance = Tolerance::Sums(18 * 14 * 15 + 60);
        let label = format!("two blocks with {function:?}");
        let question = Question { label, graph: &graph, inputs: &inputs, data, fetch: &fetch, tolerance };
        failures.extend(question.every_candidate(device));
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn six_launches_are_left() {
    let (graph, _, fetch) = two_blocks(F::Relu);
    let caps = Caps::software();
    let request = Request { fetch: &fetch, caps: &caps, order: Some(Order::FirstInner), choose: None };
    let planned = plan(&graph, &request, &mut Homes::default()).expect("it fits");
    let ops: Vec<&str> = planned.rows.iter().filter(|row| row.launches > 0).map(|row| row.op.as_str()).collect();
    // The fetched gradients are brought together from their parts; training leaves that to the update.
    let kernels: Vec<&&str> = ops.iter().filter(|op| **op != "convert").collect();
    assert_eq!(kernels, [&"conv", &"conv", &"unary_dx", &"conv_dx", &"conv_dweight", &"conv_dweight"]);
}
