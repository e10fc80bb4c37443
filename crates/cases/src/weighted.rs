//! A loss for tests: the sum of y * w, so that every output element has its own upstream gradient.
//!
//! w is a value of the graph like any other. Where it is an input, nothing of the gradient is constant, and all of it
//! runs on the device.

use graph::gpu_core::{Candidate, Caps};
use graph::{Backward, Error, Io, Misfit, Operation, Type, Wide};

/// loss = sum of y * w, both of one shape.
#[derive(Clone, Copy, Debug)]
pub struct Weighted;

impl Operation for Weighted {
    fn name(&self) -> &'static str {
        "weighted"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        match inputs {
            [y, w] if y == w => Ok(vec![Type::f32([])]),
            _ => Err(Misfit(format!("needs y and as many weights, got {inputs:?}"))),
        }
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        // dloss is 1.
        let w = at.input(1);
        at.give(0, w);
        Ok(())
    }

    fn lower(&self, _io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Err(Misfit("a loss for tests: ask for its gradients, not for its value".into()))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![ndarray::arr0((inputs[0] * inputs[1]).sum()).into_dyn()]
    }
}
