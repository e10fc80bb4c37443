//! Casts between types of elements.

use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use gpu_core::kernels::cast::{self as kernel, Element};
use gpu_core::{Candidate, Caps};

/// y = x as another type: towards i32 the fraction goes, the range holds, NaN becomes 0; towards bool all but 0 is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// Type of y.
    pub to: DType,
}

fn element(dtype: DType) -> Element {
    match dtype {
        DType::F32 => Element::F32,
        DType::I32 => Element::I32,
        DType::U8 => Element::Byte,
        DType::Bool => Element::Truth,
    }
}

impl Operation for Cast {
    fn name(&self) -> &'static str {
        "cast"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if self.to == DType::U8 {
            misfit!("bytes are read on the device, never written: cast {} to i32 or f32", inputs[0]);
        }
        Ok(vec![inputs[0].with(self.to)])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        // Only between floats does a small change of x change y.
        let floats = self.to == DType::F32 && at.graph().ty(at.input(0)).dtype == DType::F32;
        if floats {
            let dy = at.dy()?;
            at.give(0, dy);
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        at.elementwise()
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let (from, to) = (element(io.inputs[0].ty.dtype), element(self.to));
        let candidates = kernel::Cast { from, to, elements: io.outputs[0].elements() }.candidates();
        candidates.ok_or_else(|| Misfit("no kernel writes bytes".into()))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let to = match self.to {
            // Every value is one of its own type already; a sum in f64 stays what it is.
            DType::F32 => return vec![inputs[0].clone()],
            DType::I32 => cpu_reference::Cast::I32,
            DType::U8 => cpu_reference::Cast::U8,
            DType::Bool => cpu_reference::Cast::Bool,
        };
        vec![cpu_reference::cast(to, inputs[0])]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("to {}", self.to)
    }
}
