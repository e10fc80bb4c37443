//! Cross-entropy from logits, after PyTorch's `cross_entropy`: softmax and negative log-likelihood in one.
//!
//! The class axis is 1: logits `[n, c, …]`, and targets either labels `[n, …]` of i32 or probabilities `[n, c, …]` of f32.
//! Each place has its own loss; the mean is a reduction over them. A label out of range makes its loss NaN, since a
//! launch cannot raise an error.

use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::Reduction;
use gpu_core::kernels::cross_entropy::{self as kernel, Targets};
use gpu_core::kernels::lanes::Lanes;
use gpu_core::{Arg, Candidate, Caps, Layout};

/// Inputs: logits `[n, c, …]`, targets (labels or probabilities), class weights `[c]` if there are any. Outputs: losses
/// `[n, …]`, correct `[n, …]`: 1 where the largest logit is the target's class, the first among equals, else 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CrossEntropy {
    /// How much of each target is spread evenly over all classes, 0 to 1.
    pub label_smoothing: f32,
    /// Places with this label have loss 0 and gradient 0 and are never correct. For labels only.
    pub ignore_index: Option<i32>,
}

/// The gradient of [`CrossEntropy`] by its logits. Inputs: logits, targets, dlosses `[n, …]`, class weights if there are
/// any. Output: dlogits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CrossEntropyDx(pub CrossEntropy);

/// [`CrossEntropy`] and [`CrossEntropyDx`] in one launch. Inputs as the latter's; outputs: losses, correct, dlogits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CrossEntropyBoth(pub CrossEntropy);

impl CrossEntropy {
    /// Types of the losses and of the logits, checked. `weight` is where class weights would be.
    pub(super) fn check(&self, inputs: &[&Type], weight: usize) -> Result<(Type, Type), Misfit> {
        if !(weight..=weight + 1).contains(&inputs.len()) {
            misfit!("needs {weight} inputs, or {} with class weights; got {}", weight + 1, inputs.len());
        }
        let (logits, targets) = (inputs[0], inputs[1]);
        if !(0.0..=1.0).contains(&self.label_smoothing) {
            misfit!("label_smoothing is a share from 0 to 1, got {}", self.label_smoothing);
        }
        let [n, classes, rest @ ..] = &logits.shape[..] else {
            misfit!("needs logits [n, classes, …], got {logits}");
        };
        let places = [&[*n], rest].concat();
        if logits.dtype != DType::F32 || *classes == 0 {
            misfit!("needs f32 logits with at least one class, got {logits}");
        }
        if *targets != Type::i32(&places[..]) && targets != logits {
            misfit!("logits {logits} need labels i32 {places:?} or probabilities {logits}, got {targets}");
        }
        if targets == logits && self.ignore_index.is_some() {
            misfit!("ignore_index is for labels, and the targets are probabilities: leave it out");
        }
        let losses = Type::f32(places);
        if weight == 3 && *inputs[2] != losses {
            misfit!("needs a gradient for each loss, {losses}, got {}", inputs[2]);
        }
        if let Some(weight) = inputs.get(weight)
            && **weight != Type::f32([*classes])
        {
            misfit!("{classes} classes need weights f32 [{classes}], got {weight}");
        }
        Ok((losses, logits.clone()))
    }

    fn problem(&self, io: &Io, weight: usize) -> Result<kernel::CrossEntropy, Misfit> {
        let logits = &io.inputs[0];
        let Some(lanes) = Lanes::along(&logits.ty.shape, 1, logits.layout.order) else {
            misfit!("logits {} have no class axis", logits.ty);
        };
        Ok(kernel::CrossEntropy {
            lanes,
            label_smoothing: self.label_smoothing,
            targets: match io.inputs[1].ty.dtype {
                DType::I32 => Targets::Labels { ignore_index: self.ignore_index },
                _ => Targets::Probabilities,
            },
            weight: (io.inputs.len() > weight).then_some(Arg::Input(weight)),
        })
    }

    pub(super) fn options(&self, weight: Option<&&Wide>) -> cpu_reference::CrossEntropy {
        cpu_reference::CrossEntropy {
            weight: weight.map(|w| w.iter().copied().collect()),
            label_smoothing: self.label_smoothing.into(),
            ignore_index: self.ignore_index.map(i64::from),
            reduction: Reduction::None,
        }
    }

