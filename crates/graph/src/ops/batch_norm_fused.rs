//! What the rewrite rules make of batch norm in training: the activation behind it, and 2×2 max pooling behind that, go into
//! its launches, both ways. What lies between is never written: the gradient makes it again from x.

use crate::ops::axes::{follow, lead};
use crate::ops::batch_norm::problem;
use crate::ops::{BatchNorm, BatchNormDx, MaxPool, UnaryDx, unary::activation};
use crate::{Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, Window, misfit};
use cpu_reference::Unary as Function;
use gpu_core::kernels::batch_norm as kernel;
use gpu_core::{Candidate, Caps, Layout, MOST_ROUNDS, Order};

/// What stands behind a batch norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behind {
    /// Applied to the norm's result; its own result tells its slope.
    pub activation: Function,
    /// Then the largest of each 2×2 block is all that is left.
    pub pool: bool,
}

/// As [`BatchNorm`], y being what comes out behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormFused {
    /// The norm.
    pub norm: BatchNorm,
    /// What follows.
    pub behind: Behind,
}

/// The gradients of [`BatchNormFused`]. Inputs: x, dy, weight, statistics `[2 c]`, bias; outputs: dx, dweight, dbias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormFusedDx {
    /// Added to the variance.
    pub eps: f32,
    /// What follows the norm.
    pub behind: Behind,
}

fn halves() -> MaxPool {
    MaxPool::new(Window::square(2, 2, 0))
}

impl Behind {
    /// Whether the kernels can pool what was x `[n, c, h, w]` behind the norm, batch-innermost.
    pub(crate) fn poolable(x: &[usize]) -> bool {
        let &[n, _, h, w] = x else { return false };
        h % 2 == 0 && w % 2 == 0 && w / 2 * n.div_ceil(4) <= MOST_ROUNDS
    }

    fn problem(self, io: &Io, eps: f32) -> Result<kernel::BatchNorm, Misfit> {
        let x = io.x(0);
        let pool = self.pool.then(|| [x[2], x[3]]);
        if self.pool && (io.inputs[0].layout.order == Order::Plain || !Self::poolable(x)) {
            misfit!("pooling behind a norm needs the batch innermost and an even height and width, got {x:?}");
        }
        Ok(kernel::BatchNorm { activation: activation(self.activation)?, pool, ..problem(io, eps) })
    }

    /// `alike` operands of x's order.
    fn layouts(self, at: &Negotiation<'_>, alike: usize) -> Layouts {
        lead(at, if self.pool { Layout::FIRST_INNER } else { follow(at, 0) }, alike, 1)
    }

    fn text(self) -> String {
        format!("{:?}{}", self.activation, if self.pool { ", max pool 2" } else { "" })
    }
}

impl Operation for BatchNormFused {
    fn name(&self) -> &'static str {
        "batch_norm_fused"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let mut outputs = self.norm.outputs(inputs)?;
        if self.behind.pool {
            outputs[0] = halves().outputs(&[&outputs[0]])?.remove(0);
        }
        Ok(outputs)
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        self.behind.layouts(at, 1)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.behind.problem(io, self.norm.eps)?.candidates(self.norm.momentum, caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let mut outputs = self.norm.reference(inputs);
        let y = cpu_reference::unary(self.behind.activation, &outputs[0]);
        outputs[0] = if self.behind.pool { halves().reference(&[&y]).remove(0) } else { y };
        outputs
    }

    fn flops(&self, inputs: &[&Type], outputs: &[&Type]) -> u64 {
        self.norm.flops(inputs, outputs)
    }

    fn in_place(&self) -> Vec<(usize, usize)> {
        self.norm.in_place()
    }

    fn describe(&self) -> String {
        format!("{}, {}", self.norm.describe(), self.behind.text())
    }
}

impl Operation for BatchNormFusedDx {
    fn name(&self) -> &'static str {
        "batch_norm_fused_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![inputs[0].clone(), inputs[2].clone(), inputs[2].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        self.behind.layouts(at, 2)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.behind.problem(io, self.eps)?.dx_candidates(true, caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let &[x, dy, weight, statistics, bias] = inputs else { unreachable!("made by a rewrite rule alone") };
        let c = weight.len();
        let mut shape = vec![1; x.ndim()];
        shape[1] = c;
        let each = |values: Vec<f64>| Wide::from_shape_vec(shape.clone(), values).expect("one for each channel");
        let parts = cpu_reference::split(statistics, &[c, c], 0);
        let scale = each(weight.iter().zip(&parts[1]).map(|(weight, inv_std)| weight * inv_std).collect());
        let (mean, bias) = (each(parts[0].iter().copied().collect()), each(bias.iter().copied().collect()));
        let y = cpu_reference::unary(self.behind.activation, &((x - &mean) * &scale + &bias));
        let spread = self.behind.pool.then(|| cpu_reference::max_pool_dx(&y, dy, &halves().window));
        let g = UnaryDx(self.behind.activation).reference(&[&y, spread.as_ref().unwrap_or(dy)]).remove(0);
        BatchNormDx { eps: self.eps, training: true }.reference(&[x, &g, weight, statistics])
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        12 * inputs[0].shape.count() as u64
    }

    fn describe(&self) -> String {
        self.behind.text()
    }
}
