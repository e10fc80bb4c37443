//! A tensor seen as lanes along one axis: what softmax, and losses over classes, go along.

use crate::{Launch, Layout, Order};

/// `[outer, len, inner]` in units of one number, or of four neighbouring ones where that is how the lanes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// Product of the lengths of the axes before, in buffer order.
    pub outer: usize,
    /// Length of the axis.
    pub len: usize,
    /// Product of the lengths of the axes behind, in buffer order; a quarter of it with `four`.
    pub inner: usize,
    /// Whether an invocation goes along four lanes at once.
    pub four: bool,
    /// `vec4`s along the innermost axis.
    pub groups: usize,
    /// Numbers among them that are no padding.
    pub n: usize,
}

impl Lanes {
    /// Lanes of a tensor of this shape along `axis`. `None` along the first axis where that is innermost.
    pub fn along(shape: &[usize], axis: usize, order: Order) -> Option<Self> {
        let len = *shape.get(axis)?;
        let behind = shape[axis + 1..].iter().product::<usize>();
        let plain = shape[..axis].iter().product();
        match order {
            Order::FirstInner if axis == 0 => None,
            Order::FirstInner => {
                let groups = shape[0].div_ceil(4);
                let outer = shape[1..axis].iter().product();
                Some(Lanes { outer, len, inner: behind * groups, four: true, groups, n: shape[0] })
            }
            Order::Plain if behind.is_multiple_of(4) => {
                let inner = behind / 4;
                Some(Lanes { outer: plain, len, inner, four: true, groups: inner.max(1), n: behind })
            }
            Order::Plain => Some(Lanes { outer: plain, len, inner: behind, four: false, groups: 1, n: 1 }),
        }
    }

    /// How many there are, in fours with `four`.
    pub fn count(&self) -> usize {
        self.outer * self.inner
    }

    /// The layout in which lanes along `axis` lie well: batch-innermost if `wanted`, save along the batch itself.
    pub fn layout(wanted: Order, axis: usize) -> Layout {
        if wanted == Order::FirstInner && axis > 0 { Layout::FIRST_INNER } else { Layout::PLAIN }
    }

    /// One invocation a lane, or one for four; the shader is written for both.
    pub(crate) fn launch(&self, shader: &'static shaders::Shader) -> Launch {
        let launch = Launch::flat(shader, self.count(), 64);
        if self.four { launch.redirect("lane", "four") } else { launch }
    }
}