    pub(super) fn losses(&self, logits: &Wide, targets: &Wide, weight: Option<&&Wide>) -> Vec<Wide> {
        let best = cpu_reference::argmax(logits, 1, false, false);
        let (losses, truth) = if soft(logits, targets) {
            let losses = cpu_reference::cross_entropy_soft(logits, targets, &self.options(weight));
            (losses, cpu_reference::argmax(targets, 1, false, false))
        } else {
            (cpu_reference::cross_entropy(logits, targets, &self.options(weight)), targets.clone())
        };
        let ignored = |truth: f64| self.ignore_index.is_some_and(|ignored| f64::from(ignored) == truth);
        let correct = |&best: &f64, &truth: &f64| f64::from(best == truth && !ignored(truth));
        vec![losses, ndarray::Zip::from(&best).and(&truth).map_collect(correct)]
    }

    pub(super) fn dlogits(&self, logits: &Wide, targets: &Wide, dlosses: &Wide, weight: Option<&&Wide>) -> Wide {
        let hard = cpu_reference::cross_entropy_dx;
        let dx = if soft(logits, targets) { cpu_reference::cross_entropy_soft_dx } else { hard };
        dx(logits, targets, dlosses, &self.options(weight))
    }

    pub(super) fn text(&self) -> String {
        let smoothing = (self.label_smoothing != 0.0).then(|| format!("label_smoothing {}", self.label_smoothing));
        let ignore = self.ignore_index.map(|index| format!("ignore_index {index}"));
        smoothing.into_iter().chain(ignore).collect::<Vec<_>>().join(", ")
    }
}

/// All by the order in which the first input lies, else by what the program prefers, save for class weights (the input
/// `weight`, if it is there), which have no batch axis.
pub(super) fn lane_layouts(at: &Negotiation<'_>, weight: usize) -> Layouts {
    let layout = Lanes::layout(at.current[0].map_or(at.prefer, |l| l.order), 1);
    let inputs = (0..at.inputs.len()).map(|i| if i == weight { Layout::PLAIN } else { layout });
    Layouts { inputs: inputs.collect(), outputs: vec![layout; at.outputs.len()] }
}

/// Whether targets are probabilities: labels have no class axis.
fn soft(logits: &Wide, targets: &Wide) -> bool {
    logits.ndim() == targets.ndim()
}

fn flops(logits: &Type, passes: u64) -> u64 {
    passes * 3 * logits.shape.count() as u64
}

impl Operation for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let (losses, _) = self.check(inputs, 2)?;
        Ok(vec![losses.clone(), losses])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        if at.inputs() > 2 && at.wants(2) {
            return at.refuse("class weights are fixed: lenslet defines no gradient by them");
        }
        if at.wants(1) {
            return at.refuse("it has one by the logits, and none by probabilities: make these apart from the loss");
        }
        let dlosses = at.dy()?;
        let mut inputs = vec![at.input(0), at.input(1), dlosses];
        inputs.extend((2..at.inputs()).map(|i| at.input(i)));
        let dlogits = at.push(CrossEntropyDx(*self), &inputs)?;
        at.give(0, dlogits);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lane_layouts(at, 2)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.problem(io, 2)?.losses())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        self.losses(inputs[0], inputs[1], inputs.get(2))
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        flops(inputs[0], 1)
    }

    fn describe(&self) -> String {
        self.text()
    }
}

impl Operation for CrossEntropyDx {
    fn name(&self) -> &'static str {
        "cross_entropy_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.0.check(inputs, 3)?.1])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lane_layouts(at, 3)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.0.problem(io, 3)?.dlogits())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![self.0.dlogits(inputs[0], inputs[1], inputs[2], inputs.get(3))]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        flops(inputs[0], 2)
    }

    fn describe(&self) -> String {
        self.0.text()
    }
}

impl Operation for CrossEntropyBoth {
    fn name(&self) -> &'static str {
        "cross_entropy_both"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let (losses, logits) = self.0.check(inputs, 3)?;
        Ok(vec![losses.clone(), losses, logits])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lane_layouts(at, 3)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.0.problem(io, 3)?.both())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let mut outputs = self.0.losses(inputs[0], inputs[1], inputs.get(3));
        outputs.push(self.0.dlogits(inputs[0], inputs[1], inputs[2], inputs.get(3)));
        outputs
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        flops(inputs[0], 2)
    }

    fn describe(&self) -> String {
        self.0.text()
    }
}
