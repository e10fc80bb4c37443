//! Local response norm across neighbouring channels (Krizhevsky et al. 2012), with its gradient.

use crate::ops::axes::{buffer_axis, buffer_shape, floats, follow, lead};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::LocalResponseNorm as Parameters;
use gpu_core::kernels::local_response_norm as kernel;
use gpu_core::{Candidate, Caps};

/// y[c] = x[c] / (k + alpha/size * sum of x[j]²)^beta over the `size` channels around c of `[n, c, …]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalResponseNorm(pub Parameters);

/// Its gradient. Inputs: x, dy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalResponseNormDx(pub Parameters);

fn problem(io: &Io, norm: &Parameters) -> kernel::LocalResponseNorm {
    let lengths = buffer_shape(&io.inputs[0]);
    let c = buffer_axis(io.inputs[0].layout.order, 1, lengths.len());
    kernel::LocalResponseNorm {
        outer: lengths[..c].iter().product(),
        c: lengths[c],
        inner: lengths[c + 1..].iter().product(),
        size: norm.size,
        alpha: norm.alpha as f32,
        beta: norm.beta as f32,
        k: norm.k as f32,
    }
}

impl Operation for LocalResponseNorm {
    fn name(&self) -> &'static str {
        "local_response_norm"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        floats(inputs)?;
        if inputs[0].shape.len() < 2 || self.0.size == 0 {
            misfit!("needs x [n, c, …] and a size of at least 1, got {} and {}", inputs[0], self.0.size);
        }
        Ok(vec![inputs[0].clone()])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = at.push(LocalResponseNormDx(self.0), &[at.input(0), dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lead(at, follow(at, 0), 1, 1)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(io, &self.0).candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::local_response_norm(inputs[0], &self.0)]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        (2 * self.0.size + 4) as u64 * inputs[0].shape.count() as u64
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Operation for LocalResponseNormDx {
    fn name(&self) -> &'static str {
        "local_response_norm_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![inputs[0].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lead(at, follow(at, 0), 2, 1)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(io, &self.0).dx_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::local_response_norm_dx(inputs[0], inputs[1], &self.0)]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        (2 * self.0.size * self.0.size) as u64 * inputs[0].shape.count() as u64
    }
}
