//! Cross-entropy from logits, of class indices or of probabilities: losses, hits and the logits' gradient, together or
//! apart.
//!
//! One shader makes all of it, since the gradient needs the sums that the loss needs. Memory bound for few classes.

use super::lanes::Lanes;
use crate::{Arg, Candidate, Word, params};

/// Cross-entropy along the classes of `lanes`.
pub struct CrossEntropy {
    /// The logits along their classes.
    pub lanes: Lanes,
    /// How much of each target is spread evenly over all classes.
    pub label_smoothing: f32,
    /// Targets are class indices, or probabilities.
    pub targets: Targets,
    /// Where the class weights are, if there are any.
    pub weight: Option<Arg>,
}

/// What a place's target is.
pub enum Targets {
    /// A class index.
    Labels {
        /// Labels that count nothing.
        ignore_index: Option<i32>,
    },
    /// A probability for each class.
    Probabilities,
}

impl CrossEntropy {
    /// Bindings: logits, targets → losses, correct.
    pub fn losses(&self) -> Vec<Candidate> {
        self.candidates(None, Some([Arg::Output(0), Arg::Output(1)]), Arg::Scratch(0), vec![16])
    }

    /// Bindings: logits, targets, dlosses → dlogits.
    pub fn dlogits(&self) -> Vec<Candidate> {
        self.candidates(Some(Arg::Input(2)), None, Arg::Output(0), vec![16, 16])
    }

    /// Bindings: logits, targets, dlosses → losses, correct, dlogits.
    pub fn both(&self) -> Vec<Candidate> {
        let losses = [Arg::Output(0), Arg::Output(1)];
        self.candidates(Some(Arg::Input(2)), Some(losses), Arg::Output(2), Vec::new())
    }

    /// Members of `Params` that `lib/label_losses.wgsl` asks for.
    pub(super) fn label_params(smoothing: f32, ignore_index: Option<i32>) -> Vec<(&'static str, Word)> {
        let (ignores, ignore_index) = (ignore_index.is_some(), ignore_index.unwrap_or(0));
        params! { smoothing, ignores, ignore_index, nan: f32::NAN }
    }

    fn candidates(
        &self,
        dlosses: Option<Arg>,
        losses: Option<[Arg; 2]>,
        dlogits: Arg,
        scratch: Vec<u64>,
    ) -> Vec<Candidate> {
        let Lanes { outer, len, inner, groups, n, .. } = self.lanes;
        let smoothing = self.label_smoothing;
        let launch = match self.targets {
            Targets::Labels { ignore_index } => {
                let launch = self.lanes.launch(&shaders::CROSS_ENTROPY);
                let mut words = params! { outer, classes: len, inner, groups, n };
                words.extend(Self::label_params(smoothing, ignore_index));
                launch.params(words)
            }
            Targets::Probabilities => {
                let launch = self.lanes.launch(&shaders::CROSS_ENTROPY_SOFT);
                launch.params(params! { outer, classes: len, inner, smoothing })
            }
        };
        let launch = launch
            .set("LOSS", losses.is_some())
            .set("GRADIENT", dlosses.is_some())
            .set("WEIGHTED", self.weight.is_some());
        // What a launch does not use is bound to something that is there.
        let logits = Arg::Input(0);
        let [loss, correct] = losses.unwrap_or([Arg::Scratch(0), Arg::Scratch(1)]);
        let (dlosses, weight) = (dlosses.unwrap_or(logits), self.weight.unwrap_or(logits));
        let args = [logits, Arg::Input(1), dlosses, weight, loss, correct, dlogits];
        vec![Candidate { scratch, ..Candidate::one(launch.bind(&args)) }]
    }
}
