//! The step's number, kept on the device: many steps go into one submission without a word from the host.

use crate::{DType, Io, Misfit, Operation, Type, Wide, misfit};
use gpu_core::{Candidate, Caps};

/// `clock` → `step` (its value) and `clock + 1`. The second output is assigned back to the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick;

impl Operation for Tick {
    fn name(&self) -> &'static str {
        "tick"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if inputs[0].dtype != DType::I32 || inputs[0].shape.count() != 1 {
            misfit!("needs one i32, got {}", inputs[0]);
        }
        Ok(vec![inputs[0].clone(), inputs[0].clone()])
    }

    fn in_place(&self) -> Vec<(usize, usize)> {
        vec![(1, 0)]
    }

    fn lower(&self, _io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(vec![gpu_core::kernels::tick::tick()])
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![inputs[0].clone(), inputs[0] + 1.0]
    }
}
