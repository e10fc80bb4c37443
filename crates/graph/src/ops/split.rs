//! A tensor cut into parts along an axis: concatenation backwards, which is also its gradient.

use crate::ops::axes::{common_length, follow, launches, lengths_and_strides, too_many_axes, words};
use crate::ops::concat::Concat;
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Wide, misfit};
use gpu_core::kernels::strided_copy::{Axis, StridedCopy};
use gpu_core::{Arg, Candidate, Caps, Layout};

/// Parts of these sizes, one output each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Sizes along the axis; they add up to its length.
    pub sizes: Vec<usize>,
    /// Which axis.
    pub axis: usize,
}

impl Operation for Split {
    fn name(&self) -> &'static str {
        "split"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let x = inputs[0];
        words(x)?;
        let axis = x.shape.axis(self.axis as isize)?;
        if self.sizes.iter().sum::<usize>() != x.shape[axis] || self.sizes.contains(&0) {
            misfit!("parts {:?} must be positive and add up to axis {axis} of {}", self.sizes, x.shape);
        }
        let part = |&size: &usize| {
            let mut shape = x.shape.to_vec();
            shape[axis] = size;
            Type { shape: shape.into(), dtype: x.dtype }
        };
        Ok(self.sizes.iter().map(part).collect())
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let mut parts = Vec::new();
        for i in 0..self.sizes.len() {
            parts.push(match at.dy_of(i)? {
                Some(dy) => dy,
                None => {
                    let zeros = Tensor::zeros(at.graph().ty(at.output(i)));
                    at.constant(zeros)
                }
            });
        }
        let dx = at.push(Concat { axis: self.axis }, &parts)?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let layout = follow(at, 0);
        let output = if self.axis > 0 { layout } else { Layout::PLAIN };
        Layouts { inputs: vec![layout], outputs: vec![output; at.outputs.len()] }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let x = &io.inputs[0];
        let (_, from) = lengths_and_strides(x);
        let mut start = 0;
        let mut cuts = Vec::new();
        for (k, y) in io.outputs.iter().enumerate() {
            let (_, to) = lengths_and_strides(y);
            let axis = |i: usize| Axis { len: common_length(x, y, i), x: from[i] as i64, y: to[i] as i64 };
            let axes = (0..from.len()).map(axis).collect();
            let cut = StridedCopy { axes, x_start: (start * from[self.axis]) as i64, y_start: 0 };
            cuts.push(cut.launch(Arg::Input(0), Arg::Output(k)).ok_or_else(|| too_many_axes(&x.ty.shape))?);
            start += self.sizes[k];
        }
        Ok(launches("strided_copy", cuts))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        cpu_reference::split(inputs[0], &self.sizes, self.axis)
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("{:?} of axis {}", self.sizes, self.axis)
    }
}
