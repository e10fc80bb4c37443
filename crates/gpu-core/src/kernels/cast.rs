//! One type of element into another, in any layout.

use crate::{Arg, Candidate, Launch, params};
use shaders::Knob;

/// What lies in a buffer; a truth value lies as a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// 32-bit float.
    F32,
    /// 32-bit integer.
    I32,
    /// 0 or 1 as a 32-bit float.
    Truth,
    /// Four bytes a word.
    Byte,
}

/// y = x as another type. None writes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// x's.
    pub from: Element,
    /// y's.
    pub to: Element,
    /// Elements in the buffer, padding included.
    pub elements: usize,
}

impl Cast {
    /// Bindings: `x`, `y`. `None` towards bytes.
    pub fn candidates(&self) -> Option<Vec<Candidate>> {
        let to = match self.to {
            Element::F32 => 0u32,
            Element::I32 => 1,
            Element::Truth => 2,
            Element::Byte => return None,
        };
        let from = match self.from {
            Element::F32 | Element::Truth => 0u32,
            Element::I32 => 1,
            Element::Byte => 2,
        };
        let count = self.elements.div_ceil(4);
        let same = self.from == self.to || self.from == Element::Truth && self.to == Element::F32;
        let launch = if same {
            Launch::flat(&shaders::COPY, count, 64)
        } else {
            let word = if self.from == Element::Byte { "u32" } else { "vec4<u32>" };
            Launch::flat(&shaders::CAST_ELEMENTS, count, 64).set("X", Knob::Type(word)).set("FROM", from).set("TO", to)
        };
        let launch = launch.params(params! { count }).bind(&[Arg::Input(0), Arg::Output(0)]);
        Some(vec![Candidate::one(launch)])
    }
}
