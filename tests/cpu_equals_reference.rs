//! The CPU's functions against the reference: the table's rows, and a network whose bits must not depend on threads.

use cases::{Fill, examine_cpu, filled};
use graph::ops::{BatchNorm, Conv, CrossEntropy, Linear, MaxPool, Optimiser, Reduce, Reshape, Tick, Unary};
use graph::{Engine, Graph, Init, Memory, Tensor, Type, UnaryFunction, Value, Window};
use std::collections::BTreeMap;
use std::sync::Arc;

#[test]
fn every_row_of_every_op_that_has_one() {
    let findings = examine_cpu("", &mut |_, _, _| {});
    let ops: Vec<&str> = findings.iter().map(|finding| finding.op.as_str()).collect();
    for op in ["conv", "conv_dx", "conv_dweight", "linear", "linear_dx", "linear_dweight", "matmul", "max_pool_dx"] {
        assert!(ops.contains(&op), "{op} was not asked, only {ops:?}");
    }
    let failures: Vec<&String> = findings.iter().flat_map(|finding| &finding.failures).collect();
    assert!(failures.is_empty(), "{} failed:\n{failures:#?}", failures.len());
}

const BATCH: usize = 20;

/// Convolution in groups and with padding, batch norm, pooling, a linear layer: everything that is shared out.
fn network(memory: &Memory, engine: &Engine) -> graph::Execution {
    let mut graph = Graph::new();
    let parameter = |graph: &mut Graph, name: &str, shape: &[usize]| {
        graph.parameter(name, Type::f32(shape), Init::Normal(0.2)).expect("names differ")
    };
    let x = graph.constant("x", filled(&Type::f32([BATCH, 4, 15, 15]), Fill::Signed, 0));
    let first = [x, parameter(&mut graph, "w1", &[16, 2, 3, 3]), parameter(&mut graph, "b1", &[16])];
    let conv = Conv { groups: 2, ..Conv::new(Window::square(3, 1, 1)) };
    let y = graph.push1("conv", conv, &first).expect("it fits");
    let one = |graph: &mut Graph, name: &str, state: bool| -> Value {
        let (ty, init) = (Type::f32([16]), Init::Fill(1.0));
        let made = if state { graph.state(name, ty, init) } else { graph.parameter(name, ty, init) };
        made.expect("names differ")
    };
    let norm = [one(&mut graph, "scale", false), one(&mut graph, "shift", false)];
    let running = [one(&mut graph, "mean", true), one(&mut graph, "var", true)];
    let normed = graph.push("norm", BatchNorm::default(), &[y, norm[0], norm[1], running[0], running[1]]);
    let normed = normed.expect("it fits");
    graph.assign(running[0], normed[2]);
    graph.assign(running[1], normed[3]);
    let y = graph.push1("relu", Unary(UnaryFunction::Relu), &normed[..1]).expect("it fits");
    let y = graph.push1("pool", MaxPool::new(Window::square(3, 2, 1)), &[y]).expect("it fits");
    let y = graph.push1("flat", Reshape { shape: [BATCH, 16 * 64].into() }, &[y]).expect("it fits");
    let last = [y, parameter(&mut graph, "w2", &[10, 16 * 64]), parameter(&mut graph, "b2", &[10])];
    let y = graph.push1("linear", Linear::default(), &last).expect("it fits");
    let labels = Tensor::i32([BATCH], (0..BATCH as i32).map(|i| i % 10).collect()).expect("counted");
    let labels = graph.constant("labels", labels);
    let losses = graph.push("losses", CrossEntropy::default(), &[y, labels]).expect("it fits");
    let loss = graph.push1("loss", Reduce::mean(&[]), &losses[..1]).expect("it fits");
    let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0)).expect("named once");
    let ticked = graph.push("tick", Tick, &[clock]).expect("it fits");
    graph.assign(clock, ticked[1]);
    let optimiser = Optimiser::sgd(0.9);
    let rates = graph.constant("schedule", optimiser.schedule(&[0.01]));
    graph.minimise(loss, optimiser, ticked[0], rates).expect("it has a gradient");
    engine.compile(Arc::new(graph), &[loss], memory).expect("it compiles")
}

/// All parameters, moments and statistics after a few steps.
fn trained(engine: &Engine, threads: usize) -> BTreeMap<String, Tensor> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| {
        let memory = Memory::new(engine, 7);
        network(&memory, engine).run_times(4).expect("it runs");
        memory.snapshot().expect("it is held")
    })
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let bits = |tensor: &Tensor| tensor.as_f32().map(|x| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>()).ok();
    let alone = trained(&Engine::Cpu, 1);
    for threads in [2, 3, 8] {
        for (name, tensor) in trained(&Engine::Cpu, threads) {
            assert_eq!(bits(&tensor), bits(&alone[&name]), "{name} on {threads} threads");
        }
    }
}

#[test]
fn a_network_trains_as_through_the_reference() {
    let (ours, expected) = (trained(&Engine::Cpu, 2), trained(&Engine::Reference, 1));
    for (name, tensor) in &ours {
        let (Ok(ours), Ok(expected)) = (tensor.as_f32(), expected[name].as_f32()) else { continue };
        // Four steps of sums in other orders.
        for (at, (a, b)) in ours.iter().zip(expected).enumerate() {
            assert!((a - b).abs() <= 1e-4 * b.abs() + 1e-5, "{name}[{at}] is {a}, not {b}");
        }
    }
}
