//! Functions of one number: activations and elementary ones.
//!
//! The gradient is told by the result where that is possible (so that x need not be kept), else by x.

use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Wide, cpu, misfit};
use cpu_reference::Unary as Function;
use gpu_core::kernels::{self, activation::Activation};
use gpu_core::{Candidate, Caps, Order};

/// y = f(x), element by element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unary(pub Function);

/// dx = dy * f'(x), with f'(x) told by y = f(x). Inputs: y, dy. Only for functions that [`told_by_result`] knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnaryDx(pub Function);

/// dx = dy * f'(x), with f'(x) told by x. Inputs: x, dy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnaryDxOfX(pub Function);

/// Whether y = f(x) tells f'(x), so that x need not be kept.
pub(crate) fn told_by_result(function: Function) -> bool {
    match function {
        Function::Relu | Function::Sigmoid | Function::Tanh | Function::Selu => true,
        Function::Sqrt | Function::Exp | Function::Reciprocal => true,
        // The sign of y must be that of x.
        Function::LeakyRelu { slope } => slope > 0.0,
        Function::Elu { alpha } | Function::Celu { alpha } => alpha > 0.0,
        _ => false,
    }
}

/// Steps and their like: flat wherever they have a slope.
fn is_flat(function: Function) -> bool {
    matches!(function, Function::Floor | Function::Ceil | Function::Round | Function::Sign | Function::Not)
}

const SELU_ALPHA: f32 = 1.673_263_2;
const SELU_SCALE: f32 = 1.050_701;

/// f as kernels know it.
pub(crate) fn activation(function: Function) -> Result<Activation, Misfit> {
    Ok(match function {
        Function::Relu => Activation::RELU,
        Function::LeakyRelu { slope } => Activation::leaky_relu(slope as f32),
        Function::Sigmoid => Activation::SIGMOID,
        Function::Tanh => Activation::TANH,
        Function::Elu { alpha } => Activation::elu(alpha as f32, 1.0),
        Function::Selu => Activation::elu(SELU_ALPHA, SELU_SCALE),
        Function::Celu { alpha: 0.0 } => misfit!("celu divides by its alpha, which is 0"),
        Function::Celu { alpha } => Activation::celu(alpha as f32),
        Function::Gelu => Activation::GELU,
        Function::GeluTanh => Activation::GELU_TANH,
        Function::Silu => Activation::SILU,
        Function::HardSigmoid { alpha, beta } => Activation::hard_sigmoid(alpha as f32, beta as f32),
        Function::HardSwish => Activation::HARD_SWISH,
        Function::Softplus => Activation::SOFTPLUS,
        Function::Softsign => Activation::SOFTSIGN,
        Function::Mish => Activation::MISH,
        Function::Relu6 => Activation::RELU6,
        Function::Clip { min, max } => Activation::clip(min as f32, max as f32),
        Function::Abs => Activation::ABS,
        Function::Neg => Activation::NEG,
        Function::Sqrt => Activation::SQRT,
        Function::Exp => Activation::EXP,
        Function::Log => Activation::LOG,
        Function::Reciprocal => Activation::RECIPROCAL,
        Function::Sin => Activation::SIN,
        Function::Cos => Activation::COS,
        Function::Floor => Activation::FLOOR,
        Function::Ceil => Activation::CEIL,
        Function::Round => Activation::ROUND,
        Function::Erf => Activation::ERF,
        Function::Sign => Activation::SIGN,
        Function::Square => Activation::SQUARE,
        Function::Not => Activation::NOT,
    })
}

fn problem(function: Function, io: &Io) -> Result<kernels::unary::Unary, Misfit> {
    let y = &io.outputs[0];
    let padded = match (y.layout.order, y.ty.shape.first()) {
        (Order::FirstInner, Some(&n)) => Some((n, n.next_multiple_of(4))),
        _ => None,
    };
    Ok(kernels::unary::Unary { function: activation(function)?, elements: y.elements(), padded })
}

impl Operation for Unary {
    fn name(&self) -> &'static str {
        "unary"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        // Truth values are floats on the device.
        let fits = inputs[0].dtype == DType::F32 || self.0 == Function::Not && inputs[0].dtype == DType::Bool;
        if !fits {
            misfit!("{:?} needs f32, got {}: cast it first", self.0, inputs[0]);
        }
        activation(self.0)?;
        Ok(vec![inputs[0].clone()])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        if is_flat(self.0) {
            return Ok(()); // a share of nothing
        }
        let dy = at.dy()?;
        let dx = if told_by_result(self.0) {
            at.push(UnaryDx(self.0), &[at.output(0), dy])?
        } else {
            at.push(UnaryDxOfX(self.0), &[at.input(0), dy])?
        };
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        at.elementwise()
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(self.0, io)?.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::unary(self.0, inputs[0])]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        cpu::pieces::unary(self, self.0, inputs)
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Operation for UnaryDx {
    fn name(&self) -> &'static str {
        "unary_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if !told_by_result(self.0) {
            misfit!("the result of {:?} does not tell its slope: let it be an op of its own", self.0);
        }
        Ok(vec![inputs[0].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        at.elementwise()
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(self.0, io)?.dx_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let slope = |y: f64| match self.0 {
            Function::Relu => f64::from(y > 0.0),
            Function::LeakyRelu { slope } => {
                if y > 0.0 {
                    1.0
                } else {
                    slope
                }
            }
            Function::Sigmoid => y * (1.0 - y),
            Function::Tanh => 1.0 - y * y,
            Function::Elu { alpha } if y <= 0.0 => y + alpha,
            Function::Selu if y <= 0.0 => y + f64::from(SELU_ALPHA) * f64::from(SELU_SCALE),
            Function::Selu => f64::from(SELU_SCALE),
            Function::Celu { alpha } if y <= 0.0 => 1.0 + y / alpha,
            Function::Elu { .. } | Function::Celu { .. } => 1.0,
            Function::Sqrt => 0.5 / y,
            Function::Exp => y,
            Function::Reciprocal => -y * y,
            other => unreachable!("{other:?} is refused by the shape rule"),
        };
        vec![ndarray::Zip::from(inputs[0]).and(inputs[1]).map_collect(|&y, &dy| dy * slope(y))]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        cpu::pieces::unary_dx(self, self.0, inputs)
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Operation for UnaryDxOfX {
    fn name(&self) -> &'static str {
        "unary_dx_of_x"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![inputs[0].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        at.elementwise()
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(self.0, io)?.dx_of_x_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::unary_dx(self.0, inputs[0], inputs[1])]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        cpu::pieces::unary_dx(self, self.0, inputs)
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}
