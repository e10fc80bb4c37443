//! Rows of the table for what changes parameters: every optimiser's update of arenas, with all that goes before and behind
//! it, and the step of a perceptron. Shapes are in no text here, so that one small row is enough for each.

use crate::{Case, Fill, Tolerance::*, case};
use graph::gpu_core::kernels::update::{Clip, Group, Rule, Segment, Update};
use graph::ops::{MlpStep, MlpStepBuffer, UpdateArenas};
use graph::{DType, Type, UnaryFunction as F};

/// Two parameters with a block between them: one of two blocks whose gradient comes in three parts, and a short one.
fn segments() -> Vec<Segment> {
    let group = |lr_scale, weight_decay| Group { lr_scale, weight_decay };
    vec![
        Segment { offset: 0, bytes: 1200, gradient: 0, parts: 3, part_bytes: 1216, group: group(1.0, 0.1) },
        Segment { offset: 3072, bytes: 32, gradient: 3648, parts: 1, part_bytes: 32, group: group(0.5, 0.0) },
    ]
}

const GRADIENT_BYTES: u64 = 3680;
const ARENA: usize = 1024;
const STEPS: usize = 12;

/// A small update that runs the same texts as this one: nothing of its shapes is in them.
pub(crate) fn small(update: &Update) -> Case {
    let update = Update { segments: segments(), steps: STEPS, gradient_bytes: GRADIENT_BYTES, ..update.clone() };
    let betas = match update.rule {
        Rule::Adam { beta1, beta2, .. } | Rule::Lamb { beta1, beta2, .. } => [beta1, beta2],
        _ => [0.0; 2],
    };
    // What a root is taken of is not negative, and far enough from nothing.
    let moments: &[Fill] = match update.rule {
        Rule::Sgd { .. } | Rule::Lion { .. } => &[Fill::Signed],
        Rule::Adam { amsgrad: true, .. } => &[Fill::Signed, Fill::Positive, Fill::Positive],
        Rule::Adam { .. } | Rule::Lamb { .. } => &[Fill::Signed, Fill::Positive],
        Rule::RmsProp { centered: true, .. } => &[Fill::Positive, Fill::Signed, Fill::Span(0.5)],
        Rule::RmsProp { momentum: 0.0, .. } => &[Fill::Positive, Fill::Span(0.0)], // none is kept
        Rule::RmsProp { .. } => &[Fill::Positive, Fill::Signed],
        Rule::Adagrad { .. } => &[Fill::Positive],
        Rule::Adadelta { .. } => &[Fill::Positive; 2],
    };
    let arena = |fill: Fill| (Type::f32([ARENA]), fill);
    // The last of some steps, so that it moves; and not the first, which is another thing to some.
    let step = (Type::i32([1]), Fill::Number(2 * update.accumulate as i32 - 1));
    let mut inputs = vec![step.clone(), (Type::f32([STEPS, 4]), Fill::Schedule(betas))];
    inputs.push((Type::f32([GRADIENT_BYTES as usize / 4]), Fill::Signed));
    inputs.push(arena(Fill::Signed));
    inputs.extend(moments.iter().map(|&fill| arena(fill)));
    inputs.extend((update.accumulate > 1).then(|| arena(Fill::Signed)));
    inputs.extend(update.average.map(|_| arena(Fill::Signed)));
    inputs.extend(update.clock.then_some(step));
    // A few roundings of numbers about 1; a quotient by a root of a half doubles them.
    Case { inputs, forward_only: true, ..case(UpdateArenas(update)).within(Largest(16)) }
}

fn at(case: Case, step: i32) -> Case {
    let mut case = case;
    case.inputs[0].1 = Fill::Number(step);
    case
}

