//! A whole step of per-instance training of a small multilayer perceptron: forward, loss, backward, descent. One
//! node and one launch, where the same made of layers and an [`Update`](super::Update) is a dozen launches of next to no
//! work. For tables with a few columns; anything larger learns in batches.
//!
//! Inputs: clock i32 `[1]`, x `[rows, inputs]`, targets `[rows, outputs]`, order i32 `[n]` (rows of x), schedule
//! `[steps, 4]` (from [`Optimiser::schedule`](super::Optimiser::schedule)), then weight `[out, in]` and bias `[out]` of each
//! layer. Outputs: the loss before the step `[1]`, the clock and the parameters, in their places. The plan gives the
//! kernel the parameters' whole buffer (see `plan/arenas.rs`).

use crate::graph::{Graph, Value};
use crate::ops::unary::{activation, told_by_result};
use crate::{Error, Io, Misfit, Operation, Type, Wide, misfit};
use cpu_reference::{CrossEntropy, Loss, Reduction, Unary as Function};
use gpu_core::kernels::activation::Activation;
use gpu_core::kernels::mlp_step::{Layer, MlpStep as Kernel};
use gpu_core::{Candidate, Caps};

/// One step of stochastic gradient descent on row `order[clock % n]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MlpStep {
    /// Number of layers.
    pub layers: usize,
    /// Behind all layers but the last.
    pub hidden: Option<Function>,
    /// Behind the last layer.
    pub output: Option<Function>,
    /// The loss: cross-entropy of the softmax of the outputs and the targets, or else the mean of squared errors.
    pub cross_entropy: bool,
    /// Biases stay as they are.
    pub fixed_biases: bool,
}

/// Inputs before the parameters.
pub(super) const FIXED: usize = 5;

impl MlpStep {
    /// Appends the step, which changes `inputs`' clock and parameters; returns the loss.
    ///
    /// # Errors
    /// Inputs that do not fit, named with their shapes.
    pub fn place(self, graph: &mut Graph, name: &str, inputs: &[Value]) -> Result<Value, Error> {
        let outputs = graph.push(name, self, inputs)?;
        for (output, input) in self.in_place() {
            graph.assign(inputs[input], outputs[output]);
        }
        Ok(outputs[0])
    }

    fn activation(self, layer: usize) -> Option<Function> {
        if layer + 1 < self.layers { self.hidden } else { self.output }
    }

    /// The kernel's problem, with each parameter's first word in the buffer.
    pub(super) fn problem(self, shapes: &[&Type], offsets: &[usize]) -> Result<Kernel, Misfit> {
        let function = |f: Option<Function>| f.map_or(Ok(Activation::NONE), activation);
        let layer = |(weight, at): (&Type, &[usize])| Layer {
            inputs: weight.shape[1],
            outputs: weight.shape[0],
            weight: at[0],
            bias: at[1],
        };
        let weights = shapes[FIXED..].iter().step_by(2).copied();
        Ok(Kernel {
            layers: weights.zip(offsets.chunks(2)).map(layer).collect(),
            hidden: function(self.hidden)?,
            output: function(self.output)?,
            cross_entropy: self.cross_entropy,
            bias_rate: if self.fixed_biases { 0.0 } else { 1.0 },
            orders: shapes[3].shape.count(),
            schedule: shapes[4].shape[0],
        })
    }
}

