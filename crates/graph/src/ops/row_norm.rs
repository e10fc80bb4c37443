//! Layer norm and RMS norm over the last axes, group norm and instance norm over channels of a sample, with gradients.
//!
//! One op, since they differ only in what a row is and which weight each number meets.

use crate::ops::axes::{floats, follow};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use gpu_core::kernels::row_norm as kernel;
use gpu_core::{Candidate, Caps, Layout, Order};

/// What one mean is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All axes from this one on; weight and bias have their shape (PyTorch's `LayerNorm`).
    Layer(usize),
    /// The same around 0 instead of the mean, without bias (`RMSNorm`).
    Rms(usize),
    /// As many groups of channels of each sample of `[n, c, …]`; weight and bias are `[c]` (`GroupNorm`).
    Group(usize),
    /// Every channel of every sample by itself (`InstanceNorm1d` to `InstanceNorm3d`).
    Instance,
}

/// y = (x - mean) / √(var + eps) * weight + bias over each row. Inputs: x, weight, bias (none for RMS). Outputs: y,
/// means and 1 / √(var + eps), both `[n, rows of a sample]` (`[1, 1]` where all of x is one row).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowNorm {
    /// What one mean is taken over.
    pub rows: Rows,
    /// Added to the variance.
    pub eps: f32,
}

/// Its gradients. Inputs: x, dy, weight, means, 1 / √(var + eps); outputs: dx, dweight, dbias (none for RMS).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowNormDx(pub RowNorm);

impl RowNorm {
    /// Over all axes from `axis` on.
    pub fn layer_norm(axis: usize, eps: f32) -> Self {
        RowNorm { rows: Rows::Layer(axis), eps }
    }

    /// Over all axes from `axis` on, around 0.
    pub fn rms_norm(axis: usize, eps: f32) -> Self {
        RowNorm { rows: Rows::Rms(axis), eps }
    }

    /// Over groups of channels.
    pub fn group_norm(groups: usize, eps: f32) -> Self {
        RowNorm { rows: Rows::Group(groups), eps }
    }

    /// Over single channels.
    pub fn instance_norm(eps: f32) -> Self {
        RowNorm { rows: Rows::Instance, eps }
    }

    fn is_rms(&self) -> bool {
        matches!(self.rows, Rows::Rms(_))
    }

    fn problem(&self, x: &[usize], order: Order) -> kernel::RowNorm {
        let total: usize = x.iter().product();
        let (rms, c) = (self.is_rms(), x.get(1).copied().unwrap_or(1));
        let groups = match self.rows {
            Rows::Layer(axis) | Rows::Rms(axis) => {
                let len = x[axis..].iter().product();
                let n = if axis == 0 { 1 } else { x[0] };
                return kernel::RowNorm { n, rows: total / len / n, len, cycle: 1, per_row: len, span: 1, rms, order };
            }
            Rows::Group(groups) => groups,
            Rows::Instance => c,
        };
        let (per_row, span) = (c / groups, x[2..].iter().product());
        kernel::RowNorm { n: x[0], rows: groups, len: per_row * span, cycle: groups, per_row, span, rms, order }
    }

    /// The layout of x, y, their gradients and the statistics.
    fn layout(&self, at: &Negotiation<'_>) -> Layout {
        let whole = matches!(self.rows, Rows::Layer(0) | Rows::Rms(0));
        if whole { Layout::PLAIN } else { follow(at, 0) }
    }
}