/// A perceptron with these numbers of inputs and neurons, its parameters apart and out of order.
fn perceptron(step: MlpStep, widths: &[usize], rows: usize) -> Case {
    let mut words = 8;
    let mut parameters = Vec::new();
    for pair in widths.windows(2).rev() {
        let (weight, bias) = (Type::f32([pair[1], pair[0]]), Type::f32([pair[1]]));
        let first = words + bias.shape.count() + 3;
        parameters.splice(0..0, [(weight.clone(), first), (bias, words)]);
        words = first + weight.shape.count() + 5;
    }
    let outputs = widths.last().copied().unwrap_or(0);
    let inputs = vec![
        (Type::i32([1]), Fill::Number(7)),
        (Type::f32([rows, widths[0]]), Fill::Signed),
        (Type::f32([rows, outputs]), Fill::Unit),
        (Type { shape: [5].into(), dtype: DType::I32 }, Fill::Index(rows)),
        (Type::f32([STEPS, 4]), Fill::Schedule([0.0; 2])),
        (Type::f32([words]), Fill::Signed),
    ];
    Case { inputs, forward_only: true, ..case(MlpStepBuffer { step, parameters }).within(Largest(64)) }
}

pub(crate) fn cases() -> Vec<Case> {
    let of = |rule| Update {
        rule,
        clip: None,
        accumulate: 1,
        average: None,
        segments: Vec::new(),
        steps: 0,
        gradient_bytes: 0,
        clock: false,
    };
    let sgd = |momentum, nesterov| Rule::Sgd { momentum, dampening: 0.25 * momentum, nesterov };
    let adam = |decoupled, amsgrad| Rule::Adam { beta1: 0.9, beta2: 0.99, eps: 1e-8, decoupled, amsgrad };
    let rmsprop = |momentum, centered| Rule::RmsProp { alpha: 0.9, eps: 1e-3, momentum, centered };
    let lamb = Rule::Lamb { beta1: 0.9, beta2: 0.99, eps: 1e-6 };
    let rules = [
        sgd(0.9, false),
        sgd(0.0, false),
        sgd(0.9, true),
        adam(false, false),
        adam(true, false),
        adam(false, true),
        adam(true, true),
        lamb,
        Rule::Lion { beta1: 0.9, beta2: 0.99 },
        rmsprop(0.0, false),
        rmsprop(0.5, false),
        rmsprop(0.5, true),
        Rule::Adagrad { lr_decay: 0.0, eps: 1e-10 },
        Rule::Adadelta { rho: 0.9, eps: 1e-6 },
    ];
    // With the clock where a portable device has a binding free, as the plan does it.
    let clocked = |rule: Rule| Update { clock: rule.bindings() <= 8, ..of(rule) };
    let mut rows: Vec<Case> = rules.iter().map(|&rule| small(&clocked(rule))).collect();
    let both = |rule| Update { accumulate: 3, average: Some(0.9), ..of(rule) };
    rows.extend([
        at(small(&of(sgd(0.9, false))), 0),  // the first step of all
        at(small(&of(sgd(0.9, false))), 90), // behind the schedule's end
        small(&Update { clip: Some(Clip::Norm(0.5)), ..clocked(sgd(0.9, false)) }),
        small(&Update { clip: Some(Clip::Norm(1e6)), ..of(adam(false, false)) }),
        small(&Update { clip: Some(Clip::Value(0.25)), ..of(adam(true, false)) }),
        small(&both(sgd(0.9, false))),
        small(&both(lamb)),
        at(small(&both(lamb)), 7),              // no update yet, and a sum under way
        at(small(&both(adam(false, true))), 2), // the first update
        small(&Update { clip: Some(Clip::Norm(0.5)), ..both(adam(false, false)) }),
        small(&Update { average: Some(0.99), ..clocked(adam(true, false)) }),
    ]);
    let step =
        |layers, hidden, output, cross_entropy| MlpStep { layers, hidden, output, cross_entropy, fixed_biases: false };
    rows.extend([
        perceptron(step(2, Some(F::Sigmoid), None, true), &[4, 4, 3], 9),
        perceptron(step(1, None, Some(F::Sigmoid), false), &[2, 1], 4),
        perceptron(step(3, Some(F::Tanh), Some(F::Tanh), false), &[5, 17, 9, 2], 6),
        perceptron(MlpStep { fixed_biases: true, ..step(2, Some(F::Relu), None, false) }, &[13, 30, 1], 7),
        perceptron(step(2, Some(F::Tanh), None, true), &[70, 40, 11], 3), // more than 64 neurons
    ]);
    rows
}
