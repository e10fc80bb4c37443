//! Functions of one number, element by element. Memory bound: the layout does not matter, only the count.

use super::activation::Activation;
use crate::{Arg, Candidate, Launch, params};

/// y = f(x) over `elements`, padding included.
pub struct Unary {
    /// f.
    pub function: Activation,
    /// Elements in the buffer.
    pub elements: usize,
}

impl Unary {
    /// Bindings: `x`, `y`.
    pub fn candidates(&self) -> Vec<Candidate> {
        let Activation { code, alpha, beta } = self.function;
        let count = self.elements.div_ceil(4);
        let launch =
            Launch::flat(&shaders::UNARY, count, 64).set("FUNCTION", code).params(params! { count, alpha, beta });
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Output(0)]))]
    }

    /// dx = dy * f'(x), the slope told by y. Bindings: `y`, `dy`, `dx`.
    pub fn dx_candidates(&self) -> Vec<Candidate> {
        let Activation { code, alpha, beta } = self.function;
        let count = self.elements.div_ceil(4);
        let launch =
            Launch::flat(&shaders::UNARY_DX, count, 64).set("FUNCTION", code).params(params! { count, alpha, beta });
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), Arg::Output(0)]))]
    }
}
