//! How a value lies in a buffer. Users see plain row-major tensors; inside a program the plan chooses.
//!
//! There are two orders, and a count of partial sums. `explain` prints them; ops, gradients and references never
//! mention them. Host data is converted here on its way in and out.

/// The order of a value's elements in its buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Row-major, as users know it: `[n, c, h, w]`.
    #[default]
    Plain,
    /// The first axis innermost and padded to a multiple of 4, so that a `vec4` holds four neighbours along it:
    /// activations `[n, c, h, w]` lie as `[c, h, w, n/4]` of vec4 (batch-innermost), filters `[k, c, r, s]` as
    /// `[c, r, s, k/4]` of vec4. Padding of filters is zero; padding of activations is finite and means nothing.
    FirstInner,
}

/// Order, and whether the value is still in several parts that must be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Order of elements within one part.
    pub order: Order,
    /// The value is the sum of this many parts, stored one after another and added in that order. 1 for a whole one.
    pub parts: u32,
}

impl Default for Layout {
    fn default() -> Self {
        Layout::PLAIN
    }
}

impl Layout {
    /// Row-major and whole.
    pub const PLAIN: Layout = Layout { order: Order::Plain, parts: 1 };
    /// First axis innermost and whole.
    pub const FIRST_INNER: Layout = Layout { order: Order::FirstInner, parts: 1 };

    /// Elements of one part, padding included. Where there are several, each is a whole number of `vec4`s.
    pub fn part(self, shape: &[usize]) -> usize {
        match self.order {
            Order::Plain if self.parts > 1 => shape.iter().product::<usize>().next_multiple_of(4),
            Order::Plain => shape.iter().product(),
            Order::FirstInner => {
                let [first, rest @ ..] = shape else { return 4 };
                first.next_multiple_of(4) * rest.iter().product::<usize>()
            }
        }
    }

    /// Elements in the buffer, padding and parts included.
    pub fn elements(self, shape: &[usize]) -> usize {
        self.part(shape) * self.parts as usize
    }

    /// Row-major host data → the order of one part. Padding becomes `T::default()`, zero.
    pub fn pack<T: Copy + Default>(self, shape: &[usize], plain: &[T]) -> Vec<T> {
        match (self.order, shape) {
            (Order::Plain, _) => plain.to_vec(),
            (Order::FirstInner, [first, rest @ ..]) => {
                let (inner, outer) = (first.next_multiple_of(4), rest.iter().product::<usize>());
                let mut out = vec![T::default(); inner * outer];
                for i in 0..*first {
                    for j in 0..outer {
                        out[j * inner + i] = plain[i * outer + j];
                    }
                }
                out
            }
            (Order::FirstInner, []) => vec![plain[0], T::default(), T::default(), T::default()],
        }
    }

    /// One part as it lies in a buffer → row-major host data.
    pub fn unpack<T: Copy + Default>(self, shape: &[usize], part: &[T]) -> Vec<T> {
        match (self.order, shape) {
            (Order::Plain, _) => part[..shape.iter().product()].to_vec(),
            (Order::FirstInner, [first, rest @ ..]) => {
                let (inner, outer) = (first.next_multiple_of(4), rest.iter().product::<usize>());
                let mut out = vec![T::default(); first * outer];
                for i in 0..*first {
                    for j in 0..outer {
                        out[i * outer + j] = part[j * inner + i];
                    }
                }
                out
            }
            (Order::FirstInner, []) => vec![part[0]],
        }
    }
}

impl std::fmt::Display for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let order = match self.order {
            Order::Plain => "plain",
            Order::FirstInner => "first-inner",
        };
        if self.parts == 1 { write!(f, "{order}") } else { write!(f, "{order} ×{}", self.parts) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_inner_pads_the_first_axis_and_returns_it() {
        let plain: Vec<i32> = (0..5 * 6).collect();
        let packed = Layout::FIRST_INNER.pack(&[5, 2, 3], &plain);
        assert_eq!(packed.len(), 8 * 6);
        assert_eq!(packed[..8], [0, 6, 12, 18, 24, 0, 0, 0]);
        assert_eq!(Layout::FIRST_INNER.unpack(&[5, 2, 3], &packed), plain);
    }
}
