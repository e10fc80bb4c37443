//! Linear layers of few outputs with the batch innermost, as classifiers end in: a subgroup holds all outputs of 32 images,
//! so that what comes before and behind the product goes into its launch.

use super::activation::Activation;
use super::cross_entropy::CrossEntropy;
use crate::{Arg, Candidate, Caps, Launch, params};

/// Most outputs: each is a vec4 of sums.
const MOST_OUTPUTS: usize = 32;
/// Most parts of a weight gradient: the update adds them up.
const MOST_PARTS: usize = 8;
/// Images of a subgroup.
const IMAGES: usize = 32;

/// x `[n, inputs]`, weight `[outputs, inputs]`, both first-inner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearFew {
    /// Images.
    pub n: usize,
    /// Features of x.
    pub inputs: usize,
    /// Features of y.
    pub outputs: usize,
    /// There is a bias, or its gradient is asked for.
    pub bias: bool,
}

impl LinearFew {
    /// Whether the forward kernel can run it.
    pub fn fits(&self, caps: &Caps) -> bool {
        caps.subgroup == Some(8) && caps.storage_bindings >= 7 && (1..=MOST_OUTPUTS).contains(&self.outputs)
    }

    /// Whether the gradients' kernel can.
    pub fn gradients_fit(&self, caps: &Caps) -> bool {
        self.fits(caps) && self.parts() <= MOST_PARTS
    }

    /// Parts that the gradients by weight and bias come in.
    pub fn parts(&self) -> usize {
        self.n.div_ceil(IMAGES)
    }

    fn quads(&self) -> usize {
        self.outputs.div_ceil(4)
    }

    /// The losses of y against class indices, each of which counts `dloss`. Bindings: x, weight, labels, bias if there
    /// is one; losses, correct, dlogits.
    pub fn losses(&self, label_smoothing: f32, ignore_index: Option<i32>, dloss: f32) -> Vec<Candidate> {
        let params = CrossEntropy::label_params(label_smoothing, ignore_index);
        let groups = self.n.div_ceil(4);
        let mut words = params! { n: self.n, groups, inputs: self.inputs, classes: self.outputs };
        words.extend(params);
        words.extend(params! { dloss });
        let launch = Launch::new(&shaders::LINEAR_CROSS_ENTROPY, [self.parts() as u32, 1, 1])
            .redirect("lane", "four")
            .set("QUADS", self.quads() as u32)
            .set("BIAS", self.bias)
            .params(words);
        let [x, weight, labels] = [0, 1, 2].map(Arg::Input);
        let bias = if self.bias { Arg::Input(3) } else { weight };
        let [losses, correct, dlogits] = [0, 1, 2].map(Arg::Output);
        vec![Candidate::one(launch.bind(&[x, weight, bias, labels, losses, correct, dlogits]))]
    }

    /// All gradients; dx times `slope` of the activation that made x. Bindings: x, dy, and with `dx` weight; dx if
    /// asked for, dweight, dbias if there is a bias.
    pub fn gradients(&self, dx: bool, slope: Activation) -> Vec<Candidate> {
        // Enough subgroups for the threads of a small machine, each with work worth its start.
        let share = (self.inputs * self.parts() / 8).clamp(32, 256).next_multiple_of(8);
        let launch =
            Launch::new(&shaders::LINEAR_GRADIENTS, [self.parts(), self.inputs.div_ceil(share), 1].map(|g| g as u32))
                .set("QUADS", self.quads() as u32)
                .set("DX", u32::from(dx))
                .set("BIAS", u32::from(self.bias))
                .set("FUNCTION", slope.code)
                .params(params! {
                    n: self.n, n4: self.n.div_ceil(4), inputs: self.inputs, outputs: self.outputs, share,
                    alpha: slope.alpha, beta: slope.beta,
                });
        let (x, dy) = (Arg::Input(0), Arg::Input(1));
        let weight = if dx { Arg::Input(2) } else { x };
        // What is not asked for goes nowhere.
        let (first, mut scratch) = (usize::from(dx), Vec::new());
        let mut or_scratch = |asked: bool, output: usize| {
            if asked {
                return Arg::Output(output);
            }
            scratch.push(16);
            Arg::Scratch(scratch.len() - 1)
        };
        let out = [or_scratch(dx, 0), Arg::Output(first), or_scratch(self.bias, first + 1)];
        let launch = launch.bind(&[x, dy, weight, out[0], out[1], out[2]]);
        vec![Candidate { scratch, ..Candidate::one(launch) }]
    }
}
