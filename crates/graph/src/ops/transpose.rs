//! Permutation of axes. Its gradient is the inverse permutation.

use crate::ops::axes::{common_length, follow, launches, lengths_and_strides, too_many_axes, words};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::inverse_permutation;
use gpu_core::kernels::strided_copy::{Axis, StridedCopy};
use gpu_core::{Arg, Candidate, Caps, Layout};

/// Axis `i` of y is axis `perm[i]` of x (PyTorch's `permute`, ONNX's `Transpose`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transpose {
    /// A permutation of x's axes.
    pub perm: Vec<usize>,
}

impl Operation for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let shape = &inputs[0].shape;
        words(inputs[0])?;
        let mut seen = self.perm.clone();
        seen.sort_unstable();
        if !seen.iter().copied().eq(0..shape.len()) {
            misfit!("{:?} does not name each of the {} axes of {shape} once", self.perm, shape.len());
        }
        let permuted: Vec<usize> = self.perm.iter().map(|&axis| shape[axis]).collect();
        Ok(vec![Type { shape: permuted.into(), dtype: inputs[0].dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = at.push(Transpose { perm: inverse_permutation(&self.perm) }, &[dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let layout = follow(at, 0);
        // Where the first axis moves, x is read as it lies and y is made plain.
        let output = if self.perm.first() == Some(&0) { layout } else { Layout::PLAIN };
        Layouts { inputs: vec![layout], outputs: vec![output] }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let (x, y) = (&io.inputs[0], &io.outputs[0]);
        let ((_, from), (_, to)) = (lengths_and_strides(x), lengths_and_strides(y));
        let axis = |(i, &p): (usize, &usize)| Axis { len: common_length(x, y, i), x: from[p] as i64, y: to[i] as i64 };
        let axes = self.perm.iter().enumerate().map(axis).collect();
        let launch = StridedCopy { axes, x_start: 0, y_start: 0 }.launch(Arg::Input(0), Arg::Output(0));
        Ok(launches("strided_copy", vec![launch.ok_or_else(|| too_many_axes(&x.ty.shape))?]))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::transpose(inputs[0], &self.perm)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("{:?}", self.perm)
    }
}
