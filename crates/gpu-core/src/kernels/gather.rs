//! Picking along an axis by indices that are data.

use super::fill::fill;
use crate::{Arg, Candidate, Launch, params};

/// x `[outer, len, inner]`, indices `[picks]` → y `[outer, picks, inner]`, row-major.
pub struct Gather {
    /// Product of the axes before.
    pub outer: usize,
    /// Length of the axis.
    pub len: usize,
    /// Number of indices.
    pub picks: usize,
    /// Product of the axes behind.
    pub inner: usize,
}

impl Gather {
    fn vec4(&self) -> bool {
        self.inner.is_multiple_of(4)
    }

    fn inner(&self) -> usize {
        if self.vec4() { self.inner / 4 } else { self.inner }
    }

    /// `missing`: the bits of what an index out of range gives. Bindings: x, indices, y.
    pub fn candidates(&self, missing: u32) -> Vec<Candidate> {
        let (len, picks, inner) = (self.len, self.picks, self.inner());
        let count = self.outer * picks * inner;
        let launch = Launch::flat(&shaders::GATHER, count, 64)
            .set("T", if self.vec4() { "vec4<u32>" } else { "u32" })
            .params(params! { count, len, picks, inner, missing });
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), Arg::Output(0)]))]
    }

    /// `skip`: an index that gets no gradient. Bindings: dy, indices, dx.
    pub fn dx_candidates(&self, skip: Option<usize>) -> Vec<Candidate> {
        let (len, picks, inner) = (self.len, self.picks, self.inner());
        let count = self.outer * picks * inner;
        let add = Launch::flat(&shaders::GATHER_DX, count, 64)
            .set("T", if self.vec4() { "vec4<f32>" } else { "f32" })
            .params(params! { count, len, picks, inner, skip: skip.unwrap_or(len) })
            .bind(&[Arg::Input(0), Arg::Input(1), Arg::Output(0)]);
        let zeros = fill(self.outer * self.len * self.inner, 0, Arg::Output(0));
        let launches = vec![zeros, add];
        vec![Candidate { name: "gather_dx".into(), launches, scratch: Vec::new(), tables: Vec::new() }]
    }
}
