//! Softmax and log-softmax along one axis. The gradient is told by the result, so that x need not be kept.

use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use gpu_core::kernels::{self, lanes::Lanes};
use gpu_core::{Candidate, Caps};

/// y = exp(x) / sum of exp(x) along an axis, counted from the back when negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// The axis.
    pub axis: isize,
}

/// y = x - log(sum of exp(x)) along an axis, counted from the back when negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSoftmax {
    /// The axis.
    pub axis: isize,
}

/// The gradient of [`Softmax`] or [`LogSoftmax`]. Inputs: y, dy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxDx {
    /// The axis.
    pub axis: isize,
    /// Of [`LogSoftmax`].
    pub log: bool,
}

fn outputs(inputs: &[&Type], axis: isize) -> Result<Vec<Type>, Misfit> {
    if inputs[0].dtype != DType::F32 || inputs.iter().any(|t| t != &inputs[0]) {
        misfit!(
            "needs f32, all of one shape, got {}",
            inputs.iter().map(|t| t.to_string()).collect::<Vec<_>>().join(", ")
        );
    }
    inputs[0].shape.axis(axis)?;
    Ok(vec![inputs[0].clone()])
}

fn layouts(at: &Negotiation<'_>, axis: isize) -> Layouts {
    let lies = at.current.iter().flatten().next().map_or(at.prefer, |l| l.order);
    let axis = at.inputs[0].shape.axis(axis).unwrap_or(0); // the shape rule has refused others
    let layout = Lanes::layout(lies, axis);
    Layouts { inputs: vec![layout; at.inputs.len()], outputs: vec![layout] }
}

fn problem(io: &Io, axis: isize, log: bool) -> Result<kernels::softmax::Softmax, Misfit> {
    let x = &io.inputs[0];
    match Lanes::along(&x.ty.shape, x.ty.shape.axis(axis)?, x.layout.order) {
        Some(lanes) => Ok(kernels::softmax::Softmax { lanes, log }),
        None => misfit!("no kernel goes along the first axis of {} as {}", x.ty, x.layout),
    }
}

fn along(axis: isize, x: &Wide) -> usize {
    if axis < 0 { (axis + x.ndim() as isize) as usize } else { axis as usize }
}

macro_rules! softmax {
    ($op:ty, $name:literal, log: $log:literal, $reference:path) => {
        impl Operation for $op {
            fn name(&self) -> &'static str {
                $name
            }

            fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
                outputs(inputs, self.axis)
            }

            fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
                let dy = at.dy()?;
                let dx = at.push(SoftmaxDx { axis: self.axis, log: $log }, &[at.output(0), dy])?;
                at.give(0, dx);
                Ok(())
            }

            fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
                layouts(at, self.axis)
            }

            fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
                Ok(problem(io, self.axis, $log)?.candidates())
            }

            fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
                vec![$reference(inputs[0], along(self.axis, inputs[0]))]
            }

            fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
                4 * inputs[0].shape.count() as u64
            }

            fn describe(&self) -> String {
                format!("axis {}", self.axis)
            }
        }
    };
}
softmax!(Softmax, "softmax", log: false, cpu_reference::softmax);
softmax!(LogSoftmax, "log_softmax", log: true, cpu_reference::log_softmax);

impl Operation for SoftmaxDx {
    fn name(&self) -> &'static str {
        if self.log { "log_softmax_dx" } else { "softmax_dx" }
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        outputs(inputs, self.axis)
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at, self.axis)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(io, self.axis, self.log)?.dx_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let dx = if self.log { cpu_reference::log_softmax_dx } else { cpu_reference::softmax_dx };
        vec![dx(inputs[0], inputs[1], along(self.axis, inputs[0]))]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        4 * inputs[0].shape.count() as u64
    }

    fn describe(&self) -> String {
        format!("axis {}", self.axis)
    }
}
