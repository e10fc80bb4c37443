//! Back-propagation by hand, the lecture's network, on the device and through the interpreter: two inputs, two hidden
//! neurons, two outputs, all sigmoid; squared error halves summed; biases stay.
//!
//! The numbers are those of the well-known text, in full precision where it prints rounded intermediates.

use graph::gpu_core::test_device;
use graph::ops::{Binary, Linear, MlpStep, Optimiser, Reduce, Tick};
use graph::{Engine, Execution, Graph, Init, Memory, Tensor, Type, UnaryFunction};
use std::sync::Arc;

/// Weights and the common bias of each layer.
const LAYERS: [(&str, [f32; 4], f32); 2] =
    [("hidden", [0.15, 0.20, 0.25, 0.30], 0.35), ("output", [0.40, 0.45, 0.50, 0.55], 0.60)];

fn numbers(shape: &[usize], data: &[f32]) -> Tensor {
    Tensor::f32(shape, data.to_vec()).expect("they fit")
}

/// The network with one step of gradient descent; fetches the error before the step.
fn network(engine: &Engine, memory: &Memory) -> Execution {
    let mut graph = Graph::new();
    let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0)).expect("a new name");
    let ticked = graph.push("tick", Tick, &[clock]).expect("it fits");
    graph.assign(clock, ticked[1]);
    let mut y = graph.constant("x", numbers(&[1, 2], &[0.05, 0.10]));
    for (name, weights, bias) in LAYERS {
        let init = Init::Given(numbers(&[2, 2], &weights));
        let weight = graph.parameter(&format!("{name}.weight"), Type::f32([2, 2]), init).expect("a new name");
        let bias = graph.constant(&format!("{name}.bias"), numbers(&[2], &[bias; 2]));
        let layer = Linear { activation: Some(UnaryFunction::Sigmoid) };
        y = graph.push1(name, layer, &[y, weight, bias]).expect("it fits");
    }
    let target = graph.constant("target", numbers(&[1, 2], &[0.01, 0.99]));
    let miss = graph.push1("miss", Binary::Sub, &[y, target]).expect("it fits");
    let square = graph.push1("square", Binary::Mul, &[miss, miss]).expect("it fits");
    let sum = graph.push1("sum", Reduce::sum(&[]), &[square]).expect("it fits");
    let half = graph.constant("half", Tensor::scalar(0.5));
    let error = graph.push1("error", Binary::Mul, &[sum, half]).expect("it fits");
    let descent = Optimiser::sgd(0.0);
    let schedule = graph.constant("schedule", descent.schedule(&[0.5]));
    graph.minimise(error, descent, ticked[0], schedule).expect("it has a gradient");
    engine.compile(Arc::new(graph), &[error], memory).expect("it compiles")
}

/// The error before each of the next `steps` steps, of which only the last is looked at.
fn error(execution: &mut Execution, steps: u32) -> f64 {
    execution.run_times(steps).expect("it runs");
    let fetched = execution.wait().expect("it runs").expect("one was run");
    f64::from(fetched[0].as_f32().expect("floats")[0])
}

/// Checks the text's numbers, then goes on for `more` steps and returns the error there.
fn check(engine: &Engine, more: u32) -> f64 {
    let memory = Memory::new(engine, 0);
    let mut network = network(engine, &memory);
    let near = |got: f64, want: f64, what: &str| assert!((got - want).abs() < 1e-7, "{what} is {got}, not {want}");
    near(error(&mut network, 1), 0.298371109, "the error");
    let weight = |name: &str, at: usize| f64::from(memory.get(name).expect("it is held").as_f32().expect("floats")[at]);
    near(weight("hidden.weight", 0), 0.149780716, "w1");
    near(weight("output.weight", 0), 0.358916480, "w5");
    near(weight("output.weight", 3), 0.561370121, "w8");
    near(error(&mut network, 1), 0.291027774, "the error after one step");
    error(&mut network, more)
}

#[test]
fn back_propagation_by_hand_on_the_device() {
    if let Some(device) = test_device() {
        let (late, expected) = (check(&Engine::Gpu(device.clone()), 300), check(&Engine::Reference, 300));
        assert!((late / expected - 1.0).abs() < 0.01, "the error is {late} where the interpreter has {expected}");
    }
}

#[test]
fn back_propagation_by_hand_through_the_interpreter() {
    let late = check(&Engine::Reference, 10_000 - 1); // before step 10,001: after 10,000
    assert!((late / 3.51019e-5 - 1.0).abs() < 0.01, "the error after 10,000 steps is {late}");
}

/// All the way on the device, a launch a step. The mean of two squared errors is half their sum.
#[test]
fn ten_thousand_steps_by_hand_on_the_device() {
    let Some(device) = test_device() else { return };
    let mut graph = Graph::new();
    let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0)).expect("a new name");
    let order = Tensor::i32([1], vec![0]).expect("it fits");
    let rates = Optimiser::sgd(0.0).schedule(&[0.5]);
    let table = [("x", numbers(&[1, 2], &[0.05, 0.10])), ("target", numbers(&[1, 2], &[0.01, 0.99]))];
    let constants = table.into_iter().chain([("order", order), ("schedule", rates)]);
    let mut inputs = vec![clock];
    inputs.extend(constants.map(|(name, tensor)| graph.constant(name, tensor)));
    for (name, weights, bias) in LAYERS {
        for (part, shape, init) in [("weight", &[2, 2][..], &weights[..]), ("bias", &[2], &[bias; 2])] {
            let init = Init::Given(numbers(shape, init));
            inputs.push(graph.parameter(&format!("{name}.{part}"), Type::f32(shape), init).expect("a new name"));
        }
    }
    let sigmoid = Some(UnaryFunction::Sigmoid);
    let step = MlpStep { layers: 2, hidden: sigmoid, output: sigmoid, cross_entropy: false, fixed_biases: true };
    let loss = step.place(&mut graph, "step", &inputs).expect("it fits");
    let engine = Engine::Gpu(device.clone());
    let memory = Memory::new(&engine, 0);
    let mut network = engine.compile(Arc::new(graph), &[loss], &memory).expect("it compiles");
    assert!((error(&mut network, 1) - 0.298371109).abs() < 1e-7);
    assert!((error(&mut network, 1) - 0.291027774).abs() < 1e-7);
    let late = error(&mut network, 10_000 - 1);
    assert!((late / 3.51019e-5 - 1.0).abs() < 0.01, "the error after 10,000 steps is {late}");
}
