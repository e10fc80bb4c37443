//! Gradients of convolution by x, weight and bias, with what the rewrite rules fold into them: dy that is still pooled
//! 2×2 is spread out on the fly, and dx may be multiplied by the slope of the activation that made x.

use crate::ops::{Conv, UnaryDx};
use crate::{Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Wide, cpu, misfit};
use cpu_reference::Unary as Function;
use gpu_core::{Candidate, Caps, Layout, Order};

/// Gradient of a convolution by x. Inputs: dy, weight, the winners' places with `pool`, x with `slope`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvDx {
    /// The convolution.
    pub conv: Conv,
    /// Type of x.
    pub x: Type,
    /// dy is the gradient behind 2×2 max pooling.
    pub pool: bool,
    /// dx is multiplied by this function's slope, told by its result x.
    pub slope: Option<Function>,
}

impl ConvDx {
    fn pooled(&self) -> Conv {
        Conv { pool: self.pool, ..self.conv }
    }
}

impl Operation for ConvDx {
    fn name(&self) -> &'static str {
        "conv_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.x.clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let mut layout = self.pooled().order(&self.x.shape, &at.inputs[1].shape, at.prefer, at.caps);
        if self.slope.is_some() && self.pooled().inner(&self.x.shape, &at.inputs[1].shape, at.caps) {
            layout = Layout::FIRST_INNER;
        }
        Layouts { inputs: vec![layout; at.inputs.len()], outputs: vec![layout] }
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let conv = self.pooled();
        match io.outputs[0].layout.order {
            Order::FirstInner => Ok(conv.problem_inner(io.y(0), io.x(1), false, self.slope)?.dx_candidates(caps)),
            Order::Plain if self.pool || self.slope.is_some() => misfit!("what it takes over needs subgroups of 8"),
            Order::Plain => Ok(conv.problem(io.y(0), io.x(1), false)?.dx_candidates(caps)),
        }
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (window, groups) = (&self.conv.window, self.conv.groups);
        let spread = self.pool.then(|| spread(&self.conv, inputs[0], inputs[2], &self.x.shape));
        let dx = cpu_reference::conv_dx(spread.as_ref().unwrap_or(inputs[0]), inputs[1], &self.x.shape, window, groups);
        match self.slope {
            Some(function) => UnaryDx(function).reference(&[inputs[inputs.len() - 1], &dx]),
            None => vec![dx],
        }
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        if self.pool || self.slope.is_some() {
            return None; // made for devices only
        }
        let (dy, weight) = (inputs[0], inputs[1]);
        let conv = cpu::conv::Conv::between(&self.x.shape, dy.shape(), &self.conv.window, self.conv.groups);
        let dx = conv.dx(dy.as_f32().ok()?, weight.as_f32().ok()?);
        Some(vec![cpu::tensor(self.x.shape.clone(), dx)])
    }

    fn flops(&self, inputs: &[&Type], outputs: &[&Type]) -> u64 {
        self.conv.problem(&outputs[0].shape, &inputs[1].shape, false).map_or(0, |p| p.flops())
    }

    fn describe(&self) -> String {
        let slope = self.slope.map_or(String::new(), |f| format!(", slope of {f:?}"));
        self.pooled().text() + &slope
    }
}

/// dy behind 2×2 max pooling, back at the places of the winners.
fn spread(conv: &Conv, dy: &Wide, code: &Wide, x: &[usize]) -> Wide {
    let [_, p, q] = conv.window.output(cpu_reference::spatial(x)).expect("the shape rule asked");
    let mut full = Wide::zeros(vec![dy.shape()[0], dy.shape()[1], p, q]);
    for (at, &gradient) in dy.indexed_iter() {
        let place = code[&at] as usize;
        full[[at[0], at[1], at[2] * 2 + place / 2, at[3] * 2 + place % 2]] = gradient;
    }
    full
}

/// Gradients of a convolution by weight and bias. Inputs: x, dy, the winners' places with `pool`. Outputs: dweight,
/// and dbias if there is a bias.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvDweight {
    /// The convolution.
    pub conv: Conv,
    /// Type of weight.
    pub weight: Type,
    /// There is a bias.
    pub bias: bool,
    /// dy is the gradient behind 2×2 max pooling.
    pub pool: bool,
}

impl ConvDweight {
    fn pooled(&self) -> Conv {
        Conv { pool: self.pool, ..self.conv }
    }
}

impl Operation for ConvDweight {
    fn name(&self) -> &'static str {
        "conv_dweight"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let bias = Type::f32([self.weight.shape[0]]);
        Ok(if self.bias { vec![self.weight.clone(), bias] } else { vec![self.weight.clone()] })
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let (x, conv) = (&at.inputs[0].shape, self.pooled());
        let layout = conv.order(x, &self.weight.shape, at.prefer, at.caps);
        let mut outputs = vec![layout; at.outputs.len()];
        if layout.order == Order::FirstInner {
            let problem = conv.problem_inner(x, &self.weight.shape, self.bias, None);
            let parts = problem.map_or(1, |problem| problem.parts());
            outputs[0].parts = parts;
            outputs.iter_mut().skip(1).for_each(|bias| *bias = Layout { order: Order::Plain, parts });
        } else {
            outputs[0].parts = conv.problem(x, &self.weight.shape, false).map_or(1, |problem| problem.parts(at.caps));
        }
        Layouts { inputs: vec![layout; at.inputs.len()], outputs }
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let conv = self.pooled();
        match io.outputs[0].layout.order {
            Order::FirstInner => Ok(conv.problem_inner(io.x(0), io.y(0), self.bias, None)?.dweight_candidates()),
            Order::Plain if self.pool => misfit!("what it takes over needs subgroups of 8"),
            Order::Plain => Ok(conv.problem(io.x(0), io.y(0), self.bias)?.dweight_candidates(caps)),
        }
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (window, groups) = (&self.conv.window, self.conv.groups);
        let spread = self.pool.then(|| spread(&self.conv, inputs[1], inputs[2], inputs[0].shape()));
        let dy = spread.as_ref().unwrap_or(inputs[1]);
        let mut gradients = vec![cpu_reference::conv_dweight(inputs[0], dy, &self.weight.shape, window, groups)];
        if self.bias {
            gradients.push(cpu_reference::conv_dbias(dy));
        }
        gradients
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        if self.pool {
            return None; // made for devices only
        }
        let (x, dy) = (inputs[0], inputs[1]);
        let conv = cpu::conv::Conv::between(x.shape(), dy.shape(), &self.conv.window, self.conv.groups);
        let (x, dy) = (x.as_f32().ok()?, dy.as_f32().ok()?);
        let mut gradients = vec![cpu::tensor(self.weight.shape.clone(), conv.dweight(x, dy))];
        if self.bias {
            gradients.push(cpu::tensor([self.weight.shape[0]], conv.dbias(dy)));
        }
        Some(gradients)
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        self.conv.problem(&inputs[0].shape, &self.weight.shape, false).map_or(0, |p| p.flops())
    }

    fn describe(&self) -> String {
        self.pooled().text()
    }
}
