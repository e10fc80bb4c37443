//! Every optimiser on the CPU and on the device against the reference, whose formulas PyTorch's trajectories check:
//! parameters, moments, sums of gradients and averages after some steps, with and without clipping.

use cases::{Fill, filled};
use graph::gpu_core::kernels::update::{Clip, Group, Rule};
use graph::gpu_core::{Order, test_device};
use graph::ops::{Linear, Loss, Optimiser, Reduce, Tick};
use graph::{Engine, Execution, Graph, Init, Memory, Type, UnaryFunction};
use std::sync::Arc;

fn optimisers() -> Vec<Optimiser> {
    let centered = Rule::RmsProp { alpha: 0.9, eps: 1e-3, momentum: 0.5, centered: true };
    // With an ε that a gradient of next to nothing, which is all rounding, does not outweigh.
    let rmsprop = Rule::RmsProp { alpha: 0.99, eps: 1e-3, momentum: 0.9, centered: false };
    let adagrad = Rule::Adagrad { lr_decay: 0.5, eps: 1e-8 };
    let nesterov = Rule::Sgd { momentum: 0.9, dampening: 0.0, nesterov: true };
    vec![
        Optimiser::sgd(0.9),
        nesterov.into(),
        Optimiser::adam(),
        Optimiser::adamw(),
        Optimiser::amsgrad(),
        Optimiser::lamb(),
        Optimiser::lion(),
        Optimiser::rmsprop(0.0),
        rmsprop.into(),
        centered.into(),
        Optimiser::adagrad(),
        adagrad.into(),
        Optimiser::adadelta(),
    ]
}

/// Two layers whose weights fill several blocks of the update, and one neuron at the end, which fills a part of one.
fn network(engine: &Engine, memory: &Memory, optimiser: Optimiser, order: Order) -> Execution {
    let mut graph = Graph::new();
    let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0)).expect("a new name");
    let ticked = graph.push("tick", Tick, &[clock]).expect("it fits");
    graph.assign(clock, ticked[1]);
    let x = filled(&Type::f32([18, 30]), Fill::Signed, 1);
    let mut y = graph.constant("x", x);
    for (name, [i, o]) in [("first", [30, 41]), ("second", [41, 1])] {
        let weight = Init::Given(filled(&Type::f32([o, i]), Fill::Signed, 2));
        let weight = graph.parameter(&format!("{name}.weight"), Type::f32([o, i]), weight).expect("a new name");
        let bias = Init::Given(filled(&Type::f32([o]), Fill::Signed, 3));
        let bias = graph.parameter(&format!("{name}.bias"), Type::f32([o]), bias).expect("a new name");
        let layer = Linear { activation: (name == "first").then_some(UnaryFunction::Tanh) };
        y = graph.push1(name, layer, &[y, weight, bias]).expect("it fits");
    }
    let targets = graph.constant("targets", filled(&Type::f32([18, 1]), Fill::Signed, 4));
    let losses = graph.push1("losses", Loss(cpu_reference::Loss::Mse), &[y, targets]).expect("it fits");
    let loss = graph.push1("loss", Reduce::mean(&[]), &[losses]).expect("it fits");
    let rates = graph.constant("schedule", optimiser.schedule(&[0.02, 0.01]));
    // Where gradients accumulate, one parameter learns slowly and one not at all.
    let rest = Group { lr_scale: 1.0, weight_decay: optimiser.weight_decay };
    let group = |name: &str| match name {
        "second.bias" if optimiser.accumulate > 1 => None,
        "first.weight" if optimiser.accumulate > 1 => Some(Group { lr_scale: 0.5, weight_decay: 0.2 }),
        _ => Some(rest),
    };
    graph.minimise_in_groups(loss, optimiser, ticked[0], rates, group).expect("it has a gradient");
    engine.compile_in(Arc::new(graph), &[loss], memory, Some(order)).expect("it compiles")
}

/// Steps until the comparison: enough for corrections, a change of rate and a mean to count.
const STEPS: u32 = 5;

