//! Average pooling: each output is the mean of the inputs under its window.
//!
//! By default, as in ONNX, padding counts neither in the sum nor in the divisor; with `count_include_pad`, PyTorch's
//! default, it counts in the divisor. What hangs over the padded end under `ceil_mode` never counts.

use crate::ops::pool::{describe, layouts, pooled, sliding, whole_mean};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, Window};
use gpu_core::{Candidate, Caps};

/// y = the mean of each window. Input: x `[n, c, …]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AveragePool {
    /// Kernel, stride, dilation and padding.
    pub window: Window,
    /// A last window may hang over the end.
    pub ceil_mode: bool,
    /// Padding counts in the divisor.
    pub count_include_pad: bool,
}

impl AveragePool {
    /// Only windows that fit wholly, dividing by the taps inside x.
    pub fn new(window: Window) -> Self {
        AveragePool { window, ceil_mode: false, count_include_pad: false }
    }
}

impl Operation for AveragePool {
    fn name(&self) -> &'static str {
        "average_pool"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![pooled(inputs[0], &self.window, self.ceil_mode)?])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let x = at.graph().ty(at.input(0)).clone();
        let dx = at.push(AveragePoolDx { pool: *self, x }, &[dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let pool = sliding(&io.inputs[0], &io.outputs[0], &self.window);
        let mut candidates = pool.average_candidates(self.count_include_pad);
        if pool.output == [1; 3] && self.window.pads == [[0; 2]; 3] && self.window.kernel == pool.input {
            candidates.extend(whole_mean(io, caps));
        }
        Ok(candidates)
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::average_pool(inputs[0], &self.window, self.ceil_mode, self.count_include_pad)]
    }

    fn describe(&self) -> String {
        describe(&self.window, self.ceil_mode) + if self.count_include_pad { ", padding counts" } else { "" }
    }
}

/// Gradient of an average pooling. Input: dy.
#[derive(Clone, Debug, PartialEq)]
pub struct AveragePoolDx {
    /// The pooling.
    pub pool: AveragePool,
    /// Type of x.
    pub x: Type,
}

impl Operation for AveragePoolDx {
    fn name(&self) -> &'static str {
        "average_pool_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.x.clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(sliding(&io.outputs[0], &io.inputs[0], &self.pool.window).average_dx_candidates(self.pool.count_include_pad))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::average_pool_dx(inputs[0], &self.x.shape, &self.pool.window, self.pool.count_include_pad)]
    }

    fn describe(&self) -> String {
        self.pool.describe()
    }
}
