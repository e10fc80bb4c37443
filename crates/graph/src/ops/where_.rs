//! Choice by a condition, and prelu, whose gradient is one.

use super::broadcasting::{common_shape, give_reduced, layouts, walk};
use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Wide, misfit};
use gpu_core::kernels::{binary, ternary};
use gpu_core::{Candidate, Caps};

/// y = a where the condition is true, else b. Inputs: condition (bool), a, b; all three broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Where;

/// y = x where x > 0, else slope * x. Inputs: x, slope, which broadcasts to x: one a channel is `[c, 1, 1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prelu;

/// Gradient of [`Prelu`] by x; the slope at 0. Inputs: x, slope, dy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreluDx;

/// Gradient of [`Prelu`] by the slope at every place of x, to be summed. Inputs: x, dy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreluDslope;

fn choose(function: ternary::Function, io: &Io) -> Vec<Candidate> {
    let (shape, strides, _) = walk(io);
    let operand = if io.outputs[0].ty.dtype == DType::I32 { "i32" } else { "f32" };
    let strides = strides.try_into().expect("three inputs");
    ternary::Ternary { function, operand, shape, strides }.candidates()
}

fn pair(function: binary::Function, io: &Io) -> Vec<Candidate> {
    let (shape, mut strides, valid) = walk(io);
    let (b, a) = (strides.pop().unwrap_or_default(), strides.pop().unwrap_or_default());
    binary::Binary { function, operand: "f32", result: "f32", shape, a, b, valid }.candidates()
}

impl Operation for Where {
    fn name(&self) -> &'static str {
        "where"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let [condition, a, b] = [inputs[0], inputs[1], inputs[2]];
        if condition.dtype != DType::Bool || a.dtype != b.dtype || a.dtype == DType::U8 {
            misfit!("needs a bool and two of one type, f32, i32 or bool; got {condition}, {a} and {b}");
        }
        Ok(vec![Type { shape: common_shape(inputs)?, dtype: a.dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let (condition, dy) = (at.input(0), at.dy()?);
        let zero = at.constant(Tensor::scalar(0.0));
        for (i, order) in [(1, [condition, dy, zero]), (2, [condition, zero, dy])] {
            if at.wants(i) {
                let share = at.push(Where, &order)?;
                give_reduced(at, i, share)?;
            }
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(choose(ternary::Function::WHERE, io))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::where_(inputs[0], inputs[1], inputs[2])]
    }
}

impl Operation for Prelu {
    fn name(&self) -> &'static str {
        "prelu"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let [x, slope] = [inputs[0], inputs[1]];
        if x.dtype != DType::F32 || slope.dtype != DType::F32 {
            misfit!("needs two f32, got {x} and {slope}");
        }
        if common_shape(inputs)? != x.shape {
            misfit!("slope {} must stretch to x {}, not the other way round", slope.shape, x.shape);
        }
        Ok(vec![x.clone()])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let (x, slope, dy) = (at.input(0), at.input(1), at.dy()?);
        if at.wants(0) {
            let dx = at.push(PreluDx, &[x, slope, dy])?;
            at.give(0, dx);
        }
        if at.wants(1) {
            let dslope = at.push(PreluDslope, &[x, dy])?;
            give_reduced(at, 1, dslope)?;
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(pair(binary::Function::PRELU, io))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::prelu(inputs[0], inputs[1])]
    }
}

impl Operation for PreluDx {
    fn name(&self) -> &'static str {
        "prelu_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![inputs[0].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(choose(ternary::Function::PRELU_DX, io))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::prelu_dx(inputs[0], inputs[1], inputs[2])]
    }
}

impl Operation for PreluDslope {
    fn name(&self) -> &'static str {
        "prelu_dslope"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![inputs[0].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(pair(binary::Function::PRELU_DSLOPE, io))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::prelu_dslope(inputs[0], inputs[1], inputs[0].shape())]
    }
}
