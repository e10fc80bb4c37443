//! Per-instance training in one launch a step: the device against the interpreter, the interpreter against the same
//! step made of layers, and the lecture's network all the way.

use cases::{Fill, filled};
use graph::gpu_core::test_device;
use graph::ops::{CrossEntropy, Linear, Loss, MlpStep, Optimiser, Reduce, Tick};
use graph::{Engine, Execution, Graph, Init, Memory, Tensor, Type, UnaryFunction as F, Value};
use std::sync::Arc;

/// A perceptron on a table of random rows.
struct Perceptron {
    widths: &'static [usize],
    rows: usize,
    step: MlpStep,
}

impl Perceptron {
    fn new(widths: &'static [usize], rows: usize, hidden: F, output: Option<F>, cross_entropy: bool) -> Self {
        let step =
            MlpStep { layers: widths.len() - 1, hidden: Some(hidden), output, cross_entropy, fixed_biases: false };
        Perceptron { widths, rows, step }
    }

    fn parameters(&self, graph: &mut Graph) -> Vec<[Value; 2]> {
        let pairs = self.widths.windows(2).enumerate();
        let parameter = |graph: &mut Graph, name: String, shape: &[usize]| {
            let drawn = filled(&Type::f32(shape), Fill::Signed, name.len() as u32 + shape[0] as u32);
            // Small enough that no loss is in the thousands, where f32 has few digits left.
            let small =
                drawn.as_f32().expect("floats").iter().map(|w| w * 2.0 / shape[shape.len() - 1] as f32).collect();
            let init = Init::Given(Tensor::f32(shape, small).expect("they fit"));
            graph.parameter(&name, Type::f32(shape), init).expect("a new name")
        };
        pairs
            .map(|(l, pair)| {
                let weight = parameter(graph, format!("{l}.weight"), &[pair[1], pair[0]]);
                [weight, parameter(graph, format!("{l}.bias"), &[pair[1]])]
            })
            .collect()
    }

    fn x(&self) -> Tensor {
        filled(&Type::f32([self.rows, self.widths[0]]), Fill::Signed, 5)
    }

    /// One-hot classes, which also serve as numbers.
    fn targets(&self) -> Tensor {
        let outputs = self.widths[self.widths.len() - 1];
        let of = |i: usize| if i % outputs == (i / outputs * 7) % outputs { 1.0 } else { 0.0 };
        Tensor::f32([self.rows, outputs], (0..self.rows * outputs).map(of).collect()).expect("they fit")
    }

    /// In one launch, on rows in a stride's order.
    fn fused(&self, engine: &Engine, memory: &Memory) -> Execution {
        let mut graph = Graph::new();
        let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0)).expect("a new name");
        let order = (0..self.rows as i32).map(|i| i * 3 % self.rows as i32).collect();
        let order = Tensor::i32([self.rows], order).expect("they fit");
        let rates = Optimiser::sgd(0.0).schedule(&[0.2, 0.1]);
        let constants = [("x", self.x()), ("targets", self.targets()), ("order", order), ("schedule", rates)];
        let mut inputs = vec![clock];
        inputs.extend(constants.map(|(name, tensor)| graph.constant(name, tensor)));
        inputs.extend(self.parameters(&mut graph).concat());
        let loss = self.step.place(&mut graph, "step", &inputs).expect("it fits");
        engine.compile(Arc::new(graph), &[loss], memory).expect("it compiles")
    }

    /// Layer by layer, on the only row.
    fn apart(&self, memory: &Memory) -> Execution {
        let mut graph = Graph::new();
        let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0)).expect("a new name");
        let ticked = graph.push("tick", Tick, &[clock]).expect("it fits");
        graph.assign(clock, ticked[1]);
        let mut y = graph.constant("x", self.x());
        let parameters = self.parameters(&mut graph);
        for (l, [weight, bias]) in parameters.iter().copied().enumerate() {
            let activation = if l + 1 < parameters.len() { self.step.hidden } else { self.step.output };
            y = graph.push1(&format!("{l}"), Linear { activation }, &[y, weight, bias]).expect("it fits");
        }
        let targets = graph.constant("targets", self.targets());
        let losses = if self.step.cross_entropy {
            graph.push("losses", CrossEntropy::default(), &[y, targets]).expect("it fits")[0]
        } else {
            graph.push1("losses", Loss(cpu_reference::Loss::Mse), &[y, targets]).expect("it fits")
        };
        let loss = graph.push1("loss", Reduce::mean(&[]), &[losses]).expect("it fits");
        let rates = graph.constant("schedule", Optimiser::sgd(0.0).schedule(&[0.2, 0.1]));
        graph.minimise(loss, Optimiser::sgd(0.0), ticked[0], rates).expect("it has a gradient");
        Engine::Reference.compile(Arc::new(graph), &[loss], memory).expect("it compiles")
    }
}

