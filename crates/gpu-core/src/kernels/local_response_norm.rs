//! Local response norm across neighbouring channels.

use crate::{Arg, Candidate, Launch, params};
use shaders::Shader;

/// x seen as `[outer, c, inner]` numbers, padding included.
pub struct LocalResponseNorm {
    /// Product of the axes before channels.
    pub outer: usize,
    /// Channels.
    pub c: usize,
    /// Product of the axes behind.
    pub inner: usize,
    /// Channels in a neighbourhood.
    pub size: usize,
    /// Factor of the mean square.
    pub alpha: f32,
    /// Exponent.
    pub beta: f32,
    /// Addend.
    pub k: f32,
}

impl LocalResponseNorm {
    fn launch(&self, shader: &'static Shader) -> Launch {
        let vec4 = self.inner.is_multiple_of(4);
        let inner = if vec4 { self.inner / 4 } else { self.inner };
        let (below, above) = ((self.size - 1) / 2, self.size / 2);
        let (c, count, factor) = (self.c, self.outer * self.c * inner, self.alpha / self.size as f32);
        let launch = Launch::flat(shader, count, 64)
            .params(params! { count, c, inner, below, above, factor, beta: self.beta, k: self.k });
        if vec4 { launch } else { launch.redirect("width4", "width1") }
    }

    /// Bindings: x, y.
    pub fn candidates(&self) -> Vec<Candidate> {
        let launch = self.launch(&shaders::LOCAL_RESPONSE_NORM);
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Output(0)]))]
    }

    /// Bindings: x, dy, dx.
    pub fn dx_candidates(&self) -> Vec<Candidate> {
        let launch = self.launch(&shaders::LOCAL_RESPONSE_NORM_DX);
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), Arg::Output(0)]))]
    }
}
