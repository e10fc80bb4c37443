//! Gradients of reductions that are no plain stretch, made of elementwise ops under broadcasting.
//!
//! The gradient of max and min is shared evenly among equals; that of a product divides by nothing that is 0.

use super::{Binary, Cast, Reduce, ReduceDx, Reshape, Unary, Where};
use crate::{Backward, DType, Error, Tensor, Value};
use cpu_reference::{Binary as B, Reduce as Function, Unary as U};

/// Gives x the gradient of `reduce`.
pub(super) fn backward(reduce: &Reduce, at: &mut Backward<'_>) -> Result<(), Error> {
    let ty = at.graph().ty(at.input(0)).clone();
    let kept = reduce.kept(&ty.shape);
    let with_axes = |at: &mut Backward<'_>, value: Value| {
        if at.graph().ty(value).shape == kept {
            return Ok(value);
        }
        at.push(Reshape { shape: kept.clone() }, &[value])
    };
    let dy = at.dy()?;
    if matches!(reduce.function, Function::Sum | Function::Mean) {
        let dx = at.push(ReduceDx { reduce: reduce.clone(), x: ty }, &[dy])?;
        at.give(0, dx);
        return Ok(());
    }
    let dy = with_axes(at, dy)?;
    let y = at.output(0);
    let (x, y) = (at.input(0), with_axes(at, y)?);
    let dx = match reduce.function {
        Function::Max | Function::Min => {
            let best = truth(at, x, y)?;
            let count =
                at.push(Reduce { function: Function::Sum, axes: reduce.axes.clone(), keepdims: true }, &[best])?;
            let share = at.push(Binary::Div, &[dy, count])?;
            at.push(Binary::Mul, &[best, share])?
        }
        Function::L1 => {
            let sign = at.push(Unary(U::Sign), &[x])?;
            at.push(Binary::Mul, &[sign, dy])?
        }
        Function::L2 => {
            let zero = at.constant(Tensor::scalar(0.0));
            let none = at.push(Binary(B::Equal), &[y, zero])?;
            let ratio = at.push(Binary::Div, &[dy, y])?;
            let ratio = at.push(Where, &[none, zero, ratio])?;
            at.push(Binary::Mul, &[x, ratio])?
        }
        Function::SumSquare => {
            let two = at.constant(Tensor::scalar(2.0));
            let twice = at.push(Binary::Mul, &[dy, two])?;
            at.push(Binary::Mul, &[x, twice])?
        }
        Function::LogSumExp => {
            let below = at.push(Binary::Sub, &[x, y])?;
            let share = at.push(Unary(U::Exp), &[below])?;
            at.push(Binary::Mul, &[share, dy])?
        }
        Function::LogSum => {
            let sum = at.push(Unary(U::Exp), &[y])?;
            let slope = at.push(Binary::Div, &[dy, sum])?;
            let sum = Reduce { function: Function::Sum, axes: reduce.axes.clone(), keepdims: true };
            at.push(ReduceDx { reduce: sum, x: ty }, &[slope])?
        }
        Function::Prod => product(reduce, at, x, dy)?,
        Function::Sum | Function::Mean => unreachable!("done above"),
    };
    at.give(0, dx);
    Ok(())
}

/// 1 where both are equal, else 0, as floats.
fn truth(at: &mut Backward<'_>, a: Value, b: Value) -> Result<Value, Error> {
    let equal = at.push(Binary(B::Equal), &[a, b])?;
    at.push(Cast { to: DType::F32 }, &[equal])
}

/// dy times the product of the others: without zeros the product over x; with one the product of the rest, for that
/// one alone; with more nothing.
fn product(reduce: &Reduce, at: &mut Backward<'_>, x: Value, dy: Value) -> Result<Value, Error> {
    let keep = |function| Reduce { function, axes: reduce.axes.clone(), keepdims: true };
    let (zero, one) = (at.constant(Tensor::scalar(0.0)), at.constant(Tensor::scalar(1.0)));
    let nil = at.push(Binary(B::Equal), &[x, zero])?;
    let rest = at.push(Where, &[nil, one, x])?;
    let all = at.push(keep(Function::Prod), &[rest])?;
    let nils = at.push(Cast { to: DType::F32 }, &[nil])?;
    let nils = at.push(keep(Function::Sum), &[nils])?;
    let all = at.push(Binary::Mul, &[all, dy])?;
    let (none, single) = (truth(at, nils, zero)?, truth(at, nils, one)?);
    let (none, single) = (at.push(Binary::Mul, &[all, none])?, at.push(Binary::Mul, &[all, single])?);
    let without = at.push(Binary::Div, &[none, rest])?;
    at.push(Where, &[nil, single, without])
}
