//! The sliding window that convolution and pooling share: kernel, stride, dilation, padding, and the sizes they give.
//!
//! One and two spatial axes are lifted to three by unit axes in front, so that every op is written once, for
//! `[n, c, d, h, w]`. Sizes follow PyTorch and ONNX, which agree; see `conv.rs` and `max_pool.rs` for its users.

use std::ops::Range;

/// A window over three spatial axes `d, h, w`; ops on fewer axes leave the first ones at kernel 1.
///
/// Output element `p` reads input elements `p * stride + tap * dilation - pads[0]` for `tap` in `0..kernel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Taps along each axis.
    pub kernel: [usize; 3],
    /// Input elements between neighbouring outputs.
    pub stride: [usize; 3],
    /// Input elements between neighbouring taps; 1 is a dense kernel.
    pub dilation: [usize; 3],
    /// Elements of padding at the begin and the end of each axis.
    pub pads: [[usize; 2]; 3],
}

impl Window {
    /// A dense window of `kernel` over 1 to 3 spatial axes, stride 1, no padding.
    pub fn new(kernel: &[usize]) -> Self {
        Window { kernel: lift(kernel), stride: [1; 3], dilation: [1; 3], pads: [[0; 2]; 3] }
    }

    /// A square 2-D window, the same stride and padding on both axes.
    pub fn square(kernel: usize, stride: usize, pad: usize) -> Self {
        Window::new(&[kernel; 2]).stride(&[stride; 2]).pad(&[pad; 2])
    }

    /// With this stride, one number a spatial axis.
    pub fn stride(self, stride: &[usize]) -> Self {
        Window { stride: lift(stride), ..self }
    }

    /// With this dilation, one number a spatial axis.
    pub fn dilation(self, dilation: &[usize]) -> Self {
        Window { dilation: lift(dilation), ..self }
    }

    /// With this padding on both sides, one number a spatial axis (PyTorch's `padding`).
    pub fn pad(self, pad: &[usize]) -> Self {
        let mut pads = [[0; 2]; 3];
        for (to, &p) in pads[3 - pad.len()..].iter_mut().zip(pad) {
            *to = [p, p];
        }
        Window { pads, ..self }
    }

    /// With this padding at begin and end, one pair a spatial axis.
    pub fn pads(self, begin_end: &[[usize; 2]]) -> Self {
        let mut pads = [[0; 2]; 3];
        pads[3 - begin_end.len()..].copy_from_slice(begin_end);
        Window { pads, ..self }
    }

    /// With ONNX's `SAME_UPPER` padding for this input: output `ceil(input / stride)`, an odd element of padding at
    /// the end.
    pub fn same_upper(self, input: [usize; 3]) -> Self {
        self.same(input, |total| [total / 2, total - total / 2])
    }

    /// With ONNX's `SAME_LOWER` padding for this input: output `ceil(input / stride)`, an odd element of padding at
    /// the begin.
    pub fn same_lower(self, input: [usize; 3]) -> Self {
        self.same(input, |total| [total - total / 2, total / 2])
    }

    fn same(self, input: [usize; 3], halves: impl Fn(usize) -> [usize; 2]) -> Self {
        let extent = self.extent();
        let pads = [0, 1, 2].map(|axis| {
            let last = input[axis].div_ceil(self.stride[axis]).saturating_sub(1) * self.stride[axis];
            halves((last + extent[axis]).saturating_sub(input[axis]))
        });
        Window { pads, ..self }
    }

    /// Input elements from the first tap to the last, both counted.
    pub fn extent(&self) -> [usize; 3] {
        [0, 1, 2].map(|axis| self.dilation[axis] * self.kernel[axis].saturating_sub(1) + 1)
    }

    /// Output size: as many windows as fit wholly into the padded input. `None` where none fits, or where a kernel,
    /// stride or dilation is 0.
    pub fn output(&self, input: [usize; 3]) -> Option<[usize; 3]> {
        self.sizes(|axis, room| Some(room.div_euclid(self.stride[axis] as isize) + 1), input)
    }

    /// Output size under `ceil_mode`: a last window may hang over the end, but must start inside the input or the
    /// padding at its begin, or else is dropped. `None` as for [`Window::output`].
    ///
    /// At most one window is dropped, PyTorch's rule and ONNX's, so padding at the end should not exceed the extent.
    pub fn output_ceil(&self, input: [usize; 3]) -> Option<[usize; 3]> {
        self.sizes(
            |axis, room| {
                let stride = self.stride[axis] as isize;
                let count = (room + stride - 1).div_euclid(stride) + 1;
                let inside = (input[axis] + self.pads[axis][0]) as isize;
                Some(if (count - 1) * stride >= inside { count - 1 } else { count })
            },
            input,
        )
    }