/// The loss before the last of `steps` more steps.
fn run(execution: &mut Execution, steps: u32) -> f32 {
    execution.run_times(steps).expect("it runs");
    execution.wait().expect("it runs").expect("one was run")[0].as_f32().expect("floats")[0]
}

/// Largest difference of parameters.
fn difference(a: &Memory, b: &Memory) -> f32 {
    let (a, b) = (a.snapshot().expect("it is held"), b.snapshot().expect("it is held"));
    let parameters = a.iter().filter(|(name, _)| name.ends_with("weight") || name.ends_with("bias"));
    let differences = parameters.flat_map(|(name, tensor)| {
        let (a, b) = (tensor.as_f32().expect("floats"), b[name].as_f32().expect("floats"));
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).collect::<Vec<_>>()
    });
    differences.fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

fn perceptrons(rows: usize) -> [Perceptron; 4] {
    [
        Perceptron::new(&[5, 3], rows, F::Relu, None, true),
        Perceptron::new(&[3, 4, 2], rows, F::Sigmoid, Some(F::Sigmoid), false),
        Perceptron::new(&[13, 9, 7, 3], rows, F::Tanh, None, true),
        Perceptron::new(&[70, 33, 1], rows, F::LeakyRelu { slope: 0.1 }, None, false),
    ]
}

#[test]
fn the_device_follows_the_interpreter() {
    let Some(device) = test_device() else { return };
    for perceptron in perceptrons(7) {
        let engines = [Engine::Gpu(device.clone()), Engine::Reference];
        let memories = engines.each_ref().map(|engine| Memory::new(engine, 0));
        let mut both = [0, 1].map(|i| perceptron.fused(&engines[i], &memories[i]));
        for steps in [1, 2, 9] {
            let [a, b] = both.each_mut().map(|execution| run(execution, steps));
            // Hundreds of roundings a step, each a few 1e-7 of numbers about 1, and twelve steps.
            assert!((a - b).abs() < 2e-5 * b.abs().max(1.0), "{:?}: loss {a}, not {b}", perceptron.widths);
            let worst = difference(&memories[0], &memories[1]);
            assert!(worst < 2e-5, "{:?}: a parameter is off by {worst}", perceptron.widths);
        }
    }
}

#[test]
fn one_step_is_the_same_as_layer_by_layer() {
    for perceptron in perceptrons(1) {
        let memories = [(); 2].map(|()| Memory::new(&Engine::Reference, 0));
        let mut fused = perceptron.fused(&Engine::Reference, &memories[0]);
        let mut apart = perceptron.apart(&memories[1]);
        for _ in 0..3 {
            let (a, b) = (run(&mut fused, 1), run(&mut apart, 1));
            assert!((a - b).abs() < 1e-6 * b.abs().max(1.0), "{:?}: loss {a}, not {b}", perceptron.widths);
        }
        let worst = difference(&memories[0], &memories[1]);
        assert!(worst < 1e-6, "{:?}: a parameter is off by {worst}", perceptron.widths);
    }
}

#[test]
fn a_perceptron_that_no_workgroup_holds_is_refused() {
    let Some(device) = test_device() else { return };
    let large = Perceptron::new(&[9000, 2], 1, F::Relu, None, true);
    let mut graph = Graph::new();
    let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0)).expect("a new name");
    let order = Tensor::i32([1], vec![0]).expect("it fits");
    let constants = [large.x(), large.targets(), order, Optimiser::sgd(0.0).schedule(&[0.5])];
    let mut inputs = vec![clock];
    inputs.extend(constants.into_iter().enumerate().map(|(i, tensor)| graph.constant(&format!("c{i}"), tensor)));
    inputs.extend(large.parameters(&mut graph).concat());
    let loss = large.step.place(&mut graph, "step", &inputs).expect("it fits");
    let engine = Engine::Gpu(device.clone());
    let error = engine.compile(Arc::new(graph), &[loss], &Memory::new(&engine, 0)).expect_err("too large").to_string();
    assert!(error.contains("train in batches"), "{error}");
}
