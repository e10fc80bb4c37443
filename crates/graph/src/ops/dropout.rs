//! Dropout in training: zeroes elements at random and scales the rest so that the expectation stays.
//!
//! The mask is a function of (seed, stream, step, row-major place), so the gradient is the same op on dy and nothing is
//! stored; a resumed run draws the same masks.

use crate::ops::axes::{follow, lead};
use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::DropoutKey;
use gpu_core::kernels::dropout as kernel;
use gpu_core::{Candidate, Caps};

/// y = x / (1 - p) where the element's number is at least p, else 0. Inputs: x, step (one i32, from
/// [`Tick`](crate::ops::Tick)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Probability that an element is dropped.
    pub p: f32,
    /// The run's seed.
    pub seed: u64,
    /// Tells this dropout's numbers apart from those of others in the model.
    pub stream: u32,
    /// Drops whole channels of `[n, c, …]` (PyTorch's `Dropout1d` to `Dropout3d`) instead of elements.
    pub spatial: bool,
}

impl Dropout {
    /// Drops elements.
    pub fn new(p: f32, seed: u64, stream: u32) -> Self {
        Dropout { p, seed, stream, spatial: false }
    }

    /// Drops channels.
    pub fn spatial(p: f32, seed: u64, stream: u32) -> Self {
        Dropout { p, seed, stream, spatial: true }
    }
}

impl Operation for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let [x, step] = inputs else { misfit!("needs x and step, got {} inputs", inputs.len()) };
        if !(0.0..=1.0).contains(&self.p) {
            misfit!("p is {}, it must lie between 0 and 1", self.p);
        }
        if x.dtype != DType::F32 || step.dtype != DType::I32 || step.shape.count() != 1 {
            misfit!("needs x in f32 and the step as one i32, got {x} and {step}");
        }
        if self.spatial && x.shape.len() < 2 {
            misfit!("drops channels of x [n, c, …], got {x}");
        }
        Ok(vec![(*x).clone()])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = at.push(*self, &[dy, at.input(1)])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lead(at, follow(at, 0), 1, 1)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let x = io.x(0);
        let problem = kernel::Dropout {
            n: x.first().copied().unwrap_or(1),
            rest: x.iter().skip(1).product(),
            per: if self.spatial { x[2..].iter().product() } else { 1 },
            order: io.inputs[0].layout.order,
            p: self.p,
            seed: self.seed,
            stream: self.stream,
        };
        Ok(problem.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let step = *inputs[1].first().expect("one step") as i64 as u32;
        let key = DropoutKey { seed: self.seed, stream: self.stream, step };
        let drop = if self.spatial { cpu_reference::spatial_dropout } else { cpu_reference::dropout };
        vec![drop(inputs[0], self.p, key)]
    }

    fn describe(&self) -> String {
        format!("p {}{}", self.p, if self.spatial { ", channels" } else { "" })
    }
}