impl Operation for MlpStep {
    fn name(&self) -> &'static str {
        "mlp_step"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if self.layers == 0 || inputs.len() != FIXED + 2 * self.layers {
            misfit!("needs clock, x, targets, order, schedule, then weight and bias of each of {} layers", self.layers);
        }
        let [clock, x, targets, order, schedule] = inputs[..FIXED] else { unreachable!("counted") };
        if *clock != Type::i32([1]) || order.dtype != clock.dtype || order.shape.count() == 0 {
            misfit!("clock must be i32 [1] and order i32 [n], got {clock} and {order}");
        }
        let [rows, mut width] = x.shape.axes().map_err(|why| Misfit(format!("x: {}", why.0)))?;
        for (layer, pair) in inputs[FIXED..].chunks(2).enumerate() {
            let [outputs, features] = pair[0].shape.axes().map_err(|why| Misfit(format!("weight: {}", why.0)))?;
            if features != width || *pair[1] != Type::f32([outputs]) {
                misfit!("layer {layer} gets {width} numbers; weight {} and bias {} do not fit", pair[0], pair[1]);
            }
            width = outputs;
        }
        if *targets != Type::f32([rows, width]) {
            misfit!("targets must be f32 [{rows}, {width}], one for each row and output, got {targets}");
        }
        if schedule.shape.len() != 2 || schedule.shape[1] != 4 {
            misfit!("schedule must be [steps, 4], got {schedule}");
        }
        for function in [self.hidden, self.output].into_iter().flatten() {
            if !told_by_result(function) {
                misfit!("the result of {function:?} does not tell its slope: train it in batches, layer by layer");
            }
        }
        let states = self.in_place().into_iter().map(|(_, input)| inputs[input].clone());
        Ok(std::iter::once(Type::f32([1])).chain(states).collect())
    }

    fn lower(&self, _io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        unreachable!("the plan lowers the step itself, since it works on the parameters' buffer")
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let [clock, x, targets, order, schedule] = inputs[..FIXED] else { unreachable!("the shape rule counted") };
        let t = clock[[0]] as usize;
        let row = order.iter().nth(t % order.len()).copied().unwrap_or_default() as usize;
        let lr = schedule[[t.min(schedule.shape()[0] - 1), 0]];
        let pick = |table: &Wide| table.select(ndarray::Axis(0), &[row]);
        let layers: Vec<[&Wide; 2]> = inputs[FIXED..].chunks(2).map(|pair| [pair[0], pair[1]]).collect();

        let mut h = vec![pick(x)];
        for (l, [w, b]) in layers.iter().enumerate() {
            let sum = cpu_reference::linear(&h[l], w, Some(b));
            h.push(self.activation(l).map_or(sum.clone(), |f| cpu_reference::unary(f, &sum)));
        }
        let (y, target) = (&h[self.layers], pick(targets));
        let one = Wide::from_elem(ndarray::IxDyn(&[]), 1.0);
        let soft = CrossEntropy::default();
        let (loss, mut dy) = if self.cross_entropy {
            let dy = cpu_reference::cross_entropy_soft_dx(y, &target, &one, &soft);
            (cpu_reference::cross_entropy_soft(y, &target, &soft), dy)
        } else {
            let dy = cpu_reference::loss_dx(Loss::Mse, y, &target, &one, Reduction::Mean);
            (cpu_reference::loss(Loss::Mse, y, &target, Reduction::Mean), dy)
        };
        let mut moved = Vec::new();
        for (l, [w, b]) in layers.iter().enumerate().rev() {
            if let Some(function) = self.activation(l) {
                let sum = cpu_reference::linear(&h[l], w, Some(b));
                dy = cpu_reference::unary_dx(function, &sum, &dy);
            }
            let rate = if self.fixed_biases { 0.0 } else { lr };
            moved.push(*b - &(cpu_reference::linear_dbias(&dy) * rate));
            moved.push(*w - &(cpu_reference::linear_dweight(&h[l], &dy) * lr));
            dy = cpu_reference::linear_dx(&dy, w);
        }
        let loss = Wide::from_elem(ndarray::IxDyn(&[1]), loss.sum());
        [loss, clock + 1.0].into_iter().chain(moved.into_iter().rev()).collect()
    }

    fn in_place(&self) -> Vec<(usize, usize)> {
        std::iter::once((1, 0)).chain((0..2 * self.layers).map(|i| (2 + i, FIXED + i))).collect()
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        6 * inputs[FIXED..].iter().map(|parameter| parameter.shape.count() as u64).sum::<u64>()
    }

    fn describe(&self) -> String {
        let name = |f: Option<Function>| f.map_or("linear".to_string(), |f| format!("{f:?}"));
        let loss = if self.cross_entropy { "cross-entropy" } else { "squared error" };
        format!("{} then {}, {loss}", name(self.hidden), name(self.output))
    }
}
