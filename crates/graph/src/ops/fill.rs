//! A tensor of one number, made on the device.

use crate::ops::axes::words;
use crate::{DType, Io, Misfit, Operation, Type, Wide};
use gpu_core::kernels::fill::fill;
use gpu_core::{Arg, Candidate, Caps};

/// y = value everywhere. No inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// Type of y.
    pub ty: Type,
    /// The number; rounded towards zero for i32.
    pub value: f32,
}

impl Operation for Fill {
    fn name(&self) -> &'static str {
        "fill"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        words(&self.ty)?;
        Ok(vec![self.ty.clone()])
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let bits = if self.ty.dtype == DType::I32 { self.value as i32 as u32 } else { self.value.to_bits() };
        Ok(vec![Candidate::one(fill(io.outputs[0].elements(), bits, Arg::Output(0)))])
    }

    fn reference(&self, _inputs: &[&Wide]) -> Vec<Wide> {
        let value = if self.ty.dtype == DType::I32 { self.value as i32 as f64 } else { self.value.into() };
        vec![Wide::from_elem(self.ty.shape.to_vec(), value)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("{}", self.value)
    }
}
