//! What the norms share: groups of elements with one mean and variance each, their chunks, and the launch that takes
//! the moments of every chunk. Chunks are joined in order by whoever reads them, so sums are parallel and fixed.

use crate::{Arg, Caps, Family, Launch, Order, params};
use shaders::Shader;

/// Elements of a group that one invocation goes through, at most: some drivers leave long loops (`rounds.rs`).
pub(super) const LONGEST: usize = 1 << 14;

/// x seen as `[outer, groups, inner]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Runs of a group that lie apart.
    pub outer: usize,
    /// How many groups.
    pub groups: usize,
    /// Numbers of one run, padding included.
    pub inner: usize,
    /// Numbers of one run's innermost axis without its padding, which is a whole number of `vec4`s; 0 where there is
    /// no padding.
    pub n: usize,
    /// Numbers of one group.
    pub count: usize,
}

impl Groups {
    /// The channels of `[n, c, …]`, `rest` numbers each, in this order.
    pub fn channels(n: usize, c: usize, rest: usize, order: Order) -> Self {
        let count = n * rest;
        match order {
            Order::Plain => Groups { outer: n, groups: c, inner: rest, n: 0, count },
            Order::FirstInner => Groups { outer: 1, groups: c, inner: rest * n.next_multiple_of(4), n, count },
        }
    }

    fn width(&self) -> usize {
        if self.inner.is_multiple_of(4) { 4 } else { 1 }
    }

    /// Elements of one run: vec4s where numbers come in fours.
    pub fn inner_elements(&self) -> usize {
        self.inner / self.width()
    }

    fn elements(&self) -> usize {
        self.outer * self.inner_elements()
    }

    /// Chunks of a group: enough for the device's lanes, few enough that all of a group's lanes can join them.
    pub fn chunks(&self, caps: &Caps) -> usize {
        let lanes = if caps.family == Family::Software { 256 } else { 16_384 };
        let wide = (lanes / self.groups).clamp(1, 32).min(self.elements().div_ceil(8));
        wide.max(self.elements().div_ceil(LONGEST))
    }

    /// Invocations that share a group where each makes several elements.
    pub fn blocks(&self, caps: &Caps) -> usize {
        let lanes = if caps.family == Family::Software { 512 } else { 65_536 };
        (lanes / self.groups).clamp(1, self.elements().div_ceil(8)).max(self.elements().div_ceil(LONGEST))
    }

    /// A launch of `per` invocations a group, with the knobs that all norm kernels have.
    pub fn launch(&self, shader: &'static Shader, per: usize) -> Launch {
        self.lying(Launch::flat(shader, self.groups * per, 64))
    }

    fn lying(&self, launch: Launch) -> Launch {
        let launch = launch.set("OUTER", self.outer > 1);
        if self.width() == 1 { launch.redirect("width4", "width1") } else { launch }
    }

    /// Whether there are enough groups that a subgroup of 8 each keeps a machine's threads busy, and each can go through its
    /// own: some drivers end a loop after 65,535 rounds.
    pub fn fits_subgroups(&self) -> bool {
        self.groups >= 16 && (8..200_000).contains(&self.elements())
    }

    /// A launch of a subgroup of 8 a group, with the same knobs.
    pub fn subgroups(&self, shader: &'static Shader) -> Launch {
        self.lying(Launch::flat(shader, self.groups * 8, 8))
    }

    /// Whether the last element along the innermost axis is partly padding.
    pub fn ragged(&self) -> bool {
        !self.n.is_multiple_of(4)
    }

    /// Numbers along the innermost axis, for the shaders that mask padding.
    pub fn line(&self) -> usize {
        if self.n == 0 { self.inner } else { self.n }
    }

    /// Bytes of the chunks' moments.
    pub fn moments_bytes(&self, caps: &Caps) -> u64 {
        (self.groups * self.chunks(caps)) as u64 * 16
    }

    /// Moments of each chunk of `x` into `parts`, `[groups, chunks]` of vec4.
    pub fn moments(&self, caps: &Caps, x: Arg, parts: Arg) -> Launch {
        let (groups, outer, inner) = (self.groups, self.outer, self.inner_elements());
        let chunks = self.chunks(caps);
        self.launch(&shaders::NORM_MOMENTS, chunks)
            .set("RAGGED", self.ragged())
            .params(params! { groups, outer, inner, chunks, n: self.line() })
            .bind(&[x, parts])
    }
}
