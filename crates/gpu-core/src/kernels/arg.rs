//! The best elements along an axis and their places: argmax, argmin, top-k.

use crate::{Arg, Candidate, Launch, params};

/// x `[outer, len, inner]` → places and elements `[outer, k, inner]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Best {
    /// Lanes before the axis, in buffer order.
    pub outer: usize,
    /// Length of the axis.
    pub len: usize,
    /// Elements from one place on the axis to the next, padding included.
    pub inner: usize,
    /// How many of the best.
    pub k: usize,
    /// The smallest is best.
    pub smallest: bool,
    /// NaN is worst; else it is best.
    pub nan_last: bool,
    /// Among equals the last is best.
    pub select_last: bool,
    /// Of the innermost axis where it is padded: how much holds values, and its length in the buffer.
    pub padded: Option<(usize, usize)>,
}

impl Best {
    /// Bindings: x, places.
    pub fn places(&self) -> Vec<Candidate> {
        // The elements are by the way: nobody reads them.
        let mut candidate = Candidate::one(self.launch([Arg::Input(0), Arg::Output(0), Arg::Scratch(0)]));
        candidate.scratch.push((self.outer * self.k * self.inner).next_multiple_of(4) as u64 * 4);
        vec![candidate]
    }

    /// Bindings: x, elements, places.
    pub fn elements_and_places(&self) -> Vec<Candidate> {
        vec![Candidate::one(self.launch([Arg::Input(0), Arg::Output(1), Arg::Output(0)]))]
    }

    fn launch(&self, args: [Arg; 3]) -> Launch {
        let fours = self.inner.is_multiple_of(4);
        let inner = if fours { self.inner / 4 } else { self.inner };
        let (n, length) = self.padded.unwrap_or((self.inner, self.inner));
        let words = params! { outer: self.outer, inner, len: self.len, k: self.k, n, run: length.div_ceil(4) };
        let launch = Launch::flat(&shaders::ARG, self.outer * inner, 64)
            .set("SMALLEST", self.smallest)
            .set("NAN_LAST", self.nan_last)
            .set("LAST", self.select_last)
            .params(words)
            .bind(&args);
        if fours { launch.redirect("lane", "four") } else { launch }
    }
}
