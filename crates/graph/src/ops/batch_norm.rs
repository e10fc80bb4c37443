//! Batch norm over the channels of `[n, c, …]`, in training and at inference, with gradients.
//!
//! y = (x - mean) / √(var + eps) * weight + bias. Training takes mean and biased variance from the batch and moves the
//! running ones in place, the variance made unbiased first; inference takes the running ones. Names, defaults and
//! conventions are PyTorch's.

use crate::cpu::{self, norm::Channels};
use crate::ops::Concat;
use crate::ops::axes::{floats, follow, lead};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Wide, misfit};
use gpu_core::kernels::{activation::Activation, batch_norm as kernel, norm::Groups};
use gpu_core::{Candidate, Caps};

/// Training. Inputs: x, weight, bias, running_mean, running_var, all but x `[c]`, the last two states. Outputs: y,
/// statistics `[2 c]` (the batch's means, then 1 / √(var + eps)), running_mean, running_var.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance.
    pub eps: f32,
    /// Share of the batch's statistics in the running ones.
    pub momentum: f32,
}

impl Default for BatchNorm {
    fn default() -> Self {
        BatchNorm { eps: 1e-5, momentum: 0.1 }
    }
}

/// Inference. Inputs as in [`BatchNorm`]; output y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormInference {
    /// Added to the variance.
    pub eps: f32,
}

/// Gradients of both. Inputs: x, dy, weight, statistics `[2 c]`; outputs: dx, dweight, dbias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormDx {
    /// Added to the variance.
    pub eps: f32,
    /// The statistics are the batch's own, the second half 1 / √(var + eps); else constants, the second half the variance.
    pub training: bool,
}

/// x must be `[n, c, …]` and the others `[c]`.
fn checked(inputs: &[&Type]) -> Result<usize, Misfit> {
    floats(inputs)?;
    if inputs.len() != 5 {
        misfit!("needs x, weight, bias, running_mean and running_var, got {} inputs", inputs.len());
    }
    let x = &inputs[0].shape;
    if x.len() < 2 {
        misfit!("needs x [n, c, …], got {x}");
    }
    match inputs[1..].iter().find(|ty| *ty.shape != [x[1]]) {
        Some(ty) => Err(Misfit(format!(
            "x {x} has {} channels, so weight, bias and statistics must be [{}], got {ty}",
            x[1], x[1]
        ))),
        None => Ok(x[1]),
    }
}

pub(super) fn problem(io: &Io, eps: f32) -> kernel::BatchNorm {
    let x = io.x(0);
    let channels = Groups::channels(x[0], x[1], x[2..].iter().product(), io.inputs[0].layout.order);
    kernel::BatchNorm { channels, eps, activation: Activation::NONE, pool: None }
}

fn floats_of<'a, const N: usize>(inputs: &[&'a Tensor]) -> Option<[&'a [f32]; N]> {
    let floats = inputs.iter().map(|x| x.as_f32().ok()).collect::<Option<Vec<_>>>()?;
    floats.try_into().ok()
}

impl Operation for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let c = checked(inputs)?;
        if inputs[0].shape.count() == c {
            misfit!("needs more than one value for each channel to train, got x {}", inputs[0].shape);
        }
        Ok(vec![inputs[0].clone(), Type::f32([2 * c]), Type::f32([c]), Type::f32([c])])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        for i in 1..4 {
            if at.dy_of(i)?.is_some() {
                return at.refuse("only y has one: statistics are constants to whoever reads them");
            }
        }
        let dy = at.dy()?;
        let op = BatchNormDx { eps: self.eps, training: true };
        let gradients = at.push_all(op, &[at.input(0), dy, at.input(1), at.output(1)])?;
        gradients.into_iter().enumerate().for_each(|(i, gradient)| at.give(i, gradient));
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lead(at, follow(at, 0), 1, 1)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(io, self.eps).candidates(self.momentum, caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let &[x, weight, bias, running_mean, running_var] = inputs else { unreachable!("the shape rule counted them") };
        let (eps, momentum) = (f64::from(self.eps), f64::from(self.momentum));
        let (y, mean, var) = cpu_reference::batch_norm_train(x, Some(weight), Some(bias), eps);
        let inv_std = var.mapv(|var| 1.0 / (var + eps).sqrt());
        vec![
            y,
            cpu_reference::concat(&[&mean, &inv_std], 0),
            cpu_reference::batch_norm_running_mean(running_mean, &mean, momentum),
            cpu_reference::batch_norm_running_var(running_var, &var, x.shape(), momentum),
        ]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let shape = inputs[0].shape();
        let [x, weight, bias, running_mean, running_var] = floats_of(inputs)?;
        let (channels, momentum) = (Channels::of(shape), f64::from(self.momentum));
        let (mean, var) = channels.statistics(x);
        let inv_std: Vec<f64> = var.iter().map(|var| 1.0 / (var + f64::from(self.eps)).sqrt()).collect();
        let y = channels.normalise(x, &mean, &inv_std, weight, bias);
        let mix = |running: &[f32], new: &[f64], scale: f64| {
            let mixed = running.iter().zip(new).map(|(&old, new)| f64::from(old) * (1.0 - momentum) + new * scale);
            cpu::tensor([channels.c], mixed.map(|x| x as f32).collect())
        };
        let count = channels.count();
        Some(vec![
            cpu::tensor(shape.clone(), y),
            cpu::tensor([2 * channels.c], mean.iter().chain(&inv_std).map(|&x| x as f32).collect()),
            mix(running_mean, &mean, momentum),
            mix(running_var, &var, momentum * count / (count - 1.0)),
        ])
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        8 * inputs[0].shape.count() as u64
    }

    fn in_place(&self) -> Vec<(usize, usize)> {
        vec![(2, 3), (3, 4)]
    }

    fn describe(&self) -> String {
        format!("eps {}, momentum {}", self.eps, self.momentum)
    }
}

