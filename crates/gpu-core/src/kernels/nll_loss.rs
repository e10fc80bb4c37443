//! Negative log-likelihood of class indices. Memory bound.

use super::lanes::Lanes;
use crate::{Arg, Candidate, Launch, params};

/// Negative log-likelihood along the classes of `lanes`.
pub struct NllLoss {
    /// The log-probabilities along their classes.
    pub lanes: Lanes,
    /// Labels that count nothing.
    pub ignore_index: Option<i32>,
    /// Where the class weights are, if there are any.
    pub weight: Option<Arg>,
}

impl NllLoss {
    /// Bindings: x, labels → losses.
    pub fn candidates(&self) -> Vec<Candidate> {
        let weight = self.weight.unwrap_or(Arg::Input(0));
        let args = [Arg::Input(0), Arg::Input(1), weight, Arg::Output(0)];
        vec![Candidate::one(self.launch(&shaders::NLL_LOSS).bind(&args))]
    }

    /// Bindings: labels, dlosses → dx.
    pub fn dx_candidates(&self) -> Vec<Candidate> {
        let weight = self.weight.unwrap_or(Arg::Input(1));
        let args = [Arg::Input(0), Arg::Input(1), weight, Arg::Output(0)];
        vec![Candidate::one(self.launch(&shaders::NLL_LOSS_DX).bind(&args))]
    }

    fn launch(&self, shader: &'static shaders::Shader) -> Launch {
        let Lanes { outer, len, inner, groups, n, .. } = self.lanes;
        let (ignores, ignore_index) = (self.ignore_index.is_some(), self.ignore_index.unwrap_or(0));
        let nan = f32::NAN;
        self.lanes
            .launch(shader)
            .set("WEIGHTED", self.weight.is_some())
            .params(params! { outer, classes: len, inner, groups, n, ignores, ignore_index, nan })
    }
}
