//! Adaptive pooling: the output's size is given, the windows follow from it; global pooling is size 1.
//!
//! Output p covers inputs `floor(p * input / output) .. ceil((p + 1) * input / output)`, PyTorch's rule. Where every
//! length divides, these are windows that slide by their own size, and the kernels of those run.

use crate::ops::pool::{check_x, layouts, problem, whole_mean, with_spatial};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operand, Operation, Type, Wide, misfit};
use cpu_reference::spatial;
use gpu_core::kernels::pool::{Pool, Windows};
use gpu_core::{Candidate, Caps};

fn adapted(x: &Type, output: &[usize]) -> Result<Type, Misfit> {
    check_x(x)?;
    let axes = x.shape.len() - 2;
    if output.len() != axes || output.contains(&0) {
        misfit!("x {x} needs {axes} output lengths of at least 1, got {output:?}");
    }
    if x.shape[2..].contains(&0) {
        misfit!("x {x} has nothing to pool");
    }
    // Kernels take (p + 1) * input + output and (h + 1) * output + input in u32.
    if let Some((&input, &output)) =
        x.shape[2..].iter().zip(output).find(|&(&i, &o)| (i as u64 + 1) * (o as u64 + 1) > u64::from(u32::MAX))
    {
        misfit!("from {input} to {output} along one axis is out of range: their product must stay below 2^32");
    }
    Ok(Type::f32(with_spatial(&x.shape, lifted(output))))
}

fn lifted(output: &[usize]) -> [usize; 3] {
    let mut lifted = [1; 3];
    lifted[3 - output.len()..].copy_from_slice(output);
    lifted
}

fn adaptive(x: &Operand, y: &Operand) -> Pool {
    let (input, output) = (spatial(&x.ty.shape), spatial(&y.ty.shape));
    let kernel = [0, 1, 2].map(|axis| input[axis] / output[axis]);
    let even = (0..3).all(|axis| kernel[axis] * output[axis] == input[axis]);
    let sliding = Windows::Sliding { kernel, stride: kernel, dilation: [1; 3], pads: [[0; 2]; 3] };
    problem(x, y, if even { sliding } else { Windows::Adaptive })
}

/// y = means of x `[n, c, …]`, as many along each spatial axis as the output is long.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveAveragePool {
    /// Length of each spatial axis of y.
    pub output: Vec<usize>,
}

impl AdaptiveAveragePool {
    /// One mean a channel, for x with this many spatial axes: `global_average_pool`.
    pub fn global(axes: usize) -> Self {
        AdaptiveAveragePool { output: vec![1; axes] }
    }
}

impl Operation for AdaptiveAveragePool {
    fn name(&self) -> &'static str {
        "adaptive_average_pool"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![adapted(inputs[0], &self.output)?])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let x = at.graph().ty(at.input(0)).clone();
        let dx = at.push(AdaptiveAveragePoolDx { x }, &[dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let mut candidates = adaptive(&io.inputs[0], &io.outputs[0]).average_candidates(false);
        if io.y(0)[2..].iter().all(|&length| length == 1) {
            candidates.extend(whole_mean(io, caps));
        }
        Ok(candidates)
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::adaptive_average_pool(inputs[0], lifted(&self.output))]
    }

    fn describe(&self) -> String {
        format!("to {:?}", self.output)
    }
}

/// Gradient of an adaptive average pooling. Input: dy.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveAveragePoolDx {
    /// Type of x.
    pub x: Type,
}

impl Operation for AdaptiveAveragePoolDx {
    fn name(&self) -> &'static str {
        "adaptive_average_pool_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.x.clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(adaptive(&io.outputs[0], &io.inputs[0]).average_dx_candidates(false))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::adaptive_average_pool_dx(inputs[0], &self.x.shape)]
    }

    fn describe(&self) -> String {
        format!("to {}", self.x.shape)
    }
}

/// y = maxima of x `[n, c, …]`, as many along each spatial axis as the output is long; ties and NaN as in `MaxPool`.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveMaxPool {
    /// Length of each spatial axis of y.
    pub output: Vec<usize>,
}

impl AdaptiveMaxPool {
    /// One maximum a channel, for x with this many spatial axes: `global_max_pool`.
    pub fn global(axes: usize) -> Self {
        AdaptiveMaxPool { output: vec![1; axes] }
    }
}

impl Operation for AdaptiveMaxPool {
    fn name(&self) -> &'static str {
        "adaptive_max_pool"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![adapted(inputs[0], &self.output)?])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = at.push(AdaptiveMaxPoolDx, &[at.input(0), dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(adaptive(&io.inputs[0], &io.outputs[0]).max_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::adaptive_max_pool(inputs[0], lifted(&self.output))]
    }

    fn describe(&self) -> String {
        format!("to {:?}", self.output)
    }
}

/// Gradient of an adaptive max pooling. Inputs: x, dy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptiveMaxPoolDx;

impl Operation for AdaptiveMaxPoolDx {
    fn name(&self) -> &'static str {
        "adaptive_max_pool_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![inputs[0].clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(adaptive(&io.inputs[0], &io.inputs[1]).max_dx_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::adaptive_max_pool_dx(inputs[0], inputs[1])]
    }

    fn describe(&self) -> String {
        String::new()
    }
}
