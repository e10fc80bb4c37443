//! Ops that work element by element: their reference itself, a piece of the elements a thread. For the commonest, which
//! f32 computes with the same bits, loops in f32.

use crate::{Operation, Tensor, Wide};
use cpu_reference::{Binary, Unary};
use rayon::prelude::*;

/// Elements of a piece.
pub(super) const PIECE: usize = 4096;

/// The op's outputs on inputs of one shape, all of f32 (its outputs too), by its reference.
pub(crate) fn by_reference(op: &dyn Operation, inputs: &[&[f32]]) -> Vec<f32> {
    let count = inputs[0].len();
    let mut y = vec![0.0; count];
    y.par_chunks_mut(PIECE).enumerate().for_each(|(at, y)| {
        let piece = at * PIECE..at * PIECE + y.len();
        let wide = |x: &&[f32]| {
            let own: Vec<f64> = x[piece.clone()].iter().map(|&x| x.into()).collect();
            Wide::from_shape_vec(vec![own.len()], own).expect("invariant: one axis of as many")
        };
        let inputs: Vec<Wide> = inputs.iter().map(wide).collect();
        let made = op.reference(&inputs.iter().collect::<Vec<_>>());
        y.iter_mut().zip(&made[0]).for_each(|(y, &wide)| *y = wide as f32);
    });
    y
}

/// f(a), element by element.
fn one(a: &[f32], f: impl Fn(f32) -> f32 + Sync) -> Vec<f32> {
    let mut y = vec![0.0; a.len()];
    let pieces = y.par_chunks_mut(PIECE).zip(a.par_chunks(PIECE));
    pieces.for_each(|(y, a)| y.iter_mut().zip(a).for_each(|(y, &a)| *y = f(a)));
    y
}

/// f(a, b), element by element.
fn two(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32 + Sync) -> Vec<f32> {
    let mut y = vec![0.0; a.len()];
    let pieces = y.par_chunks_mut(PIECE).zip(a.par_chunks(PIECE)).zip(b.par_chunks(PIECE));
    pieces.for_each(|((y, a), b)| y.iter_mut().zip(a).zip(b).for_each(|((y, &a), &b)| *y = f(a, b)));
    y
}

/// The floats of inputs that all have one shape.
fn alike<'a>(inputs: &[&'a Tensor]) -> Option<Vec<&'a [f32]>> {
    let same = inputs.iter().all(|x| x.shape() == inputs[0].shape());
    if same { inputs.iter().map(|x| x.as_f32().ok()).collect() } else { None }
}

/// f of each element.
pub(crate) fn unary(op: &dyn Operation, f: Unary, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
    let x = alike(inputs)?;
    let y = match f {
        // NaN stays, as in the reference.
        Unary::Relu => one(x[0], |x| if x < 0.0 { 0.0 } else { x }),
        _ => by_reference(op, &x),
    };
    Some(vec![super::tensor(inputs[0].shape().clone(), y)])
}

/// The slope of f at each element, told by result or argument, times dy.
pub(crate) fn unary_dx(op: &dyn Operation, f: Unary, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
    let x = alike(inputs)?;
    let dx = match f {
        Unary::Relu => two(x[0], x[1], |y, dy| dy * f32::from(u8::from(y > 0.0))),
        _ => by_reference(op, &x),
    };
    Some(vec![super::tensor(inputs[0].shape().clone(), dx)])
}

/// f of pairs of elements; operands that stretch, and whole numbers, are the reference's.
pub(crate) fn binary(f: Binary, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
    let x = alike(inputs)?;
    let y = match f {
        Binary::Add => two(x[0], x[1], |a, b| a + b),
        Binary::Sub => two(x[0], x[1], |a, b| a - b),
        Binary::Mul => two(x[0], x[1], |a, b| a * b),
        Binary::Div => two(x[0], x[1], |a, b| a / b),
        _ => return None,
    };
    Some(vec![super::tensor(inputs[0].shape().clone(), y)])
}
