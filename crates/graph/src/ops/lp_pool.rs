//! Lp pooling: each output is the p-norm of the inputs under its window, as in ONNX. Padding is 0.

use crate::ops::pool::{describe, layouts, pooled, sliding};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, Window, misfit};
use gpu_core::{Candidate, Caps};

/// y = (sum over each window of |x|^p)^(1/p). Input: x `[n, c, …]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LpPool {
    /// The exponent, at least 1.
    pub p: f64,
    /// Kernel, stride, dilation and padding.
    pub window: Window,
    /// A last window may hang over the end.
    pub ceil_mode: bool,
}

impl LpPool {
    /// The Euclidean norm of windows that fit wholly.
    pub fn new(window: Window) -> Self {
        LpPool { p: 2.0, window, ceil_mode: false }
    }
}

impl Operation for LpPool {
    fn name(&self) -> &'static str {
        "lp_pool"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if !(self.p >= 1.0 && self.p.is_finite()) {
            misfit!("needs a finite exponent p of at least 1, got {}", self.p);
        }
        Ok(vec![pooled(inputs[0], &self.window, self.ceil_mode)?])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = at.push(LpPoolDx(*self), &[at.input(0), at.output(0), dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(sliding(&io.inputs[0], &io.outputs[0], &self.window).lp_candidates(self.p as f32))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::lp_pool(inputs[0], self.p, &self.window, self.ceil_mode)]
    }

    fn describe(&self) -> String {
        format!("p {}, {}", self.p, describe(&self.window, self.ceil_mode))
    }
}

/// Gradient of an Lp pooling. Inputs: x, y, dy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LpPoolDx(pub LpPool);

impl Operation for LpPoolDx {
    fn name(&self) -> &'static str {
        "lp_pool_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![inputs[0].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(sliding(&io.inputs[0], &io.inputs[1], &self.0.window).lp_dx_candidates(self.0.p as f32))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::lp_pool_dx(inputs[0], inputs[1], inputs[2], self.0.p, &self.0.window)]
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}
