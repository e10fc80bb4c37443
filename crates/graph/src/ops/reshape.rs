//! The same elements under another shape. A view: no kernel runs.

use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Shape, Type, Wide, misfit};
use gpu_core::{Candidate, Caps, Layout, Order};

/// y has x's elements in row-major order under `shape`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reshape {
    /// Shape of y.
    pub shape: Shape,
}

impl Reshape {
    /// All axes of `x` from `start` on as one (PyTorch's `flatten`).
    pub fn flatten(x: &[usize], start: usize) -> Self {
        let start = start.min(x.len());
        let mut shape = x[..start].to_vec();
        shape.push(x[start..].iter().product());
        Reshape { shape: shape.into() }
    }

    /// `x` without those of `axes` that have length 1; without all such axes where `axes` is empty.
    pub fn squeeze(x: &[usize], axes: &[usize]) -> Self {
        let stays = |&(axis, &len): &(usize, &usize)| len != 1 || !(axes.is_empty() || axes.contains(&axis));
        Reshape { shape: x.iter().enumerate().filter(stays).map(|(_, &len)| len).collect::<Vec<_>>().into() }
    }

    /// `x` with axes of length 1 at these places of the result, which rise (ONNX's `Unsqueeze`).
    pub fn unsqueeze(x: &[usize], axes: &[usize]) -> Self {
        let mut shape = x.to_vec();
        axes.iter().for_each(|&axis| shape.insert(axis.min(shape.len()), 1));
        Reshape { shape: shape.into() }
    }
}

impl Operation for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let (from, to) = (&inputs[0].shape, &self.shape);
        if from.count() != to.count() {
            misfit!("{from} has {} elements, {to} needs {}", from.count(), to.count());
        }
        Ok(vec![Type { shape: to.clone(), dtype: inputs[0].dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let shape = at.graph().ty(at.input(0)).shape.clone();
        let dx = at.push(Reshape { shape }, &[dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        // Batch-innermost survives as long as the batch axis does.
        let keeps_batch = at.inputs[0].shape.first() == at.outputs[0].shape.first();
        let layout = match at.current[0] {
            Some(l) if l.order == Order::FirstInner && keeps_batch => Layout::FIRST_INNER,
            _ => Layout::PLAIN,
        };
        Layouts { inputs: vec![layout], outputs: vec![layout] }
    }

    fn is_view(&self) -> bool {
        true
    }

    fn lower(&self, _io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(Vec::new())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let y = inputs[0].as_standard_layout().into_owned().into_shape_with_order(self.shape.to_vec());
        vec![y.expect("the shape rule compared the counts")]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }
}