fn check(engine: &Engine, optimiser: Optimiser, order: Order) {
    let engines = [engine.clone(), Engine::Reference];
    let memories = engines.each_ref().map(|engine| Memory::new(engine, 0));
    for (engine, memory) in engines.iter().zip(&memories) {
        let mut network = network(engine, memory, optimiser, order);
        network.run_times(STEPS).expect("it runs");
        network.wait().expect("it runs");
    }
    let [ours, expected] = memories.each_ref().map(|memory| memory.snapshot().expect("it is held"));
    let kept = usize::from(optimiser.accumulate > 1) + usize::from(optimiser.average.is_some());
    let learned = if optimiser.accumulate > 1 { 3 } else { 4 };
    assert_eq!(ours.len(), 1 + 4 + learned * (optimiser.rule.moments() + kept));
    for (name, tensor) in ours.iter().filter(|(name, _)| *name != "clock") {
        let (ours, expected) = (tensor.as_f32().expect("floats"), expected[name].as_f32().expect("floats"));
        for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
            // Some thirty roundings a step of numbers about 1; quotients by a root double what the gradient is off by.
            let error = (a - b).abs();
            assert!(error < 1e-4 * b.abs() + 2e-5, "{optimiser:?}, {order:?}: {name}[{i}] is {a}, not {b}");
        }
    }
}

#[test]
fn every_optimiser_moves_as_its_reference() {
    for optimiser in optimisers() {
        check(&Engine::Cpu, Optimiser { weight_decay: 0.01, ..optimiser }, Order::Plain);
    }
    let Some(device) = test_device() else { return };
    let device = &Engine::Gpu(device.clone());
    for optimiser in optimisers() {
        check(device, Optimiser { weight_decay: 0.01, ..optimiser }, Order::FirstInner);
    }
    // Layouts are the business of what all rules share, and of LAMB's norms.
    for optimiser in [Optimiser::sgd(0.9), Optimiser::lamb()] {
        check(device, Optimiser { weight_decay: 0.01, ..optimiser }, Order::Plain);
    }
}

#[test]
fn gradients_are_clipped_before_they_count() {
    for clip in [Clip::Norm(0.5), Clip::Value(0.03)] {
        check(&Engine::Cpu, Optimiser { clip: Some(clip), ..Optimiser::sgd(0.9) }, Order::Plain);
    }
    let Some(device) = test_device() else { return };
    let device = &Engine::Gpu(device.clone());
    for clip in [Clip::Norm(0.5), Clip::Norm(1e6), Clip::Value(0.03)] {
        check(device, Optimiser { clip: Some(clip), ..Optimiser::sgd(0.9) }, Order::FirstInner);
        check(device, Optimiser { clip: Some(clip), ..Optimiser::lamb() }, Order::Plain);
    }
}

#[test]
fn gradients_accumulate_and_averages_follow() {
    check(&Engine::Cpu, Optimiser { accumulate: 2, average: Some(0.8), ..Optimiser::lamb() }, Order::Plain);
    check(&Engine::Cpu, Optimiser { average: Some(0.8), ..Optimiser::adam() }, Order::Plain);
    let Some(device) = test_device() else { return };
    let device = &Engine::Gpu(device.clone());
    // Five steps: two updates and half of a third, or one and two thirds of another.
    for accumulate in [2, 3] {
        for optimiser in [Optimiser::sgd(0.9), Optimiser::amsgrad(), Optimiser::lamb()] {
            let clip = (accumulate == 2).then_some(Clip::Norm(0.3));
            check(device, Optimiser { accumulate, average: Some(0.8), clip, ..optimiser }, Order::FirstInner);
        }
    }
    check(device, Optimiser { average: Some(0.8), ..Optimiser::adam() }, Order::FirstInner);
    check(device, Optimiser { accumulate: 2, clip: Some(Clip::Value(0.03)), ..Optimiser::adamw() }, Order::Plain);
}
