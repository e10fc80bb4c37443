//! Functions of three numbers, broadcast as numpy does: choice by a condition, the gradient of prelu.

use super::binary::four;
use super::broadcast::Walk;
use crate::{Arg, Candidate, Launch, Word};
use shaders::Knob;

/// f by its code in `ternary.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function(u32);

impl Function {
    /// b where a is not 0, else c.
    pub const WHERE: Self = Function(0);
    /// c where a > 0, else b * c.
    pub const PRELU_DX: Self = Function(1);
}

/// y = f(a, b, c).
#[derive(Clone, Debug, PartialEq)]
pub struct Ternary {
    /// f.
    pub function: Function,
    /// WGSL type of b, c and y: `f32` or `i32`. a is `f32`.
    pub operand: &'static str,
    /// Lengths of y's axes in buffer order, outermost first, padding included; at most 6.
    pub shape: Vec<usize>,
    /// Strides of `a`, `b` and `c` along each of them, 0 where they stretch.
    pub strides: [Vec<usize>; 3],
}

impl Ternary {
    /// Bindings: `a`, `b`, `c`, `y`.
    pub fn candidates(&self) -> Vec<Candidate> {
        let [a, b, c] = &self.strides;
        let walk = Walk::new(&self.shape, &[a, b, c]);
        let unit =
            |scalar: &'static str, splat: bool| Knob::Type(if walk.fours && !splat { four(scalar) } else { scalar });
        let count = walk.count();
        let mut words = walk.lengths(["count", "n1", "n2", "n3", "n4", "n5"]);
        words[0].1 = Word::from(count);
        words.extend(walk.strides(0, ["a0", "a1", "a2", "a3", "a4", "a5"]));
        words.extend(walk.strides(1, ["b0", "b1", "b2", "b3", "b4", "b5"]));
        words.extend(walk.strides(2, ["c0", "c1", "c2", "c3", "c4", "c5"]));
        let launch = Launch::flat(&shaders::TERNARY, count, 64)
            .set("FUNCTION", self.function.0)
            .set("F", unit("f32", false))
            .set("V", unit(self.operand, false))
            .set("A", unit("f32", walk.splat(0)))
            .set("B", unit(self.operand, walk.splat(1)))
            .set("C", unit(self.operand, walk.splat(2)))
            .set("ALIKE", (0..3).all(|operand| walk.alike(operand)))
            .params(words);
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), Arg::Input(2), Arg::Output(0)]))]
    }
}
