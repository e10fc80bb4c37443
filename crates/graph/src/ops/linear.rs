//! A linear layer (PyTorch's `nn.Linear`, ONNX's Gemm with a transposed weight), with bias and activation in the same
//! launch. Its products run in either layout.

use crate::ops::{UnaryDx, unary::activation};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operand, Operation, Tensor, Type, Wide, cpu, misfit};
use cpu_reference::Unary as Function;
use gpu_core::kernels::{activation::Activation, linear as kernel};
use gpu_core::{Candidate, Caps, Layout, Order};

/// y = f(x weightᵀ + bias). Inputs: x `[…, in]`, weight `[out, in]`, bias `[out]` if there is one; y is `[…, out]`.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Linear {
    /// Applied to the sum.
    pub activation: Option<Function>,
}

/// The kernels' problem. `x` may be any value with x's rows.
fn problem(rows: &Operand, weight: &[usize]) -> kernel::Linear {
    let shape = &rows.ty.shape;
    kernel::Linear {
        rows: shape[..shape.len() - 1].iter().product(),
        inputs: weight[1],
        outputs: weight[0],
        order: rows.layout.order,
        bias: false,
        activation: Activation::NONE,
    }
}

/// Multiply-adds of one product, each counted as two: all three products of a layer have the same.
fn flops(x: &Type, weight: &[usize]) -> u64 {
    2 * (x.shape.count() / x.shape.last().copied().unwrap_or(1) * weight[0] * weight[1]) as u64
}

/// The shape with another last axis.
fn with_last(shape: &[usize], last: usize) -> Vec<usize> {
    [&shape[..shape.len() - 1], &[last]].concat()
}

/// First-inner where x is images by features and lies so, or will; row-major otherwise.
fn layouts(at: &Negotiation<'_>, x: usize) -> Layouts {
    let lies = at.current[x].is_some_and(|layout| layout.order == Order::FirstInner);
    let layout = if (lies || at.prefer == Order::FirstInner) && at.inputs[x].shape.len() == 2 {
        Layout::FIRST_INNER
    } else {
        Layout::PLAIN
    };
    Layouts { inputs: vec![layout; at.inputs.len()], outputs: vec![layout; at.outputs.len()] }
}

impl Operation for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let (x, weight) = (&inputs[0].shape, &inputs[1].shape);
        let [outputs, features] = weight.axes().map_err(|why| Misfit(format!("weight: {}", why.0)))?;
        match x.last() {
            Some(&last) if last == features => {}
            _ => misfit!("weight {weight} wants x […, {features}], got x {x}: flatten all but the batch axis first"),
        }
        if let Some(bias) = inputs.get(2).filter(|bias| *bias.shape != [outputs]) {
            misfit!("bias {} must be [{outputs}], one for each output feature", bias.shape);
        }
        self.activation.map_or(Ok(Activation::NONE), activation)?;
        Ok(vec![Type::f32(with_last(x, outputs))])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let mut dy = at.dy()?;
        if let Some(function) = self.activation {
            dy = at.push(UnaryDx(function), &[at.output(0), dy])?;
        }
        let (x, weight) = (at.input(0), at.input(1));
        if at.wants(0) {
            let dx = at.push(LinearDx, &[dy, weight])?;
            at.give(0, dx);
        }
        let bias = at.inputs() > 2 && at.wants(2);
        if at.wants(1) || bias {
            let gradients = at.push_all(LinearDweight { bias }, &[x, dy])?;
            at.give(1, gradients[0]);
            if bias {
                at.give(2, gradients[1]);
            }
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at, 0)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let mut problem = problem(&io.inputs[0], io.x(1));
        problem.bias = io.inputs.len() > 2;
        problem.activation = self.activation.map_or(Ok(Activation::NONE), activation)?;
        Ok(problem.candidates(caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let y = cpu_reference::linear(inputs[0], inputs[1], inputs.get(2).copied());
        vec![self.activation.map_or(y.clone(), |function| cpu_reference::unary(function, &y))]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let (x, weight) = (inputs[0], inputs[1]);
        let [outputs, features] = weight.shape().axes().ok()?;
        let bias = inputs.get(2).map(|bias| bias.as_f32()).transpose().ok()?;
        let y = cpu::products::linear(x.as_f32().ok()?, weight.as_f32().ok()?, bias, features, outputs);
        let y = cpu::tensor(with_last(x.shape(), outputs), y);
        match self.activation {
            Some(function) => crate::ops::Unary(function).compute(&[&y]),
            None => Some(vec![y]),
        }
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        flops(inputs[0], &inputs[1].shape)
    }

    fn describe(&self) -> String {
        self.activation.map_or(String::new(), |function| format!("{function:?}"))
    }
}

/// Gradient of a linear layer by x: dx = dy weight. Inputs: dy, weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearDx;

impl Operation for LinearDx {
    fn name(&self) -> &'static str {
        "linear_dx"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let (dy, [_, features]) = (&inputs[0].shape, inputs[1].shape.axes()?);
        Ok(vec![Type::f32(with_last(dy, features))])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at, 0)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(problem(&io.inputs[0], io.x(1)).dx_candidates(caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::linear_dx(inputs[0], inputs[1])]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let [outputs, features] = inputs[1].shape().axes().ok()?;
        let dx = cpu::products::linear_dx(inputs[0].as_f32().ok()?, inputs[1].as_f32().ok()?, outputs, features);
        Some(vec![cpu::tensor(with_last(inputs[0].shape(), features), dx)])
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        flops(inputs[0], &inputs[1].shape)
    }
}

/// Gradients of a linear layer by weight and bias: dweight = dyᵀ x. Inputs: x, dy. Outputs: dweight, dbias if there is
/// a bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearDweight {
    /// There is a bias.
    pub bias: bool,
}

impl Operation for LinearDweight {
    fn name(&self) -> &'static str {
        "linear_dweight"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let [Some(&features), Some(&outputs)] = [inputs[0].shape.last(), inputs[1].shape.last()] else {
            misfit!("needs x […, in] and dy […, out], got {} and {}", inputs[0], inputs[1]);
        };
        let dweight = Type::f32([outputs, features]);
        Ok(if self.bias { vec![dweight, Type::f32([outputs])] } else { vec![dweight] })
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at, 0)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let problem = kernel::Linear { bias: self.bias, ..problem(&io.inputs[0], io.y(0)) };
        Ok(problem.dweight_candidates(caps))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let mut gradients = vec![cpu_reference::linear_dweight(inputs[0], inputs[1])];
        if self.bias {
            gradients.push(cpu_reference::linear_dbias(inputs[1]));
        }
        gradients
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let (features, outputs) = (*inputs[0].shape().last()?, *inputs[1].shape().last()?);
        let (x, dy) = (inputs[0].as_f32().ok()?, inputs[1].as_f32().ok()?);
        let (dweight, dbias) = cpu::products::linear_dweight(x, dy, features, outputs);
        let mut gradients = vec![cpu::tensor([outputs, features], dweight)];
        gradients.extend(self.bias.then(|| cpu::tensor([outputs], dbias)));
        Some(gradients)
    }

    fn flops(&self, inputs: &[&Type], outputs: &[&Type]) -> u64 {
        flops(inputs[0], &outputs[0].shape)
    }
}
