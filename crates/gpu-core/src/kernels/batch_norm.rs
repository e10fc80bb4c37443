//! Batch norm in training (two launches each way, or one where a subgroup takes a channel) and at inference (one). In training what stands behind it goes along: an
//! activation, and 2×2 max pooling where the batch lies innermost.

use super::activation::Activation;
use super::norm::Groups;
use crate::{Arg, Candidate, Caps, Launch, Word, params};
use shaders::Knob;

/// Batch norm of the channels of x.
pub struct BatchNorm {
    /// One group a channel.
    pub channels: Groups,
    /// Added to the variance.
    pub eps: f32,
    /// Behind it.
    pub activation: Activation,
    /// Height and width of x where the largest of each 2×2 block is all that is left: both even, the batch innermost.
    pub pool: Option<[usize; 2]>,
}

impl BatchNorm {
    /// Training. Bindings: x, weight, bias, (running mean, running variance); y, statistics, running mean, running
    /// variance. The running ones are read and written through the outputs.
    pub fn candidates(&self, momentum: f32, caps: &Caps) -> Vec<Candidate> {
        let at = &self.channels;
        let (groups, outer, inner) = (at.groups, at.outer, at.inner_elements());
        let (chunks, blocks) = (at.chunks(caps), self.shares(at.blocks(caps)));
        let moments = at.moments(caps, Arg::Input(0), Arg::Scratch(0));
        let apply = |launch: Launch, whole: bool, blocks: usize| {
            let mut words = params! { groups, outer, inner, chunks, blocks, n: at.line(), eps: self.eps, momentum };
            words.extend(self.behind());
            let launch = self.launch(launch).set("WHOLE", u32::from(whole)).set("RAGGED", whole && at.ragged());
            launch.params(words)
        };
        let [x, weight, bias] = [0, 1, 2].map(Arg::Input);
        let [y, statistics, mean, var] = [0, 1, 2, 3].map(Arg::Output);
        let in_parts = apply(at.launch(&shaders::BATCH_NORM, blocks), false, blocks);
        let in_parts = in_parts.bind(&[x, weight, bias, Arg::Scratch(0), y, statistics, mean, var]);
        let in_parts = several("batch_norm", vec![moments, in_parts], vec![at.moments_bytes(caps)]);
        let whole = (caps.subgroup == Some(8) && at.fits_subgroups()).then(|| {
            let launch = apply(at.subgroups(&shaders::BATCH_NORM), true, 8);
            Candidate::one(launch.bind(&[x, weight, bias, weight, y, statistics, mean, var])).named("batch_norm/whole")
        });
        whole.into_iter().chain([in_parts]).collect()
    }

    /// Inference. Bindings: x, weight, bias, running mean, running variance; y.
    pub fn inference_candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let at = &self.channels;
        let (groups, outer, inner, blocks) = (at.groups, at.outer, at.inner_elements(), at.blocks(caps));
        let launch = at
            .launch(&shaders::BATCH_NORM_INFERENCE, blocks)
            .params(params! { groups, outer, inner, blocks, eps: self.eps });
        let [x, weight, bias, mean, var] = [0, 1, 2, 3, 4].map(Arg::Input);
        vec![Candidate::one(launch.bind(&[x, weight, bias, mean, var, Arg::Output(0)]))]
    }

    /// All gradients. `training`: the statistics are the batch's, mean and 1/√(var + eps), and depend on x; else they are
    /// constants, mean and variance. Bindings: x, dy, weight, statistics, and with something behind it bias; dx, dweight, dbias.
    pub fn dx_candidates(&self, training: bool, caps: &Caps) -> Vec<Candidate> {
        let (at, eps) = (&self.channels, self.eps);
        let (groups, outer, inner) = (at.groups, at.outer, at.inner_elements());
        let (chunks, blocks) = (self.shares(at.chunks(caps)), self.shares(at.blocks(caps)));
        let [x, dy, weight, statistics] = [0, 1, 2, 3].map(Arg::Input);
        let plain = self.activation == Activation::NONE && self.pool.is_none();
        let (scale, bias) = if plain { (statistics, statistics) } else { (weight, Arg::Input(4)) };
        let mut words = params! { groups, outer, inner, chunks, n: at.line(), eps };
        words.extend(self.behind());
        let sums = self
            .launch(at.launch(&shaders::BATCH_NORM_SUMS, chunks))
            .set("RAGGED", at.ragged())
            .set("TRAINING", training)
            .params(words)
            .bind(&[x, dy, statistics, scale, bias, Arg::Scratch(0)]);
        let [dx, dweight, dbias] = [0, 1, 2].map(Arg::Output);
        let apply = |launch: Launch, whole: bool, blocks: usize| {
            let count = at.count as f32;
            let mut words = params! { groups, outer, inner, chunks, blocks, n: at.line(), count, eps };
            words.extend(self.behind());
            let launch = self.launch(launch).set("TRAINING", training).set("WHOLE", u32::from(whole));
            let part = Knob::Type(if whole { "f32" } else { "vec4<f32>" });
            launch.set("RAGGED", whole && at.ragged()).set("Part", part).params(words)
        };
        let in_parts = apply(at.launch(&shaders::BATCH_NORM_DX, blocks), false, blocks);
        let in_parts = in_parts.bind(&[x, dy, weight, statistics, Arg::Scratch(0), dx, dweight, dbias]);
        let in_parts = several("batch_norm_dx", vec![sums, in_parts], vec![(groups * chunks) as u64 * 16]);
        let whole = (training && caps.subgroup == Some(8) && at.fits_subgroups()).then(|| {
            let launch = apply(at.subgroups(&shaders::BATCH_NORM_DX), true, 8);
            // With nothing behind the norm nobody asks what is added.
            let bias = if plain { weight } else { bias };
            Candidate::one(launch.bind(&[x, dy, weight, statistics, bias, dx, dweight, dbias]))
                .named("batch_norm_dx/whole")
        });
        whole.into_iter().chain([in_parts]).collect()
    }

    /// Knobs of what stands behind it.
    fn launch(&self, launch: Launch) -> Launch {
        launch.set("FUNCTION", self.activation.code).set("POOL", u32::from(self.pool.is_some()))
    }

    /// Params of what stands behind it.
    fn behind(&self) -> Vec<(&'static str, Word)> {
        let [rows, columns] = self.pool.map_or([0; 2], |[h, w]| [h / 2, w / 2]);
        let line = self.channels.line().div_ceil(4);
        params! { rows, columns, line, alpha: self.activation.alpha, beta: self.activation.beta }
    }

    /// How many invocations share a channel: with pooling each takes whole rows of blocks.
    fn shares(&self, elements: usize) -> usize {
        self.pool.map_or(elements, |[h, _]| h / 2)
    }
}

fn several(name: &str, launches: Vec<Launch>, scratch: Vec<u64>) -> Candidate {
    Candidate { name: name.into(), launches, scratch, tables: Vec::new() }
}
