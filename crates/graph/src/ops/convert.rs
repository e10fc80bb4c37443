//! A value from one layout into another: what the plan inserts where a value lies otherwise than a kernel takes it. An op
//! like any other for those who prove kernels; nobody else places one.

use crate::{Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use gpu_core::kernels::convert as kernel;
use gpu_core::{Candidate, Caps, Layout};

/// The same value, lying otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convert {
    /// How it lies.
    pub from: Layout,
    /// How it should lie.
    pub to: Layout,
}

impl Operation for Convert {
    fn name(&self) -> &'static str {
        "convert"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if inputs[0].dtype.bytes(1) != 4 {
            misfit!("bytes are never converted, got {}", inputs[0]);
        }
        Ok(vec![inputs[0].clone()])
    }

    fn layouts(&self, _at: &Negotiation<'_>) -> Layouts {
        Layouts { inputs: vec![self.from], outputs: vec![self.to] }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(vec![kernel::Convert { shape: io.x(0).to_vec(), from: self.from, to: self.to }.candidate()])
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![inputs[0].clone()]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("{} → {}", self.from, self.to)
    }
}
