//! Reductions over any axes: sum, mean, max, min, product, norms, logarithms of sums.
//!
//! The gradient of sum and mean is [`ReduceDx`], a stretch; those of the others are made of elementwise ops in
//! `reduce_gradient.rs`.

use super::physical::{axes_of, strides};
use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Shape, Type, Wide, misfit};
use cpu_reference::Reduce as Function;
use gpu_core::kernels::{binary, reduce as kernel};
use gpu_core::{Arg, Candidate, Caps, Layout, Order};

/// y = reduction of x. Without axes: over all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduce {
    /// Which reduction.
    pub function: Function,
    /// The axes that it goes along; empty for all.
    pub axes: Vec<usize>,
    /// They stay, with length 1.
    pub keepdims: bool,
}

impl Reduce {
    /// A reduction along `axes` (all where there are none), which vanish.
    pub fn new(function: Function, axes: &[usize]) -> Self {
        Reduce { function, axes: axes.to_vec(), keepdims: false }
    }

    /// The sum along `axes`; of everything where there are none.
    pub fn sum(axes: &[usize]) -> Self {
        Self::new(Function::Sum, axes)
    }

    /// The mean along `axes`; of everything where there are none.
    pub fn mean(axes: &[usize]) -> Self {
        Self::new(Function::Mean, axes)
    }

    /// The axes stay, with length 1.
    pub fn keepdims(self) -> Self {
        Reduce { keepdims: true, ..self }
    }

    /// Whether an axis of x is reduced.
    pub(crate) fn along(&self, axis: usize) -> bool {
        self.axes.is_empty() || self.axes.contains(&axis)
    }

    /// All reduced axes of x.
    pub(crate) fn over(&self, x: &[usize]) -> Vec<usize> {
        (0..x.len()).filter(|&axis| self.along(axis)).collect()
    }

    /// The shape of y with the reduced axes at length 1.
    pub(crate) fn kept(&self, x: &[usize]) -> Shape {
        Shape::from(x.iter().enumerate().map(|(axis, &len)| if self.along(axis) { 1 } else { len }).collect::<Vec<_>>())
    }

    fn kernel(&self) -> kernel::Function {
        match self.function {
            Function::Sum => kernel::Function::SUM,
            Function::Mean => kernel::Function::MEAN,
            Function::Max => kernel::Function::MAX,
            Function::Min => kernel::Function::MIN,
            Function::Prod => kernel::Function::PROD,
            Function::L1 => kernel::Function::L1,
            Function::L2 => kernel::Function::L2,
            Function::LogSumExp => kernel::Function::LOG_SUM_EXP,
            Function::SumSquare => kernel::Function::SUM_SQUARE,
            Function::LogSum => kernel::Function::LOG_SUM,
        }
    }

    fn text(&self) -> String {
        let axes = if self.axes.is_empty() { "all".to_string() } else { format!("{:?}", self.axes) };
        format!("{:?} over {axes}{}", self.function, if self.keepdims { ", keepdims" } else { "" })
    }
}

/// How y lies when x lies so: batch-innermost survives where the first axis is not reduced.
fn follow(reduce: &Reduce, x: Layout) -> Layout {
    if reduce.along(0) { Layout::PLAIN } else { x }
}

impl Operation for Reduce {
    fn name(&self) -> &'static str {
        "reduce"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let x = inputs[0];
        if x.dtype != DType::F32 {
            misfit!("needs f32, got {x}: cast it first");
        }
        if let Some(axis) = self.axes.iter().find(|&&axis| axis >= x.shape.len()) {
            misfit!("x {} has no axis {axis}", x.shape);
        }
        if x.shape.len() > 6 {
            misfit!("at most 6 axes, got {}", x.shape);
        }
        if x.shape.count() == 0 {
            misfit!("x {} is empty: there is nothing to reduce", x.shape);
        }
        let kept = self.kept(&x.shape);
        let left = kept.iter().enumerate().filter(|&(axis, _)| self.keepdims || !self.along(axis));
        Ok(vec![Type::f32(left.map(|(_, &len)| len).collect::<Vec<_>>())])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        super::reduce_gradient::backward(self, at)
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let shape = &at.inputs[0].shape;
        let inner = at.current[0].map_or(at.prefer, |l| l.order) == Order::FirstInner;
        // Six axes may alternate once too often when the padded one stands apart.
        let x = if inner && (1..=5).contains(&shape.len()) { Layout::FIRST_INNER } else { Layout::PLAIN };
        Layouts { inputs: vec![x], outputs: vec![follow(self, x)] }
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let shape = io.x(0);
        let (axes, valid) = axes_of(shape, io.inputs[0].layout.order, |axis| self.along(axis));
        let problem = kernel::Reduce { function: self.kernel(), axes, valid };
        let fits = problem.candidates(caps);
        fits.ok_or_else(|| Misfit(format!("axes of {shape:?} alternate too often with {:?}", self.axes)))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let x = inputs[0];
        vec![cpu_reference::reduce(self.function, x, &self.over(x.shape()), self.keepdims)]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        inputs[0].shape.count() as u64
    }

    fn describe(&self) -> String {
        self.text()
    }
}

/// Gradient of a sum or mean: dy, stretched along the reduced axes, over their length for a mean. Input: dy.
#[derive(Clone, Debug, PartialEq)]
pub struct ReduceDx {
    /// The sum or mean.
    pub reduce: Reduce,
    /// Type of its x.
    pub x: Type,
}

impl Operation for ReduceDx {
    fn name(&self) -> &'static str {
        "reduce_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if !matches!(self.reduce.function, Function::Sum | Function::Mean) {
            misfit!("only a sum's or mean's gradient is a stretch, not that of {:?}", self.reduce.function);
        }
        Ok(vec![self.x.clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let order = if self.reduce.along(0) { at.prefer } else { at.current[0].map_or(at.prefer, |l| l.order) };
        let dx = if self.x.shape.is_empty() { Layout::PLAIN } else { Layout { order, parts: 1 } };
        Layouts { inputs: vec![follow(&self.reduce, dx)], outputs: vec![dx] }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let (x, order) = (&self.x.shape, io.outputs[0].layout.order);
        let (axes, valid) = axes_of(x, order, |_| false);
        let kept = self.reduce.kept(x);
        let reduced = self.reduce.over(x).iter().map(|&axis| x[axis]).product::<usize>();
        let scale = if self.reduce.function == Function::Mean { 1.0 / reduced as f32 } else { 1.0 };
        let problem = binary::Binary {
            function: binary::Function::MUL,
            operand: "f32",
            result: "f32",
            shape: axes.iter().map(|a| a.len).collect(),
            a: strides(&kept, io.inputs[0].layout.order, x.len(), order),
            b: vec![0; x.len()],
            valid,
        };
        let mut candidates = problem.candidates_on([Arg::Input(0), Arg::Table(0), Arg::Output(0)]);
        candidates.iter_mut().for_each(|c| c.tables.push(vec![scale.to_bits(); 4]));
        Ok(candidates)
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        // Sum and mean have the same slope everywhere: any x will do.
        let x = Wide::zeros(self.x.shape.to_vec());
        let over = self.reduce.over(&self.x.shape);
        vec![cpu_reference::reduce_dx(self.reduce.function, &x, inputs[0], &over)]
    }

    fn describe(&self) -> String {
        self.reduce.text()
    }
}
