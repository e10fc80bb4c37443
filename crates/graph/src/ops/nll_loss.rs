//! Negative log-likelihood of class indices, after PyTorch's `nll_loss`: what cross-entropy does behind its softmax.
//!
//! Labels out of range give NaN, as in `cross_entropy.rs`, whose shape rule this shares.

use crate::ops::cross_entropy::{CrossEntropy, lane_layouts};
use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Shape, Type, Wide, misfit};
use gpu_core::kernels::{self, lanes::Lanes};
use gpu_core::{Arg, Candidate, Caps};

/// Inputs: log-probabilities `[n, c, …]`, labels `[n, …]` of i32, class weights `[c]` if there are any. Output: losses
/// `[n, …]`, -weight[label] * x[label].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NllLoss {
    /// Places with this label have loss 0 and gradient 0.
    pub ignore_index: Option<i32>,
}

/// The gradient of [`NllLoss`]. Inputs: labels, dlosses, class weights if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NllLossDx {
    /// The op.
    pub op: NllLoss,
    /// Shape of the log-probabilities.
    pub shape: Shape,
}

impl NllLoss {
    fn options(&self, weight: Option<&&Wide>) -> cpu_reference::CrossEntropy {
        self.cross_entropy().options(weight)
    }

    fn cross_entropy(&self) -> CrossEntropy {
        CrossEntropy { label_smoothing: 0.0, ignore_index: self.ignore_index }
    }

    /// The kernel's problem for `x` of this shape; class weights are the third input.
    fn problem(&self, shape: &Shape, io: &Io) -> Result<kernels::nll_loss::NllLoss, Misfit> {
        let Some(lanes) = Lanes::along(shape, 1, io.inputs[0].layout.order) else {
            misfit!("log-probabilities {shape} have no class axis");
        };
        let weight = (io.inputs.len() > 2).then_some(Arg::Input(2));
        Ok(kernels::nll_loss::NllLoss { lanes, ignore_index: self.ignore_index, weight })
    }
}

impl Operation for NllLoss {
    fn name(&self) -> &'static str {
        "nll_loss"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let (losses, _) = self.cross_entropy().check(inputs, 2)?;
        if inputs[1].dtype != DType::I32 {
            misfit!("needs labels, i32 {}, got {}; probabilities go with cross_entropy", losses.shape, inputs[1]);
        }
        Ok(vec![losses])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        if at.inputs() > 2 && at.wants(2) {
            return at.refuse("class weights are fixed: lenslet defines no gradient by them");
        }
        let dlosses = at.dy()?;
        let shape = at.graph().ty(at.input(0)).shape.clone();
        let mut inputs = vec![at.input(1), dlosses];
        inputs.extend((2..at.inputs()).map(|i| at.input(i)));
        let dx = at.push(NllLossDx { op: *self, shape }, &inputs)?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lane_layouts(at, 2)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.problem(&io.inputs[0].ty.shape, io)?.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::nll_loss(inputs[0], inputs[1], &self.options(inputs.get(2)))]
    }

    fn describe(&self) -> String {
        self.cross_entropy().describe()
    }
}

impl Operation for NllLossDx {
    fn name(&self) -> &'static str {
        "nll_loss_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let x = Type::f32(self.shape.clone());
        let (labels, dlosses) = (inputs[0], inputs[1]);
        let arranged: Vec<&Type> = [&x, labels, dlosses].into_iter().chain(inputs.iter().skip(2).copied()).collect();
        self.op.cross_entropy().check(&arranged, 3)?;
        Ok(vec![x])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lane_layouts(at, 2)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.op.problem(&self.shape, io)?.dx_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::nll_loss_dx(&self.shape, inputs[0], inputs[1], &self.op.options(inputs.get(2)))]
    }

    fn describe(&self) -> String {
        self.op.describe()
    }
}
