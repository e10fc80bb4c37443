//! Functions of two numbers under numpy's broadcasting.

use super::physical::{axes_of, strides};
use super::{Reduce, Reshape};
use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Value, Wide, misfit};
use cpu_reference::Binary as Function;
use gpu_core::kernels::binary as kernel;
use gpu_core::{Candidate, Caps, Layout, Order};

/// y = f(a, b), element by element; axes of length 1 stretch, missing ones are added in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binary(pub Function);

#[allow(non_upper_case_globals)] // named like variants, which they stand for
impl Binary {
    /// a + b
    pub const Add: Self = Binary(Function::Add);
    /// a - b
    pub const Sub: Self = Binary(Function::Sub);
    /// a * b
    pub const Mul: Self = Binary(Function::Mul);
    /// a / b
    pub const Div: Self = Binary(Function::Div);

    fn code(self) -> Result<kernel::Function, Misfit> {
        Ok(match self.0 {
            Function::Add => kernel::Function::ADD,
            Function::Sub => kernel::Function::SUB,
            Function::Mul => kernel::Function::MUL,
            Function::Div => kernel::Function::DIV,
            other => misfit!("{other:?} has no kernel yet"),
        })
    }
}

/// Sums `dy` over the axes along which the i-th input stretched, into its shape.
pub(crate) fn give_reduced(at: &mut Backward<'_>, i: usize, dy: Value) -> Result<(), Error> {
    let (shape, wide) = (at.graph().ty(at.input(i)).shape.clone(), at.graph().ty(dy).shape.clone());
    let missing = wide.len() - shape.len();
    let stretched = |&axis: &usize| axis < missing || shape[axis - missing] < wide[axis];
    let axes: Vec<usize> = (0..wide.len()).filter(stretched).collect();
    let mut dx = dy;
    if !axes.is_empty() {
        dx = at.push(Reduce::sum(&axes), &[dx])?;
    }
    if at.graph().ty(dx).shape != shape {
        dx = at.push(Reshape { shape }, &[dx])?;
    }
    at.give(i, dx);
    Ok(())
}

impl Operation for Binary {
    fn name(&self) -> &'static str {
        "binary"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let [a, b] = [inputs[0], inputs[1]];
        self.code()?;
        if a.dtype != b.dtype || a.dtype != DType::F32 {
            misfit!("needs two f32, got {a} and {b}");
        }
        match cpu_reference::broadcast_shape(&a.shape, &b.shape) {
            Some(shape) if shape.len() <= 6 => Ok(vec![Type::f32(shape)]),
            Some(shape) => misfit!("at most 6 axes, got {shape:?}"),
            None => misfit!("{} and {} do not broadcast: axes must be equal or 1", a.shape, b.shape),
        }
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let (a, b, y) = (at.input(0), at.input(1), at.output(0));
        if at.wants(0) {
            let da = match self.0 {
                Function::Mul => at.push(Binary::Mul, &[dy, b])?,
                Function::Div => at.push(Binary::Div, &[dy, b])?,
                _ => dy,
            };
            give_reduced(at, 0, da)?;
        }
        if at.wants(1) {
            let minus = |at: &mut Backward<'_>, x| {
                let minus = at.constant(Tensor::scalar(-1.0));
                at.push(Binary::Mul, &[x, minus])
            };
            let db = match self.0 {
                Function::Sub => minus(at, dy)?,
                Function::Mul => at.push(Binary::Mul, &[dy, a])?,
                Function::Div => {
                    let ratio = at.push(Binary::Div, &[y, b])?;
                    let db = at.push(Binary::Mul, &[dy, ratio])?;
                    minus(at, db)?
                }
                _ => dy,
            };
            give_reduced(at, 1, db)?;
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        // An operand with the batch axis follows the others; one that stretches along it may stay plain.
        let y = &at.outputs[0].shape;
        let laid: Vec<Order> = at.current.iter().flatten().map(|l| l.order).collect();
        let inner = laid.contains(&Order::FirstInner) || laid.is_empty() && at.prefer == Order::FirstInner;
        let fits = |t: &&Type| t.shape.len() == y.len() && t.shape.first() == y.first();
        let stretches = |t: &&Type| t.shape.len() < y.len() || t.shape.first() == Some(&1);
        if !inner || !at.inputs.iter().all(|t| fits(t) || stretches(t)) {
            return Layouts { inputs: vec![Layout::PLAIN; 2], outputs: vec![Layout::PLAIN] };
        }
        let of = |t: &&Type| if stretches(t) { Layout::PLAIN } else { Layout::FIRST_INNER };
        let any = at.inputs.iter().any(|t| of(t) == Layout::FIRST_INNER);
        let output = if any { Layout::FIRST_INNER } else { Layout::PLAIN };
        Layouts { inputs: at.inputs.iter().map(of).collect(), outputs: vec![output] }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let (y, order) = (io.y(0), io.outputs[0].layout.order);
        let (axes, valid) = axes_of(y, order, |_| false);
        let problem = kernel::Binary {
            function: self.code()?,
            operand: "f32",
            result: "f32",
            shape: axes.iter().map(|axis| axis.len).collect(),
            a: strides(io.x(0), io.inputs[0].layout.order, y.len(), order),
            b: strides(io.x(1), io.inputs[1].layout.order, y.len(), order),
            valid,
        };
        Ok(problem.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::binary(self.0, inputs[0], inputs[1])]
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}
