//! Convolution and its gradients, one to three spatial axes. Row-major: direct kernels that take anything.
//! Batch-innermost: see `conv_inner.rs`.

use super::activation::Activation;
use crate::{Arg, Candidate, Launch, Word, params};

/// x `[n, c, …input]`, weight `[k, c/groups, …kernel]` → y `[n, k, …output]`; spatial axes lifted to three.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Images.
    pub n: usize,
    /// Channels of x.
    pub c: usize,
    /// Channels of y.
    pub k: usize,
    /// Groups that channels are divided into.
    pub groups: usize,
    /// Spatial lengths of x.
    pub input: [usize; 3],
    /// Spatial lengths of y.
    pub output: [usize; 3],
    /// Lengths of the kernel.
    pub kernel: [usize; 3],
    /// Step of the window.
    pub stride: [usize; 3],
    /// Distance between taps.
    pub dilation: [usize; 3],
    /// Padding before the first element.
    pub pad: [usize; 3],
    /// A bias is added.
    pub bias: bool,
    /// Applied to the sum.
    pub activation: Activation,
}

impl Conv {
    fn dims(&self) -> Vec<(&'static str, Word)> {
        let ([d, h, w], [o, p, q], [t, r, s]) = (self.input, self.output, self.kernel);
        let [stride_d, stride_h, stride_w] = self.stride;
        let [dilation_d, dilation_h, dilation_w] = self.dilation;
        let [pad_d, pad_h, pad_w] = self.pad;
        let (n, c, k, groups) = (self.n, self.c, self.k, self.groups);
        params! {
            n, c, k, groups, d, h, w, o, p, q, t, r, s, stride_d, stride_h, stride_w,
            dilation_d, dilation_h, dilation_w, pad_d, pad_h, pad_w,
        }
    }

    fn weights(&self) -> usize {
        self.k * (self.c / self.groups) * self.kernel.iter().product::<usize>()
    }

    /// Multiply-adds, each counted as two. Taps in the padding count too.
    pub fn flops(&self) -> u64 {
        2 * (self.n * self.output.iter().product::<usize>() * self.weights()) as u64
    }

    /// Row-major y. Bindings: x, weight, bias if there is one, y.
    pub fn candidates(&self) -> Vec<Candidate> {
        let count = self.n * self.k * self.output.iter().product::<usize>();
        let mut words = self.dims();
        words.extend(params! { alpha: self.activation.alpha, beta: self.activation.beta });
        let bias = Arg::Input(if self.bias { 2 } else { 1 });
        let launch = Launch::flat(&shaders::CONV_DIRECT, count, 64)
            .set("BIAS", self.bias)
            .set("FUNCTION", self.activation.code)
            .params(words)
            .bind(&[Arg::Input(0), Arg::Input(1), bias, Arg::Output(0)]);
        vec![Candidate::one(launch)]
    }

    /// Row-major dx. Bindings: dy, weight, dx.
    pub fn dx_candidates(&self) -> Vec<Candidate> {
        let count = self.n * self.c * self.input.iter().product::<usize>();
        let launch = Launch::flat(&shaders::CONV_DIRECT_DX, count, 64).params(self.dims());
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), Arg::Output(0)]))]
    }

    /// Row-major dweight, and dbias if there is one. Bindings: x, dy, dweight, dbias.
    pub fn dweight_candidates(&self) -> Vec<Candidate> {
        let launch = Launch::flat(&shaders::CONV_DIRECT_DWEIGHT, self.weights(), 64).params(self.dims());
        let mut candidate = Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), Arg::Output(0)]));
        if self.bias {
            let rest = self.output.iter().product::<usize>();
            let sum = Launch::flat(&shaders::CHANNEL_SUM, self.k, 64).params(params! { n: self.n, c: self.k, rest });
            candidate.launches.push(sum.bind(&[Arg::Input(1), Arg::Output(1)]));
        }
        vec![candidate]
    }
}
