//! Pooling and its gradients, one to three spatial axes, either layout: the same kernels over numbers (row-major) or
//! over vec4s of four images (batch-innermost). Max pooling's gradient has a second way where windows do not overlap.

use crate::{Arg, Candidate, Launch, Order, Word, params};
use shaders::Shader;

/// x `[n, c, …input]` → y `[n, c, …output]`; spatial axes lifted to three.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Images.
    pub n: usize,
    /// Channels.
    pub c: usize,
    /// Spatial lengths of x.
    pub input: [usize; 3],
    /// Spatial lengths of y.
    pub output: [usize; 3],
    /// Which inputs an output's window covers.
    pub windows: Windows,
    /// How all operands lie.
    pub order: Order,
}

/// Which inputs an output's window covers.
#[derive(Clone, Debug, PartialEq)]
pub enum Windows {
    /// Output p has taps at `p * stride + tap * dilation - pads[0]`.
    Sliding {
        /// Taps along each axis.
        kernel: [usize; 3],
        /// Step of the window.
        stride: [usize; 3],
        /// Distance between taps.
        dilation: [usize; 3],
        /// Padding at the begin and the end.
        pads: [[usize; 2]; 3],
    },
    /// Output p covers `floor(p * input / output) .. ceil((p + 1) * input / output)`.
    Adaptive,
}

impl Pool {
    /// Images and channels as the kernels count them: `[planes, spatial, inner]` of Elements.
    fn planes_inner(&self) -> (usize, usize) {
        match self.order {
            Order::Plain => (self.n * self.c, 1),
            Order::FirstInner => (self.c, self.n.div_ceil(4)),
        }
    }

    fn elements(&self, spatial: [usize; 3]) -> usize {
        let (planes, inner) = self.planes_inner();
        planes * inner * spatial.iter().product::<usize>()
    }

    fn dims(&self) -> Vec<(&'static str, Word)> {
        let (planes, inner) = self.planes_inner();
        let ([d, h, w], [o, p, q]) = (self.input, self.output);
        let (kernel, stride, dilation, pads) = match self.windows {
            Windows::Sliding { kernel, stride, dilation, pads } => (kernel, stride, dilation, pads),
            Windows::Adaptive => ([1; 3], [1; 3], [1; 3], [[0; 2]; 3]),
        };
        let [t, r, s] = kernel;
        let [stride_d, stride_h, stride_w] = stride;
        let [dilation_d, dilation_h, dilation_w] = dilation;
        let [[pad_d, _], [pad_h, _], [pad_w, _]] = pads;
        params! {
            planes, inner, d, h, w, o, p, q, t, r, s, stride_d, stride_h, stride_w,
            dilation_d, dilation_h, dilation_w, pad_d, pad_h, pad_w,
        }
    }

    /// A launch over numbers or vec4s, with this problem's kind of windows.
    fn launch(&self, shader: &'static Shader, count: usize) -> Launch {
        let launch = Launch::flat(shader, count, 64);
        match self.order {
            Order::Plain => launch,
            Order::FirstInner => launch.set("Element", "vec4<f32>").set("Bits", "vec4<u32>").set("Truth", "vec4<bool>"),
        }
    }

    fn windowed(&self, shader: &'static Shader, count: usize) -> Launch {
        let launch = self.launch(shader, count).params(self.dims());
        match self.windows {
            Windows::Sliding { .. } => launch,
            Windows::Adaptive => launch.redirect("window", "window_adaptive"),
        }
    }

    /// The largest of each window. Bindings: x, y.
    pub fn max_candidates(&self) -> Vec<Candidate> {
        let mut launch = self.windowed(&shaders::MAX_POOL, self.elements(self.output));
        launch.params.extend(params! { lowest: f32::NEG_INFINITY });
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Output(0)]))]
    }

    /// Each dy to the winner of its window. Bindings: x, dy, dx.
    pub fn max_dx_candidates(&self) -> Vec<Candidate> {
        let args = [Arg::Input(0), Arg::Input(1), Arg::Output(0)];
        let any = self.windowed(&shaders::MAX_POOL_DX, self.elements(self.input));
        let any = Candidate::one(any.bind(&args));
        let Some(stride) = self.apart() else { return vec![any] };
        let tiles = [0, 1, 2].map(|axis| self.input[axis].div_ceil(stride[axis]));
        let mut apart = self.launch(&shaders::MAX_POOL_DX_APART, self.elements(tiles)).bind(&args);
        let [tiles_d, tiles_h, tiles_w] = tiles;
        apart.params = self.dims();
        apart.params.retain(|(name, _)| !name.starts_with("dilation_") && !name.starts_with("pad_"));
        apart.params.extend(params! { tiles_d, tiles_h, tiles_w });
        vec![Candidate::one(apart), any]
    }

    /// The stride, where windows neither overlap nor lie in padding.
    fn apart(&self) -> Option<[usize; 3]> {
        let Windows::Sliding { kernel, stride, dilation, pads } = self.windows else { return None };
        let apart = (0..3).all(|axis| {
            kernel[axis] <= stride[axis] && (dilation[axis] == 1 || kernel[axis] == 1) && pads[axis][0] == 0
        });
        apart.then_some(stride)
    }

    /// Where average pooling's taps count, from the begin of the padding: in x, or in the padding too.
    fn counts(&self, count_include_pad: bool) -> Vec<(&'static str, Word)> {
        let pads = match self.windows {
            Windows::Sliding { pads, .. } => pads,
            Windows::Adaptive => [[0; 2]; 3],
        };
        let [low_d, low_h, low_w] = pads.map(|[begin, _]| if count_include_pad { 0 } else { begin });
        let [high_d, high_h, high_w] = [0, 1, 2].map(|axis| {
            let [begin, end] = pads[axis];
            begin + self.input[axis] + if count_include_pad { end } else { 0 }
        });
        params! { low_d, low_h, low_w, high_d, high_h, high_w }
    }

    /// The mean of each window. Bindings: x, y.
    pub fn average_candidates(&self, count_include_pad: bool) -> Vec<Candidate> {
        let mut launch = self.windowed(&shaders::AVERAGE_POOL, self.elements(self.output));
        launch.params.extend(self.counts(count_include_pad));
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Output(0)]))]
    }

    /// Each dy in equal shares to its window. Bindings: dy, dx.
    pub fn average_dx_candidates(&self, count_include_pad: bool) -> Vec<Candidate> {
        let mut launch = self.windowed(&shaders::AVERAGE_POOL_DX, self.elements(self.input));
        launch.params.extend(self.counts(count_include_pad));
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Output(0)]))]
    }

    /// The norm of each window. Bindings: x, y.
    pub fn lp_candidates(&self, exponent: f32) -> Vec<Candidate> {
        let mut launch = self.windowed(&shaders::LP_POOL, self.elements(self.output)).set("NORM", norm(exponent));
        launch.params.extend(params! { exponent });
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Output(0)]))]
    }

    /// Each dy to its window by the slope of the norm. Bindings: x, y, dy, dx.
    pub fn lp_dx_candidates(&self, exponent: f32) -> Vec<Candidate> {
        let mut launch = self.windowed(&shaders::LP_POOL_DX, self.elements(self.input)).set("NORM", norm(exponent));
        launch.params.extend(params! { exponent });
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), Arg::Input(2), Arg::Output(0)]))]
    }
}

/// The knob of `lp_pool`: exponents that need no `pow`, or 0.
fn norm(exponent: f32) -> u32 {
    match exponent {
        1.0 => 1,
        2.0 => 2,
        _ => 0,
    }
}
