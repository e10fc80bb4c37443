//! Functions of two numbers, broadcast as numpy does: as vec4s where rows of y are whole ones, else gathered.

use super::broadcast::Walk;
use crate::{Arg, Candidate, Launch, Word};
use shaders::Knob;

/// f by its code in `lib/operate.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function(u32);

#[allow(missing_docs)] // named as in ONNX
impl Function {
    pub const ADD: Self = Function(0);
    pub const SUB: Self = Function(1);
    pub const MUL: Self = Function(2);
    pub const DIV: Self = Function(3);
    pub const POW: Self = Function(4);
    /// Of integers, which have no NaN.
    pub const MIN_INTEGER: Self = Function(5);
    /// Of integers.
    pub const MAX_INTEGER: Self = Function(6);
    pub const MIN: Self = Function(7);
    pub const MAX: Self = Function(8);
    pub const EQUAL: Self = Function(9);
    pub const NOT_EQUAL: Self = Function(10);
    pub const LESS: Self = Function(11);
    pub const LESS_EQUAL: Self = Function(12);
    pub const GREATER: Self = Function(13);
    pub const GREATER_EQUAL: Self = Function(14);
    pub const AND: Self = Function(15);
    pub const OR: Self = Function(16);
    pub const XOR: Self = Function(17);
    /// a where a > 0, else b * a.
    pub const PRELU: Self = Function(18);
    /// 0 where a > 0, else a * b.
    pub const PRELU_DSLOPE: Self = Function(19);
}

/// y = f(a, b).
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// f.
    pub function: Function,
    /// WGSL type of the operands: `f32` or `i32`.
    pub operand: &'static str,
    /// WGSL type of the result.
    pub result: &'static str,
    /// Lengths of y's axes in buffer order, outermost first, padding included; at most 6.
    pub shape: Vec<usize>,
    /// Stride of `a` along each of them, 0 where it stretches.
    pub a: Vec<usize>,
    /// Stride of `b` along each of them.
    pub b: Vec<usize>,
    /// How much of the innermost axis holds values, where it is padded.
    pub valid: Option<usize>,
}

impl Binary {
    /// Bindings: `a`, `b`, `y`.
    pub fn candidates(&self) -> Vec<Candidate> {
        self.candidates_on([Arg::Input(0), Arg::Input(1), Arg::Output(0)])
    }

    /// The same with these bindings for `a`, `b`, `y`.
    pub fn candidates_on(&self, [a, b, y]: [Arg; 3]) -> Vec<Candidate> {
        let four = four(self.operand);
        let walk = Walk::new(&self.shape, &[&self.a, &self.b]);
        let mut words = walk.lengths(LENGTHS);
        words.remove(0);
        words.extend(walk.strides(0, A));
        words.extend(walk.strides(1, B));
        // In front: the number of elements or vec4s, the padding, NaN's bits.
        let head = |words: Vec<_>, head: &[(&'static str, usize)]| -> Vec<_> {
            let head = head.iter().map(|&(name, value)| (name, Word::from(value)));
            head.chain([("nan", Word::U32(f32::NAN.to_bits()))]).chain(words).collect()
        };
        let launch = |shader, count| {
            Launch::flat(shader, count, 64)
                .set("FUNCTION", self.function.0)
                .set("V", Knob::Type(four))
                .set("Y", Knob::Type(self::four(self.result)))
                .set("DEPTH", walk.depth())
                .set("ALIKE_A", walk.alike(0))
                .set("ALIKE_B", walk.alike(1))
        };
        let count = walk.count();
        if !walk.fours {
            let launch = launch(&shaders::BINARY_GATHER, count.div_ceil(4)).set("T", Knob::Type(self.operand));
            return vec![Candidate::one(launch.params(head(words, &[("count", count)])).bind(&[a, a, b, b, y]))];
        }
        let innermost = self.shape.last().copied().unwrap_or(1);
        let padded = self.valid.filter(|&n| n < innermost);
        let run = innermost.div_ceil(4);
        let words = head(words, &[("count", count), ("n", padded.unwrap_or(innermost)), ("run", run)]);
        let launch = launch(&shaders::BINARY, count)
            .set("A", Knob::Type(if walk.splat(0) { self.operand } else { four }))
            .set("B", Knob::Type(if walk.splat(1) { self.operand } else { four }))
            .set("PADDED", padded.is_some());
        vec![Candidate::one(launch.params(words).bind(&[a, b, y]))]
    }
}

/// The vec4 of a scalar.
pub(super) fn four(scalar: &str) -> &'static str {
    if scalar == "i32" { "vec4<i32>" } else { "vec4<f32>" }
}

const LENGTHS: [&str; 6] = ["n0", "n1", "n2", "n3", "n4", "n5"];
const A: [&str; 6] = ["a0", "a1", "a2", "a3", "a4", "a5"];
const B: [&str; 6] = ["b0", "b1", "b2", "b3", "b4", "b5"];
