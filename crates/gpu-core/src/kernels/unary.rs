//! Functions of one number, element by element. Memory bound: the layout does not matter, only the count.

use super::activation::Activation;
use crate::{Arg, Candidate, Launch, params};
use shaders::Shader;

/// y = f(x).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unary {
    /// f.
    pub function: Activation,
    /// Elements in the buffer, padding included.
    pub elements: usize,
    /// Of the innermost axis where it is padded: how much holds values, and its length in the buffer.
    pub padded: Option<(usize, usize)>,
}

impl Unary {
    /// Bindings: `x`, `y`.
    pub fn candidates(&self) -> Vec<Candidate> {
        vec![Candidate::one(self.launch(&shaders::UNARY).bind(&[Arg::Input(0), Arg::Output(0)]))]
    }

    /// dx = dy * f'(x), the slope told by y = f(x). Bindings: `y`, `dy`, `dx`.
    pub fn dx_candidates(&self) -> Vec<Candidate> {
        self.dx(true)
    }

    /// dx = dy * f'(x), the slope told by x. Bindings: `x`, `dy`, `dx`.
    pub fn dx_of_x_candidates(&self) -> Vec<Candidate> {
        self.dx(false)
    }

    fn dx(&self, from_y: bool) -> Vec<Candidate> {
        let launch = self.launch(&shaders::UNARY_DX).set("FROM_Y", from_y);
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), Arg::Output(0)]))]
    }

    fn launch(&self, shader: &'static Shader) -> Launch {
        let Activation { code, alpha, beta } = self.function;
        let count = self.elements.div_ceil(4);
        let (n, length) = self.padded.unwrap_or((4, 4));
        Launch::flat(shader, count, 64)
            .set("FUNCTION", code)
            .set("PADDED", n < length)
            .params(params! { count, n, run: length / 4, alpha, beta })
    }
}
