//! Losses that compare prediction and target number by number. Each number has its own loss; mean and sum are reductions
//! over them.

use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::{Loss as Kind, Reduction};
use gpu_core::kernels::loss as kernel;
use gpu_core::{Candidate, Caps};

/// losses = f(x, target). Inputs: x, target, both f32 of one shape, which is also the losses'.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss(pub Kind);

/// The gradient of [`Loss`] by x. Inputs: x, target, dlosses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossDx(pub Kind);

/// f as kernels know it.
fn function(kind: Kind) -> Result<kernel::Function, Misfit> {
    let (code, a, b) = match kind {
        Kind::Mse => (0, 0.0, 0.0),
        Kind::L1 => (1, 0.0, 0.0),
        Kind::Huber { delta } if delta <= 0.0 => misfit!("delta is where the line begins, above 0; got {delta}"),
        Kind::Huber { delta } => (2, delta, 0.0),
        Kind::SmoothL1 { beta } if beta < 0.0 => misfit!("beta is where the line begins, at least 0; got {beta}"),
        Kind::SmoothL1 { beta } => (3, beta, 0.0),
        Kind::Bce => (4, 0.0, 0.0),
        Kind::BceWithLogits { pos_weight } => (5, pos_weight, 0.0),
        Kind::KlDiv { log_target: false } => (6, 0.0, 0.0),
        Kind::KlDiv { log_target: true } => (7, 0.0, 0.0),
        Kind::Hinge => (8, 0.0, 0.0),
        Kind::Focal { gamma, .. } if gamma < 0.0 => misfit!("gamma is at least 0, got {gamma}"),
        Kind::Focal { alpha, gamma } => (9, alpha, gamma),
    };
    Ok(kernel::Function { code, a: a as f32, b: b as f32 })
}

fn outputs(kind: Kind, inputs: &[&Type], needs: usize) -> Result<Vec<Type>, Misfit> {
    function(kind)?;
    if inputs.len() != needs || inputs[0].dtype != DType::F32 || inputs.iter().any(|t| *t != inputs[0]) {
        let got = inputs.iter().map(|t| t.to_string()).collect::<Vec<_>>().join(", ");
        misfit!("needs {needs} f32 inputs of one shape, got {got}");
    }
    Ok(vec![inputs[0].clone()])
}

fn problem(kind: Kind, io: &Io) -> Result<kernel::Loss<'_>, Misfit> {
    Ok(kernel::Loss { function: function(kind)?, shape: io.x(0), layout: io.inputs[0].layout })
}

/// Arithmetic for each number, by the number of transcendental functions, each counted as ten.
fn flops(kind: Kind, x: &Type) -> u64 {
    let each = match kind {
        Kind::Mse | Kind::L1 | Kind::Huber { .. } | Kind::SmoothL1 { .. } | Kind::Hinge => 4,
        Kind::KlDiv { .. } => 12,
        Kind::Bce | Kind::BceWithLogits { .. } => 30,
        Kind::Focal { .. } => 60,
    };
    each * x.shape.count() as u64
}

impl Operation for Loss {
    fn name(&self) -> &'static str {
        "loss"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        outputs(self.0, inputs, 2)
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        if at.wants(1) {
            return at.refuse("it has one by x, and none by the target: make the target apart from what is learned");
        }
        let dlosses = at.dy()?;
        let dx = at.push(LossDx(self.0), &[at.input(0), at.input(1), dlosses])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        at.elementwise()
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(self.0, io)?.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::loss(self.0, inputs[0], inputs[1], Reduction::None)]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        flops(self.0, inputs[0])
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Operation for LossDx {
    fn name(&self) -> &'static str {
        "loss_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        outputs(self.0, inputs, 3)
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        at.elementwise()
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(self.0, io)?.dx_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::loss_dx(self.0, inputs[0], inputs[1], inputs[2], Reduction::None)]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        flops(self.0, inputs[0])
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}
