//! The optimiser's update: its reference itself, a piece of a parameter with its gradient and moments a thread.

use super::pieces::PIECE;
use crate::ops::Update;
use crate::{Operation, Tensor, Wide};
use gpu_core::kernels::update::{Clip, Rule};
use rayon::prelude::*;
use std::ops::Range;

/// New parameters, then new moments. `None` where an element's step depends on all others (clipping by norm), and for the
/// form with a clock, which is made for devices.
pub(crate) fn update(op: &Update, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
    if op.clock || matches!(op.clip, Some(Clip::Norm(_))) {
        return None;
    }
    let (parameters, gradients) = (op.parameters(inputs), op.gradients(inputs));
    let arenas = op.arenas(inputs);
    // LAMB asks for the norm of each parameter.
    let whole = matches!(op.rule, Rule::Lamb { .. });
    let cut = |(at, parameter): (usize, &&Tensor)| {
        let (count, piece) = (parameter.shape().count(), if whole { usize::MAX } else { PIECE });
        (0..count).step_by(piece.min(count.max(1))).map(move |from| (at, from..count.min(from.saturating_add(piece))))
    };
    let pieces: Vec<(usize, Range<usize>)> = parameters.iter().enumerate().flat_map(cut).collect();
    let (step, schedule) = (inputs[0].to_reference(), inputs[1].to_reference());
    let made = pieces.into_par_iter().map(|(at, range)| {
        let wide = |tensor: &Tensor| {
            let own = tensor.as_f32().ok()?[range.clone()].iter().map(|&x| f64::from(x)).collect();
            Wide::from_shape_vec(vec![range.len()], own).ok()
        };
        let mut operands = vec![step.clone(), schedule.clone(), wide(parameters[at])?, wide(gradients[at])?];
        for (_, moments) in &arenas[1..] {
            operands.push(wide(moments[at])?);
        }
        let own = Update { groups: vec![op.groups[at]], ..op.clone() };
        Some((at, own.reference(&operands.iter().collect::<Vec<_>>())))
    });
    let made: Vec<(usize, Vec<Wide>)> = made.collect::<Option<_>>()?;
    // Pieces come in order: parameter by parameter, front to back.
    let mut results: Vec<Vec<f32>> = vec![Vec::new(); arenas.len() * parameters.len()];
    for (at, outputs) in made {
        for (arena, output) in outputs.into_iter().enumerate() {
            results[arena * parameters.len() + at].extend(output.iter().map(|&x| x as f32));
        }
    }
    let states = op.states(inputs);
    Some(results.into_iter().zip(states).map(|(data, state)| super::tensor(state.shape().clone(), data)).collect())
}
