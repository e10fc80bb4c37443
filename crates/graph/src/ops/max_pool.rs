//! Max pooling: each output is the largest input under its window.
//!
//! The gradient goes to the winner alone; among equals, to the first in row order. Kernel and reference agree on that,
//! and a case with ties checks it.

use crate::ops::pool::{describe, layouts, pooled, sliding};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Wide, Window, cpu};
use gpu_core::{Candidate, Caps};

/// y = the largest of each window. Input: x `[n, c, …]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxPool {
    /// Kernel, stride, dilation and padding; padding never wins.
    pub window: Window,
    /// A last window may hang over the end.
    pub ceil_mode: bool,
}

impl MaxPool {
    /// Only windows that fit wholly.
    pub fn new(window: Window) -> Self {
        MaxPool { window, ceil_mode: false }
    }
}

impl Operation for MaxPool {
    fn name(&self) -> &'static str {
        "max_pool"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![pooled(inputs[0], &self.window, self.ceil_mode)?])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = at.push(MaxPoolDx(*self), &[at.input(0), dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(sliding(&io.inputs[0], &io.outputs[0], &self.window).max_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::max_pool(inputs[0], &self.window, self.ceil_mode)]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let x = inputs[0];
        let y = pooled(&x.ty(), &self.window, self.ceil_mode).ok()?.shape;
        let made = cpu::pool::Pool::between(x.shape(), &y, &self.window).max(x.as_f32().ok()?);
        Some(vec![cpu::tensor(y, made)])
    }

    fn describe(&self) -> String {
        describe(&self.window, self.ceil_mode)
    }
}

/// Gradient of a max pooling. Inputs: x, dy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxPoolDx(pub MaxPool);

impl Operation for MaxPoolDx {
    fn name(&self) -> &'static str {
        "max_pool_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![inputs[0].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(sliding(&io.inputs[0], &io.inputs[1], &self.0.window).max_dx_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::max_pool_dx(inputs[0], inputs[1], &self.0.window)]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let (x, dy) = (inputs[0], inputs[1]);
        let pool = cpu::pool::Pool::between(x.shape(), dy.shape(), &self.0.window);
        Some(vec![cpu::tensor(x.shape().clone(), pool.max_dx(x.as_f32().ok()?, dy.as_f32().ok()?))])
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}