    /// `count(axis, room)` for each axis, where `room` is how far the window can move in the padded input.
    fn sizes(&self, count: impl Fn(usize, isize) -> Option<isize>, input: [usize; 3]) -> Option<[usize; 3]> {
        let extent = self.extent();
        let mut sizes = [0; 3];
        for axis in 0..3 {
            if self.kernel[axis] == 0 || self.stride[axis] == 0 || self.dilation[axis] == 0 {
                return None;
            }
            let padded = input[axis] + self.pads[axis][0] + self.pads[axis][1];
            let size = count(axis, padded as isize - extent[axis] as isize)?;
            sizes[axis] = usize::try_from(size).ok().filter(|&size| size > 0)?;
        }
        Some(sizes)
    }

    /// Output size of a transposed convolution: `(input - 1) * stride - pads + extent + output_padding`; `None` where
    /// the padding leaves nothing.
    pub fn output_transposed(&self, input: [usize; 3], output_padding: [usize; 3]) -> Option<[usize; 3]> {
        let extent = self.extent();
        let mut sizes = [0; 3];
        for axis in 0..3 {
            let full = input[axis].checked_sub(1)? * self.stride[axis] + extent[axis] + output_padding[axis];
            sizes[axis] = full.checked_sub(self.pads[axis][0] + self.pads[axis][1]).filter(|&size| size > 0)?;
        }
        Some(sizes)
    }

    /// The outputs on `axis` whose `tap` lies inside an input of this size.
    pub fn reach(&self, axis: usize, tap: usize, input: usize, output: usize) -> Range<usize> {
        let shift = (tap * self.dilation[axis]) as isize - self.pads[axis][0] as isize;
        let stride = self.stride[axis] as isize;
        let first = (stride - 1 - shift).div_euclid(stride).max(0);
        let end = (input as isize - 1 - shift).div_euclid(stride) + 1;
        first as usize..end.clamp(first, output.max(first as usize) as isize) as usize
    }

    /// The input element under `tap` of output `p`; the tap must be in reach.
    pub fn source(&self, axis: usize, tap: usize, p: usize) -> usize {
        p * self.stride[axis] + tap * self.dilation[axis] - self.pads[axis][0]
    }

    /// Calls `f` with the position in a `[d, h, w]` plane of every tap of output `at` that lies inside, in row order.
    pub(crate) fn each_tap(&self, at: [usize; 3], input: [usize; 3], mut f: impl FnMut(usize)) {
        let inside = |axis: usize, tap: usize| {
            let place = at[axis] * self.stride[axis] + tap * self.dilation[axis];
            place.checked_sub(self.pads[axis][0]).filter(|&i| i < input[axis])
        };
        for d in (0..self.kernel[0]).filter_map(|tap| inside(0, tap)) {
            for h in (0..self.kernel[1]).filter_map(|tap| inside(1, tap)) {
                for w in (0..self.kernel[2]).filter_map(|tap| inside(2, tap)) {
                    f((d * input[1] + h) * input[2] + w);
                }
            }
        }
    }
}

/// `[1, .., values]`: 1 to 3 numbers, a unit in front for each missing axis.
fn lift(values: &[usize]) -> [usize; 3] {
    let mut lifted = [1; 3];
    lifted[3 - values.len()..].copy_from_slice(values);
    lifted
}

/// The spatial sizes `[d, h, w]` of a shape `[n, c, ...]` with 1 to 3 spatial axes; missing ones are 1.
pub fn spatial(shape: &[usize]) -> [usize; 3] {
    lift(&shape[2..])
}

/// `[n, c, ...]` with as many spatial axes as `like` has, of these lifted sizes.
pub(crate) fn with_spatial(n: usize, c: usize, size: [usize; 3], like: &[usize]) -> Vec<usize> {
    let mut shape = vec![n, c];
    shape.extend(&size[5 - like.len()..]);
    shape
}

/// Calls `f(plane, y, at)` for each output of each `[n, c]` plane: `y` is its flat position, `at` its `[d, h, w]`.
pub(crate) fn each_output(planes: usize, output: [usize; 3], mut f: impl FnMut(usize, usize, [usize; 3])) {
    let mut y = 0;
    for plane in 0..planes {
        for d in 0..output[0] {
            for h in 0..output[1] {
                for w in 0..output[2] {
                    f(plane, y, [d, h, w]);
                    y += 1;
                }
            }
        }
    }
}
