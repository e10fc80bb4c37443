//! A loss for tests: the sum of y * w for fixed w, so that every output element has its own upstream gradient.

use graph::gpu_core::{Candidate, Caps};
use graph::{Backward, Error, Io, Misfit, Operation, Tensor, Type, Wide};

/// loss = sum of y * weights.
#[derive(Clone, Debug)]
pub struct Weighted {
    /// What each element of y counts.
    pub weights: Tensor,
}

impl Operation for Weighted {
    fn name(&self) -> &'static str {
        "weighted"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![Type::f32([])])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        // dloss is 1.
        let weights = at.constant(self.weights.clone());
        at.give(0, weights);
        Ok(())
    }

    fn lower(&self, _io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        unreachable!("its value is never asked of a device")
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![ndarray::arr0((inputs[0] * &self.weights.to_reference()).sum()).into_dyn()]
    }
}
