//! Softmax and log-softmax along an axis. Memory bound.

use super::lanes::Lanes;
use crate::{Arg, Candidate, Launch, params};

/// Softmax, or its logarithm.
pub struct Softmax {
    /// The tensor along the axis.
    pub lanes: Lanes,
    /// The logarithm.
    pub log: bool,
}

impl Softmax {
    /// Bindings: x, y.
    pub fn candidates(&self) -> Vec<Candidate> {
        vec![Candidate::one(self.launch(&shaders::SOFTMAX).bind(&[Arg::Input(0), Arg::Output(0)]))]
    }

    /// Bindings: y, dy, dx.
    pub fn dx_candidates(&self) -> Vec<Candidate> {
        let args = [Arg::Input(0), Arg::Input(1), Arg::Output(0)];
        vec![Candidate::one(self.launch(&shaders::SOFTMAX_DX).bind(&args))]
    }

    fn launch(&self, shader: &'static shaders::Shader) -> Launch {
        let Lanes { outer, len, inner, .. } = self.lanes;
        self.lanes.launch(shader).set("LOG", self.log).params(params! { outer, len, inner })
    }
}
