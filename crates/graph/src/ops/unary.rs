//! Functions of one number: activations and elementary ones.
//!
//! The gradient is told by the result where that is possible (so that x need not be kept), else by x.

use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::Unary as Function;
use gpu_core::kernels::{self, activation::Activation};
use gpu_core::{Candidate, Caps};

/// y = f(x), element by element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unary(pub Function);

/// dx = dy * f'(x), with f'(x) told by y = f(x). Inputs: y, dy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnaryDx(pub Function);

/// f as kernels know it.
pub(crate) fn activation(function: Function) -> Result<Activation, Misfit> {
    Ok(match function {
        Function::Relu => Activation::RELU,
        Function::LeakyRelu { slope } => Activation::leaky_relu(slope as f32),
        Function::Sigmoid => Activation::SIGMOID,
        Function::Tanh => Activation::TANH,
        other => misfit!("{other:?} has no kernel yet"),
    })
}

fn problem(function: Function, io: &Io) -> Result<kernels::unary::Unary, Misfit> {
    Ok(kernels::unary::Unary { function: activation(function)?, elements: io.outputs[0].elements() })
}

impl Operation for Unary {
    fn name(&self) -> &'static str {
        "unary"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if inputs[0].dtype != DType::F32 {
            misfit!("needs f32, got {}", inputs[0]);
        }
        activation(self.0)?;
        Ok(vec![inputs[0].clone()])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = at.push(UnaryDx(self.0), &[at.output(0), dy])?;
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

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Operation for UnaryDx {
    fn name(&self) -> &'static str {
        "unary_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
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
            other => unreachable!("{other:?} is refused by the shape rule"),
        };
        vec![ndarray::Zip::from(inputs[0]).and(inputs[1]).map_collect(|&y, &dy| dy * slope(y))]
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}
