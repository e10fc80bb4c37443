//! From one layout into another: what the plan inserts where a value lies otherwise than a kernel takes it.

use crate::{Arg, Candidate, Launch, Layout, Order, params};

/// A value of this shape, from one layout to another. At most one of order and parts changes.
pub struct Convert {
    /// Its shape as users see it.
    pub shape: Vec<usize>,
    /// How it lies.
    pub from: Layout,
    /// How it should lie.
    pub to: Layout,
}

impl Convert {
    /// The one way to do it. Bindings: `x`, `y`.
    pub fn candidate(&self) -> Candidate {
        let n = self.shape.first().copied().unwrap_or(1);
        let rest = self.shape.iter().skip(1).product::<usize>();
        let elements = self.to.part(&self.shape);
        let vec4s = elements.div_ceil(4);
        let launch = match (self.from, self.to) {
            (from, to) if from == to => {
                let count = from.elements(&self.shape).div_ceil(4);
                Launch::flat(&shaders::COPY, count, 64).params(params! { count })
            }
            (from, to) if from.order == to.order => {
                Launch::flat(&shaders::SUM_PARTS, vec4s, 64).params(params! { count: vec4s, parts: from.parts })
            }
            (_, Layout { order: Order::FirstInner, .. }) => {
                Launch::flat(&shaders::TO_FIRST_INNER, vec4s, 64).params(params! { n, rest })
            }
            _ => Launch::flat(&shaders::TO_PLAIN, elements, 64).params(params! { n, rest }),
        };
        Candidate::one(launch.bind(&[Arg::Input(0), Arg::Output(0)]))
    }
}
