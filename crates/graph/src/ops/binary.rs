//! Functions of two numbers under numpy's broadcasting.

use super::broadcasting::{common_shape, give_reduced, layouts, walk};
use super::{Cast, Unary, Where};
use crate::{
    Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Value, Wide, cpu, misfit,
};
use cpu_reference::Binary as Function;
use gpu_core::kernels::binary as kernel;
use gpu_core::{Candidate, Caps};

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

    fn kernel(self, operand: DType) -> kernel::Function {
        let whole = operand == DType::I32;
        match self.0 {
            Function::Add => kernel::Function::ADD,
            Function::Sub => kernel::Function::SUB,
            Function::Mul => kernel::Function::MUL,
            Function::Div => kernel::Function::DIV,
            Function::Pow => kernel::Function::POW,
            Function::Min if whole => kernel::Function::MIN_INTEGER,
            Function::Max if whole => kernel::Function::MAX_INTEGER,
            Function::Min => kernel::Function::MIN,
            Function::Max => kernel::Function::MAX,
            Function::Equal => kernel::Function::EQUAL,
            Function::NotEqual => kernel::Function::NOT_EQUAL,
            Function::Less => kernel::Function::LESS,
            Function::LessEqual => kernel::Function::LESS_EQUAL,
            Function::Greater => kernel::Function::GREATER,
            Function::GreaterEqual => kernel::Function::GREATER_EQUAL,
            Function::And => kernel::Function::AND,
            Function::Or => kernel::Function::OR,
            Function::Xor => kernel::Function::XOR,
        }
    }

    /// Types of operands that it takes; all give a truth value, or none does.
    fn takes(self) -> (&'static [DType], bool) {
        match self.0 {
            Function::Pow => (&[DType::F32], false),
            Function::Add | Function::Sub | Function::Mul | Function::Div | Function::Min | Function::Max => {
                (&[DType::F32, DType::I32], false)
            }
            Function::And | Function::Or | Function::Xor => (&[DType::Bool], true),
            _ => (&[DType::F32, DType::I32, DType::Bool], true),
        }
    }
}

/// How the gradient of `max` or `min` is shared out: all to the winner, half to each of equals.
fn share(at: &mut Backward<'_>, wins: Function, of: [Value; 2]) -> Result<Value, Error> {
    let wins = at.push(Binary(wins), &of)?;
    let wins = at.push(Cast { to: DType::F32 }, &[wins])?;
    let equal = at.push(Binary(Function::Equal), &of)?;
    let half = at.constant(Tensor::scalar(0.5));
    at.push(Where, &[equal, half, wins])
}

/// `dy` times `slope`, but 0 where `nowhere` is true: there the formula gives NaN or the convention is another.
fn slope_unless(at: &mut Backward<'_>, nowhere: Value, slope: Value, dy: Value) -> Result<Value, Error> {
    let zero = at.constant(Tensor::scalar(0.0));
    let slope = at.push(Where, &[nowhere, zero, slope])?;
    at.push(Binary::Mul, &[dy, slope])
}

impl Operation for Binary {
    fn name(&self) -> &'static str {
        "binary"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let [a, b] = [inputs[0], inputs[1]];
        let (operands, truth) = self.takes();
        if a.dtype != b.dtype || !operands.contains(&a.dtype) {
            let names: Vec<String> = operands.iter().map(DType::to_string).collect();
            misfit!("{:?} needs two of one type, {}; got {a} and {b}: cast one", self.0, names.join(" or "));
        }
        let dtype = if truth { DType::Bool } else { a.dtype };
        Ok(vec![Type { shape: common_shape(inputs)?, dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let (a, b, y) = (at.input(0), at.input(1), at.output(0));
        if at.wants(0) {
            let da = match self.0 {
                Function::Mul => at.push(Binary::Mul, &[dy, b])?,
                Function::Div => at.push(Binary::Div, &[dy, b])?,
                Function::Pow => {
                    let (zero, one) = (at.constant(Tensor::scalar(0.0)), at.constant(Tensor::scalar(1.0)));
                    let less = at.push(Binary::Sub, &[b, one])?;
                    let power = at.push(Binary(Function::Pow), &[a, less])?;
                    let slope = at.push(Binary::Mul, &[b, power])?;
                    let nowhere = at.push(Binary(Function::Equal), &[b, zero])?;
                    slope_unless(at, nowhere, slope, dy)?
                }
                Function::Min | Function::Max => {
                    let wins = if self.0 == Function::Max { Function::Greater } else { Function::Less };
                    let share = share(at, wins, [a, b])?;
                    at.push(Binary::Mul, &[dy, share])?
                }
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
                Function::Pow => {
                    let zero = at.constant(Tensor::scalar(0.0));
                    let log = at.push(Unary(cpu_reference::Unary::Log), &[a])?;
                    let slope = at.push(Binary::Mul, &[y, log])?;
                    let nil = at.push(Binary(Function::Equal), &[a, zero])?;
                    let rising = at.push(Binary(Function::GreaterEqual), &[b, zero])?;
                    let nowhere = at.push(Binary(Function::And), &[nil, rising])?;
                    slope_unless(at, nowhere, slope, dy)?
                }
                Function::Min | Function::Max => {
                    let wins = if self.0 == Function::Max { Function::Greater } else { Function::Less };
                    let share = share(at, wins, [b, a])?;
                    at.push(Binary::Mul, &[dy, share])?
                }
                _ => dy,
            };
            give_reduced(at, 1, db)?;
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let (shape, mut strides, valid) = walk(io);
        let (b, a) = (strides.pop().unwrap_or_default(), strides.pop().unwrap_or_default());
        let wgsl = |dtype| if dtype == DType::I32 { "i32" } else { "f32" };
        let dtype = io.inputs[0].ty.dtype;
        let (operand, result) = (wgsl(dtype), wgsl(io.outputs[0].ty.dtype));
        let problem = kernel::Binary { function: self.kernel(dtype), operand, result, shape, a, b, valid };
        Ok(problem.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::binary(self.0, inputs[0], inputs[1])]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        cpu::pieces::binary(self.0, inputs)
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}
