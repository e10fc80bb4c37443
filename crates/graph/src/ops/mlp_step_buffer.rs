//! The step of a perceptron as it runs: its parameters in one buffer, each from some word on. The plan makes it of an
//! [`MlpStep`](super::MlpStep); rows of the table make it themselves.
//!
//! Inputs: clock, x, targets, order, schedule as there, then the buffer f32 `[words]`. Outputs: the loss `[1]`, the clock
//! and the buffer, in their places.

use super::mlp_step::{FIXED, MlpStep};
use crate::{Io, Misfit, Operation, Type, Wide, misfit};
use gpu_core::kernels::mlp_step as kernel;
use gpu_core::{Candidate, Caps};
use ndarray::s;

/// One step over a buffer of parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct MlpStepBuffer {
    /// What it does.
    pub step: MlpStep,
    /// Shapes of weight and bias of each layer, and the first word of each.
    pub parameters: Vec<(Type, usize)>,
}

impl MlpStepBuffer {
    fn values<'a>(&'a self, inputs: &[&'a Type]) -> Vec<&'a Type> {
        inputs[..FIXED].iter().copied().chain(self.parameters.iter().map(|(ty, _)| ty)).collect()
    }
}

impl Operation for MlpStepBuffer {
    fn name(&self) -> &'static str {
        "mlp_step"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if inputs.len() != FIXED + 1 {
            misfit!("needs clock, x, targets, order, schedule and the parameters' buffer, got {}", inputs.len());
        }
        self.step.outputs(&self.values(inputs))?;
        let end = self.parameters.iter().map(|(ty, at)| at + ty.shape.count()).max().unwrap_or(0);
        if inputs[FIXED].shape.count() < end {
            misfit!("the buffer must have {end} words, got {}", inputs[FIXED]);
        }
        Ok(vec![Type::f32([1]), inputs[0].clone(), inputs[FIXED].clone()])
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let types: Vec<&Type> = io.inputs.iter().map(|operand| &operand.ty).collect();
        let offsets: Vec<usize> = self.parameters.iter().map(|&(_, at)| at).collect();
        let candidates = self.step.problem(&self.values(&types), &offsets)?.candidates(caps);
        if candidates.is_empty() {
            let most = kernel::MlpStep::most_neurons(caps);
            misfit!("inputs and neurons must be {most} at most: train in batches, layer by layer");
        }
        Ok(candidates)
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let mut buffer = inputs[FIXED].clone();
        let range = |(ty, at): &(Type, usize)| *at..at + ty.shape.count();
        let own: Vec<Wide> = self
            .parameters
            .iter()
            .map(|parameter| {
                let flat = buffer.slice(s![range(parameter)]).to_owned();
                flat.into_shape_with_order(parameter.0.shape.to_vec()).expect("counted").into_dyn()
            })
            .collect();
        let values: Vec<&Wide> = inputs[..FIXED].iter().copied().chain(&own).collect();
        let mut moved = self.step.reference(&values).into_iter();
        let head: Vec<Wide> = moved.by_ref().take(2).collect();
        for (parameter, moved) in self.parameters.iter().zip(moved) {
            let flat = moved.flatten().into_dyn();
            buffer.slice_mut(s![range(parameter)]).assign(&flat);
        }
        head.into_iter().chain([buffer]).collect()
    }

    fn in_place(&self) -> Vec<(usize, usize)> {
        vec![(1, 0), (2, FIXED)]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        self.step.flops(&self.values(inputs), &[])
    }

    fn describe(&self) -> String {
        self.step.describe()
    }
}
