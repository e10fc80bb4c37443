//! Functions of two numbers. Alike operands run as vec4s; others by strides, as numpy broadcasts.

use crate::{Arg, Candidate, Launch, Word, params};
use shaders::Knob;

/// f by its code in `binary.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function(pub u32);

/// y = f(a, b).
pub struct Binary {
    /// f.
    pub function: Function,
    /// WGSL type of the operands.
    pub operand: &'static str,
    /// WGSL type of the result.
    pub result: &'static str,
    /// Lengths of y's axes in buffer order, outermost first; at most 6.
    pub shape: Vec<usize>,
    /// Stride of `a` along each of them, 0 where it has length 1.
    pub a: Vec<usize>,
    /// Stride of `b` along each of them.
    pub b: Vec<usize>,
}

impl Binary {
    /// Bindings: `a`, `b`, `y`.
    pub fn candidates(&self) -> Vec<Candidate> {
        let count: usize = self.shape.iter().product();
        let args = [Arg::Input(0), Arg::Input(1), Arg::Output(0)];
        let code = self.function.0;
        let mut words = vec![("count", Word::from(count))];
        let pad = 6 - self.shape.len();
        for (names, values, filler) in [(&SHAPE, &self.shape, 1), (&A, &self.a, 0), (&B, &self.b, 0)] {
            let padded = std::iter::repeat_n(&filler, pad).chain(values);
            words.extend(names.iter().zip(padded).map(|(&name, &value)| (name, Word::from(value))));
        }
        let strided = Launch::flat(&shaders::BINARY, count, 64)
            .set("FUNCTION", code)
            .set("T", Knob::Type(self.operand))
            .set("Y", Knob::Type(self.result))
            .params(words);
        let mut candidates = vec![Candidate::one(strided.bind(&args))];
        if self.a == self.b && self.operand == "f32" && self.result == "f32" && !self.a.contains(&0) {
            let count = count.div_ceil(4);
            let alike = Launch::flat(&shaders::BINARY_ALIKE, count, 64).set("FUNCTION", code).params(params! { count });
            candidates.insert(0, Candidate::one(alike.bind(&args)));
        }
        candidates
    }
}

const SHAPE: [&str; 6] = ["n0", "n1", "n2", "n3", "n4", "n5"];
const A: [&str; 6] = ["a0", "a1", "a2", "a3", "a4", "a5"];
const B: [&str; 6] = ["b0", "b1", "b2", "b3", "b4", "b5"];
