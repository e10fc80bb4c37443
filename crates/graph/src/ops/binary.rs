//! Functions of two numbers under numpy's broadcasting.

use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operand, Operation, Type, Wide, misfit};
use cpu_reference::Binary as Function;
use gpu_core::kernels::{self, binary as kernel};
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
        Ok(kernel::Function(match self.0 {
            Function::Add => 0,
            Function::Sub => 1,
            Function::Mul => 2,
            Function::Div => 3,
            other => misfit!("{other:?} has no kernel yet"),
        }))
    }
}

/// An operand's stride along each axis of y in buffer order, outermost first; 0 where it stretches.
fn strides(operand: &Operand, rank: usize, inner: bool) -> Vec<usize> {
    let shape = &operand.ty.shape;
    let mut lengths = vec![1; rank - shape.len()];
    lengths.extend(shape.iter());
    if inner {
        lengths.rotate_left(1);
    }
    let mut stride = 1;
    let mut strides = vec![0; rank];
    for (axis, &length) in lengths.iter().enumerate().rev() {
        if length > 1 {
            strides[axis] = stride;
        }
        let padded = inner && axis == rank - 1 && operand.layout.order == Order::FirstInner;
        stride *= if padded { length.next_multiple_of(4) } else { length };
    }
    strides
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
        for i in 0..2 {
            let alike = at.graph().ty(at.input(i)).shape == at.graph().ty(dy).shape;
            if at.wants(i) && self.0 == Function::Add && alike {
                at.give(i, dy);
            } else if at.wants(i) {
                return at.refuse("not yet");
            }
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        // An operand with the batch axis follows the others; one that stretches along it may stay plain.
        let y = &at.outputs[0].shape;
        let inner = at.current.iter().flatten().any(|l| l.order == Order::FirstInner);
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
        let y = &io.outputs[0];
        let rank = y.ty.shape.len();
        let inner = y.layout.order == Order::FirstInner;
        let mut shape = y.ty.shape.to_vec();
        if inner {
            shape.rotate_left(1);
            shape[rank - 1] = shape[rank - 1].next_multiple_of(4);
        }
        let problem = kernels::binary::Binary {
            function: self.code()?,
            operand: "f32",
            result: "f32",
            a: strides(&io.inputs[0], rank, inner),
            b: strides(&io.inputs[1], rank, inner),
            shape,
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