impl Operation for BatchNormInference {
    fn name(&self) -> &'static str {
        "batch_norm_inference"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        checked(inputs)?;
        Ok(vec![inputs[0].clone()])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let statistics = at.push(Concat { axis: 0 }, &[at.input(3), at.input(4)])?;
        let op = BatchNormDx { eps: self.eps, training: false };
        let gradients = at.push_all(op, &[at.input(0), dy, at.input(1), statistics])?;
        gradients.into_iter().enumerate().for_each(|(i, gradient)| at.give(i, gradient));
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lead(at, follow(at, 0), 1, 1)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(io, self.eps).inference_candidates(caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let &[x, weight, bias, mean, var] = inputs else { unreachable!("the shape rule counted them") };
        vec![cpu_reference::batch_norm(x, Some(weight), Some(bias), mean, var, self.eps.into())]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let shape = inputs[0].shape();
        let [x, weight, bias, mean, var] = floats_of(inputs)?;
        let mean: Vec<f64> = mean.iter().map(|&mean| mean.into()).collect();
        let inv_std: Vec<f64> = var.iter().map(|&var| 1.0 / (f64::from(var) + f64::from(self.eps)).sqrt()).collect();
        let y = Channels::of(shape).normalise(x, &mean, &inv_std, weight, bias);
        Some(vec![cpu::tensor(shape.clone(), y)])
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        3 * inputs[0].shape.count() as u64
    }

    fn describe(&self) -> String {
        format!("eps {}", self.eps)
    }
}

impl Operation for BatchNormDx {
    fn name(&self) -> &'static str {
        "batch_norm_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![inputs[0].clone(), inputs[2].clone(), inputs[2].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        lead(at, follow(at, 0), 2, 1)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(io, self.eps).dx_candidates(self.training, caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let &[x, dy, weight, statistics] = inputs else { unreachable!("made by the gradient alone") };
        let (eps, c) = (f64::from(self.eps), weight.len());
        let halves = cpu_reference::split(statistics, &[c, c], 0);
        let mean = &halves[0];
        let (dx, var) = if self.training {
            let var = halves[1].mapv(|inv_std| 1.0 / (inv_std * inv_std) - eps);
            (cpu_reference::batch_norm_train_dx(x, dy, Some(weight), mean, &var, eps), var)
        } else {
            let var = halves[1].clone();
            (cpu_reference::batch_norm_inference_dx(dy, Some(weight), &var, eps), var)
        };
        vec![dx, cpu_reference::batch_norm_dweight(x, dy, mean, &var, eps), cpu_reference::batch_norm_dbias(dy)]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let shape = inputs[0].shape();
        let [x, dy, weight, statistics] = floats_of(inputs)?;
        let (mean, second) = statistics.split_at(weight.len());
        let mean: Vec<f64> = mean.iter().map(|&mean| mean.into()).collect();
        let inv_std = second.iter().map(|&second| match self.training {
            true => f64::from(second),
            false => 1.0 / (f64::from(second) + f64::from(self.eps)).sqrt(),
        });
        let inv_std: Vec<f64> = inv_std.collect();
        let [dx, dweight, dbias] = Channels::of(shape).gradients(x, dy, weight, &mean, &inv_std, self.training);
        let of_channels = |data| cpu::tensor([weight.len()], data);
        Some(vec![cpu::tensor(shape.clone(), dx), of_channels(dweight), of_channels(dbias)])
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        10 * inputs[0].shape.count() as u64
    }
}
