//! Tensors one after the other along an axis. The gradients are slices of dy.

use crate::ops::axes::{buffer_axis, buffer_shape, words};
use crate::ops::slice::Slice;
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use gpu_core::kernels::concat as kernel;
use gpu_core::{Candidate, Caps, Layout, Order};

/// The inputs, alike but for one axis, joined along it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concat {
    /// Which axis.
    pub axis: usize,
}

impl Operation for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let Some((first, rest)) = inputs.split_first() else { misfit!("needs at least one input") };
        words(first)?;
        let axis = first.shape.axis(self.axis as isize)?;
        let mut shape = first.shape.to_vec();
        for other in rest {
            let alike = |i: usize| i == axis || other.shape[i] == shape[i];
            if other.dtype != first.dtype || other.shape.len() != shape.len() || !(0..shape.len()).all(alike) {
                misfit!("{first} and {other} must be alike but for axis {axis}");
            }
            shape[axis] += other.shape[axis];
        }
        Ok(vec![Type { shape: shape.into(), dtype: first.dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let whole = at.graph().ty(dy).shape.clone();
        let mut start = 0;
        for i in 0..at.inputs() {
            let len = at.graph().ty(at.input(i)).shape[self.axis];
            if at.wants(i) {
                let dx = at.push(Slice::narrow(&whole, self.axis, start, len), &[dy])?;
                at.give(i, dx);
            }
            start += len;
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        // As most of what is there already lies: the others are converted.
        let known = || at.current.iter().flatten();
        let inner = known().filter(|l| l.order == Order::FirstInner).count() * 2;
        let prefers = at.prefer == Order::FirstInner;
        let inner = self.axis > 0 && if known().count() == 0 { prefers } else { inner >= known().count() };
        let layout = if inner { Layout::FIRST_INNER } else { Layout::PLAIN };
        Layouts { inputs: vec![layout; at.inputs.len()], outputs: vec![layout] }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let axis = buffer_axis(io.outputs[0].layout.order, self.axis, io.y(0).len());
        let outer = buffer_shape(&io.outputs[0])[..axis].iter().product();
        let parts = io.inputs.iter().map(|x| buffer_shape(x)[axis..].iter().product()).collect();
        Ok(kernel::Concat { outer, parts }.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::concat(inputs, self.axis)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("axis {}", self.axis)
    }
}
