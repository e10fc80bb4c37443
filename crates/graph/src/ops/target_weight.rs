//! The weight of each label's class. Its sum is what the mean of a weighted cross-entropy divides by.

use crate::ops::cross_entropy::lane_layouts;
use crate::{DType, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::Reduction;
use gpu_core::kernels::target_weight as kernel;
use gpu_core::{Candidate, Caps};

/// Inputs: labels of i32, class weights `[classes]` if there are any (else each weighs 1). Output: f32, shaped like the
/// labels: 0 where ignored, NaN where out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetWeight {
    /// Number of classes.
    pub classes: usize,
    /// Labels that weigh nothing.
    pub ignore_index: Option<i32>,
}

impl Operation for TargetWeight {
    fn name(&self) -> &'static str {
        "target_weight"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let [labels, weight @ ..] = inputs else { misfit!("needs labels") };
        if labels.dtype != DType::I32 || labels.shape.is_empty() {
            misfit!("needs labels i32 [n, …], got {labels}");
        }
        if weight.len() > 1 || weight.iter().any(|weight| **weight != Type::f32([self.classes])) {
            misfit!("{0} classes need weights f32 [{0}], got {1:?}", self.classes, weight);
        }
        Ok(vec![labels.with(DType::F32)])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lane_layouts(at, 1)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let problem = kernel::TargetWeight {
            shape: io.x(0),
            layout: io.inputs[0].layout,
            classes: self.classes,
            ignore_index: self.ignore_index,
            weighted: io.inputs.len() > 1,
        };
        Ok(problem.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        // The loss of a log-probability of -1 is its class's weight.
        let mut shape = inputs[0].shape().to_vec();
        shape.insert(1, self.classes);
        let options = cpu_reference::CrossEntropy {
            weight: inputs.get(1).map(|w| w.iter().copied().collect()),
            ignore_index: self.ignore_index.map(i64::from),
            reduction: Reduction::None,
            ..Default::default()
        };
        vec![cpu_reference::nll_loss(&Wide::from_elem(shape, -1.0), inputs[0], &options)]
    }

    fn describe(&self) -> String {
        let ignore = self.ignore_index.map_or(String::new(), |index| format!(", ignore_index {index}"));
        format!("{} classes{ignore}", self.classes)
    }
}
