//! Losses that compare prediction and target number by number. Memory bound, vec4 by vec4.

use crate::{Arg, Candidate, Launch, Layout, Order, params};

/// f by its code in `lib/losses.wgsl`, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Function {
    /// Which loss.
    pub code: u32,
    /// Its first parameter.
    pub a: f32,
    /// Its second parameter.
    pub b: f32,
}

/// losses = f(x, target), all of one shape and layout.
pub struct Loss<'a> {
    /// f.
    pub function: Function,
    /// Shape of all operands.
    pub shape: &'a [usize],
    /// Layout of all operands.
    pub layout: Layout,
}

impl Loss<'_> {
    /// Bindings: x, target, losses.
    pub fn candidates(&self) -> Vec<Candidate> {
        let args = [Arg::Input(0), Arg::Input(1), Arg::Output(0)];
        vec![Candidate::one(self.launch(&shaders::LOSS).bind(&args))]
    }

    /// Bindings: x, target, dlosses, dx.
    pub fn dx_candidates(&self) -> Vec<Candidate> {
        let args = [Arg::Input(0), Arg::Input(1), Arg::Input(2), Arg::Output(0)];
        vec![Candidate::one(self.launch(&shaders::LOSS_DX).bind(&args))]
    }

    fn launch(&self, shader: &'static shaders::Shader) -> Launch {
        let count = self.layout.elements(self.shape).div_ceil(4);
        let n = match (self.layout.order, self.shape) {
            (Order::FirstInner, [first, ..]) => *first,
            (_, shape) => shape.iter().product(),
        };
        let Function { code, a, b } = self.function;
        Launch::flat(shader, count, 64)
            .redirect("lane", "four")
            .set("LOSS", code)
            .params(params! { count, groups: n.div_ceil(4).max(1), n, a, b })
    }
}
