//! Picking along an axis by indices that are data; embedding is that on rows of a table.
//!
//! Negative indices count from the end; one out of range gives NaN, which is what a training loop stops at, and no
//! gradient. What was picked often adds up, in the order of the indices.

use crate::ops::axes::words;
use crate::{Backward, DType, Error, Io, Misfit, Operation, Type, Wide, misfit};
use gpu_core::kernels::gather as kernel;
use gpu_core::{Candidate, Caps};

/// y[.., i.., ..] = x[.., indices[i..], ..], the axis replaced by the indices' axes (ONNX's `Gather`). Inputs: x,
/// indices in i32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gather {
    /// Which axis of x.
    pub axis: usize,
    /// A row that gets no gradient (PyTorch's `padding_idx`).
    pub padding_idx: Option<usize>,
}

/// Gradient of [`Gather`] by x. Inputs: dy, indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatherDx {
    /// The gather.
    pub gather: Gather,
    /// Type of x.
    pub x: Type,
}

impl Gather {
    /// Along one axis.
    pub fn new(axis: usize) -> Self {
        Gather { axis, padding_idx: None }
    }

    /// Rows of `weight` `[classes, d]`. Inputs: weight, indices.
    pub fn embedding(padding_idx: Option<usize>) -> Self {
        Gather { axis: 0, padding_idx }
    }

    fn problem(&self, x: &[usize], indices: &[usize]) -> kernel::Gather {
        kernel::Gather {
            outer: x[..self.axis].iter().product(),
            len: x[self.axis],
            picks: indices.iter().product(),
            inner: x[self.axis + 1..].iter().product(),
        }
    }
}

impl Operation for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let [x, indices] = inputs else { misfit!("needs x and indices, got {} inputs", inputs.len()) };
        words(x)?;
        let axis = x.shape.axis(self.axis as isize)?;
        if indices.dtype != DType::I32 {
            misfit!("indices must be i32, got {indices}");
        }
        if self.padding_idx.is_some_and(|row| row >= x.shape[axis]) {
            misfit!("padding_idx {:?} is outside of axis {axis} of {x}", self.padding_idx);
        }
        let shape = [&x.shape[..axis], &indices.shape[..], &x.shape[axis + 1..]].concat();
        Ok(vec![Type { shape: shape.into(), dtype: x.dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let x = at.graph().ty(at.input(0)).clone();
        let dx = at.push(GatherDx { gather: *self, x }, &[dy, at.input(1)])?;
        at.give(0, dx);
        Ok(())
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let missing = if io.inputs[0].ty.dtype == DType::F32 { f32::NAN.to_bits() } else { 0 };
        Ok(self.problem(io.x(0), io.x(1)).candidates(missing))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::gather(inputs[0], inputs[1], self.axis)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("axis {}", self.axis)
    }
}

impl Operation for GatherDx {
    fn name(&self) -> &'static str {
        "gather_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.x.clone()])
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.gather.problem(&self.x.shape, io.x(1)).dx_candidates(self.gather.padding_idx))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let mut dx = cpu_reference::gather_dx(inputs[0], inputs[1], &self.x.shape, self.gather.axis);
        if let Some(row) = self.gather.padding_idx {
            dx.index_axis_mut(ndarray::Axis(self.gather.axis), row).fill(0.0);
        }
        vec![dx]
    }

    fn describe(&self) -> String {
        self.gather.describe()
    }
}