impl Operation for RowNorm {
    fn name(&self) -> &'static str {
        match self.rows {
            Rows::Layer(_) => "layer_norm",
            Rows::Rms(_) => "rms_norm",
            Rows::Group(_) => "group_norm",
            Rows::Instance => "instance_norm",
        }
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        floats(inputs)?;
        let wanted = if self.is_rms() { 2 } else { 3 };
        if inputs.len() != wanted {
            misfit!("needs {wanted} inputs (x, weight and, but for RMS, bias), got {}", inputs.len());
        }
        let x = &inputs[0].shape;
        let weights = match self.rows {
            Rows::Layer(axis) | Rows::Rms(axis) if axis < x.len() => x[axis..].to_vec(),
            Rows::Layer(axis) | Rows::Rms(axis) => misfit!("no axis {axis} in x {x}"),
            _ if x.len() < 2 => misfit!("needs x [n, c, …], got {x}"),
            Rows::Group(groups) if groups == 0 || !x[1].is_multiple_of(groups) => {
                misfit!("{groups} groups do not divide the {} channels of x {x}", x[1])
            }
            Rows::Group(_) | Rows::Instance => vec![x[1]],
        };
        if let Some(ty) = inputs[1..].iter().find(|ty| *ty.shape != *weights) {
            misfit!("with x {x} weight and bias must be {weights:?}, got {ty}");
        }
        let kernel::RowNorm { n, rows, .. } = self.problem(x, Order::Plain);
        let statistics = Type::f32([n, rows]);
        Ok(vec![inputs[0].clone(), statistics.clone(), statistics])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        if at.dy_of(1)?.is_some() || at.dy_of(2)?.is_some() {
            return at.refuse("only y has one: statistics are constants to whoever reads them");
        }
        let dy = at.dy()?;
        let gradients = at.push_all(RowNormDx(*self), &[at.input(0), dy, at.input(1), at.output(1), at.output(2)])?;
        gradients.into_iter().enumerate().for_each(|(i, gradient)| at.give(i, gradient));
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let layout = self.layout(at);
        let mut inputs = vec![Layout::PLAIN; at.inputs.len()];
        inputs[0] = layout;
        Layouts { inputs, outputs: vec![layout; 3] }
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.problem(io.x(0), io.inputs[0].layout.order).candidates(self.eps, caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (x, weight, bias, eps) = (inputs[0], Some(inputs[1]), inputs.get(2).copied(), f64::from(self.eps));
        let y = match self.rows {
            Rows::Layer(axis) => cpu_reference::layer_norm(x, weight, bias, axis, eps),
            Rows::Rms(axis) => cpu_reference::rms_norm(x, weight, axis, eps),
            Rows::Group(groups) => cpu_reference::group_norm(x, weight, bias, groups, eps),
            Rows::Instance => cpu_reference::instance_norm(x, weight, bias, eps),
        };
        let kernel::RowNorm { n, rows, len, rms, .. } = self.problem(x.shape(), Order::Plain);
        let flat = cpu_reference::reshape(x, &[n * rows, len]);
        let (mut means, mut inv_std) = (Vec::new(), Vec::new());
        for row in flat.outer_iter() {
            let mean = if rms { 0.0 } else { row.sum() / len as f64 };
            let var = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / len as f64;
            means.push(mean);
            inv_std.push(1.0 / (var + eps).sqrt());
        }
        let tensor = |values| Wide::from_shape_vec(vec![n, rows], values).expect("one number a row");
        vec![y, tensor(means), tensor(inv_std)]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        8 * inputs[0].shape.count() as u64
    }

    fn describe(&self) -> String {
        match self.rows {
            Rows::Layer(axis) | Rows::Rms(axis) => format!("from axis {axis}, eps {}", self.eps),
            Rows::Group(groups) => format!("{groups} groups, eps {}", self.eps),
            Rows::Instance => format!("eps {}", self.eps),
        }
    }
}

impl Operation for RowNormDx {
    fn name(&self) -> &'static str {
        match self.0.rows {
            Rows::Layer(_) => "layer_norm_dx",
            Rows::Rms(_) => "rms_norm_dx",
            Rows::Group(_) => "group_norm_dx",
            Rows::Instance => "instance_norm_dx",
        }
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let (x, weight) = (inputs[0].clone(), inputs[2].clone());
        Ok(if self.0.is_rms() { vec![x, weight] } else { vec![x, weight.clone(), weight] })
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let layout = self.0.layout(at);
        let mut outputs = vec![Layout::PLAIN; at.outputs.len()];
        outputs[0] = layout;
        Layouts { inputs: vec![layout, layout, Layout::PLAIN, layout, layout], outputs }
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.0.problem(io.x(0), io.inputs[0].layout.order).dx_candidates(caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (x, dy, weight, eps) = (inputs[0], inputs[1], Some(inputs[2]), f64::from(self.0.eps));
        let group = |groups: usize| {
            vec![
                cpu_reference::group_norm_dx(x, dy, weight, groups, eps),
                cpu_reference::group_norm_dweight(x, dy, groups, eps),
                cpu_reference::group_norm_dbias(dy),
            ]
        };
        match self.0.rows {
            Rows::Layer(axis) => vec![
                cpu_reference::layer_norm_dx(x, dy, weight, axis, eps),
                cpu_reference::layer_norm_dweight(x, dy, axis, eps),
                cpu_reference::layer_norm_dbias(dy, axis),
            ],
            Rows::Rms(axis) => vec![
                cpu_reference::rms_norm_dx(x, dy, weight, axis, eps),
                cpu_reference::rms_norm_dweight(x, dy, axis, eps),
            ],
            Rows::Group(groups) => group(groups),
            Rows::Instance => group(x.shape()[1]),
        }
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        14 * inputs[0].shape.count() as u64
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}
