//! The batch-innermost data gradient of narrow images by whole rows, with their edges in the text: without padding a tile of
//! some columns would multiply much by what lies outside.

use super::activation::Activation;
use super::conv_inner::{BODY, ConvInner};
use crate::{Arg, Candidate, Launch, params};

/// Widest row that is made at once.
const WIDEST: usize = 16;

impl ConvInner {
    /// Bindings: dy, weight, code with pooling, x where its slope is asked for; dx. `None` where tiles do as well.
    pub(super) fn dx_row(&self) -> Option<Candidate> {
        let conv = &self.conv;
        let (c, k) = (conv.c / conv.groups, conv.k / conv.groups);
        let (s, pad, w) = (conv.kernel[2], conv.pad[2], conv.input[2]);
        // Columns of dy that are not zero: pooling drops an odd last one.
        let q = if self.pool { conv.output[2] / 2 * 2 } else { conv.output[2] };
        let products =
            (0..w).map(|i| (i + pad + 1).min(s).saturating_sub((i + pad + 1).saturating_sub(q))).sum::<usize>();
        let plain = conv.stride[1..] == [1, 1] && conv.dilation[1..] == [1, 1];
        // From a quarter on that tiles would waste.
        if !plain || w > WIDEST || 4 * products > 3 * w * s {
            return None;
        }
        let channels = [8, 4, 2, 1].into_iter().find(|&channels| channels <= c && channels * products <= BODY)?;
        let tiles_c = c.div_ceil(channels);
        let grid = [self.n4().div_ceil(8), conv.input[1], conv.groups * tiles_c].map(|g| g as u32);
        let slope = self.slope != Activation::NONE;
        let launch = Launch::new(&shaders::CONV_INNER_DX_ROW, grid)
            .set("S", s as u32)
            .set("PAD", pad as u32)
            .set("Q", q as u32)
            .set("CHANNELS", channels as u32)
            .set("COLUMNS", w as u32)
            .set("POOL", u32::from(self.pool))
            .set("FUNCTION", self.slope.code)
            .params(params! {
                n4: self.n4(), c, k, k4: self.k4(), h: conv.input[1], p: conv.output[1],
                r: conv.kernel[1], pad_h: conv.pad[1], tiles_c,
                alpha: self.slope.alpha, beta: self.slope.beta,
            });
        let code = Arg::Input(if self.pool { 2 } else { 1 });
        let x = Arg::Input(if slope { 2 + usize::from(self.pool) } else { 1 });
        let launch = launch.bind(&[Arg::Input(0), Arg::Input(1), code, x, Arg::Output(0)]);
        Some(Candidate::one(launch).named(format!("conv_inner_dx_row/{channels}x{w}")))
    }
}
